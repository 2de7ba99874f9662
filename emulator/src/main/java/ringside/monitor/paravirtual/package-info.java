/**
 * Paravirtualization as Xen does it: a guest kernel that was ported runs outside ring 0 on page tables that the processor really walks, and asks
 * by hypercalls for what it may not do. Numbers, structures and rules are those of Xen's public headers and of its documentation; the
 * hypervisor itself is no x86 code here, and what the guest sees of it are results, frames on its stack and shared pages.
 */
@NullMarked
package ringside.monitor.paravirtual;

import org.jspecify.annotations.NullMarked;
