package ringside.monitor.translation;

import ringside.cpu.Cpu;
import ringside.cpu.SystemState;
import ringside.mmu.SegmentRegister;

/**
 * What a translation depends on beside the bytes: the guest's code segment, and what sequences in the cache ask for.
 *
 * @param base linear address of its offset 0; 0 in 64-bit mode
 * @param limit its highest offset; all ones in 64-bit mode
 * @param bits code size: 16, 32 or 64
 * @param inCache 32-bit code at ring 0 with a 32-bit stack: translated code keeps its interrupt flag, and finds where indirect jumps lead
 */
record CodeContext(long base, long limit, int bits, boolean inCache) {
    static CodeContext of(Cpu cpu) {
        if (cpu.is64Bit()) {
            return new CodeContext(0, -1, 64, false);
        }
        SegmentRegister cs = cpu.system.segments[SystemState.CS];
        boolean inCache = cpu.codeBits() == 32
                && cpu.system.cpl == 0
                && cpu.system.protectedMode()
                && cpu.system.segments[SystemState.SS].isBig();
        return new CodeContext(cs.base(), cs.limit(), cpu.codeBits(), inCache);
    }

    long linear(long rip) {
        return bits == 64 ? rip : base + rip & 0xFFFF_FFFFL;
    }

    /** Does code of this length from an offset on lie inside the segment? */
    boolean allows(long rip, int length) {
        return bits == 64 ? Cpu.isCanonical(rip) && Cpu.isCanonical(rip + length - 1) : rip + length - 1 <= limit;
    }

    /** The offset after an instruction. */
    long after(long rip, int length) {
        return bits == 64 ? rip + length : rip + length & 0xFFFF_FFFFL;
    }

    /** Where a near jump leads whose operand size in bits is given; it may lie outside the segment. */
    long target(long from, long distance, int operandSize) {
        long target = from + distance;
        return operandSize == 16 ? target & 0xFFFFL : bits == 64 ? target : target & 0xFFFF_FFFFL;
    }
}
