package ringside.monitor.kvm;

import java.util.Optional;
import ringside.bus.Clock;
import ringside.bus.DirectMemory;
import ringside.cpu.Cpu;
import ringside.cpu.CpuModel;
import ringside.cpu.Fault;
import ringside.cpu.ModelSpecificRegisters;
import ringside.cpu.Svm;
import ringside.cpu.Virtualization;
import ringside.cpu.Vmx;
import ringside.device.LocalApic;
import ringside.probe.Actor;

/**
 * What KVM offers to guests that know it: leaves of CPUID that say so, model-specific registers that place structures in the guest's memory,
 * and hypercalls (Linux, Documentation/virt/kvm/x86: cpuid.rst, msr.rst, hypercalls.rst).
 *
 * <p>It is a part of the processor that KVM emulates on: whatever of it the guest uses has left the guest already. The structures are then read
 * without anybody's help, which is the point of them.
 */
final class Paravirtual implements GuestInterface, Virtualization {
    // Leaves of CPUID.
    private static final int BASIC_FEATURES = 1;
    private static final int HYPERVISOR_PRESENT = 1 << 31;
    private static final int SIGNATURE = 0x4000_0000;
    private static final int FEATURES = 0x4000_0001;

    // Bits of the features' EAX; those that are not here are not offered.
    private static final int CLOCKSOURCE = 1;
    private static final int NO_IO_DELAY = 1 << 1;
    private static final int CLOCKSOURCE_2 = 1 << 3;
    private static final int STEAL_TIME = 1 << 5;
    private static final int END_OF_INTERRUPT = 1 << 6;
    private static final int UNHALT = 1 << 7;
    private static final int SEND_IPI = 1 << 11;
    private static final int POLL_CONTROL = 1 << 12;
    private static final int SCHED_YIELD = 1 << 13;
    private static final int CLOCKSOURCE_STABLE = 1 << 24;

    private static final CpuModel.Leaf NAME =
            new CpuModel.Leaf(FEATURES, 0x4B4D_564B, 0x564B_4D56, 0x4D); // "KVMKVMKVM"
    private static final int OFFER = CLOCKSOURCE
            | NO_IO_DELAY
            | CLOCKSOURCE_2
            | STEAL_TIME
            | UNHALT
            | POLL_CONTROL
            | SCHED_YIELD
            | CLOCKSOURCE_STABLE;

    // Model-specific registers.
    private static final int OLD_WALL_CLOCK = 0x11;
    private static final int OLD_SYSTEM_TIME = 0x12;
    private static final int WALL_CLOCK = 0x4B56_4D00;
    private static final int SYSTEM_TIME = 0x4B56_4D01;
    private static final int STEAL = 0x4B56_4D03;
    private static final int END = 0x4B56_4D04;
    private static final int POLL = 0x4B56_4D05;

    private static final long ENABLE = 1;
    private static final long STEAL_RESERVED = 0x3E;

    private final PvClock timekeeper;
    private final Hypercalls hypercalls;
    private final DirectMemory memory;

    /** Where the local APIC is the kernel's. */
    private final Optional<EndOfInterrupt> end;

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

    private long wallClock;
    private long systemTime;
    private long steal;
    private long poll = ENABLE;
    private long timeStampAdjust;

    Paravirtual(Clock clock, DirectMemory memory, Optional<LocalApic> apic, Actor kernel) {
        this.memory = memory;
        end = apic.map(there -> new EndOfInterrupt(memory, there));
        timekeeper = new PvClock(clock, memory);
        hypercalls = new Hypercalls(timekeeper, apic, kernel);
    }

    @Override
    public Cpu.Parts extend(Cpu.Parts parts) {
        return parts.with(this);
    }

    /** KVM lets a guest call by either vendor's instruction. */
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

