package ringside.monitor.paravirtual;

/**
 * One row of the table of hypercalls.
 *
 * @param number in RAX or EAX: Xen's public header xen.h
 * @param name as Xen calls it
 */
record Hypercall(int number, String name, Behaviour behaviour) {
    /** The most arguments that a hypercall has. */
    static final int MOST_ARGUMENTS = 5;

    /** What a hypercall does. */
    @FunctionalInterface
    interface Behaviour {
        /**
         * Performs the call.
         *
         * @param arguments RDI, RSI, RDX, R10, R8, or EBX, ECX, EDX, ESI, EDI
         * @return what the guest finds in RAX or EAX
         * @throws Errno.Failure where it fails
         * @throws Continued where it has taken long, and goes on later
         * @throws DomainCrash where the domain ends
         */
        long perform(Domain domain, long[] arguments);
    }

    static Hypercall call(int number, String name, Behaviour behaviour) {
        return new Hypercall(number, name, behaviour);
    }

    /** A call that has taken long is made again with other arguments, so that what else is due comes in between: Xen, hypercall_create_continuation(). */
    static final class Continued extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final transient long[] arguments;

        Continued(long... arguments) {
            super(null, null, false, false);
            this.arguments = arguments;
        }

        long[] arguments() {
            return arguments.clone();
        }
    }
}
