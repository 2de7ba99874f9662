package ringside.isa;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Lengths and text of random instructions are what NASM's disassembler and iced-x86 say, and in AT&amp;T's syntax GNU's objdump, the listed
 * differences aside.
 * The long run takes 100,000 instructions for every size of code, the usual one a sample of the same.
 */
class DisassemblyAgreementTest {
    private static final boolean IS_LONG = Boolean.getBoolean("ringside.long");
    private static final int ALL = 100_000;
    private static final int SLOT = 32;
    private static final byte NOP = (byte) 0x90;

    private final Decoder decoder = new Decoder(TestTable.forms());

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void textAndLengthAgreeWithNasmsDisassembler(int bits) throws Exception {
        agree(OtherDisassembler.NDISASM, "/differences-ndisasm.txt", bits, IS_LONG ? ALL : 20_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void textAndLengthAgreeWithIced(int bits) throws Exception {
        agree(OtherDisassembler.iced(), "/differences-iced.txt", bits, IS_LONG ? ALL : 4_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void attSyntaxAgreesWithObjdump(int bits) throws Exception {
        agree(OtherDisassembler.OBJDUMP, "/differences-objdump.txt", bits, IS_LONG ? ALL : 6_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void everyListedDifferenceFromObjdumpStillOccurs(int bits) throws Exception {
        stillOccur(OtherDisassembler.OBJDUMP, "/differences-objdump.txt", bits);
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void everyListedDifferenceFromNasmsDisassemblerStillOccurs(int bits) throws Exception {
        stillOccur(OtherDisassembler.NDISASM, "/differences-ndisasm.txt", bits);
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void everyListedDifferenceFromIcedStillOccurs(int bits) throws Exception {
        stillOccur(OtherDisassembler.iced(), "/differences-iced.txt", bits);
    }

    @Test
    void icedIsTheModuleThatItsPackageShips() throws Exception {
        try (var module = IcedX86.class.getResourceAsStream(IcedX86.MODULE)) {
            var digest = MessageDigest.getInstance("SHA-256").digest(module.readAllBytes());
            assertThat(HexFormat.of().formatHex(digest))
                    .isEqualTo("e6b572689d3296b15d58d7944f37745435a6aa914df610e0fd42ce0f964033a1");
        }
    }

    /** What we refuse is for iced no instruction either, or one that the table does not have. */
    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void whatTheTableRefusesIsNotAnInstructionOfTheTable(int bits) throws Exception {
        var random = new RandomCode(77, decoder, bits);
        var refused = new ArrayList<byte[]>();
        while (refused.size() < (IS_LONG ? 20_000 : 2_000)) {
            var bytes = random.bytes();
            try {
                decoder.decode(CodeSource.of(Arrays.copyOf(bytes, SLOT), 0), bits);
            } catch (UndefinedInstruction e) {
                refused.add(bytes);
            }
        }
        var mnemonics = decoder.table().stream()
                .map(f -> f.mnemonic().toLowerCase(Locale.ROOT))
                .collect(Collectors.toSet());
        var image = image(refused);
        var theirs = new IcedX86().disassemble(image, SLOT, bits);
        var wrong = new ArrayList<String>();
        for (int i = 0; i < theirs.size(); i++) {
            if (isOfTheTable(theirs.get(i), mnemonics)
                    && !isRefusedForAReason(theirs.get(i).text(), bits)) {
                wrong.add(HexFormat.of().formatHex(refused.get(i)) + " "
                        + theirs.get(i).text());
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static boolean isOfTheTable(IcedX86.Instruction instruction, Set<String> mnemonics) {
        return instruction.isInstruction()
                && Arrays.stream(instruction.text().split(" "))
                        .filter(word -> !word.matches("rep\\w*|lock|[a-g]s|[oa]\\d\\d|x\\w+|bnd"))
                        .limit(1)
                        .anyMatch(mnemonics::contains);
    }

    /** The few instructions that have a name of the table but not a form of it, with the reason. */
    private static boolean isRefusedForAReason(String text, int bits) {
        // AMD's processors have SYSCALL and SYSRET outside 64-bit code; Intel's, and this one, do not.
        boolean fastCall = bits != 64 && text.matches(".*sys(call|ret).*");
        // MOVSD and CMPSD are also SSE2's, on registers xmm, and CMPXCHG16B's neighbours are not there.
        boolean sse = text.contains("xmm");
        // 0F 0D with a register: no-operation on Intel's processors, undefined on AMD's and on this one.
        boolean prefetchRegister = text.matches(".*\\bnop \\w+,\\w+");
        return fastCall || sse || prefetchRegister;
    }

    private void agree(OtherDisassembler other, String resource, int bits, int count) throws Exception {
        var list = ListedDifferences.of(resource);
        var random = new RandomCode(bits, decoder, bits);
        var codes = new ArrayList<byte[]>();
        for (int i = 0; i < count; i++) {
            codes.add(random.instruction());
        }
        var unlisted = new ArrayList<String>();
        compare(other, bits, codes, (code, ours, theirs) -> {
            if (!list.explains(bits, code, ours, theirs)) {
                unlisted.add(HexFormat.of().formatHex(code) + " " + ours + " | " + theirs);
            }
        });
        assertThat(unlisted).as("differences that are not listed").isEmpty();
    }

    private void stillOccur(OtherDisassembler other, String resource, int bits) throws Exception {
        var list = ListedDifferences.of(resource);
        for (ListedDifferences.Entry entry : list.entries()) {
            if (entry.bits() != bits) {
                continue;
            }
            var differing = new ArrayList<String>();
            compare(other, bits, List.of(entry.example()), (code, ours, theirs) -> {
                differing.add(ours + " | " + theirs);
                assertThat(list.explains(bits, code, ours, theirs))
                        .as(entry + ": " + ours + " | " + theirs)
                        .isTrue();
                assertThat(list.without(entry).explains(bits, code, ours, theirs))
                        .as("needs the entry: " + entry)
                        .isFalse();
            });
            assertThat(differing).as("still differs: " + entry).hasSize(1);
        }
    }

    private interface Difference {
        void found(byte[] code, String ours, String theirs);
    }

    private void compare(OtherDisassembler other, int bits, List<byte[]> codes, Difference difference)
            throws IOException, InterruptedException {
        var image = image(codes);
        var theirs = other.disassemble(image, SLOT, bits);
        for (int i = 0; i < codes.size(); i++) {
            var decoded = decoder.decode(CodeSource.of(image, i * SLOT), bits);
            var ours = other.ours(decoded, (long) i * SLOT);
            if (!ours.equals(theirs.get(i))) {
                difference.found(codes.get(i), ours, theirs.get(i));
            }
        }
    }

    /** One instruction in every slot, filled up with NOP. */
    private static byte[] image(List<byte[]> codes) {
        var image = new byte[codes.size() * SLOT];
        Arrays.fill(image, NOP);
        for (int i = 0; i < codes.size(); i++) {
            System.arraycopy(codes.get(i), 0, image, i * SLOT, codes.get(i).length);
        }
        return image;
    }
}
