package ringside.isa;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** NASM and its disassembler, as the system has them. */
final class Ndisasm {
    private static final int ADDRESS = 0;
    private static final int BYTES = 10;

    private Ndisasm() {}

    /**
     * What ndisasm sees at the beginning of every slot of an image.
     *
     * @param image the bytes
     * @param slot the size of a slot in bytes; the first slot has address 0
     * @param bits the size of the code
     */
    static List<String> disassemble(byte[] image, int slot, int bits) throws IOException, InterruptedException {
        var file = Files.createTempFile("code", ".bin");
        var listing = Files.createTempFile("code", ".txt");
        try {
            Files.write(file, image);
            run(List.of("ndisasm", "-b" + bits, file.toString()), listing);
            var texts = new ArrayList<String>();
            var lines = Files.readAllLines(listing);
            for (int i = 0; i < lines.size(); i++) {
                var line = lines.get(i);
                if (line.startsWith(" ") || Long.parseLong(line.substring(ADDRESS, 8), 16) % slot != 0) {
                    continue;
                }
                var words = line.substring(BYTES).split(" +", 2);
                int length = words[0].length() / 2;
                while (i + 1 < lines.size() && lines.get(i + 1).startsWith(" ")) {
                    length += (lines.get(++i).trim().length() - 1) / 2;
                }
                texts.add(length + " " + words[1].trim());
            }
            return texts;
        } finally {
            Files.delete(file);
            Files.delete(listing);
        }
    }

    /** Runs a program of the Debian package nasm; its absence fails the test with what to do. */
    static int run(List<String> command, Path output) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new AssertionError(
                    command.get(0) + " is missing: install the package nasm (on Debian: apt-get install nasm)", e);
        }
    }

    static String text(Path output) throws IOException {
        return Files.readString(output, StandardCharsets.ISO_8859_1);
    }
}
