package ringside.reference;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import ringside.isa.Attribute;
import ringside.isa.CodeSource;
import ringside.isa.Decoded;
import ringside.isa.Decoder;
import ringside.isa.Encoding;
import ringside.isa.Form;
import ringside.isa.UndefinedInstruction;

/**
 * Random bytes of a given form: prefixes, ModRM, SIB, displacement and immediates are drawn until the decoder agrees
 * that they are this form.
 */
final class RandomEncoding {
    private static final int TRIES = 2000;
    private static final int[] SEGMENTS = {0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65};

    private final Decoder decoder;
    private final Random random;

    /**
     * An instruction's bytes.
     *
     * @param displacementAt where the displacement (or moffs) begins, 0 without one
     * @param displacementBytes its size
     */
    record Instruction(byte[] code, Decoded decoded, int displacementAt, int displacementBytes) {}

    RandomEncoding(Decoder decoder, Random random) {
        this.decoder = decoder;
        this.random = random;
    }

    /**
     * Draws an instruction.
     *
     * @param bits size of the code: 16, 32 or 64
     * @throws IllegalStateException if no encoding of the form is found
     */
    Instruction draw(Form form, int bits) {
        for (int i = 0; i < TRIES; i++) {
            Optional<Instruction> drawn = draft(form, bits);
            if (drawn.isPresent()) {
                return drawn.get();
            }
        }
        throw new IllegalStateException("no encoding found in " + bits + "-bit code of " + form);
    }

    /** The same instruction with another displacement, as far as its size allows. */
    Instruction displace(Instruction instruction, long displacement) {
        byte[] code = instruction.code.clone();
        for (int i = 0; i < instruction.displacementBytes; i++) {
            code[instruction.displacementAt + i] = (byte) (displacement >> 8 * i);
        }
        return new Instruction(
                code,
                decoder.decode(CodeSource.of(code, 0), instruction.decoded.bits),
                instruction.displacementAt,
                instruction.displacementBytes);
    }

    private Optional<Instruction> draft(Form form, int bits) {
        Encoding encoding = form.encoding();
        var out = new ByteArrayOutputStream();
        boolean prefix67 = chance(form.has(Attribute.BY_ADDRESS) ? 50 : 12);
        prefixes(form, bits, prefix67).forEach(out::write);
        if (bits == 64 && (encoding.rexW() || chance(60))) {
            out.write(0x40 | random.nextInt(16) | (encoding.rexW() ? 8 : 0));
        }
        if (encoding.map() > 0) {
            out.write(0x0F);
        }
        if (encoding.map() > 1) {
            out.write(encoding.map() == 2 ? 0x38 : 0x3A);
        }
        out.write(encoding.opcode() + (encoding.inRegister() ? random.nextInt(8) : 0));

        int addressBits = addressBits(bits, prefix67);
        int displacementAt = 0;
        int displacementBytes = 0;
        if (encoding.hasModRm()) {
            int modRm = modRm(form);
            out.write(modRm);
            int sib = -1;
            if (modRm < 0xC0 && addressBits != 16 && (modRm & 7) == 4) {
                sib = random.nextInt(256);
                out.write(sib);
            }
            displacementAt = out.size();
            displacementBytes = displacementBytes(modRm, sib, addressBits);
            put(out, displacement(displacementBytes), displacementBytes);
        }
        for (Encoding.Immediate immediate : encoding.immediates()) {
            if (immediate == Encoding.Immediate.MOFFS) {
                displacementAt = out.size();
                displacementBytes = addressBits / 8;
                put(out, random.nextLong(), displacementBytes);
            } else {
                put(out, immediate(immediate.bits()), immediate.bits() / 8);
            }
        }
        return judge(form, bits, out.toByteArray(), displacementAt, displacementBytes);
    }

