package ringside.cpu.instruction;

import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.I64;
import static ringside.isa.Trait.SENSITIVE;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Place;
import ringside.cpu.Registers;
import ringside.cpu.SegmentLoads;
import ringside.cpu.Step;
import ringside.mmu.Descriptor;

/** SDM 3A, Pointer Validation: programs ask what a selector would allow; the answer is ZF. */
final class AccessChecks {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("63 /r",    "ARPL r/m16, r16",            SENSITIVE, AccessChecks::adjustPrivilegeLevel, I64),
            row("0F 02 /r", "LAR r16|32|64, r/m16",       SENSITIVE, AccessChecks::loadRights),
            row("0F 03 /r", "LSL r16|32|64, r/m16",       SENSITIVE, AccessChecks::loadLimit),
            row("0F 00 /4", "VERR r/m16",                 SENSITIVE, AccessChecks::verifyRead),
            row("0F 00 /5", "VERW r/m16",                 SENSITIVE, AccessChecks::verifyWrite));
    // spotless:on

    /** Type, DPL, P, AVL, L, D/B and G, in the upper half of a descriptor. */
    private static final long RIGHTS = 0x00F0_FF00L;

    private static final long NOTHING = 0;

    private AccessChecks() {}

    private static void adjustPrivilegeLevel(Cpu cpu, Step step) {
        cpu.requireProtectedMode();
        cpu.admit(step);
        long selector = step.first.readForWrite(cpu);
        long least = step.second.read(cpu) & 3;
        boolean raises = (selector & 3) < least;
        if (raises) {
            step.first.write(cpu, selector & ~3L | least);
        }
        cpu.registers.flag(Registers.ZERO, raises);
    }

    private static void loadRights(Cpu cpu, Step step) {
        long descriptor = visible(cpu, step, step.second);
        boolean known = Descriptor.isCodeOrData(descriptor) || isGateOrTable(cpu, Descriptor.type(descriptor));
        if (known) {
            step.first.write(cpu, descriptor >>> 32 & RIGHTS);
        }
        cpu.registers.flag(Registers.ZERO, known);
    }

    private static void loadLimit(Cpu cpu, Step step) {
        long descriptor = visible(cpu, step, step.second);
        boolean known = Descriptor.isCodeOrData(descriptor) || isTable(cpu, Descriptor.type(descriptor));
        if (known) {
            step.first.write(cpu, Descriptor.limit(descriptor));
        }
        cpu.registers.flag(Registers.ZERO, known);
    }

    private static void verifyRead(Cpu cpu, Step step) {
        long descriptor = visible(cpu, step, step.first);
        boolean readable = Descriptor.isData(descriptor) || Descriptor.isReadableCode(descriptor);
        cpu.registers.flag(Registers.ZERO, readable);
    }

    private static void verifyWrite(Cpu cpu, Step step) {
        long descriptor = visible(cpu, step, step.first);
        cpu.registers.flag(Registers.ZERO, Descriptor.isWritableData(descriptor));
    }

    /** The descriptor that a selector names; 0, which is of no type, where there is none or it is hidden from this ring. */
    private static long visible(Cpu cpu, Step step, Place operand) {
        cpu.requireProtectedMode();
        cpu.admit(step);
        int selector = (int) operand.read(cpu) & 0xFFFF;
        long address = SegmentLoads.isNull(selector) ? -1 : SegmentLoads.descriptorAddress(cpu, selector, 8);
        if (address == -1) {
            return NOTHING;
        }
        long descriptor = cpu.memory.readSystem(address, 8);
        boolean conforming = Descriptor.isCode(descriptor) && Descriptor.isConforming(descriptor);
        int ring = Math.max(cpu.system.cpl, selector & 3);
        return conforming || Descriptor.dpl(descriptor) >= ring ? descriptor : NOTHING;
    }

    /** System descriptors that have a limit: TSS and LDT. IA-32e mode knows no 16-bit ones. */
    private static boolean isTable(Cpu cpu, int type) {
        return switch (type) {
            case Descriptor.LDT, Descriptor.TSS_32, Descriptor.BUSY_TSS_32 -> true;
            case Descriptor.TSS_16, Descriptor.BUSY_TSS_16 -> !cpu.system.longMode();
            default -> false;
        };
    }

    private static boolean isGateOrTable(Cpu cpu, int type) {
        return switch (type) {
            case Descriptor.CALL_GATE_32 -> true;
            case Descriptor.CALL_GATE_16, Descriptor.TASK_GATE -> !cpu.system.longMode();
            default -> isTable(cpu, type);
        };
    }
}
