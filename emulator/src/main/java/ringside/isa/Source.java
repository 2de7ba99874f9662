package ringside.isa;

import java.util.List;

/**
 * What the assembler reads.
 *
 * @param name the name of the file, for messages
 * @param text its text
 * @param folder the files that it may include
 * @param bits the size of the code, 16, 32 or 64, until it says {@code bits} itself
 * @param origin the address of its first byte, unless it says {@code org}
 * @param definitions macros that are there before its first line
 */
public record Source(
        String name, String text, SourceFolder folder, int bits, long origin, List<Definition> definitions) {
    public Source {
        definitions = List.copyOf(definitions);
    }

    /** A source for which nothing is defined beforehand. */
    public Source(String name, String text, SourceFolder folder, int bits, long origin) {
        this(name, text, folder, bits, origin, List.of());
    }

    /** A source without other files, of 16-bit code at address 0 unless it says otherwise, as in NASM. */
    public static Source of(String name, String text) {
        return new Source(name, text, SourceFolder.NONE, 16, 0);
    }
}
