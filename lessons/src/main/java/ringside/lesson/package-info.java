/** Lessons, the tasks they set, and the checks that grade an answer by running it. */
@NullMarked
package ringside.lesson;

import org.jspecify.annotations.NullMarked;
