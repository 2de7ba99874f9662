package ringside.session;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.Assembler;
import ringside.isa.CodeSource;
import ringside.isa.Decoded;
import ringside.isa.Decoder;
import ringside.isa.Definition;
import ringside.isa.Source;
import ringside.isa.Symbols;
import ringside.isa.Syntax;
import ringside.isa.UndefinedInstruction;

/** From source to bytes and back, by the instruction table. */
public final class Sources {
    private static final int LONGEST = 15;

    /** Digits of an instruction's bytes in one line of a listing; more go on in the next. */
    private static final int DIGITS = 16;

    private Sources() {}

    /**
     * Assembles a source for which nothing is defined beforehand.
     *
     * @throws BadInput with file, line and column of the first error
     */
    public static byte[] assemble(GuestFile file) {
        return assemble(file, List.of());
    }

    /**
     * Assembles as NASM's {@code -f bin} does.
     *
     * @param definitions macros that are there before its first line: NAME or NAME=VALUE
     * @return the program, as it would be loaded at its origin
     * @throws BadInput with file, line and column of the first error
     */
    public static byte[] assemble(GuestFile file, List<String> definitions) {
        var defined = definitions.stream()
                .map(text -> Definition.read(text)
                        .orElseThrow(() -> new BadInput("a macro is defined as NAME or NAME=VALUE, not " + text)))
                .toList();
        var source = new Source(file.name(), text(file), name -> file.folder().apply(name), 16, 0, defined);
        var result = new Assembler(InstructionSet.forms()).assemble(source);
        return result.program()
                .orElseThrow(() -> new BadInput(GuestStart.sentence(result.errors())))
                .bytes()
                .toArray();
    }

    /**
     * A source in columns: the same program with other white space.
     *
     * @throws BadInput where it is no text
     */
    public static String format(GuestFile file) {
        return Guests.FORMATTER.format(text(file));
    }

    private static String text(GuestFile file) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(file.bytes()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new BadInput(file.name() + " is not text in UTF-8, so it is no source");
        }
    }

    /**
     * Disassembles from the first byte to the last, in the columns of NASM's ndisasm. A byte that begins no instruction is shown as data.
     *
     * @param bits 16, 32 or 64
     * @param origin address of the first byte
     * @param syntax {@code intel} or {@code att}
     * @param lines takes each line
     * @throws BadInput where there is no such syntax
     */
    public static void disassemble(byte[] code, int bits, long origin, String syntax, Consumer<String> lines) {
        Syntax written = syntax(syntax);
        Decoder decoder = InstructionSet.decoder();
        int offset = 0;
        while (offset < code.length) {
            long address = origin + offset;
            String text;
            int length = 1;
            try {
                Decoded decoded = decoder.decode(CodeSource.of(window(code, offset), 0), bits);
                length = decoded.length;
                text = written.text(decoded, address, Symbols.NONE);
            } catch (UndefinedInstruction | ArrayIndexOutOfBoundsException data) {
                text = written.data(code[offset]);
            }
            String digits = HexFormat.of().withUpperCase().formatHex(code, offset, offset + length);
            lines.accept(String.format(
                    Locale.ROOT,
                    "%08X  %-16s  %s",
                    address,
                    digits.substring(0, Math.min(DIGITS, digits.length())),
                    text));
            for (int at = DIGITS; at < digits.length(); at += DIGITS) {
                lines.accept("         -" + digits.substring(at, Math.min(at + DIGITS, digits.length())));
            }
            offset += length;
        }
    }

    /** @throws BadInput where there is no syntax of that name */
    static Syntax syntax(String label) {
        return Syntax.named(label)
                .orElseThrow(() -> new BadInput(
                        "instructions are written as " + String.join(" or ", Syntax.labels()) + ", not " + label));
    }

    private static byte[] window(byte[] code, int offset) {
        return Arrays.copyOfRange(code, offset, Math.min(code.length, offset + LONGEST));
    }
}
