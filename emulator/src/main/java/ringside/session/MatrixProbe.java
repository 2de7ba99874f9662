package ringside.session;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import ringside.cpu.instruction.InstructionSet;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.isa.AssembledProgram;
import ringside.isa.Assembler;
import ringside.isa.Source;

/**
 * A small guest that executes one instruction at one ring: what the matrix runs, and what anybody can run again. For a bare machine it is a
 * flat binary ({@code --bits} and {@code --load 0x1000}); for a mode with a {@link MatrixPort} the file says itself how it starts.
 */
final class MatrixProbe {
    /** Where a flat image is loaded. */
    static final long LOAD = 0x1000;

    /** RAM that is enough for it, in bytes; a domain of Xen begins with tables and needs more. */
    private static final long MEMORY = 1 << 20;

    private static final long PORTED_MEMORY = 4 << 20;

    private final MatrixRow row;
    private final MatrixRow.Place place;
    private final boolean isFlat;
    private final byte[] bytes;
    private final long address;
    private final long end;

    private MatrixProbe(MatrixRow row, MatrixRow.Place place, boolean isFlat, AssembledProgram program) {
        this.row = row;
        this.place = place;
        this.isFlat = isFlat;
        this.bytes = program.bytes().toArray();
        this.address = symbol(program, "probe");
        this.end = symbol(program, "after");
    }

    private static long symbol(AssembledProgram program, String name) {
        return Optional.ofNullable(program.symbols().get(name)).orElseThrow();
    }

    /**
     * Assembles the probe for a bare machine.
     *
     * @param place one of the row's
     */
    static MatrixProbe of(MatrixRow row, MatrixRow.Place place) {
        String name = row.group().equals(MatrixRow.VIRTUAL_8086) ? "probe86.asm" : "probe" + place.bits() + ".asm";
        return new MatrixProbe(row, place, true, assemble(name, row, place));
    }

    /** The same for a mode that has a source of its own for that code size. */
    static MatrixProbe ported(MatrixRow row, MatrixRow.Place place, String mode) {
        return new MatrixProbe(row, place, false, assemble(source(mode, place.bits()), row, place));
    }

    /** The source of a mode's probes. */
    static String source(String mode, int bits) {
        return mode + bits + ".asm";
    }

    private static AssembledProgram assemble(String name, MatrixRow row, MatrixRow.Place place) {
        Map<String, String> parts = Map.of(
                "ring.inc", "RING equ " + place.ring() + "\n",
                "kernel.inc", row.kernel(),
                "before.inc", row.before(),
                "instruction.inc", row.instruction());
        var source = new Source(
                name,
                MatrixRow.resource(name),
                file -> Optional.ofNullable(parts.get(file)).map(text -> text.getBytes(StandardCharsets.UTF_8)),
                place.bits(),
                LOAD,
                List.of());
        var result = new Assembler(InstructionSet.forms()).assemble(source);
        return result.program()
                .orElseThrow(() -> new IllegalStateException(row.name() + " in " + place + ": " + result.errors()));
    }

    /** The probe of a name such as {@code 32/0/CLI}, code size, ring and the row's name, or {@code xen-pv/32/0/CLI} for one that was ported. */
    static Optional<MatrixProbe> named(String name) {
        String[] parts = name.split("/", 2);
        Optional<MatrixPort> port = MatrixPort.of(parts[0]);
        if (parts.length < 2) {
            return Optional.empty();
        }
        String place = port.isPresent() ? parts[1] : name;
        return Stream.concat(MatrixRow.all().stream(), MatrixRow.examples().stream())
                .flatMap(row -> row.places().stream()
                        .filter(one -> place.equals(name(one.bits(), one.ring(), row.name())))
                        .flatMap(one -> port.isPresent()
                                ? port.get().probe(row, one).stream()
                                : Optional.of(of(row, one)).stream()))
                .findFirst();
    }

    /** Under which name it is found. */
    static String name(MatrixCell cell) {
        String name = name(cell.bits(), cell.ring(), cell.instruction());
        return cell.isPorted() ? cell.mode() + "/" + name : name;
    }

    private static String name(int bits, int ring, String row) {
        return bits + "/" + ring + "/" + row;
    }

    /** The guest as a file that somebody could have sent. */
    Upload upload() {
        return new Upload(
                new GuestFile(row.name(), bytes),
                isFlat
                        ? new StartChoice(OptionalInt.of(place.bits()), OptionalLong.of(LOAD), OptionalLong.empty())
                        : StartChoice.NONE);
    }

    /** The guest, as the command line would load the bytes. */
    GuestImage image() {
        return Images.recognize(
                bytes,
                "probe.bin",
                isFlat
                        ? ImageOptions.DEFAULT
                                .withBits(place.bits())
                                .withLoad(LOAD)
                                .withMemory(MEMORY)
                        : ImageOptions.DEFAULT.withMemory(PORTED_MEMORY));
    }

    MatrixRow row() {
        return row;
    }

    MatrixRow.Place place() {
        return place;
    }

    /** Its bytes in hexadecimal. */
    String hex() {
        return HexFormat.of().formatHex(bytes);
    }

    /** Of the instruction. */
    long address() {
        return address;
    }

    /** Behind the instruction. */
    long end() {
        return end;
    }

    @Override
    public String toString() {
        return row.name() + " in " + place;
    }
}
