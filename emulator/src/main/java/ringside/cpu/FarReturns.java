package ringside.cpu;

import static ringside.cpu.SystemState.CS;
import static ringside.cpu.SystemState.SS;

import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/** What far RET and IRET have in common: the way back to the same ring or to an outer one. SDM 2, RET and IRET. */
public final class FarReturns {
    private FarReturns() {}

    /**
     * The code segment to which a return leads: at its RPL's ring, and never further in.
     *
     * @return its descriptor
     */
    public static long code(Cpu cpu, int selector) {
        long descriptor = CodeSegments.descriptor(cpu, selector);
        int rpl = selector & 3;
        int dpl = Descriptor.dpl(descriptor);
        boolean fits = Descriptor.isConforming(descriptor) ? dpl <= rpl : dpl == rpl;
        if (rpl < cpu.system.cpl || !fits) {
            throw Fault.generalProtection(SegmentLoads.errorCode(selector));
        }
        CodeSegments.checkUsable(cpu, selector, descriptor);
        return descriptor;
    }

    /**
     * The stack that is popped with the return address.
     *
     * @param code descriptor of the code that will use it
     * @return its descriptor; 0 for a null selector, which 64-bit code inside ring 3 may have
     */
    public static long stack(Cpu cpu, int selector, int ring, long code) {
        if (SegmentLoads.isNull(selector)) {
            if (ring == 3 || !CodeSegments.is64Bit(cpu, code)) {
                throw Fault.generalProtection(0);
            }
            return 0;
        }
        return SegmentLoads.checkStack(cpu, selector, ring, false);
    }

    /**
     * Loads CS and RIP, and CPL from the selector.
     *
     * @param offset already judged
     */
    public static void enter(Cpu cpu, int selector, long code, long offset) {
        SegmentLoads.fill(cpu.system.segments[CS], selector, SegmentLoads.markAccessed(cpu, selector, code));
        cpu.system.cpl = selector & 3;
        cpu.registers.rip(offset);
        cpu.modeChanged();
    }

    /** Loads SS and the stack pointer; CS has been loaded. */
    public static void loadStack(Cpu cpu, int selector, long descriptor, long pointer) {
        SegmentRegister ss = cpu.system.segments[SS];
        if (descriptor == 0) {
            ss.load(selector, 0, 0, SegmentRegister.UNUSABLE | (selector & 3) << 5);
        } else {
            SegmentLoads.fill(ss, selector, descriptor | Descriptor.ACCESSED);
        }
        cpu.modeChanged();
        cpu.stackPointer(pointer);
    }

    /** An outer ring shall not keep data segments of an inner one: they become null. */
    public static void dropInnerSegments(Cpu cpu) {
        for (int i = 0; i < cpu.system.segments.length; i++) {
            SegmentRegister segment = cpu.system.segments[i];
            boolean inner = segment.isUsable() && !segment.isConformingCode() && segment.dpl() < cpu.system.cpl;
            if (i != CS && i != SS && inner) {
                segment.load(0, 0, 0, SegmentRegister.UNUSABLE);
            }
        }
    }
}
