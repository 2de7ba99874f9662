package ringside.cpu;

import static ringside.cpu.SystemState.CS;
import static ringside.cpu.SystemState.INTERRUPT;
import static ringside.cpu.SystemState.IOPL;
import static ringside.cpu.SystemState.RESUME;
import static ringside.cpu.SystemState.VIRTUAL_INTERRUPT;

import ringside.mmu.SegmentRegister;

/** The interrupt table of the 8086, four bytes a vector: SDM 3B, 8086 Emulation, Interrupt and Exception Handling. */
final class RealModeTable {
    /** Offset of the I/O map's address in a 32-bit TSS. */
    private static final int MAP_BASE = 102;

    /** The interrupt redirection map lies before the I/O map, a bit a vector. */
    private static final int REDIRECTION_BYTES = 32;

    private RealModeTable() {}

    /** Delivers in real-address mode: no error code, no stack switch. */
    static void deliver(Cpu cpu, Delivery event) {
        int at = event.vector() * 4;
        if (at + 3 > cpu.system.idtrLimit) {
            throw Fault.generalProtection(event.entryCode());
        }
        long entry = cpu.memory.readSystem(cpu.system.idtrBase + at, 4);
        enter(cpu, entry, cpu.flags());
        cpu.flags(0, INTERRUPT | RESUME | Registers.TRAP | Registers.ALIGNMENT_CHECK);
    }

    /**
     * Does CR4.VME, with the redirection map in the TSS, send INT n of virtual-8086 mode to the table of that mode itself? SDM 3B, Class 3
     * Software Interrupt Handling in Virtual-8086 Mode.
     */
    static boolean isRedirected(Cpu cpu, int vector) {
        if ((cpu.system.cr4 & SystemState.VME) == 0) {
            return false;
        }
        SegmentRegister tr = cpu.system.tr;
        if (tr.limit() < MAP_BASE + 1) {
            throw Fault.generalProtection(0);
        }
        long map = cpu.memory.readSystem(tr.base() + MAP_BASE, 2) - REDIRECTION_BYTES + (vector >> 3);
        if (map < 0 || map > tr.limit()) {
            throw Fault.generalProtection(0);
        }
        long bits = cpu.memory.readSystem(tr.base() + map, 1);
        return (bits >> (vector & 7) & 1) == 0;
    }

    /** INT n inside virtual-8086 mode; below IOPL 3 the virtual interrupt flag stands for IF. */
    static void redirect(Cpu cpu, int vector) {
        long entry = cpu.memory.readSystem(vector * 4L, 4);
        long image = cpu.flags();
        boolean virtual = cpu.system.iopl() < 3;
        if (virtual) {
            boolean enabled = (image & VIRTUAL_INTERRUPT) != 0;
            image = image & ~INTERRUPT | IOPL | (enabled ? INTERRUPT : 0);
        }
        enter(cpu, entry, image);
        cpu.flags(0, RESUME | Registers.TRAP | (virtual ? VIRTUAL_INTERRUPT : INTERRUPT));
    }

    private static void enter(Cpu cpu, long entry, long flags) {
        StackFrame frame = StackFrame.onCurrentStack(cpu, 2);
        frame.add(flags);
        frame.add(cpu.system.segments[CS].selector());
        frame.add(cpu.registers.rip());
        frame.probe();
        cpu.stackPointer(frame.write());
        cpu.system.segments[CS].loadRealMode((int) (entry >>> 16) & 0xFFFF);
        cpu.registers.rip(entry & 0xFFFF);
        cpu.modeChanged();
    }
}
