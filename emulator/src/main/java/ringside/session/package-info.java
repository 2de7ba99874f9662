/** One learner's run of one guest: commands go in, and records to be shown come out. */
@NullMarked
package ringside.session;

import org.jspecify.annotations.NullMarked;