    @Override
    public CpuModel.Leaf identify(int leaf, int subLeaf, CpuModel.Leaf plain) {
        return switch (leaf) {
            case BASIC_FEATURES ->
                new CpuModel.Leaf(plain.eax(), plain.ebx(), plain.ecx() | HYPERVISOR_PRESENT, plain.edx());
            case SIGNATURE -> NAME;
            case FEATURES -> new CpuModel.Leaf(OFFER | (end.isPresent() ? END_OF_INTERRUPT | SEND_IPI : 0), 0, 0, 0);
            default -> plain;
        };
    }

    @Override
    public long readMsr(int number) {
        return switch (number) {
            case WALL_CLOCK, OLD_WALL_CLOCK -> wallClock;
            case SYSTEM_TIME, OLD_SYSTEM_TIME -> systemTime;
            case STEAL -> steal;
            case END -> ends().register();
            case POLL -> poll;
            default -> throw Fault.generalProtection(0);
        };
    }

    @Override
    public void writeMsr(Cpu cpu, int number, long value) {
        switch (number) {
            case WALL_CLOCK, OLD_WALL_CLOCK -> {
                wallClock = value;
                timekeeper.writeWallClock(value);
            }
            case SYSTEM_TIME, OLD_SYSTEM_TIME -> {
                systemTime = value;
                updateClock(cpu);
            }
            case STEAL -> {
                steal = without(value, STEAL_RESERVED);
                writeSteal();
            }
            case END -> ends().write(value);
            case POLL -> poll = without(value, ~ENABLE);
            default -> throw Fault.generalProtection(0);
        }
    }

    private EndOfInterrupt ends() {
        return end.orElseThrow(() -> Fault.generalProtection(0));
    }

    private static long without(long value, long reserved) {
        if ((value & reserved) != 0) {
            throw Fault.generalProtection(0);
        }
        return value;
    }

    /** Where the guest has changed its time stamps, the clock's structure is brought up to date. */
    @Override
    public void attend(Cpu cpu) {
        if (cpu.system.tscAdjust != timeStampAdjust) {
            updateClock(cpu);
        }
    }

    /** Linux, arch/x86/kvm/x86.c, kvm_vcpu_reset: clock, steal time and end of interrupt are off. */
    @Override
    public void initialize() {
        systemTime = 0;
        steal = 0;
        end.ifPresent(there -> there.write(0));
    }

    @Override
    public void beforeEntry() {
        end.ifPresent(EndOfInterrupt::beforeEntry);
    }

    @Override
    public void afterExit() {
        end.ifPresent(EndOfInterrupt::afterExit);
    }

    private void updateClock(Cpu cpu) {
        timeStampAdjust = cpu.system.tscAdjust;
        if ((systemTime & ENABLE) != 0) {
            timekeeper.writeTime(systemTime & ~ENABLE, ModelSpecificRegisters.timeStamp(cpu));
        }
    }

    // struct kvm_steal_time.
    private static final int STEAL_VERSION = 8;
    private static final int STEAL_PREEMPTED = 16;
    private static final int STEAL_LENGTH = 64;

    /** This host runs nothing else, so that it has stolen no time and has not preempted anybody. */
    private void writeSteal() {
        long at = steal & ~STEAL_RESERVED & ~ENABLE;
        if ((steal & ENABLE) != 0 && memory.holds(at, STEAL_LENGTH)) {
            memory.write(at, 8, 0);
            memory.write(at + STEAL_PREEMPTED, 2, 0);
            long version = memory.read(at + STEAL_VERSION, 4);
            memory.write(at + STEAL_VERSION, 4, (version | 1) + 1);
        }
    }

    @Override
    public String leaves() {
        return "leaves 0x40000000 KVMKVMKVM, 0x40000001";
    }

    @Override
    public GuestInterface.State keep() {
        return new GuestInterface.State(
                wallClock,
                systemTime,
                steal,
                poll,
                timeStampAdjust,
                end.map(EndOfInterrupt::save).orElse(EndOfInterrupt.State.NONE));
    }

    @Override
    public void bring(GuestInterface.State state) {
        wallClock = state.wallClock();
        systemTime = state.systemTime();
        steal = state.steal();
        poll = state.poll();
        timeStampAdjust = state.timeStampAdjust();
        end.ifPresent(there -> there.restore(state.end()));
    }
}
