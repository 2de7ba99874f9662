package ringside.reference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import ringside.isa.Decoded;
import ringside.isa.Decoder;
import ringside.isa.Form;
import ringside.isa.OperandKind;

/**
 * Cases for a form: random bytes of it and a state in which it mostly does something. Addresses mostly lead into the data window,
 * values are often at an edge, and some cases fault. The same form and number always give the same case.
 */
final class RandomInstructions {
    private static final int RAX = 0;
    private static final int RCX = 1;
    private static final int RDX = 2;
    private static final int RBX = 3;
    private static final int RSP = 4;
    private static final int RBP = 5;
    private static final int RSI = 6;
    private static final int RDI = 7;

    private static final int ES = 0;
    private static final int CS = 1;
    private static final int SS = 2;
    private static final int DS = 3;

    /** A code page offset with room around it. */
    private static final int MIDDLE = 0x800;

    private static final int[] CODE_SELECTORS = {
        Layout.CODE_16, Layout.CODE_EXECUTE_ONLY, Layout.DATA_FLAT, 0, 3, 0x10, 0x13, Layout.DATA_ABSENT, 0x3F, 0xFFFF
    };
    private static final int[] DATA_SELECTORS = {
        Layout.DATA_WINDOW,
        Layout.DATA_WINDOW_16,
        Layout.DATA_READ_ONLY,
        Layout.DATA_EXPAND_DOWN,
        Layout.DATA_ABSENT,
        Layout.CODE_16,
        Layout.CODE_EXECUTE_ONLY,
        Layout.CODE_32,
        Layout.CODE_64,
        0x28,
        0x29,
        0x04,
        0x10,
        0x18,
        0x1B,
        0,
        1,
        2,
        3,
        0x3F,
        0xFFFF
    };

    private final Random random;
    private final int bits;
    private final RandomEncoding encoding;
    private RandomEncoding.Instruction instruction;
    private final Decoded decoded;
    private final String mnemonic;

    private final long[] registers = new long[16];
    private final int[] selectors = new int[6];
    private final long[] bases = new long[6];
    private final List<Case.Patch> patches = new ArrayList<>();

    private RandomInstructions(Decoder decoder, Form form, int number) {
        random = new Random(31L * Forms.name(form).hashCode() + number * 0x9E3779B97F4A7C15L);
        bits = Forms.bits(form, number);
        encoding = new RandomEncoding(decoder, random);
        instruction = encoding.draw(form, bits);
        decoded = instruction.decoded();
        mnemonic = form.mnemonic();
    }

    /**
     * One case.
     *
     * @param number of the case among those of its form, from 0
     */
    static Case of(Decoder decoder, Form form, int number) {
        return new RandomInstructions(decoder, form, number).draw();
    }

    private Case draw() {
        for (int i = 0; i < 16; i++) {
            registers[i] = value();
        }
        segments();
        registers[RSP] = place(registers[RSP], stackBits(), pointer(bases[SS]));
        int target = target();
        if (decoded.isMemory() || decoded.form.has(OperandKind.MOFFS)) {
            aimAt(target);
            if (chance(50)) {
                patch(target, value(), 8);
            }
        }
        particulars(target);
        boolean step = !Forms.runsToTrap(decoded);
        return new Case(
                bits,
                step,
                instruction.code(),
                step ? codeOffset() : MIDDLE,
                selectors,
                flags(),
                random.nextLong(),
                patches,
                bases[4],
                bases[5],
                registers);
    }

    private void segments() {
        boolean flat = bits == 64 || bits == 32 && decoded.addressSize == 32 && chance(85);
        for (int i = 0; i < 6; i++) {
            int other = DATA_SELECTORS[random.nextInt(4)];
            selectors[i] = flat ? Layout.DATA_FLAT : i == SS || chance(90) ? Layout.DATA_WINDOW : other;
            bases[i] = flat ? 0 : Layout.WINDOW;
        }
        if (!flat && chance(bits == 16 ? 70 : 20)) {
            selectors[SS] = Layout.DATA_WINDOW_16;
        }
        if (bits != 64 && chance(3)) {
            selectors[chance(50) ? DS : ES] = 0;
        }
        selectors[CS] = bits == 64 ? Layout.CODE_64 : bits == 32 ? Layout.CODE_32 : Layout.CODE_16;
        bases[CS] = bits == 16 ? Layout.CODE : 0;
        if (bits == 64) {
            for (int i = 4; i < 6; i++) {
                selectors[i] = 0;
                bases[i] = chance(80) ? Layout.WINDOW + random.nextInt(0x1000) : random.nextInt(0x1000_0000);
            }
        }
    }

