/**
 * Virtualization at the level of the operating system: no guest kernel. Programs run in ring 3 on one model of a Linux kernel, whose system
 * calls have Linux's numbers and structures; what makes a container are that kernel's namespaces, control groups, seccomp
 * filters and chroot, which the programs ask for by system calls themselves.
 *
 * <p>The kernel itself is not x86 code: it is the host, and what the guest sees of it are the results of calls, pages and signals. Calls
 * that it does not have answer ENOSYS.
 */
@NullMarked
package ringside.monitor.container;

import org.jspecify.annotations.NullMarked;
