/** What a run did: its log of events, its counts of exits, their modelled cost, and where two runs part. */
@NullMarked
package ringside.trace;

import org.jspecify.annotations.NullMarked;
