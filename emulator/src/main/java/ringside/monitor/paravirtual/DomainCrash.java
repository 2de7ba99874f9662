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
        /** A request to a device model was to be sent, and the last one was not taken back. */
        REQUEST_BUSY,
        /** A device model has changed the port of a request. */
        REQUEST_PORT,
        /** A device model has brought a request into a state that cannot follow. */
        REQUEST_STATE,
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
