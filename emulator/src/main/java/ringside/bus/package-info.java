/** What joins processor and devices: ports, interrupt lines, the clock of guest time and its schedule. */
@NullMarked
package ringside.bus;

import org.jspecify.annotations.NullMarked;
