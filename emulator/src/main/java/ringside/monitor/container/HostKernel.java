package ringside.monitor.container;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.image.LinuxProgram;
import ringside.machine.SerialLog;
import ringside.mmu.Paging;
import ringside.mmu.SegmentRegister;
import ringside.probe.Actor;
import ringside.probe.Deed;
import ringside.probe.Event;
import ringside.probe.Inspection;
import ringside.probe.Probe;

/**
 * The one kernel under all containers: it answers system calls and faults, starts and ends tasks, and says who runs. Names and numbers are
 * Linux's for x86-64.
 */
final class HostKernel {
    /** The task that nobody sees: who has lost his parent has this one. */
    static final int INIT = 1;

    /** Seconds from 1970 to the start of the machine: 2008-01-01 00:00:00 UTC. */
    static final long START_OF_TIME = 1_199_145_600L;

    /** The local timer's vector: Linux, arch/x86/include/asm/irq_vectors.h. */
    private static final int TIMER_VECTOR = 0xEC;

    /** How many bytes are moved in one unit of guest time. */
    static final int BYTES_A_UNIT = 16;

    private static final String ANSWERED_BY = "host-kernel";
    private static final String EXCEPTION = "exception";
    private static final int R11 = 11;

    private final Cpu cpu;
    private final SerialLog console;
    private final Probe probe;
    private final Actor processor;
    private final Actor self;

    /** System state of a program that starts. */
    private final SystemState.State pristine;

    private final long kernelEntry;
    private KernelState state;
    private boolean replaced;

    /**
     * Starts the first program.
     *
     * @param cpu in the state in which a program starts
     * @throws Errno.Failure where it cannot be loaded
     */
    HostKernel(Cpu cpu, SerialLog console, Probe probe, String name, LinuxProgram program) {
        this.cpu = cpu;
        this.console = console;
        this.probe = probe;
        processor = Actor.processor(probe);
        self = new Actor(probe, ANSWERED_BY);
        pristine = cpu.system.save();
        ControlGroup groups = ControlGroup.root();
        Frames frames = new Frames(cpu.memory.physical().ram());
        FileTree files = FileTree.of(name, program.file(), groups);
        Namespaces.User users = Namespaces.User.host();
        Namespaces.Mounts mounts = new Namespaces.Mounts(users, files.root());
        files.mountUsual(mounts);
        Namespaces.Pid pids = new Namespaces.Pid(null);
        kernelEntry = KernelSpace.make(frames, groups);
        AddressSpace memory = new AddressSpace(frames, groups, kernelEntry);
        Task task = new Task(
                memory,
                cpu.registers.save(),
                pristine,
                new Task.Surroundings(List.of(files.root()), pids, mounts, new Namespaces.Uts(users), users, groups));
        task.privileged = true;
        pids.reserve(INIT);
        pids.enter(task);
        groups.addTask();
        state = new KernelState(frames, groups, pids, files, task);
        state.current = task;
        Inode terminal = FileTree.entry(FileTree.entry(files.root(), "dev"), "console");
        OpenFile file = OpenFile.of(terminal, true, true);
        for (int descriptor = 0; descriptor < 3; descriptor++) {
            task.open(descriptor, file);
        }
        begin(task, program, List.of("/bin/" + name), List.of());
        // All this was before the start of time.
        frames.takeWork();
    }

    // What the monitor asks.

    /** The exit status of the first program: its code, or 128 and the signal that ended it; empty while it runs. */
    OptionalInt exitStatus() {
        if (!state.first.hasEnded()) {
            return OptionalInt.empty();
        }
        int signal = state.first.status & 0x7F;
        return OptionalInt.of(signal == 0 ? state.first.status >>> 8 : 128 + signal);
    }

    /** Puts a task that can run on the processor; false where there is none, or the run has ended. */
    boolean schedule() {
        while (true) {
            endAndWake();
            if (exitStatus().isPresent()) {
                return false;
            }
            Task current = state.current;
            if (current != null && Scheduler.canRun(current) && current.pending == null && now() < state.sliceEnd) {
                return true;
            }
            Optional<Task> next = Scheduler.next(state.groups, tasks());
            if (next.isEmpty()) {
                return false;
            }
            boolean preempts = current != null && Scheduler.canRun(current) && current != next.get();
            if (preempts && !state.yields) {
                processor.does(Deed.INTERRUPT_ENTRY, TIMER_VECTOR);
                probe.event(new Event.Exit(EXCEPTION, "EXTERNAL_INTERRUPT", TIMER_VECTOR, 0, 0, ANSWERED_BY, 0));
            }
            state.yields = false;
            switchTo(next.get());
            boolean alone = tasks().stream().filter(Scheduler::canRun).count() == 1;
            state.sliceEnd = alone ? Long.MAX_VALUE : now() + Scheduler.SLICE;
            if (next.get().pending == null) {
                return true;
            }
            goOnWithCall(next.get());
            spend();
        }
    }

