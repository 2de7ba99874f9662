/**
 * Virtualization by the processor, Intel's way: a VMCS says what leaves the guest, nested tables where its memory lies, and a monitor
 * answers exits by their reason.
 */
@NullMarked
package ringside.monitor.hardware;

import org.jspecify.annotations.NullMarked;
