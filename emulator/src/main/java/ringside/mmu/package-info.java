/** From a logical address to a physical one: segmentation, the forms of paging, and the TLB. */
@NullMarked
package ringside.mmu;

import org.jspecify.annotations.NullMarked;
