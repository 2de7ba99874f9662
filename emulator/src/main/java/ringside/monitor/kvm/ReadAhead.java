package ringside.monitor.kvm;

import ringside.cpu.Cpu;
import ringside.cpu.Registers;
import ringside.cpu.Step;
import ringside.monitor.hardware.HardwareExit.PortAccess;
import ringside.monitor.hardware.PortStrings;

/**
 * INS and OUTS in KVM's emulator (Linux 6.12, arch/x86/kvm/emulate.c: pio_in_emulated, em_out, x86_emulate_insn; x86.c:
 * x86_emulate_instruction).
 *
 * <p>INS reads ahead: one return to user space asks for as many elements as fit the page, the buffer and the count. OUTS does not: each
 * iteration whose port is user space's is a return of its own, with a count of 1, after which the guest is entered and left again. With a
 * port in the kernel the emulator goes on by itself, for OUTS until the count is a multiple of 1024.
 */
final class ReadAhead {
    /** Bytes of struct read_cache. */
    private static final int BUFFER = 1024;

    private static final int PAGE = 4096;
    private static final int AT_ONCE = 1024;

    private ReadAhead() {}

    /** How many elements INS asks for at once, 1 where it is not repeated. */
    static int readAhead(Cpu cpu, int size) {
        Step step = cpu.peek();
        if (!step.repeats()) {
            return 1;
        }
        int offset = (int) cpu.registers.get(Registers.RDI) & PAGE - 1;
        int inPage = cpu.registers.direction() ? offset : PAGE - offset;
        int most = Math.min(inPage, BUFFER / size);
        long count = PortStrings.count(cpu);
        return Math.max(1, Long.compareUnsigned(count, most) < 0 ? (int) count : most);
    }

    /** How many iterations the emulator performs before it enters the guest again, where no one else is asked. */
    static int atOnce(Cpu cpu, PortAccess access) {
        if (access.in()) {
            return readAhead(cpu, access.size());
        }
        Step step = cpu.peek();
        return step.repeats() ? 1 + (int) (PortStrings.count(cpu) - 1 & AT_ONCE - 1) : 1;
    }
}
