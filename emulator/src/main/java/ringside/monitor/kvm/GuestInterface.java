package ringside.monitor.kvm;

import java.util.Optional;
import ringside.bus.Clock;
import ringside.bus.DirectMemory;
import ringside.cpu.Cpu;
import ringside.device.LocalApic;
import ringside.probe.Actor;

/** What KVM offers to its guest beside the hardware: a part of the processor that it emulates on. */
interface GuestInterface {
    /** Makes one for a machine. */
    @FunctionalInterface
    interface Offer {
        /**
         * @param memory of the guest, for structures that are shared with it
         * @param apic the local APIC, where the kernel has it
         * @param kernel who answers hypercalls
         */
        GuestInterface make(Clock clock, DirectMemory memory, Optional<LocalApic> apic, Actor kernel);
    }

    /** Nothing: the guest sees the hardware alone, as with QEMU's {@code -cpu host,kvm=off,hypervisor=off}. */
    GuestInterface NONE = new GuestInterface() {};

    /** The processor's parts with this one. */
    default Cpu.Parts extend(Cpu.Parts parts) {
        return parts;
    }

    /** The kernel has answered an exit, and may have changed what structures in the guest's memory tell. */
    default void attend(Cpu cpu) {}

    /** The guest is about to be entered. */
    default void beforeEntry() {}

    /** The guest has been left. */
    default void afterExit() {}

    /** The guest's processor is initialized (INIT). */
    default void initialize() {}

    /** What the user-space monitor tells KVM_SET_CPUID2 of it. */
    default String leaves() {
        return "";
    }

    /**
     * What it keeps.
     *
     * @param timeStampAdjust that of the processor when the clock's structure was written last
     */
    record State(
            long wallClock, long systemTime, long steal, long poll, long timeStampAdjust, EndOfInterrupt.State end) {
        static final State NONE = new State(0, 0, 0, 0, 0, EndOfInterrupt.State.NONE);
    }

    default State keep() {
        return State.NONE;
    }

    default void bring(State state) {}
}
