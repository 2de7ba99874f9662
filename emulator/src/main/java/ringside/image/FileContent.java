package ringside.image;

import java.util.Arrays;

/** The bytes of a file, which nobody changes. */
public final class FileContent {
    public static final FileContent EMPTY = new FileContent(new byte[0]);

    private final byte[] bytes;

    public FileContent(byte[] bytes) {
        this.bytes = bytes.clone();
    }

    public int size() {
        return bytes.length;
    }

    /** Copies from {@code offset} as many bytes as there are, at most {@code count}, to {@code to} at {@code at}; returns how many. */
    public int copy(long offset, byte[] to, int at, int count) {
        if (offset < 0 || offset >= bytes.length) {
            return 0;
        }
        int part = (int) Math.min(count, bytes.length - offset);
        System.arraycopy(bytes, (int) offset, to, at, part);
        return part;
    }

    public byte[] toArray() {
        return bytes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FileContent that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }
}
