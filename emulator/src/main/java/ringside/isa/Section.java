package ringside.isa;

import java.util.Arrays;

/** A section of a flat program in one pass. */
final class Section {
    /** SDM and NASM leave it open; the limit keeps a source from the web from filling the memory. */
    static final int MOST_BYTES = 16 << 20;

    final int number;
    final String name;
    final boolean isReserved;
    private byte[] bytes = new byte[0];
    private int size;
    private long alignment;

    Section(int number, String name, boolean isReserved, long alignment) {
        this.number = number;
        this.name = name;
        this.isReserved = isReserved;
        this.alignment = alignment;
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

    /** Says no before anything of that size is allocated. */
    void check(long more, int column) {
        if (more < 0 || size + more > MOST_BYTES) {
            throw SourceError.limit(column, "the program becomes larger than 16 MiB", "");
        }
    }

    void write(byte[] content, int column) {
        check(content.length, column);
        reserveRoom(content.length);
        System.arraycopy(content, 0, bytes, size, content.length);
        size += content.length;
    }

    /** Zero bytes, or only room if nothing of the section is in the file. */
    void reserve(long count, int column) {
        check(count, column);
        if (!isReserved) {
            reserveRoom((int) count);
        }
        size += (int) count;
    }

    private void reserveRoom(int more) {
        if (size + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(size + more, Math.min(MOST_BYTES, bytes.length * 2)));
        }
    }

    byte[] content() {
        return isReserved ? new byte[0] : Arrays.copyOf(bytes, size);
    }
}
