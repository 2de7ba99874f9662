/** Nothing leaves the guest: the reference. */
@NullMarked
package ringside.monitor.bare;

import org.jspecify.annotations.NullMarked;
