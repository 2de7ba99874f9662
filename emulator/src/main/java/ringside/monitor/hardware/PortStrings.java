package ringside.monitor.hardware;

import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.Step;
import ringside.cpu.SystemState;
import ringside.monitor.hardware.HardwareExit.PortAccess;

/** INS and OUTS where a monitor emulates them one iteration after the other. */
public final class PortStrings {
    private PortStrings() {}

    /** Is the count of the repeated instruction 0, so that no port is touched? */
    public static boolean isOver(Cpu cpu) {
        Step step = cpu.peek();
        return step.repeats() && count(cpu) == 0;
    }

    /** How often the next instruction would be performed, were it repeated. */
    public static long count(Cpu cpu) {
        Step step = cpu.peek();
        return cpu.registers.get(Registers.RCX) & step.addressMask;
    }

    /**
     * Reads the element that OUTS sends, or probes the place for the one that INS receives.
     *
     * @return the element; 0 for INS
     * @throws Fault what the instruction will meet
     */
    public static int reach(Cpu cpu, PortAccess access) {
        Step step = cpu.peek();
        int segment = access.in() ? SystemState.ES : step.sourceSegment();
        int register = access.in() ? Registers.RDI : Registers.RSI;
        long offset = cpu.registers.get(register) & step.addressMask;
        if (access.in()) {
            cpu.probeWrite(segment, offset, access.size());
            return 0;
        }
        return (int) cpu.read(segment, offset, access.size());
    }

    /** Would the processor perform a further iteration of the same instruction now? It may have overwritten itself. */
    public static boolean goesOn(Cpu cpu, PortAccess access) {
        if (!cpu.isBetweenIterations() || cpu.system.pendingDebug != 0) {
            return false;
        }
        try {
            Step step = cpu.peek();
            String start = access.in() ? "INS" : "OUTS";
            return step.repeats()
                    && step.form.mnemonic().equals(start + "BW?D".charAt(access.size() - 1))
                    && cpu.registers.get(Registers.RDX, 2) == access.port();
        } catch (Fault fault) {
            return false;
        }
    }
}
