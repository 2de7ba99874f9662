package ringside.monitor.deprivileged;

import java.util.List;
import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState.Activity;
import ringside.machine.Machine;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.monitor.Ending;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Host;
import ringside.monitor.Monitor;
import ringside.monitor.PageWalk;
import ringside.probe.Probe;

/**
 * The monitor of classic full virtualization. It lets the real processor run the guest deprivileged; each fault there is either filled in
 * (a page that the guest's tables allow, but the shadow tables did not have yet) or answered by performing the instruction on the processor
 * that the guest believes in. That one step also reflects what is the guest's own fault: performed there, it faults there.
 */
public final class TrapAndEmulate implements Monitor {
    private final DeprivilegedGuest guest;
    private final Host host;
    private final Cpu believed;

    public TrapAndEmulate(GuestProcessor processor, Probe probe) {
        Machine machine = processor.machine();
        Ram ram = machine.ram();
        guest = new DeprivilegedGuest(
                processor,
                probe,
                MonitorMemory.above(machine.config(), 0),
                new DeprivilegedGuest.Parts(
                        PhysicalMemory.direct(ram, ram.frames()), processor.code(), Trapped.TO_MONITOR),
                () -> {});
        host = guest.host();
        believed = guest.believed();
    }

    /** RAM that this monitor needs for itself, in bytes. */
    public static long memory() {
        return MonitorMemory.SIZE;
    }

    @Override
    public void run(long until) {
        while (machine().clock().now() < until && host.ending().isEmpty()) {
            if (believed.system.activity == Activity.ACTIVE) {
                runOnce(until);
            }
            guest.attend();
        }
        guest.leave();
    }

    private void runOnce(long until) {
        if (guest.hasEventForGuest()) {
            guest.deliver();
        } else if (guest.isRepresentable()) {
            guest.runInside(until);
        } else {
            guest.interpret();
        }
    }

    @Override
    public List<PageWalk> walks(long linear, int access) {
        return List.of(
                PageWalk.of(PageWalk.Tables.GUEST, believed(), linear, access),
                PageWalk.of(PageWalk.Tables.SHADOW, real(), linear, access));
    }

    @Override
    public Optional<Ending> ending() {
        return host.ending();
    }

    @Override
    public Machine machine() {
        return guest.machine();
    }

    @Override
    public Cpu real() {
        return guest.realInside();
    }

    @Override
    public Cpu believed() {
        return believed;
    }

    private record Saved(DeprivilegedGuest.State guest) implements State {
        @Override
        public Machine.State machine() {
            return guest.machine();
        }
    }

    @Override
    public State save() {
        return new Saved(guest.save());
    }

    @Override
    public void restore(State state) {
        guest.restore(((Saved) state).guest);
    }
}
