package ringside.monitor.translation;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import ringside.monitor.translation.Block.Way;

/** The bytes of one block while they are written: x86 instructions that the translator makes, and those that it takes over. */
final class Emission {
    private static final int INT = 0xCD;
    private static final int JMP_NEAR = 0xE9;
    private static final int TWO_BYTES = 0x0F;
    private static final int JCC_NEAR = 0x80;
    private static final int PUSH_NUMBER = 0x68;
    private static final int ADDRESS_SIZE = 0x67;

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
