package ringside.monitor.kvm;

import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.Step;
import ringside.cpu.SystemState;
import ringside.monitor.hardware.HardwareExit.PortAccess;

/**
 * INS and OUTS in KVM's emulator (Linux 6.12, arch/x86/kvm/emulate.c: pio_in_emulated, em_out, x86_emulate_insn; x86.c:
 * x86_emulate_instruction).
 *
 * <p>INS reads ahead: one return to user space asks for as many elements as fit the page, the buffer and the count. OUTS does not: each
 * iteration whose port is user space's is a return of its own, with a count of 1, after which the guest is entered and left again. With a
 * port in the kernel the emulator goes on by itself, for OUTS until the count is a multiple of 1024.
 */
final class PortStrings {
    /** Bytes of struct read_cache. */
    private static final int BUFFER = 1024;

    private static final int PAGE = 4096;
    private static final int AT_ONCE = 1024;

    private PortStrings() {}

    /** Is the count of the repeated instruction 0, so that no port is touched? */
    static boolean isOver(Cpu cpu) {
        Step step = cpu.peek();
        return step.repeats() && count(cpu, step) == 0;
    }

    private static long count(Cpu cpu, Step step) {
        return cpu.registers.get(Registers.RCX) & step.addressMask;
    }

    /** How many elements INS asks for at once, 1 where it is not repeated. */
    static int readAhead(Cpu cpu, int size) {
        Step step = cpu.peek();
        if (!step.repeats()) {
            return 1;
        }
        int offset = (int) cpu.registers.get(Registers.RDI) & PAGE - 1;
        int inPage = cpu.registers.direction() ? offset : PAGE - offset;
        int most = Math.min(inPage, BUFFER / size);
        long count = count(cpu, step);
        return Math.max(1, Long.compareUnsigned(count, most) < 0 ? (int) count : most);
    }

    /** How many iterations the emulator performs before it enters the guest again, where no one else is asked. */
    static int atOnce(Cpu cpu, PortAccess access) {
        if (access.in()) {
            return readAhead(cpu, access.size());
        }
        Step step = cpu.peek();
        return step.repeats() ? 1 + (int) (count(cpu, step) - 1 & AT_ONCE - 1) : 1;
    }

    /**
     * Reads the element that OUTS sends, or probes the place for the one that INS receives.
     *
     * @return the element; 0 for INS
     * @throws Fault what the instruction will meet
     */
    static int reach(Cpu cpu, PortAccess access) {
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
    static boolean goesOn(Cpu cpu, PortAccess access) {
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
