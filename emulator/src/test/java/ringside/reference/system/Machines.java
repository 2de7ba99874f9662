package ringside.reference.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;

/** Who can run an image: Ringside in any of its modes, QEMU, Bochs. All give the lines that it wrote to COM1. */
final class Machines {
    private static final int PATIENCE_SECONDS = 120;
    private static final int POLL_MILLISECONDS = 50;

    /** What would be written too much is written in this time. */
    private static final int GRACE_MILLISECONDS = 500;

    private static final long MOST_STEPS = 200_000_000L;

    private Machines() {}

    static List<String> ringside(String mode, SystemImage image) {
        return ringside(mode, Images.recognize(image.multiboot(), "cases", ImageOptions.DEFAULT.withMemory(8 << 20)));
    }

    static List<String> ringside(String mode, GuestImage guest) {
        var monitor = Modes.start(mode, guest, Options.DEFAULT, event -> {}).orElseThrow();
        monitor.run(MOST_STEPS);
        String text = new String(monitor.machine().serial().bytes(), StandardCharsets.ISO_8859_1);
        return text.lines().toList();
    }

    static List<String> qemu(SystemImage image) {
        return qemu(image.firmware(), "qemu64,vendor=GenuineIntel,+smep,+pdpe1gb");
    }

    static List<String> qemu(byte[] firmware, String processor) {
        return inFolder(folder -> {
            Files.write(folder.resolve("firmware.bin"), firmware);
            start(
                    folder,
                    "qemu-system-x86",
                    List.of(
                            "qemu-system-x86_64",
                            "-accel",
                            "tcg",
                            "-cpu",
                            processor,
                            "-m",
                            "64",
                            "-display",
                            "none",
                            "-nodefaults",
                            "-no-reboot",
                            "-bios",
                            "firmware.bin",
                            "-serial",
                            "file:com1.txt",
                            "-device",
                            "isa-debug-exit,iobase=0xf4,iosize=1"));
        });
    }

    /** Bochs draws on a terminal: {@code script} gives it one. Where its debugger is built in, it is told to go on. */
    static List<String> bochs(SystemImage image) {
        return bochs(image.firmware(), Long.MAX_VALUE);
    }

    /** @param length it need not write more than this */
    static List<String> bochs(byte[] firmware, long length) {
        return inFolder(folder -> {
            Files.write(folder.resolve("firmware.bin"), firmware);
            Files.write(folder.resolve("vga.bin"), emptyVideoRom());
            Files.writeString(folder.resolve("go"), "continue\n");
            Files.writeString(folder.resolve("bochsrc.txt"), """
                config_interface: textconfig
                display_library: term
                megs: 64
                romimage: file=firmware.bin, address=0x%x
                vgaromimage: file=vga.bin
                cpu: model=corei7_haswell_4770, ips=4000000, reset_on_triple_fault=0
                clock: sync=none
                com1: enabled=1, mode=file, dev=com1.txt
                log: bochs.log
                panic: action=fatal
                error: action=ignore
                info: action=ignore
                debug: action=ignore
                """.formatted(0x1_0000_0000L - firmware.length));
            start(
                    folder,
                    "bochs, bochs-term and bsdutils",
                    List.of("script", "-qec", "bochs -q -f bochsrc.txt -rc go", "/dev/null"),
                    length);
        });
    }

    /** Waits until a machine ends or has written as much as it is to write. */
    private static boolean ends(Process process, Path serial, long length) throws IOException, InterruptedException {
        long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() < patience && (!Files.exists(serial) || Files.size(serial) < length)) {
            if (process.waitFor(POLL_MILLISECONDS, TimeUnit.MILLISECONDS)) {
                return true;
            }
        }
        return process.waitFor(GRACE_MILLISECONDS, TimeUnit.MILLISECONDS);
    }

    /** A ROM that does nothing, with the checksum that firmware looks for. */
    private static byte[] emptyVideoRom() {
        byte[] rom = new byte[512];
        rom[0] = 0x55;
        rom[1] = (byte) 0xAA;
        rom[2] = 1;
        rom[3] = (byte) 0xCB;
        rom[511] = (byte) -(0x55 + 0xAA + 1 + 0xCB);
        return rom;
    }

    /** What is done in a folder of its own. */
    @FunctionalInterface
    private interface Work {
        void in(Path folder) throws IOException;
    }

    private static List<String> inFolder(Work work) {
        try {
            Path folder = Files.createTempDirectory("ringside-system");
            try {
                work.in(folder);
                return Files.readAllLines(folder.resolve("com1.txt"), StandardCharsets.ISO_8859_1);
            } finally {
                try (var files = Files.list(folder)) {
                    for (Path file : files.toList()) {
                        Files.delete(file);
                    }
                }
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void start(Path folder, String packages, List<String> command) throws IOException {
        start(folder, packages, command, Long.MAX_VALUE);
    }

    private static void start(Path folder, String packages, List<String> command, long length) throws IOException {
        var builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("screen.txt").toFile());
        builder.environment().put("TERM", "xterm");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new AssertionError(command.get(0) + " is missing: install the packages " + packages, e);
        }
        try {
            if (!ends(process, folder.resolve("com1.txt"), length)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            throw new AssertionError(e);
        }
        if (!Files.exists(folder.resolve("com1.txt"))) {
            String screen = Files.readString(folder.resolve("screen.txt"), StandardCharsets.ISO_8859_1);
            throw new AssertionError("are the packages " + packages + " installed? " + screen);
        }
    }
}
