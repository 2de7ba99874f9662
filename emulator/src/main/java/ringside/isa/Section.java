package ringside.isa;

import java.util.Arrays;

/** A section of a flat program in one pass. */
final class Section {
    /** A limit of ours: no source, wherever it comes from, makes a larger program. */
    static final int MOST_BYTES = 16 << 20;

    /** NASM manual, The bin Output Format: what sections are aligned to unless they say otherwise. */
    private static final int USUAL_ALIGNMENT = 4;

    final int number;
    final String name;
    final boolean isReserved;
    private byte[] bytes = new byte[0];
    private int size;
    private long alignment = USUAL_ALIGNMENT;

    Section(int number, String name, boolean isReserved) {
        this.number = number;
        this.name = name;
        this.isReserved = isReserved;
    }

    int size() {
        return size;
    }

    long alignment() {
        return alignment;
    }

    void alignTo(long boundary) {
        alignment = Math.max(alignment, boundary);
    }

    void write(byte[] content) {
        makeRoom(content.length);
        System.arraycopy(content, 0, bytes, size, content.length);
        size += content.length;
    }

    /** Zero bytes, or only room if nothing of the section is in the file. */
    void reserve(int count) {
        if (!isReserved) {
            makeRoom(count);
        }
        size += count;
    }

    /** Writes the last bytes again. */
    void repeat(int length, int count) {
        makeRoom(length * count);
        for (int i = 0; i < count; i++) {
            System.arraycopy(bytes, size - length, bytes, size, length);
            size += length;
        }
    }

    private void makeRoom(int more) {
        if (size + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(size + more, Math.min(MOST_BYTES, bytes.length * 2)));
        }
    }

    byte[] content() {
        return isReserved ? new byte[0] : Arrays.copyOf(bytes, size);
    }
}
