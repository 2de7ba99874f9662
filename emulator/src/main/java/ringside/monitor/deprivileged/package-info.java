/**
 * Trap-and-emulate, the classic full virtualization: the guest's kernel runs at ring 1 (ring 3 in 64-bit mode, virtual-8086 mode for real
 * mode) over shadow tables, and what faults there is performed on the processor that the guest believes in.
 */
@NullMarked
package ringside.monitor.deprivileged;

import org.jspecify.annotations.NullMarked;
