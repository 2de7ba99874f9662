package ringside.isa;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A source that was assembled to a flat program.
 *
 * @param bytes what is loaded at the origin
 * @param origin the address of the first byte
 * @param bits the size of the code at its first instruction: 16, 32 or 64
 * @param symbols the addresses of the labels, in the order of the source, and local ones under their full names
 * @param constants the values of {@code equ}
 * @param lines which line each piece of the program came from, by rising address
 * @param milestones the places marked with {@code ;@ milestone NAME}
 * @param listing every line of the source with its address and bytes
 */
public record AssembledProgram(
        Bytes bytes,
        long origin,
        int bits,
        Map<String, Long> symbols,
        Map<String, Long> constants,
        List<LineAddress> lines,
        List<Milestone> milestones,
        List<ListingLine> listing) {

    /** Bytes that nobody can change. */
    public static final class Bytes {
        private final byte[] content;

        Bytes(byte[] content) {
            this.content = content.clone();
        }

        /** How many there are. */
        public int size() {
            return content.length;
        }

        /** One of them, 0 to 255. */
        public int at(int index) {
            return content[index] & 0xFF;
        }

        /** A copy. */
        public byte[] toArray() {
            return content.clone();
        }
    }

    /**
     * A piece of the program and the line that it came from; the line of the invocation if a macro made it.
     *
     * @param address where it begins
     * @param length its length in bytes
     * @param file the file
     * @param line the line, from 1
     * @param code whether it is an instruction, not data
     */
    public record LineAddress(long address, int length, String file, int line, boolean code) {}

    /**
     * A marked place.
     *
     * @param name what the comment says
     * @param address the address of what follows it
     * @param line its line, from 1
     */
    public record Milestone(String name, long address, int line) {}

    /**
     * One line of the listing.
     *
     * @param file the file
     * @param line the line, from 1
     * @param address where its bytes begin; empty if it has none
     * @param hex the first bytes, at most 16, in hexadecimal
     * @param text the line as it stands in the source
     */
    public record ListingLine(String file, int line, Optional<Long> address, String hex, String text) {}

    /** The address where it starts: label {@code start} or {@code _start}, else its first byte. */
    public long entry() {
        var start = symbols.get("start");
        if (start == null) {
            start = symbols.get("_start");
        }
        return start == null ? origin : start;
    }

    /** The names of its labels, for the disassembler; of several at one address the first. */
    public Symbols names() {
        var names = new HashMap<Long, String>();
        symbols.forEach((name, address) -> names.putIfAbsent(address, name));
        return address -> Optional.ofNullable(names.get(address));
    }
}
