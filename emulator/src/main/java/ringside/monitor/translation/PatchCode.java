package ringside.monitor.translation;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.monitor.translation.Patch.Entry;
import ringside.monitor.translation.Patch.Piece;
import ringside.monitor.translation.Patch.Role;

/**
 * The bytes of one patch while they are written. What it knows of the guest's flags and needs for itself lies in the shared page, reached
 * through SS, which is flat. No sequence changes a flag that the guest's instruction does not, or memory below the stack pointer.
 */
final class PatchCode {
    static final int PUSH_CS = 0x0E;
    static final int PUSHF = 0x9C;
    static final int POPF = 0x9D;
    static final int CLI = 0xFA;
    static final int STI = 0xFB;

    private static final int INT3 = 0xCC;

    /** POPF leaves these to the monitor: the guest's copies of them are elsewhere. */
    private static final int UNUSUAL = Registers.TRAP | SystemState.PRIVILEGED & ~SystemState.INTERRUPT;

    private final PatchMemory memory;
    private final int start;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final List<Piece> pieces = new ArrayList<>();
    private final List<Entry> entries = new ArrayList<>();

    /** A jump whose distance is not known yet. */
    private record Open(int field, long target) {}

    private final List<Open> open = new ArrayList<>();

    /** @param start offset in patch memory */
    PatchCode(PatchMemory memory, int start) {
        this.memory = memory;
        this.start = start;
    }

    int here() {
        return start + bytes.size();
    }

    int size() {
        return bytes.size();
    }

    /** From here on comes what stands for one of the guest's instructions. */
    void enter(long linear, int length, boolean interruptsOff) {
        entries.add(new Entry(linear, length, here(), interruptsOff));
    }

    private void piece(long linear, Role role, int... code) {
        pieces.add(new Piece(here(), linear, role));
        for (int one : code) {
            bytes.write(one);
        }
    }

    private void number(int value) {
        for (int i = 0; i < 4; i++) {
            bytes.write(value >>> i * 8);
        }
    }

    /** The guest's own bytes. */
    void copy(long linear, byte[] instruction) {
        piece(linear, Role.GUEST);
        bytes.writeBytes(instruction);
    }

    /** MOV dword [SS:cell], number. */
    private void store(long linear, Role role, int cell, int value) {
        piece(linear, role, 0x36, 0xC7, 0x05);
        number((int) memory.shared(cell));
        number(value);
    }

    /** MOV between a register and a cell: the opcode with its ModRM, where it has one. */
    private void move(long linear, Role role, int cell, int... opcode) {
        piece(linear, role, 0x36);
        for (int one : opcode) {
            bytes.write(one);
        }
        number((int) memory.shared(cell));
    }

    void clearInterrupt(long linear) {
        store(linear, Role.GUEST, PatchMemory.INTERRUPT_FLAG, 0);
    }

    /** @param next address of the next instruction, before which no interrupt comes; 0 where interrupts were allowed before */
    void setInterrupt(long linear, long next) {
        if (next != 0) {
            store(linear, Role.ADDED, PatchMemory.INHIBITED, (int) next);
        }
        store(linear, Role.GUEST, PatchMemory.INTERRUPT_FLAG, SystemState.INTERRUPT);
    }

    /** Behind the instruction that follows STI: where an interrupt waits, its time has come. */
    void dispatch(long next) {
        move(next, Role.ADDED, PatchMemory.SAVED_ECX, 0x89, 0x0D);
        move(next, Role.ADDED, PatchMemory.PENDING, 0x8B, 0x0D);
        // JECXZ over the next two.
        piece(next, Role.ADDED, 0xE3, 9);
        move(next, Role.ADDED, PatchMemory.SAVED_ECX, 0x8B, 0x0D);
        piece(next, Role.DISPATCH, 0x0F, 0x0B);
        move(next, Role.ADDED, PatchMemory.SAVED_ECX, 0x8B, 0x0D);
        allowInterrupts(next);
    }

    /** Behind the instruction that follows STI: nothing keeps an interrupt away from the next one. */
    void allowInterrupts(long next) {
        store(next, Role.ADDED, PatchMemory.INHIBITED, 0);
    }

