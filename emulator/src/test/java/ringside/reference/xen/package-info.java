/** Our Xen beside the real one: what its guests ask for, and what they are answered. */
@NullMarked
package ringside.reference.xen;

import org.jspecify.annotations.NullMarked;
