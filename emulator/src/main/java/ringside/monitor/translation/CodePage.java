package ringside.monitor.translation;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import ringside.memory.Ram;

/** A page of the guest's kernel that was scanned: which of its instructions are known, and what stands in the copy that runs in its place. */
final class CodePage {
    private static final int LONGEST = 15;

    private final long linear;
    private final int frame;
    private final int copy;

    /** Lengths of known instructions by offset; 0 where none is known to begin. */
    private final byte[] lengths = new byte[Ram.FRAME_SIZE];

    private final TreeMap<Integer, Patch> patches = new TreeMap<>();
    private final BitSet breakpoints = new BitSet();

    /**
     * @param linear address of the page
     * @param frame of the guest
     * @param copy frame of the monitor
     */
    CodePage(long linear, int frame, int copy) {
        this.linear = linear;
        this.frame = frame;
        this.copy = copy;
    }

    long linear() {
        return linear;
    }

    int frame() {
        return frame;
    }

    int copy() {
        return copy;
    }

    int offset(long address) {
        return (int) (address - linear);
    }

    /** Address in RAM of a byte of the copy. */
    long copyAddress(int offset) {
        return ((long) copy << 12) + offset;
    }

    /** Does an instruction begin here that may run from the copy? */
    boolean isKnown(int offset) {
        return lengths[offset] != 0;
    }

    void know(int offset, int length) {
        lengths[offset] = (byte) length;
    }

    /** Known instructions that begin before a byte and have it in them. */
    List<Integer> over(int offset) {
        return IntStream.range(Math.max(0, offset - LONGEST + 1), offset)
                .filter(at -> at + lengths[at] > offset)
                .boxed()
                .toList();
    }

    /** Has a known instruction, or one in a patch, any of these bytes? */
    boolean knows(int offset, int size) {
        for (int at = Math.max(0, offset - LONGEST + 1); at < offset + size; at++) {
            if (at + lengths[at] > offset && lengths[at] != 0) {
                return true;
            }
        }
        long from = linear + offset;
        return patches.values().stream().anyMatch(patch -> patch.linear() < from + size && from < patch.end());
    }

    /** A jump lies here now: what begins under it can only be reached through its patch. */
    void add(Patch patch) {
        int at = offset(patch.linear());
        patches.put(at, patch);
        breakpoints.clear(at, at + Patch.JUMP);
        for (int i = 1; i < Patch.JUMP; i++) {
            lengths[at + i] = 0;
        }
    }

    void remove(Patch patch) {
        patches.remove(offset(patch.linear()));
    }

    void addBreakpoint(int offset) {
        breakpoints.set(offset);
    }

    boolean hasBreakpoint(int offset) {
        return breakpoints.get(offset);
    }

    List<Patch> patches() {
        return List.copyOf(patches.values());
    }

    /** The patch whose jump begins here. */
    Optional<Patch> patchAt(int offset) {
        return Optional.ofNullable(patches.get(offset));
    }

    /** The patch whose jump lies over this byte and begins before it. */
    Optional<Patch> patchOver(int offset) {
        var below = patches.lowerEntry(offset);
        return below != null && below.getValue().jumpCovers(linear + offset)
                ? Optional.of(below.getValue())
                : Optional.empty();
    }

    /** Where in a patch an instruction stands whose place the jump has taken; with interrupts off, any instruction of a patch. */
    Optional<Patch.Entry> entry(long address, boolean interruptsOff) {
        return patches.values().stream()
                .filter(patch -> interruptsOff || patch.jumpCovers(address))
                .flatMap(patch -> patch.entryOf(address, interruptsOff).stream())
                .findFirst();
    }

    /** All of it; the lengths as characters. */
    record State(long linear, int frame, int copy, String lengths, List<Patch> patches, BitSet breakpoints) {}

    State save() {
        String all = new String(lengths, StandardCharsets.ISO_8859_1);
        return new State(linear, frame, copy, all, patches(), (BitSet) breakpoints.clone());
    }

    static CodePage of(State state) {
        CodePage page = new CodePage(state.linear, state.frame, state.copy);
        byte[] all = state.lengths.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(all, 0, page.lengths, 0, all.length);
        state.patches.forEach(patch -> page.patches.put(page.offset(patch.linear()), patch));
        page.breakpoints.or(state.breakpoints);
        return page;
    }
}
