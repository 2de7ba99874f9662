package ringside.monitor.paravirtual;

import static ringside.monitor.paravirtual.Hypercall.call;

import java.util.List;

/** What only a privileged domain may ask for, and what this Xen was built without. */
final class RefusedCalls {
    // spotless:off
    static final List<Hypercall> ROWS = List.of(
            call( 7, "platform_op", RefusedCalls::privileged),
            call(27, "xsm_op",      RefusedCalls::absent),
            call(31, "xenoprof_op", RefusedCalls::absent),
            call(34, "hvm_op",      RefusedCalls::absent),
            call(35, "sysctl",      RefusedCalls::privileged),
            call(37, "kexec_op",    RefusedCalls::privileged),
            call(38, "tmem_op",     RefusedCalls::absent),
            call(39, "argo_op",     RefusedCalls::absent),
            call(40, "xenpmu_op",   RefusedCalls::absent),
            call(42, "hypfs_op",    RefusedCalls::privileged),
            call(48, "mca",         RefusedCalls::privileged));
    // spotless:on

    private RefusedCalls() {}

    /** Domain 0 may ask, but these models have no such thing. */
    private static long privileged(Domain domain, long[] arguments) {
        throw (domain.isPrivileged() ? Errno.ENOSYS : Errno.EPERM).failure();
    }

    private static long absent(Domain domain, long[] arguments) {
        throw Errno.ENOSYS.failure();
    }
}
