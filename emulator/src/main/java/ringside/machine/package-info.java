/** The wiring of a machine: memory, ports, devices, time. */
@NullMarked
package ringside.machine;

import org.jspecify.annotations.NullMarked;
