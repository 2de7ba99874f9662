package ringside.monitor.hvm;

import java.util.function.LongPredicate;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.Step;
import ringside.cpu.SystemState;
import ringside.memory.Ram;
import ringside.monitor.hardware.HardwareExit.PortAccess;
import ringside.monitor.hardware.PortStrings;

/**
 * How many elements of INS or OUTS Xen asks for at once: as many as lie one after the other in guest-physical memory, at most 4096, and one by one
 * where there is no RAM (hvm/emulate.c: hvmemul_virtual_to_linear, hvmemul_linear_to_phys, hvmemul_rep_ins, hvmemul_rep_outs).
 */
final class Repetition {
    private static final int MOST = 4096;

    private Repetition() {}

    /** Where the first element lies, physically. @throws Fault where it lies nowhere */
    static long first(Cpu cpu, PortAccess access) {
        return cpu.memory.peek(place(cpu, access, 0));
    }

    /** The linear address of an element. */
    private static long place(Cpu cpu, PortAccess access, int element) {
        Step step = cpu.peek();
        int segment = access.in() ? SystemState.ES : step.sourceSegment();
        int register = access.in() ? Registers.RDI : Registers.RSI;
        long distance = (long) element * access.size();
        long offset = cpu.registers.get(register) + (cpu.registers.direction() ? -distance : distance);
        return cpu.linear(segment, offset & step.addressMask, access.size(), access.in());
    }

    /** The elements of one request. */
    static int count(Cpu cpu, PortAccess access, LongPredicate isRam) {
        if (!cpu.peek().repeats()) {
            return 1;
        }
        long wanted = PortStrings.count(cpu);
        int most = Long.compareUnsigned(wanted, MOST) < 0 ? (int) wanted : MOST;
        long first = first(cpu, access);
        int count = 0;
        while (count < most && isThere(cpu, access, first, count, isRam)) {
            count++;
        }
        return Math.max(1, count);
    }

    private static boolean isThere(Cpu cpu, PortAccess access, long first, int element, LongPredicate isRam) {
        long distance = (long) element * access.size();
        long expected = cpu.registers.direction() ? first - distance : first + distance;
        try {
            long linear = place(cpu, access, element);
            long last = access.size() - 1L;
            boolean whole =
                    (linear & Ram.OFFSET) + last <= Ram.OFFSET || cpu.memory.peek(linear + last) == expected + last;
            return cpu.memory.peek(linear) == expected && whole && isRam.test(expected) && isRam.test(expected + last);
        } catch (Fault fault) {
            return false;
        }
    }
}
