/** What a guest file says about itself: where its bytes go and where it starts. */
@NullMarked
package ringside.image;

import org.jspecify.annotations.NullMarked;
