package ringside.cpu;

import static ringside.cpu.SystemState.CS;

import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/** Checks and loads of CS that all far transfers share: SDM 3A, Privilege Level Checking When Transferring Program Control. */
public final class CodeSegments {
    private CodeSegments() {}

    /** True where code of this descriptor runs in 64-bit mode. */
    public static boolean is64Bit(Cpu cpu, long descriptor) {
        return cpu.system.longMode() && isLong(descriptor);
    }

    private static boolean isLong(long descriptor) {
        return (Descriptor.rights(descriptor) & SegmentRegister.LONG) != 0;
    }

    private static boolean isBig(long descriptor) {
        return (Descriptor.rights(descriptor) & SegmentRegister.BIG) != 0;
    }

    /**
     * Reads the descriptor of a code segment.
     *
     * @throws Fault #GP(0) for a null selector, #GP(selector) outside the table or for what is not code
     */
    public static long descriptor(Cpu cpu, int selector) {
        if (SegmentLoads.isNull(selector)) {
            throw Fault.generalProtection(0);
        }
        long descriptor = SegmentLoads.descriptor(cpu, selector);
        if (!Descriptor.isCode(descriptor)) {
            throw Fault.generalProtection(SegmentLoads.errorCode(selector));
        }
        return descriptor;
    }

    /** @throws Fault #GP(selector) where L and D are both set, which IA-32e mode reserves; #NP(selector) */
    public static void checkUsable(Cpu cpu, int selector, long descriptor) {
        if (is64Bit(cpu, descriptor) && isBig(descriptor)) {
            throw Fault.generalProtection(SegmentLoads.errorCode(selector));
        }
        if (!Descriptor.isPresent(descriptor)) {
            throw Fault.notPresent(SegmentLoads.errorCode(selector));
        }
    }

    /** What gates of IA-32e mode lead to: @throws Fault #GP(selector) where the segment is not one of 64-bit code. */
    public static void check64Bit(int selector, long descriptor) {
        if (!isLong(descriptor) || isBig(descriptor)) {
            throw Fault.generalProtection(SegmentLoads.errorCode(selector));
        }
    }

    /** @throws Fault #GP(0) where the offset lies outside the segment, or is not canonical in 64-bit mode */
    public static void checkOffset(Cpu cpu, long descriptor, long offset) {
        boolean inside = is64Bit(cpu, descriptor)
                ? Cpu.isCanonical(offset)
                : Long.compareUnsigned(offset, Descriptor.limit(descriptor)) <= 0;
        if (!inside) {
            throw Fault.generalProtection(0);
        }
    }

    /** Loads CS with RPL = CPL and changes to that ring. The descriptor's accessed bit has been set. */
    public static void load(Cpu cpu, int selector, long descriptor, int cpl) {
        SegmentLoads.fill(cpu.system.segments[CS], selector & ~3 | cpl, descriptor);
        cpu.system.cpl = cpl;
    }
}
