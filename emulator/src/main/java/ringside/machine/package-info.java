/** The wiring of one computer out of processor, memory, bus and devices, read like a parts list. */
@NullMarked
package ringside.machine;

import org.jspecify.annotations.NullMarked;
