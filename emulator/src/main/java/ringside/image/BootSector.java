package ringside.image;

import java.util.Arrays;
import java.util.Map;

/** The first 512 bytes of a disk, which a PC's firmware loads to 7C00H and starts if they end in 55H AAH. */
final class BootSector {
    static final long ADDRESS = 0x7C00;

    private static final int SIZE = 512;

    private BootSector() {}

    static boolean recognizes(byte[] bytes) {
        return bytes.length > 0 && bytes.length % SIZE == 0 && bytes[510] == 0x55 && bytes[511] == (byte) 0xAA;
    }

    static GuestImage read(byte[] bytes, String name, ImageOptions options) {
        Layout layout = new Layout(options.memory());
        layout.place(ImageWording.SECTOR.with(), ADDRESS, Arrays.copyOf(bytes, SIZE));
        return GuestImage.binary(name, options.memory(), layout, StartStates.bootSector(), Map.of());
    }
}
