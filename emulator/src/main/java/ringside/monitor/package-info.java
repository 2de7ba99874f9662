/** The modes of virtualization: which instructions leave the guest, and who answers them. */
@NullMarked
package ringside.monitor;

import org.jspecify.annotations.NullMarked;
