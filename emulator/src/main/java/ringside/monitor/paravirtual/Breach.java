package ringside.monitor.paravirtual;

/** What a domain is ended for by Xen, whose device model does what none may (Xen, common/ioreq.c). */
public enum Breach {
    /** A request was to be sent, and the last one is not taken back: "bad IO state". */
    REQUEST_BUSY(DomainCrash.Cause.REQUEST_BUSY),
    /** The port in the request is another's: "bad event channel". */
    REQUEST_PORT(DomainCrash.Cause.REQUEST_PORT),
    /** The state of a request has gone back, or is none: "weird state". */
    REQUEST_STATE(DomainCrash.Cause.REQUEST_STATE);

    private final DomainCrash.Cause cause;

    Breach(DomainCrash.Cause cause) {
        this.cause = cause;
    }

    DomainCrash.Cause cause() {
        return cause;
    }
}
