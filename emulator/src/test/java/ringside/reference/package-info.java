/** The host's own processor as a reference for what user-mode instructions do. */
@NullMarked
package ringside.reference;

import org.jspecify.annotations.NullMarked;
