package ringside.cpu.instruction;

import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.O64;
import static ringside.isa.Trait.INNOCUOUS;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.FloatingPoint;
import ringside.cpu.Step;
import ringside.cpu.SystemState;

/**
 * SDM 1, x87 FPU Control Instructions, and FXSAVE with FXRSTOR: what a system needs to find the x87 unit, and to keep its state for each
 * task. Those that begin with FN do not look whether an exception is pending; WAIT and FLDCW do.
 */
final class FloatingPointControl {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("9B",                "WAIT",           INNOCUOUS, FloatingPointControl::await),
            row("DB E3",             "FNINIT",         INNOCUOUS, FloatingPointControl::initialize),
            row("DF E0",             "FNSTSW AX",      INNOCUOUS, FloatingPointControl::storeStatus),
            row("DD /7",             "FNSTSW m16",     INNOCUOUS, FloatingPointControl::storeStatus),
            row("D9 /7",             "FNSTCW m16",     INNOCUOUS, FloatingPointControl::storeControl),
            row("D9 /5",             "FLDCW m16",      INNOCUOUS, FloatingPointControl::loadControl),
            row("NP 0F AE /0",       "FXSAVE m512",    INNOCUOUS, FloatingPointControl::save),
            row("NP REX.W 0F AE /0", "FXSAVE64 m512",  INNOCUOUS, FloatingPointControl::save, O64),
            row("NP 0F AE /1",       "FXRSTOR m512",   INNOCUOUS, FloatingPointControl::restore),
            row("NP REX.W 0F AE /1", "FXRSTOR64 m512", INNOCUOUS, FloatingPointControl::restore, O64));
    // spotless:on

    private FloatingPointControl() {}

    /** SDM 3A, Device Not Available Exception: EM says that there is no unit, TS that it holds the state of another task. */
    private static void requireUnit(Cpu cpu) {
        if ((cpu.system.cr0 & (SystemState.EMULATION | SystemState.TASK_SWITCHED)) != 0) {
            throw Fault.deviceNotAvailable();
        }
    }

    /**
     * SDM 3A, x87 FPU Floating-Point Error: with CR0.NE a pending exception is #MF. Without it a PC's processor reports by a pin of its own;
     * this machine asserts IGNNE#, so that nothing happens.
     */
    private static void requireNothingPending(Cpu cpu) {
        if (cpu.registers.floating.isPending() && (cpu.system.cr0 & SystemState.NUMERIC_ERROR) != 0) {
            throw Fault.of(Fault.FLOATING_POINT);
        }
    }

    /** WAIT, which is also FWAIT: EM does not count, and TS only with MP. */
    private static void await(Cpu cpu, Step step) {
        long both = SystemState.TASK_SWITCHED | SystemState.MONITOR_COPROCESSOR;
        if ((cpu.system.cr0 & both) == both) {
            throw Fault.deviceNotAvailable();
        }
        requireNothingPending(cpu);
    }

    private static void initialize(Cpu cpu, Step step) {
        requireUnit(cpu);
        cpu.registers.floating.initialize();
    }

    private static void storeStatus(Cpu cpu, Step step) {
        requireUnit(cpu);
        step.first.write(cpu, cpu.registers.floating.status());
    }

    private static void storeControl(Cpu cpu, Step step) {
        requireUnit(cpu);
        step.first.write(cpu, cpu.registers.floating.control());
    }

    private static void loadControl(Cpu cpu, Step step) {
        requireUnit(cpu);
        requireNothingPending(cpu);
        cpu.registers.floating.control((int) step.first.read(cpu));
    }

    /** FXSAVE: without CR4.OSFXSR the state of SSE is left out, as processors may (SDM 2, FXSAVE). */
    private static void save(Cpu cpu, Step step) {
        requireUnit(cpu);
        long to = FxsaveArea.reach(cpu, step, FxsaveArea.SIZE, 16, true);
        FxsaveArea.saveFloating(cpu, step, to);
        if (hasVectors(cpu)) {
            FxsaveArea.saveControlOfVectors(cpu, to);
            FxsaveArea.saveVectors(cpu, to);
        }
    }

    private static void restore(Cpu cpu, Step step) {
        requireUnit(cpu);
        long from = FxsaveArea.reach(cpu, step, FxsaveArea.SIZE, 16, false);
        if (hasVectors(cpu)) {
            FloatingPoint f = cpu.registers.floating;
            f.mxcsr(FxsaveArea.controlOfVectors(cpu, from));
            FxsaveArea.restoreVectors(cpu, from);
        }
        FxsaveArea.restoreFloating(cpu, step, from);
    }

    private static boolean hasVectors(Cpu cpu) {
        return (cpu.system.cr4 & SystemState.FXSAVE) != 0;
    }
}