    // Addresses.

    /** An offset in the data window (or just outside) where an operand shall be. */
    private int target() {
        int kind = random.nextInt(100);
        if (kind < 3) {
            return Layout.WINDOW_SIZE - random.nextInt(8);
        }
        if (kind < 5) {
            return -random.nextInt(8);
        }
        if (kind < 10) {
            return 0x1000 - random.nextInt(16);
        }
        int offset = 0x100 + random.nextInt(Layout.WINDOW_SIZE - 0x200);
        return chance(70) ? offset & ~15 : offset;
    }

    /** An address in the middle of the data window, as an offset in a segment. */
    private long pointer(long base) {
        int offset = chance(94) ? 0x400 + random.nextInt(0x1800) : target();
        return Layout.WINDOW - base + (chance(80) ? offset & ~7 : offset);
    }

    /** Changes registers or the displacement so that the memory operand is at the target. */
    private void aimAt(int target) {
        if (chance(2)) {
            return;
        }
        long base = bases[decoded.effectiveSegment()];
        if (bits == 64 && decoded.effectiveSegment() < 4) {
            base = 0;
        }
        long wanted = Layout.WINDOW + target - base - decoded.displacement;
        if (decoded.ripRelative) {
            long next = Layout.CODE + MIDDLE + instruction.code().length;
            instruction = encoding.displace(instruction, Layout.WINDOW + target - base - next);
            return;
        }
        if (decoded.index >= 0 && decoded.index == decoded.base) {
            registers[decoded.base] = wanted / (1 + decoded.scale);
            return;
        }
        if (decoded.index >= 0) {
            if (chance(70) || decoded.base < 0) {
                registers[decoded.index] = random.nextInt(64);
            }
            wanted -= registers[decoded.index] * decoded.scale;
        }
        if (decoded.base >= 0) {
            registers[decoded.base] = place(registers[decoded.base], decoded.addressSize, wanted);
        } else {
            instruction = encoding.displace(instruction, wanted + decoded.displacement);
        }
    }

    private int stackBits() {
        return bits == 64 ? 64 : selectors[SS] == Layout.DATA_WINDOW_16 ? 16 : 32;
    }

    /** A register whose low bits are an address; what lies above must not matter. */
    private static long place(long old, int addressBits, long address) {
        if (addressBits == 64) {
            return address;
        }
        long mask = (1L << addressBits) - 1;
        return old & ~mask | address & mask;
    }

    private int codeOffset() {
        if (decoded.ripRelative || chance(96)) {
            return MIDDLE;
        }
        if (bits == 16 && decoded.form.has(OperandKind.REL)) {
            // At the very end of the segment some processors refuse a branch that they did not expect to be taken.
            return MIDDLE;
        }
        int length = instruction.code().length;
        return Layout.CODE_SIZE - (chance(50) ? length : random.nextInt(length) + 1);
    }

    // Values.

    private long value() {
        int size = 8 << random.nextInt(4);
        return switch (random.nextInt(12)) {
            case 0 -> 0;
            case 1 -> 1;
            case 2 -> -1;
            case 3 -> 1L << size - 1;
            case 4 -> (1L << size - 1) - 1;
            case 5 -> random.nextInt(256);
            case 6 -> 1L << random.nextInt(64);
            case 7 -> -1L << random.nextInt(64);
            case 8 -> random.nextInt();
            default -> random.nextLong();
        };
    }

    private int flags() {
        int flags = 0x202 | random.nextInt() & 0xCD5;
        if (chance(3)) {
            flags |= 1 << 14;
        }
        if (chance(2)) {
            flags |= 1 << 18;
        }
        return chance(10) ? flags | 1 << 21 : flags;
    }

    private void patch(int offset, long value, int bytes) {
        var all = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        int length = Math.min(bytes, Layout.WINDOW_SIZE - offset);
        if (offset >= 0 && length > 0) {
            patches.add(new Case.Patch(offset, java.util.Arrays.copyOf(all, length)));
        }
    }

    // What some instructions need.

