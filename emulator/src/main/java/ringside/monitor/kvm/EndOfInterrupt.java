package ringside.monitor.kvm;

import ringside.bus.DirectMemory;
import ringside.cpu.Fault;
import ringside.device.LocalApic;

/**
 * An end of interrupt without an exit: while an interrupt is in service whose end changes nothing else, a bit in the guest's memory says so, and
 * the guest ends the interrupt by clearing it. KVM looks at its next turn (Linux, msr.rst: MSR_KVM_EOI_EN; arch/x86/kvm/lapic.c,
 * apic_sync_pv_eoi_to_guest and _from_guest).
 */
final class EndOfInterrupt {
    private static final long ENABLE = 1;
    private static final int MAY_BE_SKIPPED = 1;

    private final DirectMemory memory;
    private final LocalApic apic;
    private long register;

    /** The guest has been told that it may; nobody has looked since. */
    private boolean promised;

    EndOfInterrupt(DirectMemory memory, LocalApic apic) {
        this.memory = memory;
        this.apic = apic;
    }

    long register() {
        return register;
    }

    /** @throws Fault #GP(0) where the word is not aligned, or no RAM of the guest's */
    void write(long value) {
        long address = value & ~ENABLE;
        if ((address & 3) != 0 || (value & ENABLE) != 0 && !memory.holds(address, Integer.BYTES)) {
            throw Fault.generalProtection(0);
        }
        register = value;
        promised = false;
    }

    private long address() {
        return register & ~ENABLE;
    }

    void beforeEntry() {
        if ((register & ENABLE) != 0 && apic.endChangesNothingElse()) {
            memory.write(address(), 1, MAY_BE_SKIPPED);
            promised = true;
        }
    }

    /** Has the guest cleared the bit, that was the end of its interrupt; has it not, the bit is taken back. */
    void afterExit() {
        if (!promised) {
            return;
        }
        promised = false;
        if ((memory.read(address(), 1) & MAY_BE_SKIPPED) == 0) {
            apic.endOfInterrupt();
        } else {
            memory.write(address(), 1, 0);
        }
    }

    /** The register, and whether the guest's word is to be looked at. */
    record State(long register, boolean promised) {
        static final State NONE = new State(0, false);
    }

    State save() {
        return new State(register, promised);
    }

    void restore(State state) {
        register = state.register;
        promised = state.promised;
    }
}
