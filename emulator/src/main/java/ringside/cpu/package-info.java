/** The processor: state, the run loop, and the seams at which a mode of virtualization takes part. */
@NullMarked
package ringside.cpu;

import org.jspecify.annotations.NullMarked;
