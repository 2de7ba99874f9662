package ringside.monitor.kvm;

import java.util.Map;
import ringside.cpu.Cpu;
import ringside.cpu.ModelSpecificRegisters;
import ringside.cpu.Registers;
import ringside.probe.Actor;
import ringside.probe.Deed;

/**
 * KVM's hypercalls: VMCALL or VMMCALL with the number in RAX and up to four arguments in RBX, RCX, RDX and RSI; the result comes back in RAX,
 * and no other register changes (Linux, hypercalls.rst; arch/x86/kvm/x86.c, kvm_emulate_hypercall; uapi/linux/kvm_para.h).
 */
final class Hypercalls {
    // Results, negative.
    private static final int NOT_PERMITTED = 1;
    private static final int BAD_ADDRESS = 14;
    private static final int NOT_SUPPORTED = 95;
    private static final int NO_SUCH_CALL = 1000;

    /** The only type of clock that there is to pair with. */
    private static final int WALL_CLOCK = 0;

    /** What a call does. @return its result */
    @FunctionalInterface
    private interface Call {
        long perform(Cpu cpu, long first, long second);
    }

    private final Map<Long, Call> calls;
    private final Actor kernel;

    Hypercalls(PvClock clock, Actor kernel) {
        this.kernel = kernel;
        // spotless:off
        calls = Map.of(
                1L,  (cpu, first, second) -> 0,                           // KVM_HC_VAPIC_POLL_IRQ: to have left is all
                5L,  (cpu, first, second) -> 0,                           // KVM_HC_KICK_CPU: this one is awake
                9L,  (cpu, first, second) -> pair(clock, cpu, first, second), // KVM_HC_CLOCK_PAIRING
                10L, (cpu, first, second) -> -NOT_SUPPORTED,              // KVM_HC_SEND_IPI: no local APIC to send to
                11L, (cpu, first, second) -> 0);                          // KVM_HC_SCHED_YIELD: to nobody
        // spotless:on
    }

    private static long pair(PvClock clock, Cpu cpu, long address, long type) {
        if (type != WALL_CLOCK) {
            return -NOT_SUPPORTED;
        }
        return clock.pair(address, ModelSpecificRegisters.timeStamp(cpu)) ? 0 : -BAD_ADDRESS;
    }

    /** The numbers that are answered by more than that there is no such call. */
    void perform(Cpu cpu) {
        Registers r = cpu.registers;
        int width = cpu.is64Bit() ? 8 : 4;
        kernel.does(Deed.PERFORM_HYPERCALL, r.get(Registers.RAX, width));
        Call call = calls.get(r.get(Registers.RAX, width));
        long result = cpu.system.cpl != 0
                ? -NOT_PERMITTED
                : call == null
                        ? -NO_SUCH_CALL
                        : call.perform(cpu, r.get(Registers.RBX, width), r.get(Registers.RCX, width));
        r.set(Registers.RAX, width, result);
    }
}
