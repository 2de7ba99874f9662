package ringside.cpu.instruction;

import static ringside.cpu.Registers.RDI;
import static ringside.cpu.Registers.RDX;
import static ringside.cpu.Registers.RSI;
import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.REP;
import static ringside.isa.Attribute.UNSIGNED;
import static ringside.isa.Trait.IO_SENSITIVE;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Step;
import ringside.cpu.SystemState;
import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/** SDM 1, Input/Output: ports, and who may reach them. */
final class InputOutput {
    /** SDM 3A, 32-Bit TSS: where the I/O map base address stands. The 64-bit TSS has it at the same place. */
    private static final int IO_MAP_BASE = 102;

    // spotless:off
    static final List<Row> ROWS = List.of(
            row("E4 ib", "IN AL, imm8",      IO_SENSITIVE, InputOutput::in, UNSIGNED),
            row("E5 ib", "IN AX|EAX, imm8",  IO_SENSITIVE, InputOutput::in, UNSIGNED),
            row("EC",    "IN AL, DX",        IO_SENSITIVE, InputOutput::in),
            row("ED",    "IN AX|EAX, DX",    IO_SENSITIVE, InputOutput::in),
            row("E6 ib", "OUT imm8, AL",     IO_SENSITIVE, InputOutput::outByte, UNSIGNED),
            row("E7 ib", "OUT imm8, AX|EAX", IO_SENSITIVE, InputOutput::out, UNSIGNED),
            row("EE",    "OUT DX, AL",       IO_SENSITIVE, InputOutput::outByte),
            row("EF",    "OUT DX, AX|EAX",   IO_SENSITIVE, InputOutput::out),
            row("6C",    "INSB",             IO_SENSITIVE, InputOutput::inputBytes, REP),
            row("6D",    "INSW|INSD",        IO_SENSITIVE, InputOutput::input, REP),
            row("6E",    "OUTSB",            IO_SENSITIVE, InputOutput::outputBytes, REP),
            row("6F",    "OUTSW|OUTSD",      IO_SENSITIVE, InputOutput::output, REP));
    // spotless:on

    private InputOutput() {}

    private static void in(Cpu cpu, Step step) {
        int port = (int) step.second.read(cpu);
        int size = portSize(step);
        requirePort(cpu, step, port, size);
        step.first.write(cpu, cpu.ports.read(port, size));
    }

    private static void outByte(Cpu cpu, Step step) {
        out(cpu, step, 1);
    }

    private static void out(Cpu cpu, Step step) {
        out(cpu, step, portSize(step));
    }

    private static void out(Cpu cpu, Step step, int size) {
        int port = (int) step.first.read(cpu);
        requirePort(cpu, step, port, size);
        cpu.ports.write(port, size, (int) step.second.read(cpu));
    }

    private static void inputBytes(Cpu cpu, Step step) {
        input(cpu, step, 1);
    }

    private static void input(Cpu cpu, Step step) {
        input(cpu, step, portSize(step));
    }

    /** INS: the destination is probed before the port is read, which may change the device. */
    private static void input(Cpu cpu, Step step, int size) {
        int port = (int) cpu.registers.get(RDX, 2);
        requirePort(cpu, step, port, size);
        if (Repetition.isOver(cpu, step)) {
            return;
        }
        long offset = cpu.registers.get(RDI) & step.addressMask;
        cpu.probeWrite(SystemState.ES, offset, size);
        cpu.write(SystemState.ES, offset, size, cpu.ports.read(port, size));
        Repetition.advance(cpu, step, RDI, size);
        Repetition.count(cpu, step);
    }

    private static void outputBytes(Cpu cpu, Step step) {
        output(cpu, step, 1);
    }

    private static void output(Cpu cpu, Step step) {
        output(cpu, step, portSize(step));
    }

    private static void output(Cpu cpu, Step step, int size) {
        int port = (int) cpu.registers.get(RDX, 2);
        requirePort(cpu, step, port, size);
        if (Repetition.isOver(cpu, step)) {
            return;
        }
        long value = cpu.read(step.sourceSegment(), cpu.registers.get(RSI) & step.addressMask, size);
        cpu.ports.write(port, size, (int) value);
        Repetition.advance(cpu, step, RSI, size);
        Repetition.count(cpu, step);
    }

    /** Ports have 32 bits at most, whatever REX.W says. */
    private static int portSize(Step step) {
        return Math.min(step.size, 4);
    }

    /**
     * SDM 1, Protected-Mode I/O: by the I/O privilege level, else port by port by the map in the TSS; then the gate is asked.
     *
     * @throws Fault #GP(0)
     */
    private static void requirePort(Cpu cpu, Step step, int port, int size) {
        SystemState s = cpu.system;
        if ((s.cpl > s.iopl() || s.virtual8086()) && !isMapped(cpu, port, size)) {
            throw Fault.generalProtection(0);
        }
        cpu.admit(step, port);
    }

    /** Are the ports' bits in the I/O permission map clear? Two bytes are read each time, so the last one of a map is all ones. */
    private static boolean isMapped(Cpu cpu, int port, int size) {
        SegmentRegister tr = cpu.system.tr;
        int type = tr.rights() & SegmentRegister.TYPE;
        boolean has32Bits = type == Descriptor.TSS_32 || type == Descriptor.BUSY_TSS_32;
        if (!tr.isUsable() || !has32Bits || tr.limit() < IO_MAP_BASE + 1) {
            return false;
        }
        long at = taskState(cpu, IO_MAP_BASE) + (port >>> 3);
        if (at + 1 > tr.limit()) {
            return false;
        }
        return (taskState(cpu, at) >>> (port & 7) & (1 << size) - 1) == 0;
    }

    private static long taskState(Cpu cpu, long offset) {
        long linear = cpu.system.tr.base() + offset;
        return cpu.memory.readSystem(cpu.system.longMode() ? linear : linear & 0xFFFF_FFFFL, 2);
    }
}
