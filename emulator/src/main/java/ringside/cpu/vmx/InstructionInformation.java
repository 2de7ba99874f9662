package ringside.cpu.vmx;

import ringside.cpu.Cpu;
import ringside.cpu.Step;
import ringside.isa.Decoded;
import ringside.isa.OperandKind;

/** What an exit reports about the instruction that caused it: SDM 3C, Information for VM Exits Due to Instruction Execution. */
final class InstructionInformation {
    private static final int OPERAND_32 = 1 << 11;
    private static final int REGISTER = 1 << 10;
    private static final int NO_INDEX = 1 << 22;
    private static final int NO_BASE = 1 << 27;

    private InstructionInformation() {}

    /** The VM-exit instruction-information field; 0 for instructions that have none. */
    static int of(Step step) {
        return switch (step.form.mnemonic()) {
            case "INSB", "INSW", "INSD" -> addressSize(step.decoded);
            case "OUTSB", "OUTSW", "OUTSD" -> addressSize(step.decoded) | step.sourceSegment() << 15;
            case "SGDT" -> memory(step.decoded) | operandSize(step);
            case "SIDT" -> memory(step.decoded) | operandSize(step) | 1 << 28;
            case "LGDT" -> memory(step.decoded) | operandSize(step) | 2 << 28;
            case "LIDT" -> memory(step.decoded) | operandSize(step) | 3 << 28;
            case "SLDT" -> place(step.decoded);
            case "STR" -> place(step.decoded) | 1 << 28;
            case "LLDT" -> place(step.decoded) | 2 << 28;
            case "LTR" -> place(step.decoded) | 3 << 28;
            case "VMCLEAR", "VMPTRLD", "VMPTRST", "VMXON" -> memory(step.decoded);
            case "VMREAD", "VMWRITE" -> place(step.decoded) | step.decoded.reg << 28;
            case "RDRAND", "RDSEED" -> step.decoded.rm << 3 | Integer.numberOfTrailingZeros(step.size / 2) << 11;
            case "INVEPT", "INVVPID", "INVPCID" -> memory(step.decoded) | step.decoded.reg << 28;
            default -> 0;
        };
    }

    /** Exit qualification: the displacement of a memory operand, which for RIP-relative addresses counts from 0; else 0. */
    static long displacement(Cpu cpu, Step step) {
        Decoded d = step.decoded;
        if (!d.isMemory()) {
            return 0;
        }
        long value = d.ripRelative ? d.displacement + cpu.registers.rip() : d.displacement;
        return value & step.addressMask;
    }

    private static int place(Decoded d) {
        return d.isMemory() ? memory(d) : REGISTER | d.rm << 3;
    }

    private static int memory(Decoded d) {
        return Integer.numberOfTrailingZeros(Math.max(d.scale, 1))
                | addressSize(d)
                | d.effectiveSegment() << 15
                | (d.index < 0 ? NO_INDEX : d.index << 18)
                | (d.base < 0 ? NO_BASE : d.base << 23);
    }

    /** Bits 9:7: 0 for 16 bits, 1 for 32, 2 for 64. */
    private static int addressSize(Decoded d) {
        return Integer.numberOfTrailingZeros(d.addressSize / 16) << 7;
    }

    private static int operandSize(Step step) {
        return step.decoded.bits == 64 || step.size == 4 ? OPERAND_32 : 0;
    }

    /** Does the port stand in the instruction? */
    static boolean hasImmediatePort(Step step, boolean in) {
        return step.form.operands().get(in ? 1 : 0).kind() == OperandKind.IMM;
    }
}
