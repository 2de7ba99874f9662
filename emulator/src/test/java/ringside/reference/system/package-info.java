/** Our processor beside QEMU's and Bochs's in what only a kernel can do: faults, segments, paging, switches of ring and mode. */
@NullMarked
package ringside.reference.system;

import org.jspecify.annotations.NullMarked;
