package ringside.cpu.instruction;

import static ringside.cpu.Registers.ADJUST;
import static ringside.cpu.Registers.CARRY;
import static ringside.cpu.Registers.DIRECTION;
import static ringside.cpu.Registers.PARITY;
import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.SIGN;
import static ringside.cpu.Registers.ZERO;
import static ringside.cpu.SystemState.INTERRUPT;
import static ringside.cpu.SystemState.PVI;
import static ringside.cpu.SystemState.VIRTUAL_INTERRUPT;
import static ringside.cpu.SystemState.VIRTUAL_INTERRUPT_PENDING;
import static ringside.cpu.SystemState.VME;
import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Trait.INNOCUOUS;
import static ringside.isa.Trait.IO_SENSITIVE;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Step;
import ringside.cpu.SystemState;

/** SDM 1, Flag Control Instructions. PUSHF and POPF are in {@link StackOperations}. */
final class FlagControl {
    private static final int LOW_FLAGS = SIGN | ZERO | ADJUST | PARITY | CARRY;

    // spotless:off
    static final List<Row> ROWS = List.of(
            row("F8", "CLC",  INNOCUOUS,    FlagControl::clearCarry),
            row("F9", "STC",  INNOCUOUS,    FlagControl::setCarry),
            row("F5", "CMC",  INNOCUOUS,    FlagControl::complementCarry),
            row("FC", "CLD",  INNOCUOUS,    FlagControl::clearDirection),
            row("FD", "STD",  INNOCUOUS,    FlagControl::setDirection),
            row("FA", "CLI",  IO_SENSITIVE, FlagControl::clearInterrupt),
            row("FB", "STI",  IO_SENSITIVE, FlagControl::setInterrupt),
            row("9F", "LAHF", INNOCUOUS,    FlagControl::loadFlags),
            row("9E", "SAHF", INNOCUOUS,    FlagControl::storeFlags));
    // spotless:on

    private FlagControl() {}

    private static void clearCarry(Cpu cpu, Step step) {
        cpu.registers.flag(CARRY, false);
    }

    private static void setCarry(Cpu cpu, Step step) {
        cpu.registers.flag(CARRY, true);
    }

    private static void complementCarry(Cpu cpu, Step step) {
        cpu.registers.flag(CARRY, !cpu.registers.carry());
    }

    private static void clearDirection(Cpu cpu, Step step) {
        cpu.registers.flag(DIRECTION, false);
    }

    private static void setDirection(Cpu cpu, Step step) {
        cpu.registers.flag(DIRECTION, true);
    }

    private static void clearInterrupt(Cpu cpu, Step step) {
        int flag = governedFlag(cpu.system);
        cpu.admit(step);
        cpu.flags(0, flag);
    }

    /** SDM 2, STI: where IF was clear, interrupts are taken only after the next instruction. */
    private static void setInterrupt(Cpu cpu, Step step) {
        SystemState s = cpu.system;
        int flag = governedFlag(s);
        if (flag == VIRTUAL_INTERRUPT && (s.flags & VIRTUAL_INTERRUPT_PENDING) != 0) {
            throw Fault.generalProtection(0);
        }
        cpu.admit(step);
        if (flag == INTERRUPT && !s.interruptFlag()) {
            s.shadow = SystemState.Shadow.STI;
            s.shadowTime = cpu.clock.now() + 1;
        }
        cpu.flags(flag, flag);
    }

    /**
     * The flag that CLI and STI work on: IF, or VIF where the extensions of virtual-8086 mode or of protected mode give it.
     *
     * @throws Fault #GP(0) where the ring may change neither
     */
    private static int governedFlag(SystemState s) {
        if (s.cpl <= s.iopl()) {
            return INTERRUPT;
        }
        long extension = s.virtual8086() ? VME : PVI;
        if (s.cpl == 3 && (s.cr4 & extension) != 0) {
            return VIRTUAL_INTERRUPT;
        }
        throw Fault.generalProtection(0);
    }

    /** LAHF. */
    private static void loadFlags(Cpu cpu, Step step) {
        long ah = cpu.flags() & LOW_FLAGS | 2;
        cpu.registers.set(RAX, cpu.registers.get(RAX) & ~0xFF00L | ah << 8);
    }

    /** SAHF. */
    private static void storeFlags(Cpu cpu, Step step) {
        cpu.registers.flags((int) cpu.registers.get(RAX) >>> 8, LOW_FLAGS);
    }
}
