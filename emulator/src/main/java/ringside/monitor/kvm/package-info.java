/**
 * KVM: a hypervisor in a host kernel, driven by a monitor in user space through ioctl calls. Guest mode, kernel mode and user mode are
 * three places; most exits end in the kernel, and KVM_RUN returns where user space must answer.
 */
@NullMarked
package ringside.monitor.kvm;

import org.jspecify.annotations.NullMarked;
