/** Shadow page tables: what a processor walks instead of the guest's own tables, where a monitor has no tables of two dimensions. */
@NullMarked
package ringside.monitor.shadow;

import org.jspecify.annotations.NullMarked;
