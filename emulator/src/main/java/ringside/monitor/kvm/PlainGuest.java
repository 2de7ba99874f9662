package ringside.monitor.kvm;

import java.util.Optional;
import ringside.bus.Clock;
import ringside.bus.DirectMemory;
import ringside.cpu.Cpu;
import ringside.cpu.Svm;
import ringside.cpu.Virtualization;
import ringside.cpu.Vmx;
import ringside.device.LocalApic;
import ringside.probe.Actor;

/**
 * What KVM does even for a guest that it offers nothing: a hypercall has its answer, as QEMU does not ask for KVM_CAP_ENFORCE_PV_FEATURE_CPUID
 * unless told to; and MONITOR and MWAIT are emulated as no-operations, as long as KVM_CAP_X86_DISABLE_EXITS does not give them to the guest (Linux,
 * arch/x86/kvm/x86.c: kvm_emulate_hypercall, kvm_emulate_monitor_mwait).
 */
final class PlainGuest implements GuestInterface, Virtualization {
    private final Hypercalls hypercalls;

    private final Svm vmmcall = new Svm() {
        @Override
        public void call(Cpu cpu) {
            hypercalls.perform(cpu);
        }
    };

    private final Vmx vmcall = new Vmx() {
        @Override
        public void requireCall(Cpu cpu) {}

        @Override
        public void call(Cpu cpu) {
            hypercalls.perform(cpu);
        }
    };

    PlainGuest(Clock clock, DirectMemory memory, Optional<LocalApic> apic, Actor kernel) {
        hypercalls = new Hypercalls(new PvClock(clock, memory), apic, kernel);
    }

    @Override
    public Cpu.Parts extend(Cpu.Parts parts) {
        return parts.with(this);
    }

    @Override
    public Svm svm() {
        return vmmcall;
    }

    @Override
    public Vmx vmx() {
        return vmcall;
    }

    @Override
    public boolean waitsForStores() {
        return false;
    }
}