    /** PUSHFD: the processor pushes its own interrupt flag, which is set; LEA corrects it without touching a flag. */
    void pushFlags(long linear) {
        piece(linear, Role.ADDED, PUSHF);
        move(linear, Role.ADDED, PatchMemory.SAVED_EAX, 0xA3);
        move(linear, Role.ADDED, PatchMemory.SAVED_ECX, 0x89, 0x0D);
        piece(linear, Role.ADDED, 0x8B, 0x04, 0x24);
        move(linear, Role.ADDED, PatchMemory.INTERRUPT_FLAG, 0x8B, 0x0D);
        piece(linear, Role.ADDED, 0x8D, 0x84, 0x08);
        number(-SystemState.INTERRUPT);
        piece(linear, Role.ADDED, 0x89, 0x04, 0x24);
        move(linear, Role.ADDED, PatchMemory.SAVED_ECX, 0x8B, 0x0D);
        move(linear, Role.GUEST, PatchMemory.SAVED_EAX, 0xA1);
    }

    /** POPFD, where it sets IF and nothing unusual, and no interrupt waits. All else is the monitor's. */
    void popFlags(long linear) {
        piece(linear, Role.ADDED, 0xF7, 0x04, 0x24);
        number(UNUSUAL);
        piece(linear, Role.ADDED, 0x75, 22);
        piece(linear, Role.ADDED, 0xF7, 0x04, 0x24);
        number(SystemState.INTERRUPT);
        piece(linear, Role.ADDED, 0x74, 13);
        piece(linear, Role.ADDED, 0x36, 0xF7, 0x05);
        number((int) memory.shared(PatchMemory.PENDING));
        number(1);
        piece(linear, Role.ADDED, 0x74, 1);
        perform(linear);
        store(linear, Role.ADDED, PatchMemory.INTERRUPT_FLAG, SystemState.INTERRUPT);
        piece(linear, Role.GUEST, POPF);
    }

    /** PUSH CS: the processor pushes ring 1, the guest believes in ring 0. */
    void pushCodeSegment(long linear) {
        piece(linear, Role.ADDED, PUSH_CS);
        move(linear, Role.ADDED, PatchMemory.SAVED_EAX, 0xA3);
        piece(linear, Role.ADDED, 0x66, 0x8B, 0x04, 0x24);
        piece(linear, Role.ADDED, 0x8D, 0x40, 0xFF);
        piece(linear, Role.ADDED, 0x66, 0x89, 0x04, 0x24);
        move(linear, Role.GUEST, PatchMemory.SAVED_EAX, 0xA1);
    }

    void perform(long linear) {
        piece(linear, Role.PERFORM, INT3);
    }

    void leave(long next) {
        piece(next, Role.LEAVE, INT3);
    }

    /** The guest's jump, within the patch where its target is there. */
    void jumpIf(long linear, int condition, long target) {
        piece(linear, Role.GUEST, 0x0F, 0x80 | condition);
        way(target);
    }

    /** See {@link #jumpIf}. */
    void jump(long linear, long target) {
        piece(linear, Role.GUEST, 0xE9);
        way(target);
    }

    private void way(long target) {
        open.add(new Open(here(), target));
        number(0);
    }

    /** A jump that the guest does not have, back into its code. */
    void back(long next) {
        piece(next, Role.ADDED, 0xE9);
        number((int) (next - memory.linear(here() + 4)));
    }

    /** The patch and its bytes. */
    record Written(Patch patch, byte[] bytes) {}

    Written written(long linear, int covered) {
        int[] to = new int[open.size()];
        for (int i = 0; i < to.length; i++) {
            long target = open.get(i).target;
            to[i] = entries.stream()
                    .filter(entry -> entry.linear() == target && entry.interruptsOff())
                    .mapToInt(Entry::at)
                    .findFirst()
                    .orElse(here());
            if (to[i] == here()) {
                leave(target);
            }
        }
        byte[] all = bytes.toByteArray();
        for (int i = 0; i < to.length; i++) {
            int field = open.get(i).field;
            int distance = to[i] - (field + 4);
            for (int n = 0; n < 4; n++) {
                all[field - start + n] = (byte) (distance >>> n * 8);
            }
        }
        return new Written(new Patch(linear, covered, start, all.length, pieces, entries), all);
    }
}
