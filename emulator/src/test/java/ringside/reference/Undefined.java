package ringside.reference;

import java.util.HashMap;
import java.util.Map;
import ringside.isa.Decoded;
import ringside.isa.OperandKind;

/**
 * What the manual leaves open after an instruction.
 *
 * @param flags RFLAGS bits
 * @param register whose value is open, -1 for none
 * @param mask which of its bits
 * @param memory first offset in the data window whose content is open
 * @param bytes how many bytes from there, 0 for none
 */
record Undefined(int flags, int register, long mask, int memory, int bytes) {
    private static final int CF = 1;
    private static final int PF = 1 << 2;
    private static final int AF = 1 << 4;
    private static final int ZF = 1 << 6;
    private static final int SF = 1 << 7;
    private static final int OF = 1 << 11;
    private static final int ALL = CF | PF | AF | ZF | SF | OF;

    private static final int RCX = 1;
    private static final int RSP = 4;
    private static final int SS = 2;
    private static final int FS = 4;

    @FunctionalInterface
    private interface Rule {
        /**
         * @param count the shift count as masked by the processor; 0 for other instructions
         * @param size of the destination in bits
         */
        int flags(long count, int size);
    }

    /** By mnemonic; each from "Flags Affected" of the instruction's page in SDM 2. Those not listed leave nothing open. */
    private static final Map<String, Rule> RULES = new HashMap<>();

    private static void rule(Rule rule, String... mnemonics) {
        for (String mnemonic : mnemonics) {
            RULES.put(mnemonic, rule);
        }
    }

    static {
        // SDM 2A, AND; 2B, OR, TEST, XOR: "the state of the AF flag is undefined".
        rule((count, size) -> AF, "AND", "OR", "XOR", "TEST");
        // SDM 2A, IMUL; 2B, MUL: CF and OF tell whether the upper half matters, the others are undefined.
        rule((count, size) -> SF | ZF | AF | PF, "MUL", "IMUL");
        // SDM 2A, DIV, IDIV: all undefined.
        rule((count, size) -> ALL, "DIV", "IDIV");
        // SDM 2A, AAA, AAS: AF and CF are set or cleared, the others undefined.
        rule((count, size) -> OF | SF | ZF | PF, "AAA", "AAS");
        // SDM 2A, AAD, AAM: SF, ZF and PF by the result, the others undefined.
        rule((count, size) -> OF | AF | CF, "AAD", "AAM");
        // SDM 2A, DAA, DAS: OF undefined.
        rule((count, size) -> OF, "DAA", "DAS");
        // SDM 2B, RCL/RCR/ROL/ROR: OF is defined for counts of 1, and untouched for 0.
        rule((count, size) -> count > 1 ? OF : 0, "RCL", "RCR", "ROL", "ROR");
        // SDM 2B, SAL/SAR/SHL/SHR: AF is undefined for a count that is not 0, OF for one that is not 1, and, of SHL and
        // SHR, CF
        // where the count reaches the size of the operand.
        rule((count, size) -> shift(count), "SAR");
        rule((count, size) -> shift(count) | (count >= size ? CF : 0), "SHL", "SHR");
        // SDM 2B, SHLD, SHRD: the same, and everything where the count exceeds the size.
        rule((count, size) -> count > size ? ALL : shift(count), "SHLD", "SHRD");
        // SDM 2A, BT, BTC, BTR, BTS: ZF is unaffected, the others but CF are undefined.
        rule((count, size) -> OF | SF | AF | PF, "BT", "BTC", "BTR", "BTS");
        // SDM 2A, BSF, BSR: all but ZF.
        rule((count, size) -> ALL & ~ZF, "BSF", "BSR");
    }

    private static int shift(long count) {
        return count == 0 ? 0 : count == 1 ? AF : AF | OF;
    }

