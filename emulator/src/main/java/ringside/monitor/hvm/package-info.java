/**
 * Xen with a guest on virtualizing hardware (HVM): whatever leaves the guest comes to Xen, which has the interrupt controllers and timers itself
 * and asks the device model in domain 0, QEMU, for all other devices.
 */
@NullMarked
package ringside.monitor.hvm;

import org.jspecify.annotations.NullMarked;