    private void particulars(int target) {
        int size = decoded.operandSize / 8;
        switch (mnemonic) {
            case "DIV", "IDIV" -> dividend();
            case "CMPXCHG" -> expected(target);
            case "CMPXCHG8B", "CMPXCHG16B" -> {
                int half = mnemonic.equals("CMPXCHG8B") ? 4 : 8;
                if (chance(60)) {
                    patch(target, registers[RAX], half);
                    patch(target + half, registers[RDX], half);
                }
            }
            case "BT", "BTS", "BTR", "BTC" -> {
                if (decoded.form.has(OperandKind.REG) && chance(80)) {
                    long near = random.nextInt(0x8000) - 0x4000;
                    registers[decoded.reg] = place(registers[decoded.reg], decoded.operandSize, near);
                }
            }
            case "ENTER", "LEAVE" -> {
                registers[RBP] = place(registers[RBP], stackBits(), pointer(bases[SS]));
                if (mnemonic.equals("ENTER") && chance(80)) {
                    put(instruction.code(), instruction.code().length - 3, random.nextInt(0x300), 2);
                }
            }
            case "XLATB" ->
                registers[RBX] = place(registers[RBX], decoded.addressSize, pointer(bases[sourceSegment()]));
            case "BOUND" -> bounds(target, size);
            case "RET" -> onStack(0, codeAddress(), 8);
            case "RETF" -> farReturn(size);
            case "IRET", "IRETD", "IRETQ" -> interruptReturn(size);
            case "POPF", "POPFD", "POPFQ" -> onStack(0, random.nextInt(), 8);
            case "INT" -> kernelEntryBecomesAnother();
            case "CALL", "JMP" -> jump(target, size);
            case "LDS", "LES", "LFS", "LGS", "LSS" -> patch(target + size, selector(), 2);
            case "LAR", "LSL", "VERR", "VERW" -> operand(target, selector());
            case "MOV" -> {
                if (decoded.form.operands().get(0).kind() == OperandKind.SREG) {
                    operand(target, selector());
                }
            }
            case "FXRSTOR", "FXRSTOR64" -> savedVectors(target);
            case "XSAVE", "XSAVE64" -> components();
            case "XRSTOR", "XRSTOR64" -> {
                components();
                savedVectors(target);
                if (chance(80)) {
                    patch(target + 512, random.nextInt(4), 8);
                    patch(target + 520, 0, 8);
                    patch(target + 528, 0, 8);
                }
            }
            case "PUSH" -> {
                if (decoded.form.has(OperandKind.FIXED_SREG)) {
                    // How much of the slot is written differs, so none shall cross into another page.
                    registers[RSP] &= ~7L;
                }
            }
            case "POP" -> {
                if (decoded.form.has(OperandKind.FIXED_SREG)) {
                    onStack(0, selector(), 2);
                }
            }
            default -> {
                if (Forms.isString(decoded.form)) {
                    string();
                }
            }
        }
    }

    /** Mostly an MXCSR that can be loaded. */
    private void savedVectors(int target) {
        if (chance(80)) {
            patch(target + 24, random.nextInt(0x10000), 4);
        }
    }

    /** Of the components that XSAVE can move, the two that both processors have. */
    private void components() {
        registers[RAX] = random.nextInt(4);
        registers[RDX] = 0;
    }

    private int sourceSegment() {
        return decoded.segment >= 0 ? decoded.segment : DS;
    }

    private void string() {
        registers[RSI] = place(registers[RSI], decoded.addressSize, pointer(bases[sourceSegment()]));
        registers[RDI] = place(registers[RDI], decoded.addressSize, pointer(bits == 64 ? 0 : bases[ES]));
        if (chance(95)) {
            registers[RCX] = place(registers[RCX], decoded.addressSize, random.nextInt(chance(80) ? 12 : 3000));
        }
        if (mnemonic.startsWith("CMPS") || mnemonic.startsWith("SCAS")) {
            // Equal for a while, so that a repetition gets somewhere.
            patches.add(new Case.Patch(0, new byte[Layout.WINDOW_SIZE]));
            registers[RAX] = chance(70) ? 0 : registers[RAX];
            for (int i = 0; i < 40; i++) {
                patch(random.nextInt(Layout.WINDOW_SIZE), random.nextInt(3), 1);
            }
        }
    }

    private void dividend() {
        if (chance(70)) {
            registers[RDX] = chance(50) ? 0 : registers[RAX] >> 63;
            if (decoded.form.operandSize() == 8) {
                registers[RAX] = chance(50) ? registers[RAX] & 0xFF : (byte) registers[RAX];
            }
        }
    }

    private void expected(int target) {
        if (chance(50)) {
            operand(target, registers[RAX]);
        }
    }

