package ringside.image;

import java.util.Arrays;
import ringside.isa.Message;

/** The little-endian fields of a file, each access checked against its end. */
final class FileBytes {
    private final byte[] bytes;
    private final Message what;

    /**
     * @param what the kind of file, for messages
     */
    FileBytes(byte[] bytes, Message what) {
        this.bytes = bytes;
        this.what = what;
    }

    int size() {
        return bytes.length;
    }

    boolean holds(long offset, long size) {
        return offset >= 0 && size >= 0 && offset <= bytes.length && size <= bytes.length - offset;
    }

    int byteAt(long offset) {
        return bytes[checked(offset, 1)] & 0xFF;
    }

    int half(long offset) {
        int at = checked(offset, 2);
        return (bytes[at] & 0xFF) | (bytes[at + 1] & 0xFF) << 8;
    }

    /** 32 bits, from 0 to FFFFFFFFH. */
    long word(long offset) {
        checked(offset, 4);
        return half(offset) | (long) half(offset + 2) << 16;
    }

    /** 64 bits. */
    long doubleWord(long offset) {
        checked(offset, 8);
        return word(offset) | word(offset + 4) << 32;
    }

    byte[] slice(long offset, long size) {
        int at = checked(offset, size);
        return Arrays.copyOfRange(bytes, at, at + (int) size);
    }

    private int checked(long offset, long size) {
        if (!holds(offset, size)) {
            throw new BadImage(ImageWording.CUT_SHORT.with(
                    what, ImageWording.hex(bytes.length), ImageWording.hex(size), ImageWording.hex(offset)));
        }
        return (int) offset;
    }
}
