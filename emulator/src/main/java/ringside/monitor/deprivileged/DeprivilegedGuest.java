package ringside.monitor.deprivileged;

import java.util.Optional;
import ringside.bus.InterruptController;
import ringside.cpu.Boundary;
import ringside.cpu.Code;
import ringside.cpu.Cpu;
import ringside.cpu.EventReceiver;
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
import ringside.mmu.SegmentRegister;
import ringside.mmu.Tlb;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Host;
import ringside.probe.Actor;
import ringside.probe.Deed;
import ringside.probe.Event;
import ringside.probe.Probe;

/**
 * A guest on a processor that it does not own: the real processor over shadow tables, the one that the guest believes in, the way in and
 * out, and the answer to what faults there. What runs on the real processor, and when, is the business of its monitor.
 */
public final class DeprivilegedGuest {
    /** The monitor's own vector for the timer of its host. */
    private static final int HOST_TIMER = 32;

    /** What the real processor gets from its monitor. */
    public record Parts(PhysicalMemory physical, Code code, EventReceiver events) {}

    private final Machine machine;
    private final Host host;
    private final Probe probe;
    private final Actor processor;
    private final Actor monitor;
    private final Cpu believed;
    private final Cpu real;
    private final ShadowPaging paging;
    private final WorldSwitch world;

    /** The guest wrote to a page that holds its page tables or descriptors. */
    private boolean guardedWritten;

    private boolean inside;

    /** Instructions that an emulator has performed because they were not to run here. */
    private long emulated;

    /** How often translations of addresses, or the tables that they come from, may have changed. */
    private long changes;

    /**
     * @param place where the monitor's tables lie
     * @param dropped told when translations of addresses, believed so far, may be others
     */
    public DeprivilegedGuest(GuestProcessor guest, Probe probe, MonitorMemory place, Parts parts, Runnable dropped) {
        this.machine = guest.machine();
        this.host = new Host(machine);
        this.probe = probe;
        this.processor = Actor.processor(probe);
        this.monitor = new Actor(probe, "monitor");
        this.believed = guest.cpu();
        Ram ram = machine.ram();
        this.paging = new ShadowPaging(ram, place, machine.config().guestFrames(), believed);
        this.real = new Cpu(
                believed.registers,
                new SystemState(),
                new Cpu.Parts(
                                parts.physical,
                                machine.ports(),
                                machine.clock(),
                                parts.code,
                                Gate.RINGS,
                                new DebugBoundary(),
                                parts.events)
                        .with(machine.localApic()));
        this.world = new WorldSwitch(believed, real, place, paging, new ShadowDescriptors(ram, place, believed));
        believed.memory.onDrop(new Drops(dropped));
        ram.observe(new Guard());
        machine.onExitRequest(() -> {
            believed.leave();
            real.leave();
        });
        machine.schedule().onNearer(time -> real.leave());
        machine.interrupts().onChange(real::leave);
        believed.memory.flush(true);
    }

    public Machine machine() {
        return machine;
    }

    /** Devices, deadlines and the end of the run. */
    public Host host() {
        return host;
    }

    public Cpu believed() {
        return believed;
    }

    /** The real processor as it is. */
    public Cpu real() {
        return real;
    }

    /** The real processor as it is while the guest runs from its own memory, where it can. */
    public Cpu realInside() {
        if (!inside && believed.system.activity == Activity.ACTIVE && isRepresentable()) {
            world.enter();
            world.leave();
        }
        return real;
    }

    /**
     * Can the guest's state be held by a deprivileged processor that runs the guest's own code? While the guest handles an NMI it cannot: IRET
     * does not fault there, and nobody would hear that the next NMI may come.
     */
    public boolean isRepresentable() {
        return !believed.system.nmiBlocked && world.isRepresentable();
    }

    /** An interrupt or debug trap that the guest must see before its next instruction. */
    public boolean hasEventForGuest() {
        monitor.does(Deed.CHECK_INTERRUPTS);
        SystemState b = believed.system;
        return hasInterrupt() && !b.shadowed(machine.clock().now())
                || b.pendingDebug != 0
                || machine.interrupts().initialization();
    }

