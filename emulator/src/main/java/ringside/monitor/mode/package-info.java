/** The registry of modes: which ways of virtualizing there are, and how each is started. */
@NullMarked
package ringside.monitor.mode;

import org.jspecify.annotations.NullMarked;
