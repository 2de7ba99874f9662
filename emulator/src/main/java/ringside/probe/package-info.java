/** What may be watched while a guest runs: events, and the probe that receives them. */
@NullMarked
package ringside.probe;

import org.jspecify.annotations.NullMarked;
