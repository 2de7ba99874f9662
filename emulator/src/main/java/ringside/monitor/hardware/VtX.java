package ringside.monitor.hardware;

import static ringside.cpu.vmx.VmcsField.PROCESSOR_BASED_VMEXEC_CONTROLS;

import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState.Activity;
import ringside.cpu.vmx.VmExit;
import ringside.cpu.vmx.Vmcs;
import ringside.machine.Machine;
import ringside.monitor.Ending;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Host;
import ringside.monitor.Monitor;
import ringside.probe.Event;
import ringside.probe.Probe;

/** A monitor of its own on VT-x: it answers every exit itself, and all of the guest's RAM is mapped from the start. */
public final class VtX implements Monitor {
    private final Machine machine;
    private final Host host;
    private final Probe probe;
    private final VirtualProcessor vcpu;
    private final ExitAnswers answers;

    public VtX(GuestProcessor guest, Probe probe) {
        machine = guest.machine();
        host = new Host(machine);
        this.probe = probe;
        vcpu = new VirtualProcessor(guest, machine.ports(), probe);
        answers = new ExitAnswers(vcpu, machine.config().guestFrames());
        answers.mapAll();
        machine.onExitRequest(() -> {
            vcpu.believed().leave();
            vcpu.real().leave();
        });
        machine.schedule().onNearer(time -> vcpu.real().leave());
        machine.pic().onChange(vcpu.real()::leave);
    }

    @Override
    public void run(long until) {
        while (machine.clock().now() < until && host.ending().isEmpty()) {
            giveInterrupt();
            if (isWaiting()) {
                host.attend(vcpu.believed());
                continue;
            }
            Optional<VmExit> exit = vcpu.run(host.deadline(until));
            if (exit.isPresent()) {
                answer(exit.get());
            } else if (isPhysicalInterrupt()) {
                answer(vcpu.interrupt());
            }
            if (vcpu.real().system.activity == Activity.HALTED) {
                waitInside();
            }
            host.attend(vcpu.believed());
        }
    }

    /** The guest's HLT was emulated: it is not entered until something wakes it. */
    private boolean isWaiting() {
        return vcpu.believed().system.activity != Activity.ACTIVE;
    }

    /** HLT without an exit: the processor waits in non-root operation, and a physical interrupt ends that. */
    private void waitInside() {
        boolean wakes = vcpu.real().system.interruptFlag() && machine.schedule().canInterrupt();
        if (vcpu.isInside() && wakes) {
            answer(vcpu.interrupt());
        }
        vcpu.copyGuestToBelieved();
    }

    private boolean isPhysicalInterrupt() {
        return machine.schedule().next() <= machine.clock().now()
                || machine.pic().pending();
    }

    private void answer(VmExit exit) {
        probe.event(report(exit, "monitor"));
        answers.answer(exit);
    }

    /** An interrupt for the guest is injected at the next entry, or waits for a window. */
    private void giveInterrupt() {
        if (vcpu.isInside() || !machine.pic().pending()) {
            return;
        }
        if (vcpu.takesInterrupts()) {
            vcpu.injectInterrupt(machine.pic().acknowledge());
            vcpu.believed().system.activity = Activity.ACTIVE;
        } else {
            vcpu.vmcs().set(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.INTERRUPT_WINDOW_EXITING, true);
        }
    }

    /** An exit as it is watched; its detail is a vector, a port or an address. */
    public static Event.Exit report(VmExit exit, String answeredBy) {
        long detail = switch (exit.reason()) {
            case EPT_VIOLATION, EPT_MISCONFIGURATION -> exit.physicalAddress();
            case EXCEPTION_OR_NMI -> exit.interruptionInformation() & 0xFF;
            case IO_INSTRUCTION -> exit.qualification() >>> 16 & 0xFFFF;
            default -> exit.linearAddress();
        };
        return new Event.Exit(
                "vm-exit", exit.reason().name(), exit.reason().number(), exit.qualification(), detail, answeredBy, 0);
    }

    @Override
    public Optional<Ending> ending() {
        return host.ending();
    }

    @Override
    public Machine machine() {
        return machine;
    }

    @Override
    public Cpu real() {
        return vcpu.real();
    }

    @Override
    public Cpu believed() {
        if (vcpu.isInside()) {
            vcpu.copyGuestToBelieved();
        }
        return vcpu.believed();
    }

    /** The virtual processor, for views. */
    public VirtualProcessor virtualProcessor() {
        return vcpu;
    }

    private record Saved(Machine.State machine, Host.State host, VirtualProcessor.State vcpu) implements State {}

    @Override
    public State save() {
        return new Saved(machine.save(), host.save(), vcpu.save());
    }

    @Override
    public void restore(State state) {
        Saved saved = (Saved) state;
        machine.restore(saved.machine);
        host.restore(saved.host);
        vcpu.restore(saved.vcpu);
    }
}
