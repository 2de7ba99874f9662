package ringside.cpu.instruction;

import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.MODE;
import static ringside.isa.Trait.PRIVILEGED;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Place;
import ringside.cpu.Registers;
import ringside.cpu.Step;
import ringside.cpu.Vmx;

/**
 * SDM 3C, VMX Instruction Reference. In non-root operation they leave the guest in every ring: the gate is asked before the ring and all
 * operands.
 */
final class VmxInstructions {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("F3 0F C7 /6",    "VMXON m64",                  PRIVILEGED, VmxInstructions::on),
            row("0F 01 C4",       "VMXOFF",                     PRIVILEGED, VmxInstructions::off),
            row("0F 01 C1",       "VMCALL",                     PRIVILEGED, VmxInstructions::call),
            row("66 0F C7 /6",    "VMCLEAR m64",                PRIVILEGED, VmxInstructions::clear),
            row("NP 0F C7 /6",    "VMPTRLD m64",                PRIVILEGED, VmxInstructions::load),
            row("NP 0F C7 /7",    "VMPTRST m64",                PRIVILEGED, VmxInstructions::store),
            row("NP 0F 78 /r",    "VMREAD r/m32|64, r32|64",    PRIVILEGED, VmxInstructions::readField, MODE),
            row("NP 0F 79 /r",    "VMWRITE r32|64, r/m32|64",   PRIVILEGED, VmxInstructions::writeField, MODE),
            row("0F 01 C2",       "VMLAUNCH",                   PRIVILEGED, VmxInstructions::launch),
            row("0F 01 C3",       "VMRESUME",                   PRIVILEGED, VmxInstructions::resume),
            row("66 0F 38 80 /r", "INVEPT r32|64, m128",        PRIVILEGED, VmxInstructions::invalidateNested, MODE),
            row("66 0F 38 81 /r", "INVVPID r32|64, m128",       PRIVILEGED, VmxInstructions::invalidateProcessor, MODE),
            row("NP 0F 01 D4",    "VMFUNC",                     PRIVILEGED, VmxInstructions::absent),
            row("NP 0F 37",       "GETSEC",                     PRIVILEGED, VmxInstructions::absent));
    // spotless:on

    private VmxInstructions() {}

    private static void check(Cpu cpu, Step step) {
        cpu.vmx().requireOperation(cpu);
        Vmx.requireMode(cpu);
        cpu.admit(step);
        cpu.requireRingZero();
    }

    private static void on(Cpu cpu, Step step) {
        cpu.vmx().requireEnabled(cpu);
        Vmx.requireMode(cpu);
        cpu.admit(step);
        cpu.requireRingZero();
        cpu.vmx().on(cpu, step.first.read(cpu));
    }

    private static void off(Cpu cpu, Step step) {
        check(cpu, step);
        cpu.vmx().off(cpu);
    }

    /** VMCALL leaves the guest even in modes that do not have it in root operation. */
    private static void call(Cpu cpu, Step step) {
        cpu.vmx().requireCall(cpu);
        cpu.admit(step);
        cpu.vmx().call(cpu);
    }

    private static void clear(Cpu cpu, Step step) {
        check(cpu, step);
        cpu.vmx().clear(cpu, step.first.read(cpu));
    }

    private static void load(Cpu cpu, Step step) {
        check(cpu, step);
        cpu.vmx().load(cpu, step.first.read(cpu));
    }

    private static void store(Cpu cpu, Step step) {
        check(cpu, step);
        step.first.write(cpu, cpu.vmx().current());
        cpu.flags(0, Registers.ARITHMETIC);
    }

    private static void readField(Cpu cpu, Step step) {
        check(cpu, step);
        long encoding = step.second.read(cpu);
        if (cpu.vmx().hasField(cpu, encoding, false)) {
            step.first.write(cpu, cpu.vmx().read(encoding));
            cpu.flags(0, Registers.ARITHMETIC);
        }
    }

    private static void writeField(Cpu cpu, Step step) {
        check(cpu, step);
        long encoding = step.first.read(cpu);
        if (cpu.vmx().hasField(cpu, encoding, true)) {
            cpu.vmx().write(encoding, step.second.read(cpu));
            cpu.flags(0, Registers.ARITHMETIC);
        }
    }

    private static void launch(Cpu cpu, Step step) {
        check(cpu, step);
        cpu.vmx().enter(cpu, true);
    }

    private static void resume(Cpu cpu, Step step) {
        check(cpu, step);
        cpu.vmx().enter(cpu, false);
    }

    private static void invalidateNested(Cpu cpu, Step step) {
        check(cpu, step);
        Place place = step.second;
        cpu.vmx().invalidateNested(cpu, step.first.read(cpu), () -> half(cpu, step, place, 0));
    }

    private static void invalidateProcessor(Cpu cpu, Step step) {
        check(cpu, step);
        Place place = step.second;
        cpu.vmx()
                .invalidateProcessor(
                        cpu, step.first.read(cpu), () -> half(cpu, step, place, 0), () -> half(cpu, step, place, 8));
    }

    /** Eight of the sixteen bytes of a descriptor, all of which must be readable. */
    private static long half(Cpu cpu, Step step, Place place, int from) {
        long offset = place.offset(cpu);
        cpu.linear(place.segment(), offset, 16, false);
        return cpu.read(place.segment(), offset + from & step.addressMask, 8);
    }

    /** VMFUNC: no function can be enabled. GETSEC: there is no CR4.SMXE. */
    private static void absent(Cpu cpu, Step step) {
        throw Fault.invalidOpcode();
    }
}
