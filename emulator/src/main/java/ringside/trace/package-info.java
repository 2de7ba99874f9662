/** What is told of a run: the events, how often each came, and what they would cost. */
@NullMarked
package ringside.trace;

import org.jspecify.annotations.NullMarked;