    private Optional<Instruction> judge(Form form, int bits, byte[] code, int at, int bytes) {
        if (code.length > 15) {
            return Optional.empty();
        }
        try {
            Decoded decoded = decoder.decode(CodeSource.of(code, 0), bits);
            boolean same = decoded.form.ordinal() == form.ordinal() && decoded.length == code.length;
            return same ? Optional.of(new Instruction(code, decoded, at, bytes)) : Optional.empty();
        } catch (UndefinedInstruction | ArrayIndexOutOfBoundsException e) {
            return Optional.empty();
        }
    }

    private List<Integer> prefixes(Form form, int bits, boolean prefix67) {
        int mandatory = form.encoding().prefix();
        var prefixes = new ArrayList<Integer>();
        if (mandatory > 0) {
            prefixes.add(mandatory);
        } else {
            // SDM 2A, JMP: in 64-bit mode a near branch has 64 bits whatever 66 says. AMD's processors obey 66.
            boolean near = bits == 64 && form.has(Attribute.F64);
            boolean sizes = mandatory == 0 || mandatory == Encoding.NO_REPEAT;
            if (sizes && !near && chance(form.isSized() ? 50 : 8)) {
                prefixes.add(0x66);
            }
            boolean string = form.has(Attribute.REP) || form.has(Attribute.REPE);
            // After 0F the host knows more instructions, told apart by F2 and F3, than the table. SDM 2A, Instruction
            // Prefixes: other
            // uses are reserved; AMD's processors let F2 and F3 choose the condition of LOOPE and LOOPNE.
            boolean ignored = form.encoding().map() == 0
                    && mandatory == 0
                    && !form.mnemonic().startsWith("LOOP");
            if (string ? chance(60) : ignored && chance(3)) {
                prefixes.add(random.nextBoolean() ? 0xF3 : 0xF2);
            }
        }
        if (prefix67) {
            prefixes.add(0x67);
        }
        if (chance(12)) {
            prefixes.add(SEGMENTS[bits == 64 && chance(70) ? 4 + random.nextInt(2) : random.nextInt(6)]);
        }
        if (form.has(Attribute.LOCK) && chance(15)) {
            prefixes.add(0xF0);
        }
        Collections.shuffle(prefixes, random);
        return prefixes;
    }

    private int modRm(Form form) {
        Encoding encoding = form.encoding();
        if (encoding.hasFixedModRm()) {
            return encoding.modRm() - Encoding.FIXED;
        }
        int reg = encoding.hasDigit() ? encoding.modRm() : random.nextInt(8);
        boolean register = form.has(Attribute.REG) || !form.has(Attribute.MEM) && random.nextBoolean();
        int mod = register ? 3 : random.nextInt(3);
        return mod << 6 | reg << 3 | random.nextInt(8);
    }

    private static int addressBits(int bits, boolean prefix67) {
        if (bits == 64) {
            return prefix67 ? 32 : 64;
        }
        return (bits == 32) == prefix67 ? 16 : 32;
    }

    /** SDM 2A, Addressing-Mode Encoding of ModR/M and SIB Bytes. */
    private static int displacementBytes(int modRm, int sib, int addressBits) {
        int mod = modRm >> 6;
        int rm = modRm & 7;
        if (mod == 3) {
            return 0;
        }
        if (mod == 1) {
            return 1;
        }
        if (addressBits == 16) {
            return mod == 2 || rm == 6 ? 2 : 0;
        }
        return mod == 2 || rm == 5 || rm == 4 && (sib & 7) == 5 ? 4 : 0;
    }

    private long displacement(int bytes) {
        return bytes == 4 && chance(80) ? random.nextInt(0x1000) - 0x800 : random.nextInt();
    }

    private long immediate(int bits) {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextInt(4);
            case 1 -> -1 - random.nextInt(3);
            case 2 -> (1L << bits - 1) - random.nextInt(2);
            case 3, 4 -> random.nextInt(66);
            default -> random.nextLong();
        };
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private static void put(ByteArrayOutputStream out, long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (value >> 8 * i) & 0xFF);
        }
    }
}
