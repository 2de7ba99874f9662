package ringside.monitor.kvm;

import static ringside.cpu.vmx.VmcsField.GUEST_RFLAGS;
import static ringside.cpu.vmx.VmcsField.PROCESSOR_BASED_VMEXEC_CONTROLS;

import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.Step;
import ringside.cpu.SystemState;
import ringside.cpu.SystemState.Activity;
import ringside.cpu.vmx.ExitReason;
import ringside.cpu.vmx.VmExit;
import ringside.cpu.vmx.Vmcs;
import ringside.machine.Machine;
import ringside.monitor.Host;
import ringside.monitor.Options.Irqchip;
import ringside.monitor.hardware.ExitAnswers;
import ringside.monitor.hardware.VirtualProcessor;
import ringside.monitor.hardware.VtX;
import ringside.probe.Event;
import ringside.probe.Probe;

/**
 * KVM in the host's kernel: the loop inside KVM_RUN. It answers most exits itself; ports and memory without a device in the kernel, HLT without
 * a local APIC in the kernel, and a triple fault are for user space: then KVM_RUN returns.
 */
final class KvmKernel implements KvmApi {
    private final Machine machine;
    private final Host host;
    private final Probe probe;
    private final Irqchip irqchip;
    private final VirtualProcessor vcpu;
    private final ExitAnswers answers;
    private final KernelPorts ports;
    private final KvmRun shared;

    /** The instruction that user space has done its part of, and that the next KVM_RUN completes. */
    private boolean completing;

    /** The vector of KVM_INTERRUPT, until it is injected; -1 where there is none. */
    private int queued = -1;

    KvmKernel(
            Machine machine,
            Host host,
            Probe probe,
            Irqchip irqchip,
            VirtualProcessor vcpu,
            KernelPorts ports,
            KvmRun shared) {
        this.machine = machine;
        this.host = host;
        this.probe = probe;
        this.irqchip = irqchip;
        this.vcpu = vcpu;
        this.answers = new ExitAnswers(vcpu, machine.config().guestFrames());
        this.ports = ports;
        this.shared = shared;
    }

    @Override
    public KvmRun shared() {
        return shared;
    }

    @Override
    public void interrupt(int vector) {
        queued = vector;
        vcpu.believed().system.activity = Activity.ACTIVE;
    }

    @Override
    public Optional<KvmExit> run(long until) {
        if (completing) {
            completing = false;
            vcpu.emulate();
            host.serveDevices();
        }
        while (machine.clock().now() < until && host.ending().isEmpty()) {
            giveInterrupt();
            if (vcpu.believed().system.activity != Activity.ACTIVE) {
                Optional<KvmExit> kicked = block();
                if (kicked.isPresent()) {
                    return kicked;
                }
                continue;
            }
            Optional<VmExit> exit = vcpu.run(host.deadline(until));
            if (exit.isEmpty() && isPhysicalInterrupt()) {
                exit = Optional.of(vcpu.interrupt());
            }
            Optional<KvmExit> back = exit.flatMap(this::handle);
            if (back.isPresent()) {
                return back;
            }
        }
        return Optional.empty();
    }

    private boolean isPhysicalInterrupt() {
        return machine.schedule().next() <= machine.clock().now();
    }

    /** HLT in the kernel: until a device interrupts. A device in user space sends its thread a signal. */
    private Optional<KvmExit> block() {
        host.attend(vcpu.believed());
        if (irqchip == Irqchip.KERNEL
                || host.ending().isPresent()
                || !machine.pic().pending()) {
            return Optional.empty();
        }
        probe.event(new Event.Exit("signal", "INTR", KvmExit.KVM_EXIT_INTR.number(), 0, 0, "kvm-user", 0));
        return Optional.of(back(KvmExit.KVM_EXIT_INTR));
    }

    private Optional<KvmExit> handle(VmExit exit) {
        Optional<KvmExit> back = forUserSpace(exit);
        probe.event(VtX.report(exit, back.isPresent() ? "kvm-user" : "kvm-kernel"));
        if (back.isEmpty() || isAnsweredFirst(exit.reason())) {
            answers.answer(exit);
        }
        host.serveDevices();
        return back.map(this::back);
    }

    /** What the kernel does before it returns to user space: HLT is skipped, the guest's state is kept. */
    private static boolean isAnsweredFirst(ExitReason reason) {
        return switch (reason) {
            case HLT, TRIPLE_FAULT, EXTERNAL_INTERRUPT, INTERRUPT_WINDOW -> true;
            default -> false;
        };
    }

