package ringside.monitor.translation;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalLong;
import ringside.monitor.translation.Block.Way;

/** The bytes of one block while they are written: x86 instructions that the translator makes, and those that it takes over. */
final class Emission {
    private static final int INT = 0xCD;
    private static final int JMP_NEAR = 0xE9;
    private static final int TWO_BYTES = 0x0F;
    private static final int JCC_NEAR = 0x80;
    private static final int PUSH_NUMBER = 0x68;
    private static final int ADDRESS_SIZE = 0x67;
    private static final int INT_BYTES = 2;

    /** MOV r32, r/m32. */
    static final int MOV_FROM = 0x8B;

    /** More bytes than a look-up in the cache takes. */
    static final int LONGEST_LOOK_UP = 128;

    private final int bits;
    private final int start;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final BitSet added = new BitSet();

    private record Open(int field, long target) {}

    private final List<Open> open = new ArrayList<>();

    /** @param start offset of the block in the cache */
    Emission(int bits, int start) {
        this.bits = bits;
        this.start = start;
    }

    /** Offset in the cache of what is written next. */
    int here() {
        return start + bytes.size();
    }

    /** What was written, each way leading to its stub. */
    byte[] bytes(List<Way> ways) {
        byte[] all = bytes.toByteArray();
        for (Way way : ways) {
            System.arraycopy(distance(way, way.stub()), 0, all, way.field() - start, way.width());
        }
        return all;
    }

    /** Offsets in the cache where instructions begin that the guest does not have. */
    BitSet added() {
        return added;
    }

    void copy(byte[] instruction) {
        bytes.writeBytes(instruction);
    }

    void callout(int vector) {
        bytes.write(INT);
        bytes.write(vector);
    }

    /** The guest's jump: it takes the guest's time. */
    void jump(long target) {
        bytes.write(JMP_NEAR);
        way(target);
    }

    /** A jump that the guest does not have. */
    void addedJump(long target) {
        added.set(here());
        jump(target);
    }

    void jumpIf(int condition, long target) {
        bytes.write(TWO_BYTES);
        bytes.write(JCC_NEAR | condition);
        way(target);
    }

    /** LOOP, JCXZ and the like have a distance of one byte only, so they jump to a jump. */
    void jumpByCounter(int opcode, boolean addressSizePrefix, long target, long next) {
        if (addressSizePrefix) {
            bytes.write(ADDRESS_SIZE);
        }
        bytes.write(opcode);
        bytes.write(1 + width());
        addedJump(next);
        addedJump(target);
    }

    /** CLI: MOV dword [GS:flag], 0. */
    void clearInterrupt() {
        write(0x65, 0xC7, 0x05);
        number(VirtualProcessor.INTERRUPT_FLAG, 4);
        number(0, 4);
    }

    /**
     * RET by the cache's table of targets. Until the target is found nothing of the guest changes, and no flag ever.
     *
     * @param more bytes of the stack that it drops beside the return address
     */
    void lookUpReturn(int more) {
        find(new byte[] {(byte) MOV_FROM, 0x04, 0x24});
        add(0x8D, 0xA4, 0x24);
        number(4 + more, 4);
        jumpToTarget();
    }

    /**
     * CALL or JMP to an address in a register or in memory, by the cache's table.
     *
     * @param load the instruction that brings the address to EAX
     * @param next where a CALL returns to
     */
    void lookUpJump(byte[] load, OptionalLong next) {
        find(load);
        if (next.isPresent()) {
            added.set(here());
            push(next.getAsLong());
        }
        jumpToTarget();
    }

    /** Brings an address to EAX, and what it is translated to into a cell; or asks the monitor. All registers are as before then. */
    private void find(byte[] load) {
        cell(VirtualProcessor.EAX, 0xA3);
        cell(VirtualProcessor.ECX, 0x89, 0x0D);
        added.set(here());
        copy(load);
        add(0x0F, 0xB6, 0xC8); // MOVZX ECX, AL
        entry(VirtualProcessor.TARGETS);
        // NOT ECX; LEA ECX, [EAX+ECX+1]: their difference, without a change of flags.
        add(0xF7, 0xD1);
        add(0x8D, 0x4C, 0x08, 0x01);
        add(0xE3, 7 + 6 + INT_BYTES); // JECXZ over what follows
        cell(VirtualProcessor.ECX, 0x8B, 0x0D);
        cell(VirtualProcessor.EAX, 0xA1);
        callout(Callout.LOOK_UP);
        add(0x0F, 0xB6, 0xC8);
        entry(VirtualProcessor.TARGETS + 4);
        cell(VirtualProcessor.FOUND, 0x89, 0x0D);
        cell(VirtualProcessor.ECX, 0x8B, 0x0D);
        cell(VirtualProcessor.EAX, 0xA1);
    }

    /** JMP [GS:found]: the guest's jump. */
    private void jumpToTarget() {
        write(0x65, 0xFF, 0x25);
        number(VirtualProcessor.FOUND, 4);
    }

    /** MOV ECX, [GS:table+ECX*8]. */
    private void entry(int table) {
        add(0x65, MOV_FROM, 0x0C, 0xCD);
        number(table, 4);
    }

    /** MOV between a register and a cell. */
    private void cell(int cell, int... opcode) {
        added.set(here());
        write(0x65);
        write(opcode);
        number(cell, 4);
    }

    /** An instruction that the guest does not have. */
    private void add(int... code) {
        added.set(here());
        write(code);
    }

    private void write(int... code) {
        for (int one : code) {
            bytes.write(one);
        }
    }

    /** PUSH of a return address, as wide as the code. */
    void push(long address) {
        bytes.write(PUSH_NUMBER);
        number(address, width());
    }

    private void way(long target) {
        open.add(new Open(here(), target));
        number(0, width());
    }

    /** Of distances and pushed numbers: what the code size makes of them without a prefix. */
    private int width() {
        return bits == 16 ? 2 : 4;
    }

    private void number(long value, int size) {
        for (int i = 0; i < size; i++) {
            bytes.write((int) (value >>> i * 8));
        }
    }

    /** Writes the stubs behind the block, one for each way out. */
    List<Way> closed() {
        List<Way> ways = new ArrayList<>();
        for (Open one : open) {
            added.set(here());
            ways.add(new Way(one.field, width(), here(), one.target));
            callout(Callout.TRANSLATE);
        }
        return ways;
    }

    /** The distance of a way out, so that it leads to an offset in the cache. */
    static byte[] distance(Way way, int to) {
        int distance = to - (way.field() + way.width());
        byte[] bytes = new byte[way.width()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (distance >> i * 8);
        }
        return bytes;
    }
}
