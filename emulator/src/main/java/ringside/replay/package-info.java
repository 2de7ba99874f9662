/** Runs that can be had again: the log of inputs, snapshots, and the timeline that seeks to any step. */
@NullMarked
package ringside.replay;

import org.jspecify.annotations.NullMarked;
