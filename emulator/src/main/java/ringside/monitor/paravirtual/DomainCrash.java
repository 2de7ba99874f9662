package ringside.monitor.paravirtual;

/** The domain has done what Xen cannot go on with, and ends: Xen, domain_crash(). */
final class DomainCrash extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Why. */
    enum Cause {
        /** An exception or interrupt for which the guest has set no handler. */
        NO_HANDLER,
        /** The frame of an exception or upcall cannot be written to the kernel's stack. */
        KERNEL_STACK,
        /** The frame of the iret hypercall cannot be read, or leads to ring 0. */
        RETURN_FRAME,
        /** A return to a program, where there are no tables for programs. */
        NO_USER_TABLES,
        /** A parameter of an HVM domain that would lead Xen out of its memory. */
        PARAMETER,
        /** SCHEDOP_shutdown with the reason crash. */
        BY_REQUEST
    }

    private final Cause cause;

    DomainCrash(Cause cause) {
        super(null, null, false, false);
        this.cause = cause;
    }

    Cause why() {
        return cause;
    }
}
