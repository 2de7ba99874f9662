package ringside.monitor.hardware;

import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.Step;
import ringside.monitor.hardware.HardwareExit.Kind;
import ringside.monitor.hardware.HardwareExit.MemoryAccess;
import ringside.monitor.hardware.HardwareExit.PortAccess;
import ringside.probe.Event;

/**
 * What an instruction will ask for that a monitor emulates without the processor having said what it is: where KVM's emulator finds out while it
 * decodes.
 */
final class EmulatedInstruction {
    /** No RAM is there: whoever has devices in memory looks closer. */
    private static final MemoryAccess ANYWHERE = new MemoryAccess(-1L, false, false, false);

    private EmulatedInstruction() {}

    /** @param event how the monitor's turn is watched */
    static HardwareExit at(Cpu believed, Event.Exit event) {
        Step step;
        try {
            step = believed.peek();
        } catch (Fault fault) {
            return new HardwareExit(Kind.OTHER, PortAccess.NONE, MemoryAccess.NONE, event);
        }
        return switch (step.form.mnemonic()) {
            case "HLT" -> new HardwareExit(Kind.HALT, PortAccess.NONE, MemoryAccess.NONE, event);
            case "IN" -> port(believed, step, 1, true, event);
            case "OUT" -> port(believed, step, 0, false, event);
            case "INSB", "OUTSB" -> string(believed, step, 1, event);
            case "INSW", "OUTSW" -> string(believed, step, 2, event);
            case "INSD", "OUTSD" -> string(believed, step, 4, event);
            default -> new HardwareExit(Kind.MEMORY, PortAccess.NONE, ANYWHERE, event);
        };
    }

    private static HardwareExit port(Cpu believed, Step step, int place, boolean in, Event.Exit event) {
        int number = (int) (in ? step.second : step.first).read(believed) & 0xFFFF;
        int size = step.form.operands().get(1 - place).bits() / 8;
        return new HardwareExit(Kind.PORT, new PortAccess(number, size, in, false), MemoryAccess.NONE, event);
    }

    private static HardwareExit string(Cpu believed, Step step, int size, Event.Exit event) {
        int number = (int) believed.registers.get(Registers.RDX, 2);
        boolean in = step.form.mnemonic().startsWith("INS");
        return new HardwareExit(Kind.PORT, new PortAccess(number, size, in, true), MemoryAccess.NONE, event);
    }
}
