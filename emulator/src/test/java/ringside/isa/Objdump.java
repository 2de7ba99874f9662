package ringside.isa;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** GNU's disassembler and assembler, as the system has them: the package binutils, which gcc's brings. */
final class Objdump {
    private static final Map<Integer, String> MACHINES = Map.of(16, "i8086", 32, "i386", 64, "i386:x86-64");

    private static final Pattern LINE = Pattern.compile(" *([0-9a-f]+):\t((?:[0-9a-f]{2} )+) *\t?(.*)");

    private Objdump() {}

    /**
     * What objdump sees at the beginning of every slot of an image.
     *
     * @param slot the size of a slot in bytes; the first slot has address 0
     * @return length and text of each
     */
    static List<String> disassemble(byte[] image, int slot, int bits) throws IOException, InterruptedException {
        var file = Files.createTempFile("code", ".bin");
        var listing = Files.createTempFile("code", ".txt");
        try {
            Files.write(file, image);
            run(
                    List.of(
                            "objdump",
                            "-D",
                            "-z",
                            "-b",
                            "binary",
                            "-m",
                            MACHINES.get(bits),
                            "-M",
                            "att,intel64",
                            "--insn-width=16",
                            file.toString()),
                    listing);
            Map<Long, String> found = new HashMap<>();
            for (String line : Files.readAllLines(listing)) {
                var match = LINE.matcher(line);
                if (match.matches()) {
                    int length =
                            (int) match.group(2).chars().filter(c -> c == ' ').count();
                    found.put(
                            Long.parseLong(match.group(1), 16),
                            length + " " + match.group(3).strip().replaceAll(" +", " "));
                }
            }
            var texts = new ArrayList<String>();
            for (long at = 0; at < image.length; at += slot) {
                texts.add(found.getOrDefault(at, "(nothing begins here)"));
            }
            return texts;
        } finally {
            Files.delete(file);
            Files.delete(listing);
        }
    }

    /** Runs a program of the Debian package binutils; its absence fails the test with what to do. */
    static int run(List<String> command, Path output) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new AssertionError(
                    command.get(0) + " is missing: install the package binutils (on Debian: apt-get install binutils)",
                    e);
        }
    }
}
