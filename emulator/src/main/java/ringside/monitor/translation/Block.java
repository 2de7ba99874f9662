package ringside.monitor.translation;

import java.util.List;

/**
 * A translated block.
 *
 * @param context of the guest's code
 * @param frame the guest's frame with the code
 * @param offset of its first byte in the frame
 * @param length bytes of the guest that it was made from
 * @param start of the translation, in bytes from the begin of the cache
 * @param size of the translation in bytes
 * @param lines the guest's instructions, in order
 * @param ways the ways out of it
 */
record Block(
        CodeContext context, int frame, int offset, int length, int start, int size, List<Line> lines, List<Way> ways) {
    /** What the translator did with an instruction. */
    enum Treatment {
        IDENTICAL,
        /** Its RIP-relative address was counted anew. */
        READDRESSED,
        /** A jump or call, made again within the cache. */
        TRANSFER,
        /** Instructions that work on what the translator knows of the guest; the monitor is not asked, or only where they fail. */
        IN_CACHE,
        /** INT {@link Callout#EMULATE} in its place. */
        CALLOUT,
        /** INT {@link Callout#LOOK_UP} in its place. */
        LOOK_UP
    }

    /**
     * One instruction of the guest.
     *
     * @param rip its offset in the guest's code segment
     * @param length of the guest's instruction in bytes
     * @param at where its translation begins in the cache; it ends where the next one begins, or the first of the stubs
     */
    record Line(long rip, int length, int at, Treatment treatment) {}

    /**
     * A jump out of the block.
     *
     * @param field where its distance stands in the cache
     * @param width of the distance in bytes, 2 or 4
     * @param stub where it leads while nobody has asked: INT {@link Callout#TRANSLATE}
     * @param target the guest's RIP that it stands for
     */
    record Way(int field, int width, int stub, long target) {}

    Block {
        lines = List.copyOf(lines);
        ways = List.copyOf(ways);
    }

    boolean overlaps(int from, int bytes) {
        return from < offset + length && offset < from + bytes;
    }

    boolean holds(int at) {
        return at >= start && at < start + size;
    }
}