    /**
     * What a case may leave open.
     *
     * @param host the result of the host: its ZF tells whether a scanned operand was zero
     */
    static Undefined of(Case given, Decoded decoded, Result host) {
        String mnemonic = decoded.form.mnemonic();
        int size = decoded.form.operandSize();
        Rule rule = RULES.get(mnemonic);
        long count = count(given, decoded);
        int flags = rule == null ? 0 : rule.flags(count, size);
        return switch (mnemonic) {
            // SDM 2A, BSF, BSR: with a source of zero the destination is undefined.
            case "BSF", "BSR" -> register(flags, (host.flags() & ZF) != 0 ? decoded.reg : -1, -1);
            // SDM 2A, LAR: bits 19:16 of a doubleword are undefined.
            case "LAR" -> register(flags, size == 16 ? -1 : decoded.reg, 0xF0000);
            // SDM 2A, BSWAP: of a 16-bit register undefined.
            case "BSWAP" -> register(flags, size == 16 ? decoded.rm : -1, 0xFFFF);
            // SDM 2B, SHLD, SHRD: with a count over the operand's size the result is undefined.
            case "SHLD", "SHRD" -> {
                if (count <= size) {
                    yield register(flags, -1, 0);
                }
                yield decoded.isMemory()
                        ? new Undefined(flags, -1, 0, 0, Layout.WINDOW_SIZE)
                        : register(flags, decoded.rm, 0xFFFF);
            }
            // SDM 2B, PUSH: of a doubleword for a segment register, processors may write two bytes or four.
            case "PUSH" ->
                decoded.form.has(OperandKind.FIXED_SREG) && decoded.operandSize == 32
                        ? new Undefined(flags, -1, 0, stackOffset(given, host) + 2, 2)
                        : register(flags, -1, 0);
            // SDM 2A, FXSAVE: which bits of MXCSR there are differs between processors, and MXCSR_MASK tells.
            case "FXSAVE", "FXSAVE64", "XSAVE", "XSAVE64" ->
                new Undefined(flags, -1, 0, (int) (address(given, decoded) - Layout.WINDOW) + 28, 4);
            default -> register(flags, -1, 0);
        };
    }

    /** The linear address of the memory operand. */
    private static long address(Case given, Decoded decoded) {
        long[] registers = given.registers();
        long offset = decoded.displacement
                + (decoded.ripRelative ? given.rip() + decoded.length : 0)
                + (decoded.base >= 0 ? registers[decoded.base] : 0)
                + (decoded.index >= 0 ? registers[decoded.index] * decoded.scale : 0);
        int segment = decoded.effectiveSegment();
        int selector = given.selectors()[segment];
        boolean based = given.bits() != 64 || segment >= FS;
        long base = !based || selector == Layout.DATA_FLAT
                ? 0
                : given.bits() != 64 ? Layout.WINDOW : segment == FS ? given.fsBase() : given.gsBase();
        long mask = decoded.addressSize == 64 ? -1L : (1L << decoded.addressSize) - 1;
        long linear = base + (offset & mask);
        return given.bits() == 64 ? linear : linear & 0xFFFF_FFFFL;
    }

    private static Undefined register(int flags, int register, long mask) {
        return new Undefined(flags, register, mask, 0, 0);
    }

    /** Where the stack pointer points to in the window. */
    private static int stackOffset(Case given, Result host) {
        int selector = given.selectors()[SS];
        long pointer = host.registers()[RSP] & (selector == Layout.DATA_WINDOW_16 ? 0xFFFF : -1);
        return (int) (selector == Layout.DATA_FLAT ? pointer - Layout.WINDOW : pointer);
    }

    /** SDM 2B, SAL/SAR/SHL/SHR: the count is masked to 5 bits, or 6 with a 64-bit operand. */
    private static long count(Case given, Decoded decoded) {
        var operands = decoded.form.operands();
        if (operands.isEmpty()) {
            return 0;
        }
        long count = switch (operands.get(operands.size() - 1).kind()) {
            case ONE -> 1;
            case IMM -> decoded.immediate;
            case FIXED -> given.registers()[RCX];
            default -> 0;
        };
        return count & (decoded.form.operandSize() == 64 ? 63 : 31);
    }
}
