package ringside.session;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
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
    private final MatrixRow.Place place;
    private final byte[] bytes;
    private final long address;

    private MatrixProbe(MatrixRow row, MatrixRow.Place place, byte[] bytes, long address) {
        this.row = row;
        this.place = place;
        this.bytes = bytes;
        this.address = address;
    }

    /**
     * Assembles the probe.
     *
     * @param place one of the row's
     */
    static MatrixProbe of(MatrixRow row, MatrixRow.Place place) {
        Map<String, String> parts = Map.of(
                "ring.inc", "RING equ " + place.ring() + "\n",
                "kernel.inc", row.kernel(),
                "before.inc", row.before(),
                "instruction.inc", row.instruction());
        String name = row.group().equals(MatrixRow.VIRTUAL_8086) ? "probe86.asm" : "probe" + place.bits() + ".asm";
        GuestImage image = Images.recognize(
                MatrixRow.resource(name).getBytes(StandardCharsets.UTF_8),
                name,
                ImageOptions.DEFAULT.withFolder(file ->
                        Optional.ofNullable(parts.get(file)).map(text -> text.getBytes(StandardCharsets.UTF_8))));
        return new MatrixProbe(
                row,
                place,
                image.segments().stream()
                        .filter(segment -> segment.address() == LOAD)
                        .findFirst()
                        .orElseThrow()
                        .bytes(),
                Optional.ofNullable(image.symbols().get("probe")).orElseThrow());
    }

    /** The probe of a name such as {@code 32/0/CLI}: code size, ring and the row's name. */
    static Optional<MatrixProbe> named(String name) {
        String[] parts = name.split("/", 3);
        return parts.length < 3
                ? Optional.empty()
                : MatrixRow.all().stream()
                        .filter(row -> row.name().equals(parts[2]))
                        .flatMap(row -> row.places().stream()
                                .filter(place -> name.startsWith(place.bits() + "/" + place.ring() + "/"))
                                .map(place -> of(row, place)))
                        .findFirst();
    }

    /** Under which name it is found. */
    static String name(MatrixCell cell) {
        return cell.bits() + "/" + cell.ring() + "/" + cell.instruction();
    }

    /** The guest as a file that somebody could have sent. */
    Upload upload() {
        return new Upload(
                new GuestFile(row.name(), bytes),
                new StartChoice(OptionalInt.of(place.bits()), OptionalLong.of(LOAD), OptionalLong.empty()));
    }

    /** The guest, as the command line would load the bytes. */
    GuestImage image() {
        return Images.recognize(
                bytes,
                "probe.bin",
                ImageOptions.DEFAULT.withBits(place.bits()).withLoad(LOAD).withMemory(MEMORY));
    }

    MatrixRow row() {
        return row;
    }

    MatrixRow.Place place() {
        return place;
    }

    byte[] bytes() {
        return bytes.clone();
    }

    /** Of the instruction. */
    long address() {
        return address;
    }
}
