package ringside.monitor.paravirtual;

/** Why a hypercall failed: Xen's public header errno.h. */
enum Errno {
    EPERM(1),
    ENOENT(2),
    ESRCH(3),
    ENXIO(6),
    E2BIG(7),
    EBADF(9),
    ENOMEM(12),
    EACCES(13),
    EFAULT(14),
    EBUSY(16),
    EEXIST(17),
    ENODEV(19),
    EINVAL(22),
    ENOSPC(28),
    ENOSYS(38),
    ENODATA(61),
    EOVERFLOW(75),
    EOPNOTSUPP(95);

    private final int number;

    Errno(int number) {
        this.number = number;
    }

    /** The failure of a hypercall. */
    Failure failure() {
        return new Failure(this);
    }

    /** What the guest finds as result. */
    long result() {
        return -number;
    }

    /** Ends a hypercall with this error. */
    static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final Errno errno;

        private Failure(Errno errno) {
            super(null, null, false, false);
            this.errno = errno;
        }

        /** What the guest finds as result. */
        long result() {
            return errno.result();
        }
    }
}
