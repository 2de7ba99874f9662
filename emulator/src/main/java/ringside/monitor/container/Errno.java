package ringside.monitor.container;

/** Why a system call failed: Linux, include/uapi/asm-generic/errno-base.h and errno.h. */
enum Errno {
    EPERM(1),
    ENOENT(2),
    ESRCH(3),
    E2BIG(7),
    ENOEXEC(8),
    EBADF(9),
    ECHILD(10),
    EAGAIN(11),
    ENOMEM(12),
    EACCES(13),
    EFAULT(14),
    EBUSY(16),
    EEXIST(17),
    ENODEV(19),
    ENOTDIR(20),
    EISDIR(21),
    EINVAL(22),
    EMFILE(24),
    ENOTTY(25),
    EFBIG(27),
    ENOSPC(28),
    ESPIPE(29),
    EPIPE(32),
    ENAMETOOLONG(36),
    ENOSYS(38),
    ENOTEMPTY(39),
    ELOOP(40);

    private final int number;

    Errno(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    /** The failure of a call. */
    Failure failure() {
        return new Failure(this);
    }

    /** Ends a system call with this error; nothing of the call has happened. */
    static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final Errno errno;

        private Failure(Errno errno) {
            super(null, null, false, false);
            this.errno = errno;
        }

        /** What the program finds in RAX. */
        long result() {
            return -errno.number();
        }
    }
}
