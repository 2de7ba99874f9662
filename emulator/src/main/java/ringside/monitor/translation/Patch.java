package ringside.monitor.translation;

import java.util.List;
import java.util.Optional;

/**
 * A patch: what runs in the place of some instructions of the guest's kernel. In their place stands a jump to it.
 *
 * @param linear address of the first instruction that it replaces
 * @param covered bytes of the guest that it replaces, at least as many as the jump needs
 * @param start where it lies, in bytes from the begin of patch memory
 * @param size in bytes
 * @param pieces its instructions, in order
 * @param entries the guest's instructions in it, in order
 */
record Patch(long linear, int covered, int start, int size, List<Piece> pieces, List<Entry> entries) {
    /** Bytes of a near jump. */
    static final int JUMP = 5;

    /** What an instruction in patch memory is. */
    enum Role {
        /** The guest's own, or the last one of those that stand for it: it takes the guest's time. */
        GUEST,
        /** The patch's. */
        ADDED,
        /** INT3: the monitor performs the guest's instruction. */
        PERFORM,
        /** INT3: what comes next has no place in the patch. */
        LEAVE,
        /** UD2: an interrupt waits, and interrupts are allowed again. */
        DISPATCH
    }

    /**
     * @param at where it lies in patch memory
     * @param linear address of the guest's instruction that it belongs to, or that comes next
     */
    record Piece(int at, long linear, Role role) {}

    /**
     * Where the guest can go on in the patch.
     *
     * @param linear address of one of its instructions
     * @param length of this instruction
     * @param at where in patch memory what stands for it begins
     * @param interruptsOff whether IF is clear there
     */
    record Entry(long linear, int length, int at, boolean interruptsOff) {}

    Patch {
        pieces = List.copyOf(pieces);
        entries = List.copyOf(entries);
    }

    boolean holds(int at) {
        return at >= start && at < start + size;
    }

    /** Does the jump in the guest's code lie over this address? Not where the jump begins. */
    boolean jumpCovers(long address) {
        return address > linear && address < linear + JUMP;
    }

    Optional<Piece> pieceAt(int at) {
        return pieces.stream().filter(piece -> piece.at == at).findFirst();
    }

    Optional<Entry> entryOf(long address, boolean interruptsOff) {
        return entries.stream()
                .filter(entry -> entry.linear == address && entry.interruptsOff == interruptsOff)
                .findFirst();
    }

    /** Where the guest goes on behind it. */
    long end() {
        return linear + covered;
    }
}
