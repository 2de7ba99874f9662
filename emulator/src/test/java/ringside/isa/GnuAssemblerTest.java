package ringside.isa;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** GNU's assembler makes of our text in AT&amp;T's syntax instructions that mean the same, prefixes included. */
class GnuAssemblerTest {
    private static final boolean IS_LONG = Boolean.getBoolean("ringside.long");
    private static final int SLOT = 32;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void randomInstructionsComeBackWithTheSameMeaning(int bits) throws Exception {
        var decoder = new Decoder(TestTable.forms());
        var random = new RandomCode(2000 + bits, decoder, bits);
        var instructions = new ArrayList<Decoded>();
        while (instructions.size() < (IS_LONG ? 1_900 : 1_500)) {
            var decoded = decoder.decode(CodeSource.of(Arrays.copyOf(random.instruction(), SLOT), 0), bits);
            if (!hasNoText(decoded)) {
                instructions.add(decoded);
            }
        }
        var image = assembled(bits, instructions);
        var wrong = new ArrayList<String>();
        for (int i = 0; i < instructions.size(); i++) {
            long address = (long) i * SLOT;
            var before = instructions.get(i);
            var after = decoder.decode(CodeSource.of(image, i * SLOT), bits);
            if (!Meaning.of(before, address).equals(Meaning.of(after, address))) {
                wrong.add(text(before, address) + ": " + Meaning.of(before, address) + " | "
                        + Meaning.of(after, address));
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** What GNU's assembler has no way to write, with the reason. */
    private static boolean hasNoText(Decoded decoded) {
        var form = decoded.form;
        var name = form.mnemonic();
        // A plain number is too far for them; written with labels they would do.
        boolean near = form.has(OperandKind.REL) && (name.startsWith("LOOP") || form.has(Attribute.BY_ADDRESS));
        // It forgets that a size prefix changes the length of a distance, and the other way round in 64-bit code.
        boolean sized = form.has(OperandKind.REL) && decoded.prefix66;
        // It refuses repeat prefixes that change nothing.
        boolean repeated = decoded.repeat != 0
                && decoded.repeat != form.encoding().prefix()
                && !form.has(Attribute.REP)
                && !form.has(Attribute.REPE);
        // It has no forms for these.
        boolean unknown = name.equals("BSWAP") && decoded.operandSize == 16
                || name.matches("MOV[SZ]X") && form.operands().get(1).bits() == decoded.operandSize
                || name.equals("MOVSXD") && decoded.operandSize != 64;
        return near || sized || repeated || unknown;
    }

    private static String text(Decoded decoded, long address) {
        return Syntax.ATT.text(decoded, address, Symbols.NONE);
    }

    /** One instruction in every slot. */
    private byte[] assembled(int bits, List<Decoded> instructions) throws IOException, InterruptedException {
        var source = new StringBuilder(".code" + bits + "\n");
        for (int i = 0; i < instructions.size(); i++) {
            source.append(String.format(
                    Locale.ROOT, ".org %d, 0x90%n%s%n", i * SLOT, text(instructions.get(i), (long) i * SLOT)));
        }
        var file = folder.resolve("code.s");
        Files.writeString(
                file, source.append(String.format(Locale.ROOT, ".org %d, 0x90%n", instructions.size() * SLOT)));
        var object = folder.resolve("code.o").toString();
        var binary = folder.resolve("code.bin");
        run("as", bits == 64 ? "--64" : "--32", "-o", object, file.toString());
        run(
                "ld",
                "-m",
                bits == 64 ? "elf_x86_64" : "elf_i386",
                "-Ttext=0",
                "-e",
                "0",
                "--oformat=binary",
                "-o",
                binary.toString(),
                object);
        return Files.readAllBytes(binary);
    }

    private void run(String... command) throws IOException, InterruptedException {
        var messages = folder.resolve("messages.txt");
        int status = Objdump.run(List.of(command), messages);
        assertThat(status).as(command[0] + ": " + Files.readString(messages)).isZero();
    }
}
