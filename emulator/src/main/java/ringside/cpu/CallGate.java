package ringside.cpu;

import ringside.mmu.Descriptor;

/**
 * A call gate and the code that it leads to: SDM 3A, Accessing a Code Segment Through a Call Gate.
 *
 * @param selector of the code segment
 * @param code its descriptor
 * @param offset where it is entered
 * @param parameters values that are copied to an inner ring's stack, 0 to 31
 * @param size of a pushed value in bytes: 2, 4 or 8
 */
public record CallGate(int selector, long code, long offset, int parameters, int size) {
    /** The type field in the second half of a 16-byte descriptor must be 0. */
    private static final long UPPER_TYPE = 0x1FL << 40;

    /**
     * Reads the gate that a selector names, with all checks that JMP and CALL have in common.
     *
     * @param gate its descriptor, of a call gate's type
     */
    public static CallGate read(Cpu cpu, int selector, long gate) {
        int code = SegmentLoads.errorCode(selector);
        boolean longMode = cpu.system.longMode();
        if (longMode && Descriptor.type(gate) != Descriptor.CALL_GATE_32) {
            throw Fault.generalProtection(code);
        }
        int dpl = Descriptor.dpl(gate);
        if (dpl < cpu.system.cpl || dpl < (selector & 3)) {
            throw Fault.generalProtection(code);
        }
        long offset = Descriptor.gateOffset(gate) | (longMode ? upperHalf(cpu, selector) << 32 : 0);
        if (!Descriptor.isPresent(gate)) {
            throw Fault.notPresent(code);
        }
        int target = Descriptor.gateSelector(gate);
        long descriptor = CodeSegments.descriptor(cpu, target);
        if (longMode) {
            CodeSegments.check64Bit(target, descriptor);
        }
        int parameters = (int) (gate >>> 32) & 0x1F;
        if (longMode) {
            return new CallGate(target, descriptor, offset, 0, 8);
        }
        return Descriptor.type(gate) == Descriptor.CALL_GATE_32
                ? new CallGate(target, descriptor, offset, parameters, 4)
                : new CallGate(target, descriptor, offset & 0xFFFF, parameters, 2);
    }

    private static long upperHalf(Cpu cpu, int selector) {
        long address = SegmentLoads.descriptorAddress(cpu, selector, 16);
        long upper = address == -1 ? UPPER_TYPE : cpu.memory.readSystem(address + 8, 8);
        if ((upper & UPPER_TYPE) != 0) {
            throw Fault.generalProtection(SegmentLoads.errorCode(selector));
        }
        return upper & 0xFFFF_FFFFL;
    }
}