    /** Who was killed ends; whose time has come wakes up. */
    private void endAndWake() {
        for (Task task : tasks()) {
            if (task.killedBy != 0 && !task.hasEnded()) {
                exit(task, task.killedBy);
            }
            if (task.waiting == Task.Waiting.TIME && task.wakes <= now()) {
                task.waiting = Task.Waiting.NOTHING;
                limitSlice();
            }
        }
    }

    /** A call that had to wait is made again, with the registers behind it. */
    private void goOnWithCall(Task task) {
        Task.Pending call = task.pending;
        if (call == null) {
            throw new IllegalStateException("no call waits");
        }
        try {
            long result = SystemCallTable.call(call.number()).behaviour().perform(this, task, call.arguments());
            cpu.registers.set(Registers.RAX, result);
            task.pending = null;
        } catch (Errno.Failure failure) {
            cpu.registers.set(Registers.RAX, failure.result());
            task.pending = null;
        } catch (SystemCall.Blocked blocked) {
            task.waiting = blocked.waiting();
        } catch (Frames.OutOfMemory none) {
            killForMemory(none.group());
        }
    }

    /** The current task goes on. */
    void returnsToProgram() {
        self.does(Deed.RETURN_TO_GUEST);
    }

    /** When somebody who sleeps wakes up, if nobody can run; {@link Long#MAX_VALUE} where that is never. */
    long nextWake() {
        return tasks().stream()
                .filter(task -> task.waiting == Task.Waiting.TIME)
                .mapToLong(task -> task.wakes)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /** Guest time at which another task's turn comes. */
    long sliceEnd() {
        return state.sliceEnd;
    }

    /** The current task has run. */
    void ran(long time) {
        Scheduler.ran(current(), time);
    }

    private Task current() {
        if (state.current == null) {
            throw new IllegalStateException("no task runs");
        }
        return state.current;
    }

    private void switchTo(Task next) {
        Task current = state.current;
        if (current == next) {
            return;
        }
        if (current != null && !current.hasEnded()) {
            current.keep(cpu.registers.save(), cpu.system.save());
        }
        self.does(Deed.SWITCH_TASKS, state.pids.number(next));
        cpu.registers.restore(next.registers());
        cpu.system.restore(next.system());
        cpu.memory.flush(true);
        cpu.stateReplaced();
        state.current = next;
    }

    private void limitSlice() {
        state.sliceEnd = Math.min(state.sliceEnd, now() + Scheduler.SLICE);
    }

    // System calls.

    /** The current task has come here by SYSCALL. */
    void systemCall() {
        answerCall();
        spend();
    }

    private void answerCall() {
        Task task = current();
        Registers r = cpu.registers;
        long at = r.rip();
        long next = at + cpu.peek().length;
        int number = (int) r.get(Registers.RAX);
        long[] arguments = {
            r.get(Registers.RDI), r.get(Registers.RSI), r.get(Registers.RDX), r.get(10), r.get(8), r.get(9)
        };
        processor.does(Deed.CALL_ENTRY);
        self.does(Deed.HANDLE_SYSTEM_CALL, number);
        SystemCall call = SystemCallTable.call(number);
        replaced = false;
        long result = 0;
        try {
            result = perform(task, call, arguments, next);
        } catch (SystemCall.Blocked blocked) {
            self.does(Deed.WAIT_FOR_EVENT);
            task.waiting = blocked.waiting();
            task.pending = new Task.Pending(number, arguments);
        } catch (Frames.OutOfMemory none) {
            killForMemory(none.group());
            return;
        }
        long goesOn = replaced ? r.rip() : next;
        // Whoever watches sees the instruction that the program left by.
        r.rip(at);
        probe.event(new Event.Exit("system-call", call.name(), number, result, arguments[0], ANSWERED_BY, 0));
        if (!replaced) {
            r.set(Registers.RAX, result);
            r.set(Registers.RCX, next);
            r.set(R11, cpu.flags() & ~SystemState.RESUME);
        }
        r.rip(goesOn);
        cpu.clock.tick();
    }

    private long perform(Task task, SystemCall call, long[] arguments, long next) {
        try {
            OptionalInt refused = judge(task, call.number(), arguments, next);
            if (refused.isPresent()) {
                return refused.getAsInt();
            }
            self.does(Deed.PERFORM_CALL, call.number());
            return call.behaviour().perform(this, task, arguments);
        } catch (Errno.Failure failure) {
            return failure.result();
        }
    }

    /** What the task's filters say: empty where the call may be made, else what it finds in RAX. */
    private OptionalInt judge(Task task, int number, long[] arguments, long next) {
        if (task.filters.isEmpty()) {
            return OptionalInt.empty();
        }
        int verdict = SeccompFilter.judge(task.filters, number, next, arguments);
        self.does(Deed.FILTER_CALL, Integer.toUnsignedLong(verdict));
        task.filters.forEach(filter -> work(filter.length()));
        return switch (verdict & SeccompFilter.ACTION) {
            case SeccompFilter.ALLOW, SeccompFilter.LOG -> OptionalInt.empty();
            case SeccompFilter.ERRNO -> OptionalInt.of(-Math.min(verdict & 0xFFFF, SeccompFilter.MOST_ERRNO));
            case SeccompFilter.TRACE -> OptionalInt.of(-Errno.ENOSYS.number());
            default -> {
                task.killedBy = Signals.SIGSYS;
                yield OptionalInt.of(-Errno.ENOSYS.number());
            }
        };
    }

    // Faults.

    /** The current task has come here by a fault. */
    void fault(Fault fault) {
        Task task = current();
        int code = fault.hasErrorCode() ? fault.errorCode() : 0;
        processor.does(Deed.EXCEPTION_ENTRY, fault.vector());
        self.does(Deed.HANDLE_TRAP, fault.vector());
        probe.event(new Event.Exit(
                EXCEPTION, Fault.name(fault.vector()), fault.vector(), code, fault.address(), ANSWERED_BY, 0));
        if (fault.vector() == Fault.PAGE_FAULT) {
            pageFault(task, fault);
            spend();
            return;
        }
        signal(task, Signals.of(fault));
    }

    private void signal(Task task, int signal) {
        self.does(Deed.SEND_SIGNAL, signal);
        task.receive(signal);
    }

    private void pageFault(Task task, Fault fault) {
        cpu.system.cr2 = fault.address();
        int code = fault.errorCode();
        int access = (code & Paging.FETCH_ACCESS) != 0
                ? AddressSpace.EXECUTE
                : (code & Paging.WRITE_ACCESS) != 0 ? AddressSpace.WRITE : AddressSpace.READ;
        try {
            self.does(Deed.TOUCH_PAGE, fault.address());
            task.memory.touch(fault.address(), access);
            cpu.memory.flushPage(fault.address());
        } catch (Errno.Failure bad) {
            signal(task, Signals.SIGSEGV);
        } catch (Frames.OutOfMemory none) {
            killForMemory(none.group());
        }
    }

    /** The largest task of the group ends, so that the others can go on: Linux, Control Group v2, memory.events. */
    private void killForMemory(Optional<ControlGroup> limited) {
        ControlGroup group = limited.orElse(state.groups);
        Task victim = tasks().stream()
                .filter(task -> !task.hasEnded() && task.group.isWithin(group))
                .max(Comparator.comparingInt(task -> task.memory.resident()))
                .orElseThrow(() -> new IllegalStateException("a group without tasks is out of memory"));
        self.does(Deed.END_FOR_MEMORY, state.pids.number(victim));
        group.outOfMemory(victim.group);
        exit(victim, Signals.SIGKILL);
    }

    /** What it keeps of its processes. */
    Inspection told() {
        return KernelText.of(state);
    }

    // Tasks.

    /** All that have not been buried. */
    Collection<Task> tasks() {
        return new ArrayList<>(state.pids.tasks.values());
    }

    /**
     * A child of the current task.
     *
     * @param stack its stack pointer; 0 for its parent's
     * @return the child's number
     */
    long fork(Task task, long namespaces, long stack) {
        task.requireMayEnter(namespaces);
        if (state.pids.tasks.size() >= Namespaces.Pid.MOST_TASKS) {
            throw Errno.EAGAIN.failure();
        }
        if (task.childPids.dead) {
            throw Errno.ENOMEM.failure();
        }
        Namespaces.Pid pids = (namespaces & Namespaces.NEW_PIDS) != 0 ? task.childPids.below() : task.childPids;
        task.group.addTask();
        AddressSpace memory;
        try {
            memory = task.memory.fork(task.group);
        } catch (Frames.OutOfMemory none) {
            task.group.moveTasks(-1);
            throw Errno.ENOMEM.failure();
        }
        SystemState system = new SystemState();
        system.restore(cpu.system.save());
        system.cr3 = memory.root();
        Registers.State registers =
                ProcessCalls.ofChild(cpu.registers.save(), stack, cpu.peek().length, cpu.flags() & ~SystemState.RESUME);
        Task child = task.fork(memory, registers, system.save());
        child.pids = pids;
        child.childPids = pids;
        child.enter(namespaces);
        pids.enter(child);
        mappingsChanged(task);
        limitSlice();
        return task.pids.number(child);
    }

    /** Replaces the current task's program. */
    void execute(Task task, LinuxProgram program, List<String> arguments, List<String> environment) {
        AddressSpace old = task.memory;
        task.memory = new AddressSpace(state.frames, task.group, kernelEntry);
        try {
            task.privileged = task.users.inward(task.user, false) == 0;
            begin(task, program, arguments, environment);
            old.free();
            replaced = true;
        } catch (Errno.Failure | Frames.OutOfMemory failure) {
            task.memory.free();
            task.memory = old;
            throw failure instanceof Errno.Failure bad ? bad : Errno.ENOMEM.failure();
        }
    }

    private void begin(Task task, LinuxProgram program, List<String> arguments, List<String> environment) {
        Programs.Identity as =
                new Programs.Identity(task.users.inward(task.user, false), task.users.inward(task.userGroup, true));
        long stack = Programs.load(task.memory, program, arguments, environment, as);
        Registers registers = new Registers();
        registers.set(Registers.RSP, stack);
        registers.rip(program.entry());
        cpu.registers.restore(registers.save());
        cpu.system.restore(pristine);
        cpu.system.cr3 = task.memory.root();
        cpu.memory.flush(true);
        cpu.stateReplaced();
    }

    /**
     * A task ends.
     *
     * @param status as wait4 reports it: the exit code in bits 15:8, or a signal in bits 6:0
     */
    long exit(Task task, int status) {
        task.end(status);
        wakeCallers();
        return 0;
    }

    /** Something has happened that a waiting call may wait for. */
    void wakeCallers() {
        for (Task task : state.pids.tasks.values()) {
            if (task.waiting == Task.Waiting.CALL) {
                task.waiting = Task.Waiting.NOTHING;
                limitSlice();
            }
        }
    }

    long yield(Task task) {
        state.sliceEnd = now();
        state.yields = true;
        return 0;
    }

    /**
     * The kernel itself works for a while: as nobody counts its instructions, what it does with bytes, pages and lists takes guest time.
     *
     * @param units of guest time: one for 16 bytes, an entry of a list, an instruction of a filter
     */
    void work(long units) {
        state.frames.work(units);
    }

    /** What the kernel has done for the task takes its time now. */
    private void spend() {
        cpu.clock.skipTo(now() + state.frames.takeWork());
    }

    // What calls need.

    long now() {
        return cpu.clock.now();
    }

    void print(byte[] bytes) {
        work(bytes.length / BYTES_A_UNIT);
        for (byte one : bytes) {
            console.accept(one & 0xFF);
        }
    }

    /** The processor must not use old translations of the current task. */
    void mappingsChanged(Task task) {
        if (task == state.current) {
            cpu.memory.flush(true);
        }
    }

    void setBase(boolean fs, long base) {
        SegmentRegister s = cpu.system.segments[fs ? SystemState.FS : SystemState.GS];
        s.load(s.selector(), base, s.limit(), s.rights());
    }

    long base(boolean fs) {
        return cpu.system.segments[fs ? SystemState.FS : SystemState.GS].base();
    }

    Inode newInode(Inode.Kind kind, int mode, int owner) {
        return state.files.newInode(kind, mode, owner);
    }

    Inode create(Task task, Paths.Found found, Inode.Kind kind, int mode) {
        return state.files.create(task, found, kind, mode);
    }

    void remove(Task task, Paths.Found found) {
        state.files.remove(task, found);
    }

    void requireRoom(long bytes) {
        state.files.requireRoom(bytes, tasks());
    }

    String pathOf(Task task) {
        return FileTree.pathOf(task);
    }

    Inode groupTree() {
        return state.files.groups();
    }

    KernelState save() {
        return state.copy(new Copies());
    }

    void restore(KernelState saved) {
        state = saved.copy(new Copies());
    }
}
