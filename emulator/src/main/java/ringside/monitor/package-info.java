/** Ways of virtualizing: each is a choice of parts, and a loop that answers what leaves the guest. */
@NullMarked
package ringside.monitor;

import org.jspecify.annotations.NullMarked;
