package ringside.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import ringside.session.GuestFile;
import ringside.session.Sources;

/**
 * A loop to be measured: a boot sector that brings itself into the mode it needs, and ends the run by itself in every program.
 *
 * @param name as printed
 * @param source its resource
 * @param instructions about how many one iteration takes: only for choosing how long to run
 */
record Workload(String name, String source, int instructions) {
    static final List<Workload> ALL = List.of(
            new Workload("alu", "alu.asm", 17),
            new Workload("paged-walk", "walk.asm", 60),
            new Workload("mix64", "mix64.asm", 32));

    /** In bytes. */
    private static final int SECTOR = 512;

    /** The boot sector, for Ringside. */
    GuestFile guest(long iterations) {
        return new GuestFile(name + ".img", sector(iterations));
    }

    /** The boot sector as firmware of 64 KiB, which starts at once: no BIOS has to run first. */
    byte[] firmware(long iterations) {
        return assemble("firmware.asm", resource("firmware.asm"), sector(iterations));
    }

    private byte[] sector(long iterations) {
        byte[] sector = assemble(source, "%define ITERATIONS " + iterations + "\n" + resource(source), new byte[0]);
        if (sector.length != SECTOR) {
            throw new IllegalStateException(source + " is no boot sector: " + sector.length + " bytes");
        }
        return sector;
    }

    private static byte[] assemble(String name, String text, byte[] sector) {
        return Sources.assemble(new GuestFile(
                name,
                text.getBytes(StandardCharsets.UTF_8),
                file -> Optional.of(
                        file.equals("boot.img") ? sector : resource(file).getBytes(StandardCharsets.UTF_8))));
    }

    static String resource(String name) {
        try (InputStream in = Workload.class.getResourceAsStream("/bench/" + name)) {
            if (in == null) {
                throw new IllegalStateException("the jar has no bench/" + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