    /** The r/m operand becomes a value. */
    private void operand(int target, long value) {
        if (decoded.isMemory()) {
            patch(target, value, 8);
        } else {
            registers[decoded.rm] = decoded.form.operandSize() == 16 || value <= 0xFFFF
                    ? place(registers[decoded.rm], 16, value)
                    : value;
        }
    }

    private void bounds(int target, int size) {
        if (chance(70)) {
            registers[decoded.reg] = random.nextInt(200) - 100;
        }
        patch(target, random.nextInt(80) - 130, size);
        patch(target + size, 50 + random.nextInt(80), size);
    }

    private int selector() {
        return chance(35) ? Layout.DATA_FLAT : DATA_SELECTORS[random.nextInt(DATA_SELECTORS.length)];
    }

    private int codeSelector() {
        if (chance(60)) {
            // 64-bit code ignores the base of SS, and processors differ in when they begin to; to a stack of 16 bits
            // Linux cannot
            // return without changing the address bits above.
            boolean based = selectors[SS] != Layout.DATA_FLAT;
            return bits == 16 ? Layout.CODE_16 : based || chance(50) ? Layout.CODE_32 : Layout.CODE_64;
        }
        return CODE_SELECTORS[random.nextInt(CODE_SELECTORS.length)];
    }

    /** Where a jump may lead: mostly into the code page. */
    private long codeAddress() {
        int kind = random.nextInt(10);
        if (kind < 7) {
            return (bits == 16 ? 0 : Layout.CODE) + random.nextInt(Layout.CODE_SIZE);
        }
        return kind < 9 ? random.nextInt() & 0xFFFF_FFFFL : random.nextLong();
    }

    private void jump(int target, int size) {
        switch (decoded.form.operands().get(0).kind()) {
            case RM -> {
                if (decoded.isMemory()) {
                    patch(target, codeAddress(), 8);
                } else {
                    registers[decoded.rm] = codeAddress();
                }
            }
            case MEM -> {
                patch(target, codeAddress(), size);
                int selector = codeSelector();
                patch(target + size, selector, 2);
                if (bits == 64 && selector != Layout.CODE_64) {
                    // SDM 1, General-Purpose Registers in 64-Bit Mode: code of 32 bits does not keep the upper half,
                    // and
                    // processors differ in whether CALL still pushes with it.
                    registers[RSP] &= 0xFFFF_FFFFL;
                }
            }
            case FAR_POINTER -> {
                byte[] code = instruction.code();
                int end = code.length;
                put(code, end - 2, codeSelector(), 2);
                put(code, end - 2 - size, codeAddress(), size);
            }
            default -> {}
        }
    }

    private void farReturn(int size) {
        if (instruction.code().length > 2 && decoded.form.has(OperandKind.IMM)) {
            // Some processors look at the outer stack above the parameters before they judge the selector: let it be
            // there.
            put(instruction.code(), instruction.code().length - 2, random.nextInt(0x100), 2);
        }
        onStack(0, codeAddress(), size);
        onStack(size, codeSelector(), 2);
        onStack(2 * size, pointer(bases[SS]), size);
        onStack(3 * size, chance(70) ? Layout.DATA_FLAT : selector(), 2);
    }

    private void interruptReturn(int size) {
        onStack(0, codeAddress(), size);
        onStack(size, codeSelector(), 2);
        onStack(2 * size, random.nextInt(), size);
        onStack(3 * size, pointer(bases[SS]), size);
        onStack(4 * size, chance(70) ? Layout.DATA_FLAT : selector(), 2);
    }

    /** A value above the stack pointer, where that is in the window. */
    private void onStack(int depth, long value, int bytes) {
        long mask = stackBits() == 64 ? -1L : (1L << stackBits()) - 1;
        long linear = bases[SS] + (registers[RSP] & mask) + depth;
        if (linear >= Layout.WINDOW && linear < Layout.WINDOW + Layout.WINDOW_SIZE) {
            patch((int) (linear - Layout.WINDOW), value, bytes);
        }
    }

    /** INT 80 enters Linux. */
    private void kernelEntryBecomesAnother() {
        byte[] code = instruction.code();
        if (code[code.length - 1] == (byte) 0x80) {
            code[code.length - 1] = (byte) 0x81;
        }
    }

    private static void put(byte[] bytes, int at, long value, int size) {
        for (int i = 0; i < size; i++) {
            bytes[at + i] = (byte) (value >> 8 * i);
        }
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }
}
