package ringside.monitor.paravirtual;

import ringside.image.XenKernel;
import ringside.memory.Ram;

/**
 * What a new domain finds behind its kernel, one thing after the other, each on pages of its own (Xen's public header xen.h, "Start-of-day
 * memory layout"): the list of its machine frames, start_info, the pages shared with xenstore and console, the page tables that map all of
 * this, the boot stack. All numbers but the last two are pseudo-physical frames.
 *
 * @param list of machine frames
 * @param tables first frame of the page tables
 * @param tableFrames how many there are
 * @param end frame behind all that is mapped
 */
record DomainLayout(int list, int startInfo, int store, int console, int tables, int tableFrames, int stack, int end) {
    private static final long PADDING = 512 << 10;
    private static final long BOUNDARY = 4 << 20;

    /** The last page directory of a PAE kernel must be there, whatever is mapped. */
    private static final long LAST_GIGABYTE = 0xC000_0000L;

    static DomainLayout of(XenKernel kernel, long memory) {
        int word = kernel.bits() / 8;
        int list = pages(kernel.end());
        int startInfo = list + pages((memory >>> 12) * word);
        int tables = startInfo + 3;
        int count = 0;
        int end = 0;
        for (int needed = 1; needed != count; ) {
            count = needed;
            long used = (long) (tables + count + 1) * Ram.FRAME_SIZE + PADDING;
            long base = kernel.virtualBase();
            long last = base + used + BOUNDARY - 1 & -BOUNDARY;
            end = (int) (last - base >>> 12);
            needed = tables(kernel, base, last);
        }
        return new DomainLayout(list, startInfo, startInfo + 1, startInfo + 2, tables, count, tables + count, end);
    }

    private static int pages(long bytes) {
        return (int) (bytes + Ram.FRAME_SIZE - 1 >>> 12);
    }

    private static int tables(XenKernel kernel, long from, long to) {
        int count = regions(from, to, 21) + regions(from, to, 30);
        if (kernel.bits() == 64) {
            return count + regions(from, to, 39) + 1;
        }
        return to <= LAST_GIGABYTE ? count + 2 : count + 1;
    }

    private static int regions(long from, long to, int shift) {
        return (int) ((to - 1 >> shift) - (from >> shift) + 1);
    }

    /** Does all of this lie in the domain's memory, and below what Xen has of the address space? */
    boolean fits(XenKernel kernel, long memory) {
        long last = kernel.virtualBase() + ((long) end << 12);
        boolean below = kernel.bits() == 64 || last <= Abi.X86_32.reserved();
        return end <= memory >>> 12 && below;
    }
}
