package ringside.monitor.deprivileged;

import java.util.Optional;
import ringside.cpu.Boundary;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Gate;
import ringside.cpu.LinearMemory;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.cpu.SystemState.Activity;
import ringside.machine.Machine;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.Paging;
import ringside.mmu.Tlb;
import ringside.monitor.Ending;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Host;
import ringside.monitor.Monitor;
import ringside.probe.Event;
import ringside.probe.Probe;

/**
 * The monitor of classic full virtualization. It lets the real processor run the guest deprivileged; each fault there is either filled in
 * (a page that the guest's tables allow, but the shadow tables did not have yet) or answered by performing the instruction on the processor
 * that the guest believes in. That one step also reflects what is the guest's own fault: performed there, it faults there.
 */
public final class TrapAndEmulate implements Monitor {
    /** The monitor's own vector for the timer of its host. */
    private static final int HOST_TIMER = 32;

    private final Machine machine;
    private final Host host;
    private final Probe probe;
    private final Cpu believed;
    private final Cpu real;
    private final ShadowPaging paging;
    private final WorldSwitch world;

    /** The guest wrote to a page that holds its page tables or descriptors. */
    private boolean guardedWritten;

    private boolean inside;

    public TrapAndEmulate(GuestProcessor guest, Probe probe) {
        this.machine = guest.machine();
        this.host = new Host(machine);
        this.probe = probe;
        this.believed = guest.cpu();
        Ram ram = machine.ram();
        int guestFrames = machine.config().guestFrames();
        MonitorMemory place = new MonitorMemory(guestFrames, machine.config().allFrames() - guestFrames);
        this.paging = new ShadowPaging(ram, place, guestFrames, believed);
        this.real = new Cpu(
                believed.registers,
                new SystemState(),
                new Cpu.Parts(
                        PhysicalMemory.direct(ram, ram.frames()),
                        machine.ports(),
                        machine.clock(),
                        guest.code(),
                        Gate.RINGS,
                        new DebugBoundary(),
                        Trapped.TO_MONITOR));
        this.world = new WorldSwitch(believed, real, place, paging, new ShadowDescriptors(ram, place, believed));
        believed.memory.onDrop(new Drops());
        ram.observe(new Guard());
        machine.onExitRequest(() -> {
            believed.leave();
            real.leave();
        });
        machine.schedule().onNearer(time -> real.leave());
        machine.pic().onChange(real::leave);
        believed.memory.flush(true);
    }

    /** RAM that this monitor needs for itself, in bytes. */
    public static long memory() {
        return MonitorMemory.SIZE;
    }

    @Override
    public void run(long until) {
        while (machine.clock().now() < until && host.ending().isEmpty()) {
            if (believed.system.activity != Activity.ACTIVE) {
                host.attend(believed);
                continue;
            }
            if (hasEventForGuest() || !world.isRepresentable()) {
                performOutside();
            } else {
                runInside(until);
            }
            host.attend(believed);
        }
        leave();
    }

    /** An interrupt or debug trap that the guest must see before its next instruction. */
    private boolean hasEventForGuest() {
        SystemState b = believed.system;
        boolean interrupt = machine.pic().pending()
                && b.interruptFlag()
                && !b.shadowed(machine.clock().now());
        return interrupt || b.pendingDebug != 0;
    }

    /** Performs one step for the guest without having entered it: a delivery, or an instruction in a state that cannot be held. */
    private void performOutside() {
        if (!hasEventForGuest()) {
            probe.event(new Event.Exit("interpreted", "INTERPRETED", 0, 0, 0, "monitor", 0));
        }
        performForGuest();
    }

    private void runInside(long until) {
        enter();
        try {
            real.run(host.deadline(until));
            if (machine.schedule().next() <= machine.clock().now()) {
                probe.event(new Event.Exit("trap", "EXTERNAL_INTERRUPT", HOST_TIMER, 0, 0, "monitor", 0));
            }
            leave();
        } catch (Trapped trapped) {
            leave();
            answer(trapped.fault());
        }
    }

    private void enter() {
        if (!inside) {
            world.enter();
            inside = true;
        }
    }

