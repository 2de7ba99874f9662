/** Where the program starts. */
@NullMarked
package ringside;

import org.jspecify.annotations.NullMarked;
