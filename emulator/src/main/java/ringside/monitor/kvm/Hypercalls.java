package ringside.monitor.kvm;

import java.util.Map;
import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.ModelSpecificRegisters;
import ringside.cpu.Registers;
import ringside.device.ApicMessage;
import ringside.device.ApicMessage.Delivery;
import ringside.device.LocalApic;
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
    private static final int INVALID = 22;
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

    /** @param apic where the local APIC is the kernel's */
    Hypercalls(PvClock clock, Optional<LocalApic> apic, Actor kernel) {
        this.kernel = kernel;
        // spotless:off
        calls = Map.of(
                1L,  (cpu, first, second) -> 0,                           // KVM_HC_VAPIC_POLL_IRQ: to have left is all
                5L,  (cpu, first, second) -> 0,                           // KVM_HC_KICK_CPU: this one is awake
                9L,  (cpu, first, second) -> pair(clock, cpu, first, second), // KVM_HC_CLOCK_PAIRING
                10L, (cpu, first, second) -> apic.map(to -> send(to, cpu, first, second)).orElse((long) -NOT_SUPPORTED), // KVM_HC_SEND_IPI
                11L, (cpu, first, second) -> 0);                          // KVM_HC_SCHED_YIELD: to nobody
        // spotless:on
    }

    private static long pair(PvClock clock, Cpu cpu, long address, long type) {
        if (type != WALL_CLOCK) {
            return -NOT_SUPPORTED;
        }
        return clock.pair(address, ModelSpecificRegisters.timeStamp(cpu)) ? 0 : -BAD_ADDRESS;
    }

    // The interrupt command of KVM_HC_SEND_IPI: SDM 3A, Interrupt Command Register.
    private static final int VECTOR = 0xFF;
    private static final int DELIVERY_SHIFT = 8;
    private static final int LOGICAL_OR_SHORTHAND = 1 << 11 | 3 << 18;
    private static final int LEVEL_TRIGGERED = 1 << 15;
    private static final int BROADCAST = 0xFF;

    /**
     * Interrupts for the APIC IDs whose bits are set in two words of a map that begins at the ID in RDX; the command is in RSI (arch/x86/kvm/lapic.c,
     * kvm_pv_send_ipi).
     *
     * @return how many processors have taken it, of the one that there is
     */
    private static long send(LocalApic apic, Cpu cpu, long low, long high) {
        boolean wide = cpu.is64Bit();
        int bits = wide ? Long.SIZE : Integer.SIZE;
        long lowest = cpu.registers.get(Registers.RDX, 4);
        int command = (int) cpu.registers.get(Registers.RSI, 4);
        if ((command & LOGICAL_OR_SHORTHAND) != 0) {
            return -INVALID;
        }
        long taken = 0;
        for (int i = 0; i < 2 * bits; i++) {
            long id = (lowest + i) & 0xFFFF_FFFFL;
            long map = i < bits ? low : high;
            if ((map >>> i % bits & 1) != 0 && id < BROADCAST) {
                boolean level = (command & LEVEL_TRIGGERED) != 0;
                Delivery delivery = Delivery.of(command >>> DELIVERY_SHIFT);
                taken += apic.accept(new ApicMessage(delivery, command & VECTOR, level, (int) id, false)) ? 1 : 0;
            }
        }
        return taken;
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
