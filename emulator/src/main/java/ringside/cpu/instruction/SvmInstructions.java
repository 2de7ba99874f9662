package ringside.cpu.instruction;

import static ringside.cpu.Registers.RAX;
import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Trait.PRIVILEGED;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Step;

/** APM 3, System Instruction Reference: the instructions of SVM. They find their operands in rAX, by the address size. */
final class SvmInstructions {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("0F 01 D8", "VMRUN",   PRIVILEGED, SvmInstructions::run),
            row("0F 01 D9", "VMMCALL", PRIVILEGED, SvmInstructions::call),
            row("0F 01 DA", "VMLOAD",  PRIVILEGED, SvmInstructions::load),
            row("0F 01 DB", "VMSAVE",  PRIVILEGED, SvmInstructions::save),
            row("0F 01 DC", "STGI",    PRIVILEGED, SvmInstructions::setGlobalInterrupts),
            row("0F 01 DD", "CLGI",    PRIVILEGED, SvmInstructions::clearGlobalInterrupts),
            row("0F 01 DE", "SKINIT",  PRIVILEGED, SvmInstructions::initializeSecurely),
            row("0F 01 DF", "INVLPGA", PRIVILEGED, SvmInstructions::invalidatePage));
    // spotless:on

    private SvmInstructions() {}

    private static void check(Cpu cpu, Step step) {
        cpu.svm().requireEnabled(cpu);
        cpu.requireRingZero();
        cpu.admit(step);
    }

    /** APM 2, Instruction Intercepts: where no VMCB can be, VMRUN, VMLOAD and VMSAVE fault before they are intercepted. */
    private static long checkedBlock(Cpu cpu, Step step) {
        cpu.svm().requireEnabled(cpu);
        cpu.requireRingZero();
        long address = address(cpu, step);
        cpu.svm().requireBlock(address);
        cpu.admit(step);
        return address;
    }

    private static long address(Cpu cpu, Step step) {
        return cpu.registers.get(RAX) & step.addressMask;
    }

    private static void run(Cpu cpu, Step step) {
        cpu.svm().run(cpu, checkedBlock(cpu, step));
    }

    /** VMMCALL: for a guest to leave by, in every ring; where it is not intercepted it does not exist. */
    private static void call(Cpu cpu, Step step) {
        cpu.admit(step);
        cpu.svm().call(cpu);
    }

    private static void load(Cpu cpu, Step step) {
        cpu.svm().load(cpu, checkedBlock(cpu, step));
    }

    private static void save(Cpu cpu, Step step) {
        cpu.svm().save(cpu, checkedBlock(cpu, step));
    }

    private static void setGlobalInterrupts(Cpu cpu, Step step) {
        check(cpu, step);
        cpu.svm().globalInterruptFlag(cpu, true);
    }

    private static void clearGlobalInterrupts(Cpu cpu, Step step) {
        check(cpu, step);
        cpu.svm().globalInterruptFlag(cpu, false);
    }

    /** SKINIT: a processor without a trusted platform module does not have it, and CPUID says so. */
    private static void initializeSecurely(Cpu cpu, Step step) {
        check(cpu, step);
        throw Fault.invalidOpcode();
    }

    /** INVLPGA: translations of other address spaces than the current one are never kept, so that ECX does not matter. */
    private static void invalidatePage(Cpu cpu, Step step) {
        check(cpu, step);
        long linear = address(cpu, step);
        if (Cpu.isCanonical(linear)) {
            cpu.memory.flushPage(linear);
        }
    }
}
