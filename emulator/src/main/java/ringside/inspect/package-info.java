/** What a processor and the chips around it hold, in the manual's names and in words: read from their state, which stays as it is. */
@NullMarked
package ringside.inspect;

import org.jspecify.annotations.NullMarked;
