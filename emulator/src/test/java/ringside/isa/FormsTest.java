package ringside.isa;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for every form of the table. */
class FormsTest {
    private static final long ADDRESS = 0x1000;
    private static final int[] PREFIXES = {0, 0x66, 0xF2, 0xF3};

    private final List<Form> table = TestTable.forms();
    private final Decoder decoder = new Decoder(table);
    private final Assembler assembler = new Assembler(table);

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void everyFormDecodesFromItsOwnBytes(int bits) {
        var wrong = new ArrayList<String>();
        for (Form form : table) {
            for (byte[] example : examples(form, bits)) {
                var decoded = decode(example, bits);
                if (decoded.form != form || decoded.length != example.length) {
                    wrong.add(form + " " + hex(example) + " became " + decoded.form);
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** Bytes become text, the text bytes, and these the same text again; they are the same bytes unless others are shorter. */
    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void everyFormGoesRoundFromBytesToTextToBytes(int bits) {
        var wrong = new ArrayList<String>();
        for (Form form : table) {
            for (byte[] example : examples(form, bits)) {
                var decoded = decode(example, bits);
                var text = text(decoded);
                var back = assemble(text, decoded);
                if (back.isEmpty()) {
                    wrong.add(hex(example) + " " + text + " is refused");
                } else if (!Arrays.equals(back.get(), example)) {
                    var again = decode(back.get(), bits);
                    boolean shorter = back.get().length < example.length;
                    boolean other = back.get().length == example.length && again.form != form;
                    if (!meaning(text(again)).equals(meaning(text)) || !(shorter || other)) {
                        wrong.add(hex(example) + " " + text + " became " + hex(back.get()) + " " + text(again));
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** Of the forms whose bytes begin alike one is more specific than the others. */
    @Test
    void noTwoFormsClaimTheSameBytes() {
        var wrong = new ArrayList<String>();
        for (int bits : new int[] {16, 32, 64}) {
            for (int map = 0; map < 2; map++) {
                for (int opcode = 0; opcode < 256; opcode++) {
                    for (int modRm = 0; modRm < 256; modRm++) {
                        if (modRm < 0xC0 && (modRm & 7) != 0) {
                            continue;
                        }
                        for (int prefix : PREFIXES) {
                            for (int rex : bits == 64 ? new int[] {0, 0x41, 0x48} : new int[] {0}) {
                                claim(bits, map, opcode, modRm, prefix, rex).ifPresent(wrong::add);
                            }
                        }
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    private Optional<String> claim(int bits, int map, int opcode, int modRm, int prefix, int rex) {
        var bytes = new byte[16];
        int at = 0;
        if (prefix != 0) {
            bytes[at++] = (byte) prefix;
        }
        if (rex != 0) {
            bytes[at++] = (byte) rex;
        }
        if (map == 1) {
            bytes[at++] = 0x0F;
        }
        bytes[at++] = (byte) opcode;
        bytes[at] = (byte) modRm;
        var forms = decoder.claimants(CodeSource.of(bytes, 0), bits);
        return forms.size() < 2 || Decoder.specificity(forms.get(0)) > Decoder.specificity(forms.get(1))
                ? Optional.empty()
                : Optional.of(bits + " " + hex(bytes) + " is both " + forms.get(0) + " and " + forms.get(1));
    }

    @Test
    void formsAreNumberedInTheOrderOfTheTable() {
        for (int i = 0; i < table.size(); i++) {
            assertThat(table.get(i).ordinal()).isEqualTo(i);
        }
    }

    private static List<byte[]> examples(Form form, int bits) {
        return form.validIn(bits) ? FormExamples.of(form, bits) : List.of();
    }

    private Decoded decode(byte[] bytes, int bits) {
        return decoder.decode(CodeSource.of(Arrays.copyOf(bytes, bytes.length + 16), 0), bits);
    }

    /** A target has a name: NASM keeps jumps to plain numbers long, and plain numbers absolute. */
    private static String text(Decoded decoded) {
        boolean named = decoded.form.has(OperandKind.REL) || decoded.ripRelative;
        return Disassembler.text(decoded, ADDRESS, address -> named ? Optional.of("target") : Optional.empty());
    }

    /** Text without what the shorter encoding of the same instruction writes otherwise. */
    private static String meaning(String text) {
        var plain = text.replace("[dword 0x", "[0x")
                .replaceFirst("^(o16 |o32 |o64 )?nop$", "xchg ax,ax")
                .replaceFirst("^mov r(\\w+),([c-g]s|ss|0x\\w{8})$", "mov e$1,$2");
        var exchange = Pattern.compile("xchg (\\w+),(\\w+)").matcher(plain);
        if (!exchange.matches()) {
            return plain;
        }
        return exchange.group(1).equals(exchange.group(2))
                ? "xchg with itself"
                : "xchg "
                        + Set.of(exchange.group(1), exchange.group(2)).stream()
                                .sorted()
                                .toList();
    }

    private Optional<byte[]> assemble(String text, Decoded decoded) {
        long distance = decoded.ripRelative ? decoded.displacement : decoded.immediate;
        var source = "default rel\ntarget equ $$+" + (decoded.length + distance) + "\n" + text + "\n";
        return assembler
                .assemble(new Source("form", source, SourceFolder.NONE, decoded.bits, ADDRESS))
                .program()
                .map(p -> p.bytes().toArray());
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
