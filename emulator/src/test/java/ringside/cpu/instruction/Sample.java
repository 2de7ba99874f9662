package ringside.cpu.instruction;

import java.io.ByteArrayOutputStream;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import ringside.cpu.Registers;
import ringside.isa.Attribute;
import ringside.isa.CodeSource;
import ringside.isa.Decoded;
import ringside.isa.Decoder;
import ringside.isa.Encoding;
import ringside.isa.Form;
import ringside.isa.OperandKind;
import ringside.isa.UndefinedInstruction;

/**
 * One encoding of each form: memory at [BX], [EBX] or [RBX], the register CX (of segment and control registers number 3), and
 * immediates of 1.
 */
record Sample(Form form, int bits, byte[] code) {
    static final int POINTER = Registers.RBX;

    private static final Decoder DECODER = InstructionSet.decoder();
    private static final List<String> PREFIXES = List.of("", "66", "48", "67", "66 67");

    /** All forms that exist in code of so many bits; with memory operands where they can have one, or with registers. */
    static List<Sample> all(int bits, boolean memory) {
        return InstructionSet.forms().stream()
                .filter(form -> form.validIn(bits))
                .map(form -> of(form, bits, memory))
                .flatMap(Optional::stream)
                .toList();
    }

    /** Empty where the form has no such operand. */
    private static Optional<Sample> of(Form form, int bits, boolean memory) {
        boolean hasModRm = form.encoding().hasModRm();
        if (hasModRm && form.has(memory ? Attribute.REG : Attribute.MEM)) {
            return Optional.empty();
        }
        if (form.encoding().hasFixedModRm() && memory != form.encoding().modRm() - Encoding.FIXED < 0xC0) {
            return Optional.empty();
        }
        for (String prefixes : PREFIXES) {
            byte[] code = encode(form, bits, memory, HexFormat.of().parseHex(prefixes.replace(" ", "")));
            if (isSame(form, bits, code)) {
                return Optional.of(new Sample(form, bits, code));
            }
        }
        throw new AssertionError("no sample of " + form + " in " + bits + "-bit code");
    }

    private static boolean isSame(Form form, int bits, byte[] code) {
        try {
            Decoded decoded = DECODER.decode(CodeSource.of(code, 0), bits);
            return decoded.form.ordinal() == form.ordinal() && decoded.length == code.length;
        } catch (UndefinedInstruction | ArrayIndexOutOfBoundsException e) {
            return false;
        }
    }

    private static byte[] encode(Form form, int bits, boolean memory, byte[] prefixes) {
        Encoding encoding = form.encoding();
        var out = new ByteArrayOutputStream();
        if (encoding.prefix() > 0) {
            out.write(encoding.prefix());
        }
        boolean rex = encoding.rexW() && prefixes.length == 0;
        out.writeBytes(rex ? new byte[] {0x48} : prefixes);
        if (encoding.map() > 0) {
            out.write(0x0F);
        }
        if (encoding.map() > 1) {
            out.write(encoding.map() == 2 ? 0x38 : 0x3A);
        }
        out.write(encoding.opcode() + (encoding.inRegister() ? 1 : 0));
        if (encoding.hasModRm()) {
            out.write(modRm(form, bits, memory));
        }
        for (Encoding.Immediate immediate : encoding.immediates()) {
            boolean offset = immediate == Encoding.Immediate.MOFFS;
            byte[] bytes = new byte[offset ? bits / 8 : immediate.bits() / 8];
            bytes[0] = (byte) (offset ? 0 : 1);
            out.writeBytes(bytes);
        }
        return out.toByteArray();
    }

    private static int modRm(Form form, int bits, boolean memory) {
        Encoding encoding = form.encoding();
        if (encoding.hasFixedModRm()) {
            return encoding.modRm() - Encoding.FIXED;
        }
        // The reserved no-operations are what other rows leave of their opcode.
        int free = form.has(Attribute.ALIAS) ? 7 : 1;
        int reg = encoding.hasDigit() ? encoding.modRm() : isNumbered(form) ? 3 : free;
        return (memory ? 0 : 0xC0) | reg << 3 | (memory && bits == 16 ? 7 : 3);
    }

    private static boolean isNumbered(Form form) {
        return form.has(OperandKind.SREG) || form.has(OperandKind.CR) || form.has(OperandKind.DR);
    }

    String hex() {
        return HexFormat.of().formatHex(code);
    }

    @Override
    public String toString() {
        return form + " in " + bits + "-bit code (" + hex() + ")";
    }
}
