package ringside.monitor.shadow;

import java.util.List;

/**
 * Linear addresses that a monitor keeps for itself in every address space of a view: the processor reads its tables there.
 *
 * @param linear the first one, at a page; all lie in the same 2 MiB, and the guest's own pages there are never mapped
 * @param leaves entries of the pages from there on
 */
public record FixedMapping(long linear, List<Long> leaves) {
    public FixedMapping {
        leaves = List.copyOf(leaves);
        if ((linear >>> 21) != (linear + leaves.size() * 4096L - 1 >>> 21)) {
            throw new IllegalArgumentException("fixed mappings leave their 2 MiB");
        }
    }
}
