package ringside.cpu.instruction;

import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RCX;
import static ringside.cpu.Registers.RDX;
import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.O64;
import static ringside.isa.Trait.INNOCUOUS;
import static ringside.isa.Trait.PRIVILEGED;
import static ringside.isa.Trait.SENSITIVE;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.CpuModel;
import ringside.cpu.Fault;
import ringside.cpu.FloatingPoint;
import ringside.cpu.Registers;
import ringside.cpu.Step;
import ringside.cpu.SystemState;

/**
 * SDM 1, Managing State Using the XSAVE Feature Set: XCR0 says which components a system has enabled, of which this processor has two, x87
 * and SSE; XSAVE and XRSTOR move those that EDX:EAX asks for. Behind the area of FXSAVE stands a header of 64 bytes, whose first eight say
 * which components the area holds.
 */
final class ExtendedStates {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("NP 0F 01 D0",       "XGETBV",    SENSITIVE,  ExtendedStates::readControl),
            row("NP 0F 01 D1",       "XSETBV",    PRIVILEGED, ExtendedStates::writeControl),
            row("NP 0F AE /4",       "XSAVE m",   INNOCUOUS,  ExtendedStates::save),
            row("NP REX.W 0F AE /4", "XSAVE64 m", INNOCUOUS,  ExtendedStates::save, O64),
            row("NP 0F AE /5",       "XRSTOR m",  INNOCUOUS,  ExtendedStates::restore),
            row("NP REX.W 0F AE /5", "XRSTOR64 m", INNOCUOUS, ExtendedStates::restore, O64));
    // spotless:on

    private static final int HEADER = FxsaveArea.SIZE;
    private static final int X87 = 1;
    private static final int SSE = 1 << 1;

    private ExtendedStates() {}

    private static void requireEnabled(Cpu cpu) {
        if ((cpu.system.cr4 & SystemState.OSXSAVE) == 0) {
            throw Fault.invalidOpcode();
        }
    }

    /** XGETBV: ECX names the register; there is XCR0. */
    private static void readControl(Cpu cpu, Step step) {
        requireEnabled(cpu);
        cpu.admit(step);
        Registers r = cpu.registers;
        requireRegister(r);
        r.set(RAX, 4, cpu.system.xcr0);
        r.set(RDX, 4, cpu.system.xcr0 >>> 32);
    }

    private static void requireRegister(Registers r) {
        if (r.get(RCX, 4) != 0) {
            throw Fault.generalProtection(0);
        }
    }

    /**
     * XSETBV: x87 cannot be left out, and what the processor does not have cannot be enabled. The gate comes before the check of the ring: APM 2,
     * Instruction Intercepts.
     */
    private static void writeControl(Cpu cpu, Step step) {
        requireEnabled(cpu);
        cpu.admit(step);
        cpu.requireRingZero();
        requireRegister(cpu.registers);
        long value = asked(cpu);
        if ((value & X87) == 0 || (value & ~CpuModel.EXTENDED_STATES) != 0) {
            throw Fault.generalProtection(0);
        }
        cpu.system.xcr0 = value;
    }

    /** EDX:EAX. */
    private static long asked(Cpu cpu) {
        return cpu.registers.get(RDX, 4) << 32 | cpu.registers.get(RAX, 4);
    }

    /** Unlike FXSAVE, these ask for CR0.TS alone (SDM 2, XSAVE and XRSTOR). */
    private static void requireUnit(Cpu cpu) {
        requireEnabled(cpu);
        if ((cpu.system.cr0 & SystemState.TASK_SWITCHED) != 0) {
            throw Fault.deviceNotAvailable();
        }
    }

    /** XSAVE: of the header, only the bits of the components that are asked for are written. */
    private static void save(Cpu cpu, Step step) {
        requireUnit(cpu);
        int asked = (int) (asked(cpu) & cpu.system.xcr0);
        long to = FxsaveArea.reach(cpu, step, CpuModel.EXTENDED_AREA, 64, true);
        FloatingPoint f = cpu.registers.floating;
        int used = (f.isFloatingInUse() ? X87 : 0) | (f.isVectorInUse() ? SSE : 0);
        long held = cpu.memory.read(to + HEADER, 8);
        if ((asked & X87) != 0) {
            FxsaveArea.saveFloating(cpu, step, to);
        }
        if ((asked & SSE) != 0) {
            FxsaveArea.saveControlOfVectors(cpu, to);
            FxsaveArea.saveVectors(cpu, to);
        }
        cpu.memory.write(to + HEADER, 8, held & ~asked | used & asked);
    }

    /** XRSTOR: a component that the area does not hold is set to its initial state; MXCSR is loaded whenever SSE is asked for. */
    private static void restore(Cpu cpu, Step step) {
        requireUnit(cpu);
        int asked = (int) (asked(cpu) & cpu.system.xcr0);
        long from = FxsaveArea.reach(cpu, step, CpuModel.EXTENDED_AREA, 64, false);
        long held = cpu.memory.read(from + HEADER, 8);
        // SDM 1, Standard Form of XRSTOR: bytes 23:8 of the header must be 0.
        long reserved = cpu.memory.read(from + HEADER + 8, 8) | cpu.memory.read(from + HEADER + 16, 8);
        if ((held & ~cpu.system.xcr0) != 0 || reserved != 0) {
            throw Fault.generalProtection(0);
        }
        FloatingPoint f = cpu.registers.floating;
        if ((asked & SSE) != 0) {
            f.mxcsr(FxsaveArea.controlOfVectors(cpu, from));
            if ((held & SSE) != 0) {
                FxsaveArea.restoreVectors(cpu, from);
            } else {
                FxsaveArea.clearVectors(cpu);
            }
        }
        if ((asked & X87) != 0) {
            if ((held & X87) != 0) {
                FxsaveArea.restoreFloating(cpu, step, from);
            } else {
                f.initialize();
                for (int i = 0; i < 8; i++) {
                    f.register(i, 0, 0);
                }
            }
        }
    }
}