    /** Which exits KVM_RUN returns with; linux, arch/x86/kvm. */
    private Optional<KvmExit> forUserSpace(VmExit exit) {
        return switch (exit.reason()) {
            case IO_INSTRUCTION -> prepareIo(exit);
            case HLT -> irqchip == Irqchip.USER ? Optional.of(KvmExit.KVM_EXIT_HLT) : Optional.empty();
            case TRIPLE_FAULT -> Optional.of(KvmExit.KVM_EXIT_SHUTDOWN);
            case EXTERNAL_INTERRUPT ->
                irqchip == Irqchip.KERNEL ? Optional.empty() : Optional.of(KvmExit.KVM_EXIT_INTR);
            case INTERRUPT_WINDOW ->
                shared.requestsInterruptWindow() ? Optional.of(KvmExit.KVM_EXIT_IRQ_WINDOW_OPEN) : Optional.empty();
            case EPT_VIOLATION, EPT_MISCONFIGURATION -> prepareMmio(exit);
            default -> Optional.empty();
        };
    }

    private KvmExit back(KvmExit reason) {
        boolean open = (vcpu.vmcs().read(GUEST_RFLAGS) & SystemState.INTERRUPT) != 0;
        shared.report(reason, open, queued < 0 && vcpu.takesInterrupts() && !completing);
        return reason;
    }

    /** Fills in what user space must know of a port access; empty where a device in the kernel has the port. */
    private Optional<KvmExit> prepareIo(VmExit exit) {
        long qualification = exit.qualification();
        int port = (int) (qualification >>> 16) & 0xFFFF;
        int size = (int) (qualification & 7) + 1;
        boolean in = (qualification & 1 << 3) != 0;
        boolean string = (qualification & 1 << 4) != 0;
        if (ports.isInKernel(port)) {
            return Optional.empty();
        }
        vcpu.copyGuestToBelieved();
        Cpu believed = vcpu.believed();
        shared.io(!in, port, size);
        try {
            if (string) {
                prepareString(believed, in, size);
            } else if (!in) {
                shared.ioData((int) believed.registers.get(Registers.RAX, size));
            }
        } catch (Fault fault) {
            // The string operand faults: emulation in the kernel delivers that, and no port is touched.
            return Optional.empty();
        }
        completing = true;
        return Optional.of(KvmExit.KVM_EXIT_IO);
    }

    private void prepareString(Cpu believed, boolean in, int size) {
        Step step = believed.peek();
        int segment = in ? SystemState.ES : step.sourceSegment();
        int register = in ? Registers.RDI : Registers.RSI;
        long offset = believed.registers.get(register) & step.addressMask;
        if (in) {
            believed.probeWrite(segment, offset, size);
        } else {
            shared.ioData((int) believed.read(segment, offset, size));
        }
    }

    /** Memory that is no RAM is user space's; there is none behind it in this machine. */
    private Optional<KvmExit> prepareMmio(VmExit exit) {
        if (answers.isRam(exit.physicalAddress())) {
            return Optional.empty();
        }
        boolean write = (exit.qualification() & 2) != 0;
        shared.mmio(exit.physicalAddress(), 1, write);
        completing = true;
        return Optional.of(KvmExit.KVM_EXIT_MMIO);
    }

    /** An interrupt of the kernel's PIC, or the one that user space has queued, is injected at the next entry. */
    private void giveInterrupt() {
        if (vcpu.isInside()) {
            return;
        }
        boolean fromKernel = irqchip == Irqchip.KERNEL && machine.pic().pending();
        if (queued < 0 && !fromKernel) {
            window(shared.requestsInterruptWindow());
            return;
        }
        if (!vcpu.takesInterrupts()) {
            window(true);
            return;
        }
        vcpu.injectInterrupt(queued >= 0 ? queued : machine.pic().acknowledge());
        vcpu.believed().system.activity = Activity.ACTIVE;
        queued = -1;
    }

    private void window(boolean wanted) {
        vcpu.vmcs().set(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.INTERRUPT_WINDOW_EXITING, wanted);
    }

    /** Back from emulation that user space completed, the queue of KVM_INTERRUPT, and the shared pages. */
    record State(boolean completing, int queued, Shared shared) {}

    /** The bytes of the shared pages. */
    static final class Shared {
        private final byte[] bytes;

        Shared(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Shared that && java.util.Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return java.util.Arrays.hashCode(bytes);
        }
    }

    State save() {
        return new State(completing, queued, new Shared(shared.bytes()));
    }

    void restore(State state) {
        completing = state.completing;
        queued = state.queued;
        shared.restore(state.shared.bytes);
    }
}
