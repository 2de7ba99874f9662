package ringside.cpu.instruction;

import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.FloatingPoint;
import ringside.cpu.Step;
import ringside.cpu.SystemState;

/**
 * The 512 bytes in which FXSAVE and XSAVE put the state of the x87 unit and of SSE (SDM 2, FXSAVE: Layout of the FXSAVE and FXRSTOR Memory
 * Region):
 *
 * <pre>
 *    0 FCW   2 FSW   4 FTW, a byte   6 FOP   8 FIP   16 FDP   24 MXCSR   28 MXCSR_MASK
 *   32 ST0 … ST7, sixteen bytes each, of which six are reserved
 *  160 XMM0 … XMM7 (XMM15 in 64-bit mode)
 *  416 reserved   464 for software
 * </pre>
 *
 * <p>FIP and FDP have 64 bits with REX.W, else 32. The selectors beside these are deprecated, as CPUID says, and read as 0.
 */
final class FxsaveArea {
    static final int SIZE = 512;

    private static final int POINTERS = 8;
    private static final int CONTROL_OF_VECTORS = 24;
    private static final int REGISTERS = 32;
    private static final int VECTORS = 160;

    private FxsaveArea() {}

    /**
     * Where an area begins that is saved or restored as a whole, and can be reached as a whole.
     *
     * @param alignment in bytes; an area that lies otherwise is #GP(0), whatever its segment and the limit of that
     * @return linear address
     */
    static long reach(Cpu cpu, Step step, int size, int alignment, boolean write) {
        int segment = step.first.segment();
        long offset = step.first.offset(cpu);
        boolean based = !cpu.is64Bit() || segment >= SystemState.FS;
        long place = offset + (based ? cpu.system.segments[segment].base() : 0);
        if ((place & alignment - 1) != 0) {
            throw Fault.generalProtection(0);
        }
        long linear = cpu.linear(segment, offset, size, write);
        if (write) {
            cpu.memory.probeWrite(linear, size);
        } else {
            cpu.memory.read(linear, 1);
            cpu.memory.read(linear + size - 1, 1);
        }
        return linear;
    }

    static void saveFloating(Cpu cpu, Step step, long to) {
        FloatingPoint f = cpu.registers.floating;
        long words = f.control() | (long) f.status() << 16 | (long) f.tags() << 32 | (long) f.opcode() << 48;
        long mask = pointerMask(step);
        cpu.memory.write(to, 8, words);
        cpu.memory.write(to + POINTERS, 8, f.instructionPointer() & mask);
        cpu.memory.write(to + POINTERS + 8, 8, f.dataPointer() & mask);
        for (int i = 0; i < 8; i++) {
            cpu.memory.write(to + REGISTERS + 16L * i, 8, f.significand(i));
            cpu.memory.write(to + REGISTERS + 16L * i + 8, 8, f.exponent(i));
        }
    }

    static void restoreFloating(Cpu cpu, Step step, long from) {
        FloatingPoint f = cpu.registers.floating;
        long words = cpu.memory.read(from, 8);
        long mask = pointerMask(step);
        f.control((int) words & 0xFFFF);
        f.status((int) (words >>> 16) & 0xFFFF);
        f.environment(
                (int) (words >>> 32) & 0xFF,
                (int) (words >>> 48),
                cpu.memory.read(from + POINTERS, 8) & mask,
                cpu.memory.read(from + POINTERS + 8, 8) & mask);
        for (int i = 0; i < 8; i++) {
            f.register(
                    i,
                    cpu.memory.read(from + REGISTERS + 16L * i, 8),
                    cpu.memory.read(from + REGISTERS + 16L * i + 8, 8));
        }
    }

    private static long pointerMask(Step step) {
        return step.form.encoding().rexW() ? -1L : 0xFFFF_FFFFL;
    }

    static void saveControlOfVectors(Cpu cpu, long to) {
        cpu.memory.write(to + CONTROL_OF_VECTORS, 4, cpu.registers.floating.mxcsr());
        cpu.memory.write(to + CONTROL_OF_VECTORS + 4, 4, FloatingPoint.MXCSR_MASK);
    }

    /**
     * MXCSR as an area has it.
     *
     * @throws Fault #GP(0) where reserved bits are set
     */
    static int controlOfVectors(Cpu cpu, long from) {
        int value = (int) cpu.memory.read(from + CONTROL_OF_VECTORS, 4);
        if ((value & ~FloatingPoint.MXCSR_MASK) != 0) {
            throw Fault.generalProtection(0);
        }
        return value;
    }

    static void saveVectors(Cpu cpu, long to) {
        for (int half = 0; half < halves(cpu); half++) {
            cpu.memory.write(to + VECTORS + 8L * half, 8, cpu.registers.floating.vector(half));
        }
    }

    static void restoreVectors(Cpu cpu, long from) {
        for (int half = 0; half < halves(cpu); half++) {
            cpu.registers.floating.vector(half, cpu.memory.read(from + VECTORS + 8L * half, 8));
        }
    }

    /** Sets the registers that can be named here to 0. */
    static void clearVectors(Cpu cpu) {
        for (int half = 0; half < halves(cpu); half++) {
            cpu.registers.floating.vector(half, 0);
        }
    }

    /** Outside 64-bit mode XMM8 to XMM15 cannot be named, and are neither saved nor restored. */
    private static int halves(Cpu cpu) {
        return cpu.is64Bit() ? 32 : 16;
    }
}
