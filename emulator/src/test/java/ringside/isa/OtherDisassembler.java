package ringside.isa;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Another disassembler to compare with, and how its way of writing becomes comparable with ours. */
interface OtherDisassembler {
    /** The length and text of what stands at the beginning of every slot of an image. */
    List<String> disassemble(byte[] image, int slot, int bits) throws IOException, InterruptedException;

    /** Our length and text of an instruction, comparable with the other's. */
    String ours(Decoded instruction, long address);

    /** NASM's disassembler: text is compared letter by letter. */
    OtherDisassembler NDISASM = new OtherDisassembler() {
        @Override
        public List<String> disassemble(byte[] image, int slot, int bits) throws IOException, InterruptedException {
            return Ndisasm.disassemble(image, slot, bits);
        }

        @Override
        public String ours(Decoded instruction, long address) {
            return instruction.length + " " + Disassembler.text(instruction, address);
        }
    };

    /**
     * GNU's objdump: without the prefixes, which it writes in the order of their bytes, those without effect too, and ours in one order
     * (GnuAssemblerTest looks at those that have an effect), and without the 1 of a shift by one, which newer versions write.
     */
    OtherDisassembler OBJDUMP = new OtherDisassembler() {
        private static final Pattern PREFIXES = Pattern.compile(
                "(?<=^\\d{1,2} )(?:(?:[c-gs]s|lock|rep|repn?z|data16|data32|addr16|addr32|rex(?:\\.\\w+)?|bnd|xacquire|xrelease|notrack) )+");
        private static final Pattern BY_ONE = Pattern.compile("(?<=\\b(?:ro|rc|sh|sa)[lr][bwlq]? )\\$1,");

        @Override
        public List<String> disassemble(byte[] image, int slot, int bits) throws IOException, InterruptedException {
            return Objdump.disassemble(image, slot, bits).stream()
                    .map(text -> BY_ONE.matcher(plain(text)).replaceFirst(""))
                    .toList();
        }

        @Override
        public String ours(Decoded instruction, long address) {
            return plain(instruction.length + " " + Syntax.ATT.text(instruction, address, Symbols.NONE));
        }

        private String plain(String text) {
            return PREFIXES.matcher(text).replaceFirst("");
        }
    };

    /** iced-x86: compared without size words, and with numbers written alike. */
    static OtherDisassembler iced() {
        var iced = new IcedX86();
        return new OtherDisassembler() {
            private final Pattern hex = Pattern.compile("(?<![\\w.])([0-9][0-9a-f]*)h\\b");
            private final Pattern extended = Pattern.compile("byte ([+-])0x([0-9a-f]+)");

            @Override
            public List<String> disassemble(byte[] image, int slot, int bits) {
                return iced.disassemble(image, slot, bits).stream()
                        .map(i -> i.length() + " " + plain(numbers(i.text())))
                        .toList();
            }

            @Override
            public String ours(Decoded instruction, long address) {
                var text = Disassembler.text(instruction, address);
                var match = extended.matcher(text);
                if (match.find()) {
                    long value = Long.parseLong(match.group(1) + match.group(2), 16);
                    int unused = 64 - instruction.operandSize;
                    text = match.replaceFirst("0x" + Long.toHexString(value << unused >>> unused));
                }
                return instruction.length + " " + plain(text);
            }

            private String numbers(String text) {
                return hex.matcher(text.toLowerCase(Locale.ROOT))
                        .replaceAll(m -> "0x" + Long.toHexString(Long.parseUnsignedLong(m.group(1), 16)));
            }

            private String plain(String text) {
                return text.replaceAll("\\b(byte|word|dword|qword|oword|short|near|rel) ", "")
                        .replaceAll("([ ,])1$", "$10x1");
            }
        };
    }
}
