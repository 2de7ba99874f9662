package ringside.isa;

import java.util.List;
import java.util.Locale;

/**
 * The bytes of a form, after the manual's opcode column (SDM 2A, Interpreting the Instruction Reference Pages).
 *
 * @param prefix the mandatory prefix 66, F2 or F3; {@link #NO_PREFIX} where the manual writes NP, {@link #NO_REPEAT} where it writes
 *     NFx; 0 where prefixes do not matter
 * @param rexW whether REX.W is part of the opcode
 * @param map 0 for one-byte opcodes, 1 after 0F, 2 after 0F 38, 3 after 0F 3A
 * @param opcode the opcode byte, 0 to 255
 * @param inRegister whether the low three bits of the opcode name a register (+r)
 * @param modRm what ModRM holds: {@link #NONE}, {@link #ANY_REG} (/r), a digit 0 to 7 in reg, or, from
 *     {@link #FIXED} on, one whole byte
 * @param immediates the immediates that follow, in order
 */
public record Encoding(
        int prefix, boolean rexW, int map, int opcode, boolean inRegister, int modRm, List<Immediate> immediates) {
    /** The manual's NP: none of 66, F2 and F3 may be there. */
    public static final int NO_PREFIX = -1;

    /** The manual's NFx: neither F2 nor F3 may be there. */
    public static final int NO_REPEAT = -2;

    /** There is no ModRM byte. */
    public static final int NONE = -1;

    /** The manual's /r: reg is an operand, or is ignored. */
    public static final int ANY_REG = -2;

    /** Added to a ModRM byte that belongs to the opcode. */
    public static final int FIXED = 0x100;

    /** The manual's names of what follows opcode and ModRM. */
    public enum Immediate {
        /** One byte. */
        IB(8),
        /** Two bytes. */
        IW(16),
        /** Four bytes. */
        ID(32),
        /** Eight bytes. */
        IO(64),
        /** A distance of one byte. */
        CB(8),
        /** A distance of two bytes. */
        CW(16),
        /** A distance of four bytes, or offset and selector of 16 bits each. */
        CD(32),
        /** An offset of 32 bits and a selector of 16. */
        CP(48),
        /** An offset as wide as the address size. */
        MOFFS(0);

        private final int bits;

        Immediate(int bits) {
            this.bits = bits;
        }

        /** The size in bits; 0 if the address size decides. */
        public int bits() {
            return bits;
        }
    }

    /** Whether a ModRM byte follows the opcode. */
    public boolean hasModRm() {
        return modRm != NONE;
    }

    /** Whether ModRM's reg is a digit of the opcode. */
    public boolean hasDigit() {
        return modRm >= 0 && modRm < 8;
    }

    /** Whether the whole ModRM byte belongs to the opcode. */
    public boolean hasFixedModRm() {
        return modRm >= FIXED;
    }

    /** The manual's notation, for example {@code 81 /0 id}. */
    @Override
    public String toString() {
        var text = new StringBuilder();
        if (prefix != 0) {
            text.append(prefix == NO_PREFIX ? "NP" : prefix == NO_REPEAT ? "NFx" : hex(prefix))
                    .append(' ');
        }
        text.append(rexW ? "REX.W " : "")
                .append(List.of("", "0F ", "0F 38 ", "0F 3A ").get(map))
                .append(hex(opcode))
                .append(inRegister ? "+r" : "");
        if (hasFixedModRm()) {
            text.append(' ').append(hex(modRm - FIXED));
        } else if (hasModRm()) {
            text.append(hasDigit() ? " /" + modRm : " /r");
        }
        immediates.forEach(i -> text.append(' ').append(i.name().toLowerCase(Locale.ROOT)));
        return text.toString();
    }

    private static String hex(int value) {
        return String.format("%02X", value);
    }
}
