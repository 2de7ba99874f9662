/** Physical memory: RAM and ROM in pages of 4 KiB that snapshots share, and the map that places them. */
@NullMarked
package ringside.memory;

import org.jspecify.annotations.NullMarked;
