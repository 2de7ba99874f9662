package ringside.monitor.hardware;

import java.util.Optional;
import ringside.cpu.SystemState.Activity;
import ringside.image.GuestImage;
import ringside.machine.Machine;
import ringside.monitor.Ending;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Host;
import ringside.probe.Actor;
import ringside.probe.Deed;
import ringside.probe.Probe;

/** A monitor of its own on virtualizing hardware: it answers every exit itself, and all of the guest's RAM is mapped from the start. */
public final class HardwareMonitor implements OnHardware {
    private final Machine machine;
    private final Host host;
    private final Actor monitor;
    private final HardwareProcessor vcpu;

    private HardwareMonitor(GuestProcessor guest, HardwareProcessor vcpu, Actor monitor) {
        machine = guest.machine();
        host = new Host(machine);
        this.monitor = monitor;
        this.vcpu = vcpu;
        vcpu.mapAll();
        machine.onExitRequest(() -> {
            vcpu.believed().leave();
            vcpu.real().leave();
        });
        machine.schedule().onNearer(time -> vcpu.real().leave());
        machine.interrupts().onChange(vcpu.real()::leave);
    }

    public static HardwareMonitor start(GuestImage image, Hardware hardware, Probe probe) {
        long own = hardware.memory(image.memory());
        GuestProcessor guest = GuestProcessor.load(image, own, GuestProcessor.WITHOUT_INTERRUPTS, probe);
        Actor monitor = new Actor(probe, "monitor");
        return new HardwareMonitor(
                guest, hardware.processor(guest, guest.machine().ports(), monitor), monitor);
    }

    @Override
    public void run(long until) {
        while (machine.clock().now() < until && host.ending().isEmpty()) {
            long before = machine.clock().now();
            giveEvents();
            if (isWaiting() || machine.clock().now() != before) {
                attend();
                continue;
            }
            Optional<HardwareExit> exit = vcpu.run(host.deadline(until));
            if (exit.isPresent()) {
                answer(exit.get());
            } else if (isPhysicalInterrupt()) {
                answer(vcpu.interrupt());
            }
            if (vcpu.real().system.activity == Activity.HALTED) {
                waitInside();
            }
            attend();
        }
    }

    private void attend() {
        if (isWaiting()) {
            monitor.does(Deed.BLOCK);
        }
        host.attend(vcpu.believed());
    }

    /** The guest's HLT was emulated: it is not entered until something wakes it. */
    private boolean isWaiting() {
        return vcpu.believed().system.activity != Activity.ACTIVE;
    }

    /** HLT without an exit: the processor waits in non-root operation, and a physical interrupt ends that. */
    private void waitInside() {
        boolean wakes = vcpu.real().system.interruptFlag() && machine.schedule().canInterrupt(true);
        if (vcpu.isInside() && wakes) {
            answer(vcpu.interrupt());
        }
        vcpu.copyGuestToBelieved();
    }

    private boolean isPhysicalInterrupt() {
        return machine.schedule().next() <= machine.clock().now()
                || machine.interrupts().pending();
    }

    private void answer(HardwareExit exit) {
        monitor.probe().event(exit.answeredBy(monitor.name()));
        exit.handledBy(monitor);
        vcpu.answer();
    }

    /** An interrupt for the guest is injected at the next entry, or waits for a window. */
    private void giveEvents() {
        if (vcpu.isInside()) {
            return;
        }
        vcpu.giveUnmaskable(machine.interrupts());
        if (!machine.interrupts().pending()) {
            return;
        }
        if (vcpu.takesInterrupts()) {
            vcpu.injectInterrupt(machine.interrupts().acknowledge());
            vcpu.believed().system.activity = Activity.ACTIVE;
        } else {
            vcpu.interruptWindow(true);
        }
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
    public HardwareProcessor virtualProcessor() {
        return vcpu;
    }

    private record Saved(Machine.State machine, Host.State host, HardwareProcessor.State vcpu) implements State {}

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
