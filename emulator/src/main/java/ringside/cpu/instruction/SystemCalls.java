package ringside.cpu.instruction;

import static ringside.cpu.SystemState.CS;
import static ringside.cpu.SystemState.GS;
import static ringside.cpu.SystemState.SS;
import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.O64;
import static ringside.isa.Trait.PRIVILEGED;
import static ringside.isa.Trait.SENSITIVE;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.Step;
import ringside.cpu.SystemState;
import ringside.mmu.SegmentRegister;

/** SDM 3A, Fast System Calls: from ring 3 to ring 0 and back by registers alone; no descriptor is read. */
final class SystemCalls {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("0F 05",       "SYSCALL",    SENSITIVE,  SystemCalls::call, O64),
            row("0F 07",       "SYSRET",     PRIVILEGED, SystemCalls::returnFromCall, O64),
            row("REX.W 0F 07", "SYSRET",     PRIVILEGED, SystemCalls::returnFromCall, O64),
            row("0F 34",       "SYSENTER",   SENSITIVE,  SystemCalls::enter),
            row("0F 35",       "SYSEXIT",    PRIVILEGED, SystemCalls::exit),
            row("REX.W 0F 35", "SYSEXIT",    PRIVILEGED, SystemCalls::exit, O64),
            row("0F 01 F8",    "SWAPGS",     PRIVILEGED, SystemCalls::swapGs, O64));
    // spotless:on

    private static final int FLAT_CODE_32 = rights(0xB) | SegmentRegister.BIG;
    private static final int FLAT_CODE_64 = rights(0xB) | SegmentRegister.LONG;
    private static final int FLAT_DATA = rights(0x3) | SegmentRegister.BIG;
    private static final int RING_3 = 3 << 5;

    /** What SYSRET takes from R11: SDM 2, SYSRET. */
    private static final int RETURNED_FLAGS = 0x3C_7FD7;

    private static final int R11 = 11;

    private SystemCalls() {}

    private static int rights(int type) {
        return SegmentRegister.PRESENT | SegmentRegister.CODE_OR_DATA | SegmentRegister.GRANULARITY | type;
    }

    /** Flat segments of a ring: base 0, limit 4 GiB, whatever the descriptor tables say. */
    private static void loadFlat(Cpu cpu, int code, int codeRights, int stack, int ring) {
        SystemState system = cpu.system;
        int dpl = ring == 3 ? RING_3 : 0;
        system.segments[CS].load(code & 0xFFFC | ring, 0, 0xFFFF_FFFFL, codeRights | dpl);
        system.segments[SS].load(stack & 0xFFFC | ring, 0, 0xFFFF_FFFFL, FLAT_DATA | dpl);
        system.cpl = ring;
        cpu.modeChanged();
    }

    // SYSCALL and SYSRET.

    private static void requireSystemCalls(Cpu cpu) {
        if ((cpu.system.efer & SystemState.SYSCALL_ENABLE) == 0) {
            throw Fault.invalidOpcode();
        }
    }

    private static void call(Cpu cpu, Step step) {
        requireSystemCalls(cpu);
        cpu.admit(step);
        SystemState system = cpu.system;
        Registers registers = cpu.registers;
        registers.set(Registers.RCX, registers.rip());
        registers.set(R11, cpu.flags() & ~SystemState.RESUME);
        int selector = (int) (system.star >>> 32) & 0xFFFC;
        registers.rip(system.lstar);
        loadFlat(cpu, selector, FLAT_CODE_64, selector + 8, 0);
        boolean wasTracing = registers.trap();
        cpu.flags(0, system.syscallMask & ~SystemState.VIRTUAL_8086 | SystemState.RESUME);
        if (wasTracing && !registers.trap()) {
            cpu.cancelSingleStep();
        }
    }

    private static void returnFromCall(Cpu cpu, Step step) {
        requireSystemCalls(cpu);
        cpu.requireRingZero();
        cpu.admit(step);
        Registers registers = cpu.registers;
        boolean to64 = step.size == 8;
        long target = registers.get(Registers.RCX, to64 ? 8 : 4);
        if (to64 && !Cpu.isCanonical(target)) {
            throw Fault.generalProtection(0);
        }
        int selector = (int) (cpu.system.star >>> 48);
        registers.rip(target);
        loadFlat(cpu, to64 ? selector + 16 : selector, to64 ? FLAT_CODE_64 : FLAT_CODE_32, selector + 8, 3);
        cpu.flags(registers.get(R11) & RETURNED_FLAGS, RETURNED_FLAGS | SystemState.RESUME);
    }

    // SYSENTER and SYSEXIT.

    private static int entrySelector(Cpu cpu) {
        int selector = (int) cpu.system.sysenterCs & 0xFFFC;
        if (selector == 0) {
            throw Fault.generalProtection(0);
        }
        return selector;
    }

    private static void requireProtection(Cpu cpu) {
        if (!cpu.system.protectedMode()) {
            throw Fault.generalProtection(0);
        }
    }

    private static void enter(Cpu cpu, Step step) {
        cpu.admit(step);
        requireProtection(cpu);
        int selector = entrySelector(cpu);
        SystemState system = cpu.system;
        boolean longMode = system.longMode();
        cpu.flags(0, SystemState.VIRTUAL_8086 | SystemState.INTERRUPT | SystemState.RESUME);
        cpu.registers.set(Registers.RSP, longMode ? system.sysenterEsp : system.sysenterEsp & 0xFFFF_FFFFL);
        cpu.registers.rip(longMode ? system.sysenterEip : system.sysenterEip & 0xFFFF_FFFFL);
        loadFlat(cpu, selector, longMode ? FLAT_CODE_64 : FLAT_CODE_32, selector + 8, 0);
    }

    private static void exit(Cpu cpu, Step step) {
        cpu.requireRingZero();
        cpu.admit(step);
        requireProtection(cpu);
        int selector = entrySelector(cpu);
        Registers registers = cpu.registers;
        boolean to64 = step.size == 8;
        long stack = registers.get(Registers.RCX, to64 ? 8 : 4);
        long target = registers.get(Registers.RDX, to64 ? 8 : 4);
        if (to64 && !(Cpu.isCanonical(stack) && Cpu.isCanonical(target))) {
            throw Fault.generalProtection(0);
        }
        int code = selector + (to64 ? 32 : 16);
        registers.set(Registers.RSP, stack);
        registers.rip(target);
        loadFlat(cpu, code, to64 ? FLAT_CODE_64 : FLAT_CODE_32, code + 8, 3);
    }

    // SWAPGS.

    private static void swapGs(Cpu cpu, Step step) {
        cpu.requireRingZero();
        cpu.admit(step);
        SegmentRegister gs = cpu.system.segments[GS];
        long base = gs.base();
        gs.load(gs.selector(), cpu.system.kernelGsBase, gs.limit(), gs.rights());
        cpu.system.kernelGsBase = base;
    }
}
