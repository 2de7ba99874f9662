/** The chips around the processor, one file each, as their data sheets describe them. */
@NullMarked
package ringside.device;

import org.jspecify.annotations.NullMarked;
