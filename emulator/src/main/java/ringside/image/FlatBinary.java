package ringside.image;

import java.util.Map;

/** Bytes that are loaded as they are. */
final class FlatBinary {
    /** Where a program lies unless somebody says otherwise. */
    static final long DEFAULT_LOAD = 0x1000;

    private FlatBinary() {}

    static GuestImage read(byte[] bytes, String name, ImageOptions options) {
        long load = options.load().orElse(DEFAULT_LOAD);
        Layout layout = new Layout(options.memory());
        layout.place(ImageWording.PROGRAM.with(), load, bytes);
        StartState start =
                StartStates.flat(options.bits().orElse(16), options.entry().orElse(load), layout);
        return GuestImage.binary(name, options.memory(), layout, start, Map.of());
    }
}
