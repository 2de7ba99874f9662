package ringside.isa;

import ringside.isa.UndefinedInstruction.Reason;

/** One instruction while its bytes are read: prefixes first, then opcode, ModRM, SIB, displacement and immediates. */
final class Reading {
    /** SDM 2A, Instruction Prefixes: a longer instruction is a general protection fault. */
    private static final int MOST_BYTES = 15;

    private static final int[] BASES_16 = {3, 3, 5, 5, 6, 7, 5, 3};
    private static final int[] INDEXES_16 = {6, 7, 6, 7, -1, -1, -1, -1};

    private final CodeSource source;
    final int bits;
    int length;

    int addressSize;
    boolean lock;
    int repeat;
    int rex;
    boolean prefix66;
    boolean prefix67;
    int segment = -1;

    int map;
    int opcode;
    int modRm = -1;
    int mod = -1;
    private int reg;
    int rm;
    int base = -1;
    int index = -1;
    int scale = 1;
    long displacement;
    int displacementBits;
    boolean ripRelative;
    long immediate;
    long immediate2;

    Reading(CodeSource source, int bits) {
        this.source = source;
        this.bits = bits;
    }

    int next() {
        if (length == MOST_BYTES) {
            throw new UndefinedInstruction(Reason.TOO_LONG, length);
        }
        int value = source.next();
        length++;
        return value;
    }

    UndefinedInstruction undefined() {
        return new UndefinedInstruction(Reason.UNDEFINED, length);
    }

    /** Reads prefixes in any order, then the opcode. Of each group the last one counts; REX counts only as the last. */
    void readOpcode() {
        int value = next();
        while (takePrefix(value)) {
            value = next();
        }
        if (value == 0x0F) {
            value = next();
            map = 1;
            if (value == 0x38 || value == 0x3A) {
                map = value == 0x38 ? 2 : 3;
                value = next();
            }
        }
        opcode = value;
        addressSize = prefix67 ? (bits == 32 ? 16 : 32) : bits;
    }

    private boolean takePrefix(int value) {
        switch (value) {
            case 0x26, 0x2E, 0x36, 0x3E -> {
                if (bits != 64) {
                    segment = value >> 3 & 3;
                }
            }
            case 0x64, 0x65 -> segment = value - 0x60;
            case 0x66 -> prefix66 = true;
            case 0x67 -> prefix67 = true;
            case 0xF0 -> lock = true;
            case 0xF2, 0xF3 -> repeat = value;
            default -> {
                if (bits != 64 || (value & 0xF0) != 0x40) {
                    return false;
                }
                rex = value;
                return true;
            }
        }
        rex = 0;
        return true;
    }

    boolean rexW() {
        return (rex & 8) != 0;
    }

    /** REX.R, X or B as the fourth bit of a register number. */
    private int extension(int bit) {
        return (rex & bit) != 0 ? 8 : 0;
    }

    void readModRm() {
        modRm = next();
        mod = modRm >> 6;
        reg = modRm >> 3 & 7 | extension(4);
        rm = modRm & 7 | extension(1);
    }

    void registerFromOpcode() {
        rm = opcode & 7 | extension(1);
    }

    /** SDM 2B, MOV to or from control registers: mod is ignored, the operand is always a register. */
    void forceRegister() {
        mod = 3;
    }

    int reg(Form form) {
        return form.has(OperandKind.SREG) ? reg & 7 : reg;
    }

    void readAddress() {
        if (mod == 3) {
            return;
        }
        if (addressSize == 16) {
            readAddress16();
        } else {
            readAddress32();
        }
    }

    private void readAddress16() {
        int low = modRm & 7;
        if (mod == 0 && low == 6) {
            readDisplacement(16);
            return;
        }
        base = BASES_16[low];
        index = INDEXES_16[low];
        readDisplacement(mod == 0 ? 0 : mod == 1 ? 8 : 16);
    }

    private void readAddress32() {
        int low = modRm & 7;
        boolean disp32 = mod == 0 && low == 5;
        base = rm;
        if (low == 4) {
            int sib = next();
            base = sib & 7 | extension(1);
            index = sib >> 3 & 7 | extension(2);
            scale = 1 << (sib >> 6);
            if (index == 4) {
                index = -1;
            }
            disp32 = mod == 0 && (sib & 7) == 5;
        } else {
            ripRelative = disp32 && bits == 64;
        }
        if (disp32) {
            base = -1;
        }
        readDisplacement(disp32 || mod == 2 ? 32 : mod == 1 ? 8 : 0);
    }

    private void readDisplacement(int size) {
        displacementBits = size;
        displacement = signed(size);
    }

    void readImmediates(Form form) {
        boolean unsigned = form.has(Attribute.UNSIGNED);
        boolean first = true;
        for (Encoding.Immediate kind : form.encoding().immediates()) {
            switch (kind) {
                case MOFFS -> {
                    displacementBits = addressSize;
                    displacement = unsigned(addressSize);
                }
                case IB, IW, ID, IO, CB, CW, CD, CP -> {
                    if (form.has(OperandKind.FAR_POINTER)) {
                        immediate = unsigned(kind.bits() - 16);
                        immediate2 = unsigned(16);
                    } else if (first) {
                        immediate = unsigned ? unsigned(kind.bits()) : signed(kind.bits());
                    } else {
                        immediate2 = unsigned(kind.bits());
                    }
                }
            }
            first = false;
        }
    }

    private long unsigned(int size) {
        long value = 0;
        for (int at = 0; at < size; at += 8) {
            value |= (long) next() << at;
        }
        return value;
    }

    private long signed(int size) {
        int unused = 64 - size;
        return size == 0 ? 0 : unsigned(size) << unused >> unused;
    }

    /** The operand size in bits (SDM 1, Operand-Size and Address-Size Attributes; SDM 2A, REX Prefixes). */
    int operandSize(Form form) {
        if (bits != 64) {
            return prefix66 ? 48 - bits : bits;
        }
        if (rexW() || form.has(Attribute.F64) || form.has(Attribute.MODE)) {
            return 64;
        }
        if (prefix66) {
            return 16;
        }
        return form.has(Attribute.D64) ? 64 : 32;
    }

    /** The size that chooses between the forms of a row. */
    int choosingSize(Form form) {
        if (form.has(Attribute.BY_ADDRESS)) {
            return addressSize;
        }
        if (form.has(Attribute.MODE)) {
            return bits == 64 ? 64 : 32;
        }
        return operandSize(form);
    }
}