    private boolean hasInterrupt() {
        InterruptController requests = machine.interrupts();
        return requests.pending() && believed.system.interruptFlag()
                || requests.nonMaskable() && !believed.system.nmiBlocked;
    }

    /** How long the guest may run: an interrupt that waits behind STI or MOV SS comes after one instruction. */
    private long deadline(long until) {
        return hasInterrupt() ? machine.clock().now() + 1 : host.deadline(until);
    }

    /** Performs an instruction in a state that the real processor cannot hold. */
    public void interpret() {
        monitor.does(Deed.STAY_OUT);
        probe.event(new Event.Exit("interpreted", "INTERPRETED", 0, 0, 0, "monitor", 0));
        performForGuest();
    }

    /**
     * Runs the guest's own code on the real processor until a deadline, and answers the fault that ends it, if one does.
     *
     * @param until guest time
     */
    public void runInside(long until) {
        enter();
        try {
            runReal(until);
            leave();
            reportTimer();
        } catch (Trapped trapped) {
            trapped(trapped.fault());
            leave();
            answer(trapped.fault());
        }
    }

    /** The guest will run its own code: its state is made so that a deprivileged processor can hold it. */
    public void enter() {
        if (!inside) {
            world.enter();
            inside = true;
            settle();
            monitor.does(Deed.RETURN_TO_GUEST);
        }
    }

    /** The same, but the code is the monitor's, and so is its segment, and GS where it has data of its own. */
    public void enterWith(SegmentRegister.State code, Optional<SegmentRegister.State> data) {
        world.enterWith(code, data);
        inside = true;
        settle();
    }

    /** The real processor as it is while the guest runs code of the monitor's. */
    public Cpu realWith(SegmentRegister.State code, Optional<SegmentRegister.State> data) {
        enterWith(code, data);
        world.leave();
        inside = false;
        return real;
    }

    /**
     * Runs the real processor until a deadline.
     *
     * @throws Trapped where it faults; nothing is answered yet
     */
    public void runReal(long until) {
        real.run(deadline(until));
    }

    /** The real processor's interrupt table has led to the monitor. */
    public void trapped(Fault fault) {
        processor.does(Deed.EXCEPTION_ENTRY, fault.vector());
    }

    /** The host's timer enters the monitor where a device's deadline has come. The instruction pointer must be the guest's. */
    public void reportTimer() {
        if (machine.schedule().next() <= machine.clock().now()) {
            processor.does(Deed.INTERRUPT_ENTRY, HOST_TIMER);
            probe.event(new Event.Exit("trap", "EXTERNAL_INTERRUPT", HOST_TIMER, 0, 0, "monitor", 0));
        }
    }

    /** What the guest has changed is believed from now on. */
    public void leave() {
        if (inside) {
            monitor.does(Deed.READ_GUEST_STATE);
            world.leave();
            inside = false;
        }
    }

    /**
     * Answers a fault of the real processor.
     *
     * @return true where an instruction or a delivery was performed for the guest, false where it can try again
     */
    public boolean answer(Fault fault) {
        boolean page = fault.vector() == Fault.PAGE_FAULT;
        monitor.does(Deed.HANDLE_TRAP, fault.vector());
        if (page && isHidden(fault)) {
            report("hidden", fault);
            return false;
        }
        report("trap", fault);
        performForGuest();
        return true;
    }

    /** Fills in the shadow tables where the guest's own tables allow the access. */
    private boolean isHidden(Fault fault) {
        long linear = fault.address();
        if (MonitorMemory.contains(linear, believed.system.longMode())) {
            return false;
        }
        int user = believed.system.cpl == 3 ? Paging.USER_ACCESS : 0;
        int access = fault.errorCode() & (Paging.WRITE_ACCESS | Paging.FETCH_ACCESS) | user;
        monitor.does(Deed.WALK_GUEST_TABLES, linear);
        try {
            boolean filled = paging.fill(world.view(), linear, access);
            if (filled) {
                monitor.does(Deed.FILL_SHADOW_ENTRY, linear);
            }
            real.memory.flushPage(linear);
            settle();
            return filled;
        } catch (Fault trueFault) {
            return false;
        }
    }

