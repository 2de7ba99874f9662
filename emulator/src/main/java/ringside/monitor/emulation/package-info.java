/** Everything leaves the guest: each instruction is translated to micro-operations, and those are what runs. */
@NullMarked
package ringside.monitor.emulation;

import org.jspecify.annotations.NullMarked;
