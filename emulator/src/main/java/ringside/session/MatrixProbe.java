package ringside.session;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;

/**
 * A small guest that executes one instruction at one ring, as a flat binary: what the matrix runs in every mode, and what anybody can run
 * again with {@code --bits} and {@code --load 0x1000}.
 */
final class MatrixProbe {
    /** Where the image is loaded. */
    static final long LOAD = 0x1000;

    /** RAM that is enough for it, in bytes. */
    private static final long MEMORY = 1 << 20;

    private final MatrixRow row;
    private final int bits;
    private final int ring;
    private final byte[] bytes;
    private final long address;

    private MatrixProbe(MatrixRow row, int bits, int ring, byte[] bytes, long address) {
        this.row = row;
        this.bits = bits;
        this.ring = ring;
        this.bytes = bytes;
        this.address = address;
    }

    /**
     * Assembles the probe.
     *
     * @param bits one of the row's
     * @param ring 0, or outside real mode 3: the ring that the guest believes in
     */
    static MatrixProbe of(MatrixRow row, int bits, int ring) {
        Map<String, String> parts = Map.of(
                "ring.inc", "RING equ " + ring + "\n",
                "kernel.inc", row.kernel(),
                "before.inc", row.before(),
                "instruction.inc", row.instruction());
        String name = "probe" + bits + ".asm";
        GuestImage image = Images.recognize(
                MatrixRow.resource(name).getBytes(StandardCharsets.UTF_8),
                name,
                ImageOptions.DEFAULT.withFolder(file ->
                        Optional.ofNullable(parts.get(file)).map(text -> text.getBytes(StandardCharsets.UTF_8))));
        return new MatrixProbe(
                row,
                bits,
                ring,
                image.segments().stream()
                        .filter(segment -> segment.address() == LOAD)
                        .findFirst()
                        .orElseThrow()
                        .bytes(),
                Optional.ofNullable(image.symbols().get("probe")).orElseThrow());
    }

    /** The guest, as the command line would load the bytes. */
    GuestImage image() {
        return Images.recognize(
                bytes,
                "probe.bin",
                ImageOptions.DEFAULT.withBits(bits).withLoad(LOAD).withMemory(MEMORY));
    }

    MatrixRow row() {
        return row;
    }

    int bits() {
        return bits;
    }

    int ring() {
        return ring;
    }

    byte[] bytes() {
        return bytes.clone();
    }

    /** Of the instruction. */
    long address() {
        return address;
    }
}
