/** What may be watched of a run. */
@NullMarked
package ringside.probe;

import org.jspecify.annotations.NullMarked;
