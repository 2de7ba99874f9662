package ringside.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import ringside.session.BadInput;

/** The other emulators, as processes of their own in a folder of their own. */
final class Emulators {
    private static final int PATIENCE_SECONDS = 300;

    /** Second line of the shell's {@code times}: user and system time of its children. */
    private static final Pattern TIMES =
            Pattern.compile("(\\d+)m([0-9.]+)s (\\d+)m([0-9.]+)s\\s+(\\d+)m([0-9.]+)s (\\d+)m([0-9.]+)s");

    private Emulators() {}

    /** Those that are installed. */
    static List<BenchProgram> installed(Path folder) {
        List<BenchProgram> programs = new ArrayList<>();
        if (BenchProgram.isInstalled("bochs") && BenchProgram.isInstalled("script")) {
            programs.add(new Bochs(folder));
        }
        if (BenchProgram.isInstalled("qemu-system-x86_64")) {
            programs.add(new Qemu(folder));
        }
        return programs;
    }

    /** QEMU's translator. Debug-exit with value 0 gives status 1. */
    private record Qemu(Path folder) implements BenchProgram {
        @Override
        public String name() {
            return "qemu-tcg";
        }

        @Override
        public int endurance() {
            return 10;
        }

        @Override
        public double cpuSeconds(Workload workload, long iterations) {
            Files.write(folder.resolve("firmware.bin"), workload.firmware(iterations));
            return measure(
                    folder,
                    "qemu-system-x86_64 -accel tcg -m 64 -display none -nodefaults -no-reboot -bios firmware.bin"
                            + " -device isa-debug-exit,iobase=0xf4,iosize=1; [ $? = 1 ]");
        }
    }

    /** Bochs draws on a terminal, so it gets one from {@code script}; its debugger, where it is built in, is told to go on. */
    private record Bochs(Path folder) implements BenchProgram {
        @Override
        public String name() {
            return "bochs";
        }

        @Override
        public double cpuSeconds(Workload workload, long iterations) {
            Files.write(folder.resolve("firmware.bin"), workload.firmware(iterations));
            Files.write(folder.resolve("vga.bin"), emptyVideoRom());
            Files.write(folder.resolve("go"), "continue\n".getBytes(StandardCharsets.UTF_8));
            Files.write(
                    folder.resolve("bochsrc.txt"),
                    Workload.resource("bochsrc.txt").getBytes(StandardCharsets.UTF_8));
            return measure(
                    folder,
                    "TERM=xterm script -qec 'bochs -q -f bochsrc.txt -rc go' /dev/null >screen.txt;"
                            + " grep -q 'shutdown requested' bochs.log");
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
    }

    /** CPU seconds of a shell command's processes, user and system. A program that was disturbed gets a second chance. */
    private static double measure(Path folder, String command) {
        try {
            return measureOnce(folder, command);
        } catch (BadInput disturbed) {
            return measureOnce(folder, command);
        }
    }

    private static double measureOnce(Path folder, String command) {
        try {
            // Its standard input is a pipe that stays open: at the end of a file, script would type Control-D.
            Process shell = new ProcessBuilder("sh", "-c", command + " || echo failed; times")
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            if (!shell.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                shell.descendants().forEach(ProcessHandle::destroyForcibly);
                shell.destroyForcibly();
                throw new BadInput("an emulator did not end within " + PATIENCE_SECONDS + " seconds: " + command);
            }
            String text = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            Matcher times = TIMES.matcher(text);
            if (text.contains("failed") || !times.find()) {
                throw new BadInput("an emulator did not run to its end: " + command + ": "
                        + text.lines().findFirst().orElse(""));
            }
            return seconds(times, 5) + seconds(times, 7);
        } catch (IOException e) {
            throw new BadInput("cannot run sh: " + Files.reason(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BadInput("interrupted");
        }
    }

    private static double seconds(Matcher times, int group) {
        return 60 * Double.parseDouble(times.group(group)) + Double.parseDouble(times.group(group + 1));
    }
}