    private void leave() {
        if (inside) {
            world.leave();
            inside = false;
        }
    }

    private void answer(Fault fault) {
        boolean page = fault.vector() == Fault.PAGE_FAULT;
        if (page && isHidden(fault)) {
            report("hidden", fault);
            return;
        }
        report("trap", fault);
        performForGuest();
    }

    /** Fills in the shadow tables where the guest's own tables allow the access. */
    private boolean isHidden(Fault fault) {
        long linear = fault.address();
        if (MonitorMemory.contains(linear, believed.system.longMode())) {
            return false;
        }
        int user = believed.system.cpl == 3 ? Paging.USER_ACCESS : 0;
        int access = fault.errorCode() & (Paging.WRITE_ACCESS | Paging.FETCH_ACCESS) | user;
        try {
            boolean filled = paging.fill(world.view(), linear, access);
            real.memory.flushPage(linear);
            return filled;
        } catch (Fault trueFault) {
            return false;
        }
    }

    /** To emulate is to perform the same row on the believed processor; where it faults there, it is the guest's own fault. */
    private void performForGuest() {
        leave();
        guardedWritten = false;
        believed.step();
        if (guardedWritten) {
            paging.dropStale();
            real.memory.flush(true);
            world.descriptorsChanged();
        }
    }

    private void report(String kind, Fault fault) {
        int code = fault.hasErrorCode() ? fault.errorCode() : 0;
        probe.event(
                new Event.Exit(kind, Fault.name(fault.vector()), fault.vector(), code, fault.address(), "monitor", 0));
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
        if (!inside && believed.system.activity == Activity.ACTIVE && world.isRepresentable()) {
            world.enter();
            world.leave();
        }
        return real;
    }

    @Override
    public Cpu believed() {
        return believed;
    }

    /** Shadow entries follow the guest's own TLB operations. */
    private final class Drops implements LinearMemory.DropListener {
        @Override
        public void dropped(long linear) {
            paging.drop(linear);
            real.memory.flushPage(linear);
        }

        @Override
        public void droppedAll() {
            paging.dropAll();
            real.memory.flush(true);
        }
    }

    /** Notices writes to the guest's tables. */
    private final class Guard implements Ram.Observer {
        @Override
        public void dropWritable() {}

        @Override
        public void dropAll() {}

        @Override
        public void written(int frame, int offset, int size) {
            if (paging.isGuarded(frame)) {
                guardedWritten = true;
            }
        }
    }

    /** Between the guest's instructions the real processor looks for debug traps only; interrupts are the monitor's to give. */
    private static final class DebugBoundary implements Boundary {
        @Override
        public boolean cross(Cpu cpu) {
            if (cpu.system.pendingDebug != 0 || cpu.instructionBreakpoints() != 0) {
                throw new Trapped(Fault.debug());
            }
            return false;
        }

        @Override
        public boolean isWaiting(Cpu cpu) {
            return cpu.hasInstructionBreakpoints();
        }
    }

    /** The machine, both processors, and the shadow tables' bookkeeping. */
    private record Saved(
            Machine.State machine,
            Host.State host,
            Registers.State registers,
            SystemState.State believed,
            Tlb.State believedTlb,
            SystemState.State real,
            Tlb.State realTlb,
            ShadowPaging.State paging)
            implements State {}

    @Override
    public State save() {
        return new Saved(
                machine.save(),
                host.save(),
                believed.registers.save(),
                believed.system.save(),
                believed.memory.tlb().save(),
                real.system.save(),
                real.memory.tlb().save(),
                paging.save());
    }

    @Override
    public void restore(State state) {
        Saved saved = (Saved) state;
        machine.restore(saved.machine);
        host.restore(saved.host);
        believed.registers.restore(saved.registers);
        believed.system.restore(saved.believed);
        believed.memory.tlb().restore(saved.believedTlb);
        believed.stateReplaced();
        real.system.restore(saved.real);
        real.memory.tlb().restore(saved.realTlb);
        real.stateReplaced();
        paging.restore(saved.paging);
        world.restored();
    }
}