    /** To emulate is to perform the same row on the believed processor; where it faults there, it is the guest's own fault. */
    public void performForGuest() {
        leave();
        monitor.does(Deed.EMULATE_INSTRUCTION);
        perform();
    }

    private void perform() {
        guardedWritten = false;
        believed.step();
        if (guardedWritten) {
            monitor.does(Deed.DROP_SHADOWS);
            changes++;
            paging.dropStale();
            real.memory.flush(true);
            world.descriptorsChanged();
        }
    }

    /** An interrupt or debug trap that the guest must see is delivered to it by the processor that it believes in. */
    public void deliver() {
        leave();
        monitor.does(Deed.INJECT_EVENT);
        perform();
    }

    /** Devices do what is due; a guest that has halted waits until something wakes it. */
    public void attend() {
        if (believed.system.activity != Activity.ACTIVE) {
            monitor.does(Deed.BLOCK);
        }
        host.attend(believed);
    }

    /** An emulator goes on with the guest's code: it performs an instruction. */
    public void goOnEmulated() {
        leave();
        monitor.does(Deed.GO_ON_EMULATED);
        emulated++;
        perform();
    }

    /** How many instructions an emulator has performed in place of the processor. */
    public long emulated() {
        return emulated;
    }

    /** From now on the guest's writes to this frame fault, so that its monitor sees them. */
    public void protect(int frame) {
        paging.protect(frame);
        settle();
    }

    /** The guest may write to this frame again. */
    public void unprotect(int frame) {
        paging.unprotect(frame);
    }

    /** The guest's kernel runs code from elsewhere; see {@link KernelCode}. */
    public void kernelCode(KernelCode part) {
        paging.kernelCode(part);
        real.memory.flush(true);
    }

    /** What runs at a page of the kernel is another frame now. */
    public void remap(long linear) {
        paging.drop(linear);
        real.memory.flushPage(linear);
    }

    /** Is no page table of the guest behind an address? */
    public boolean isFree(long linear) {
        boolean free = paging.isFree(linear);
        settle();
        return free;
    }

    /** A number that changes when translations of addresses, or the tables that they come from, may have changed. */
    public long changes() {
        return changes;
    }

    /** Pages that may not be written any more must not be found writable in the TLB. */
    private void settle() {
        if (paging.takeTightened()) {
            real.memory.flush(true);
        }
    }

    private void report(String kind, Fault fault) {
        int code = fault.hasErrorCode() ? fault.errorCode() : 0;
        probe.event(
                new Event.Exit(kind, Fault.name(fault.vector()), fault.vector(), code, fault.address(), "monitor", 0));
    }

    /** Shadow entries follow the guest's own TLB operations. */
    private final class Drops implements LinearMemory.DropListener {
        private final Runnable listener;

        Drops(Runnable listener) {
            this.listener = listener;
        }

        @Override
        public void dropped(long linear) {
            changes++;
            paging.drop(linear);
            real.memory.flushPage(linear);
            listener.run();
        }

        @Override
        public void droppedAll() {
            changes++;
            paging.dropAll();
            real.memory.flush(true);
            listener.run();
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
    public record State(
            Machine.State machine,
            Host.State host,
            Registers.State registers,
            SystemState.State believed,
            Tlb.State believedTlb,
            SystemState.State real,
            Tlb.State realTlb,
            ShadowPaging.State paging,
            long emulated) {}

    public State save() {
        return new State(
                machine.save(),
                host.save(),
                believed.registers.save(),
                believed.system.save(),
                believed.memory.tlb().save(),
                real.system.save(),
                real.memory.tlb().save(),
                paging.save(),
                emulated);
    }

    public void restore(State saved) {
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
        emulated = saved.emulated;
        world.restored();
    }
}
