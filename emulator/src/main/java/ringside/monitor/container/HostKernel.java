package ringside.monitor.container;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.image.LinuxProgram;
import ringside.machine.SerialLog;
import ringside.mmu.Paging;
import ringside.mmu.SegmentRegister;
import ringside.probe.Event;
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

    // Signals: include/uapi/asm-generic/signal.h.
    static final int SIGPIPE = 13;
    private static final int SIGILL = 4;
    private static final int SIGTRAP = 5;
    private static final int SIGBUS = 7;
    private static final int SIGFPE = 8;
    private static final int SIGKILL = 9;
    private static final int SIGSEGV = 11;
    private static final int SIGCHLD = 17;
    private static final int SIGCONT = 18;
    private static final int SIGSTOP = 19;
    private static final int SIGTTOU = 22;
    private static final int SIGURG = 23;
    private static final int SIGWINCH = 28;
    private static final int SIGSYS = 31;

    /** The local timer's vector: Linux, arch/x86/include/asm/irq_vectors.h. */
    private static final int TIMER_VECTOR = 0xEC;

    private static final String ANSWERED_BY = "host-kernel";
    private static final String EXCEPTION = "exception";
    private static final int R11 = 11;

    private static final Map<Integer, SystemCall> CALLS = table();

    /** What the kernel keeps: copied as a whole. */
    private static final class Graph implements Copies.Copied<Graph> {
        private Frames frames;
        private ControlGroup groups;
        private Namespaces.Pid pids;
        private FileTree files;
        private Task first;
        private @Nullable Task current;
        private long sliceEnd = Long.MAX_VALUE;

        /** The current task has said that others may run. */
        private boolean yields;

        private Graph(Frames frames, ControlGroup groups, Namespaces.Pid pids, FileTree files, Task first) {
            this.frames = frames;
            this.groups = groups;
            this.pids = pids;
            this.files = files;
            this.first = first;
        }

        @Override
        public Graph copy(Copies copies) {
            return copies.of(this, () -> new Graph(frames, groups, pids, files, first), (from, to) -> {
                to.frames = from.frames.copy(copies);
                to.groups = from.groups.copy(copies);
                to.pids = from.pids.copy(copies);
                to.files = from.files.copy(copies);
                to.first = from.first.copy(copies);
                to.current = from.current == null ? null : from.current.copy(copies);
                to.sliceEnd = from.sliceEnd;
                to.yields = from.yields;
            });
        }
    }

    private final Cpu cpu;
    private final SerialLog console;
    private final Probe probe;

    /** System state of a program that starts. */
    private final SystemState.State pristine;

    private final long kernelEntry;
    private Graph graph;
    private boolean replaced;

    private static Map<Integer, SystemCall> table() {
        Map<Integer, SystemCall> calls = new HashMap<>();
        Stream.of(FileCalls.ROWS, MemoryCalls.ROWS, ProcessCalls.ROWS, NamespaceCalls.ROWS)
                .flatMap(List::stream)
                .forEach(call -> calls.put(call.number(), call));
        return Map.copyOf(calls);
    }

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
        graph = new Graph(frames, groups, pids, files, task);
        graph.current = task;
        Inode terminal = FileTree.entry(FileTree.entry(files.root(), "dev"), "console");
        OpenFile file = OpenFile.of(terminal, true, true);
        for (int descriptor = 0; descriptor < 3; descriptor++) {
            task.open(descriptor, file);
        }
        begin(task, program, List.of("/bin/" + name), List.of());
    }

    // What the monitor asks.

    /** The exit status of the first program: its code, or 128 and the signal that ended it; empty while it runs. */
    OptionalInt exitStatus() {
        if (!graph.first.hasEnded()) {
            return OptionalInt.empty();
        }
        int signal = graph.first.status & 0x7F;
        return OptionalInt.of(signal == 0 ? graph.first.status >>> 8 : 128 + signal);
    }

    /** Puts a task that can run on the processor; false where there is none, or the run has ended. */
    boolean schedule() {
        while (true) {
            endAndWake();
            if (exitStatus().isPresent()) {
                return false;
            }
            Task current = graph.current;
            if (current != null && Scheduler.canRun(current) && current.pending == null && now() < graph.sliceEnd) {
                return true;
            }
            Optional<Task> next = Scheduler.next(graph.groups, tasks());
            if (next.isEmpty()) {
                return false;
            }
            boolean preempts = current != null && Scheduler.canRun(current) && current != next.get();
            if (preempts && !graph.yields) {
                probe.event(new Event.Exit(EXCEPTION, "EXTERNAL_INTERRUPT", TIMER_VECTOR, 0, 0, ANSWERED_BY, 0));
            }
            graph.yields = false;
            switchTo(next.get());
            boolean alone = tasks().stream().filter(Scheduler::canRun).count() == 1;
            graph.sliceEnd = alone ? Long.MAX_VALUE : now() + Scheduler.SLICE;
            if (next.get().pending == null) {
                return true;
            }
            goOnWithCall(next.get());
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
            long result = call(call.number()).behaviour().perform(this, task, call.arguments());
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
        return graph.sliceEnd;
    }

    /** The current task has run. */
    void ran(long time) {
        Scheduler.ran(current(), time);
    }

    private Task current() {
        if (graph.current == null) {
            throw new IllegalStateException("no task runs");
        }
        return graph.current;
    }

    private void switchTo(Task next) {
        Task current = graph.current;
        if (current == next) {
            return;
        }
        if (current != null && !current.hasEnded()) {
            current.keep(cpu.registers.save(), cpu.system.save());
        }
        cpu.registers.restore(next.registers());
        cpu.system.restore(next.system());
        cpu.memory.flush(true);
        cpu.stateReplaced();
        graph.current = next;
    }

    private void limitSlice() {
        graph.sliceEnd = Math.min(graph.sliceEnd, now() + Scheduler.SLICE);
    }

    // System calls.

    /** The current task has come here by SYSCALL. */
    void systemCall() {
        Task task = current();
        Registers r = cpu.registers;
        long next = r.rip() + cpu.peek().length;
        int number = (int) r.get(Registers.RAX);
        long[] arguments = {
            r.get(Registers.RDI), r.get(Registers.RSI), r.get(Registers.RDX), r.get(10), r.get(8), r.get(9)
        };
        SystemCall call = call(number);
        replaced = false;
        long result = 0;
        try {
            result = perform(task, call, arguments, next);
        } catch (SystemCall.Blocked blocked) {
            task.waiting = blocked.waiting();
            task.pending = new Task.Pending(number, arguments);
        } catch (Frames.OutOfMemory none) {
            killForMemory(none.group());
            return;
        }
        if (!replaced) {
            r.set(Registers.RAX, result);
            r.set(Registers.RCX, next);
            r.set(R11, cpu.flags() & ~SystemState.RESUME);
            r.rip(next);
        }
        probe.event(new Event.Exit("system-call", call.name(), number, result, arguments[0], ANSWERED_BY, 0));
        cpu.clock.tick();
    }

    private static SystemCall call(int number) {
        return CALLS.getOrDefault(number, new SystemCall(number, "syscall_" + number, HostKernel::unknown));
    }

    private static long unknown(HostKernel kernel, Task task, long[] arguments) {
        throw Errno.ENOSYS.failure();
    }

    private long perform(Task task, SystemCall call, long[] arguments, long next) {
        try {
            OptionalInt refused = judge(task, call.number(), arguments, next);
            return refused.isPresent() ? refused.getAsInt() : call.behaviour().perform(this, task, arguments);
        } catch (Errno.Failure failure) {
            return failure.result();
        }
    }

    /** What the task's filters say: empty where the call may be made, else what it finds in RAX. */
    private OptionalInt judge(Task task, int number, long[] arguments, long next) {
        if (task.filters.isEmpty()) {
            return OptionalInt.empty();
        }
        ByteBuffer data = ByteBuffer.allocate(SeccompFilter.DATA_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        data.putInt(number).putInt(SeccompFilter.ARCHITECTURE).putLong(next);
        for (long argument : arguments) {
            data.putLong(argument);
        }
        int verdict = SeccompFilter.ALLOW;
        for (SeccompFilter filter : task.filters) {
            int one = filter.judge(data);
            // The most severe is the smallest, as signed numbers: KILL_PROCESS is negative.
            if ((one & SeccompFilter.ACTION) < (verdict & SeccompFilter.ACTION)) {
                verdict = one;
            }
        }
        return switch (verdict & SeccompFilter.ACTION) {
            case SeccompFilter.ALLOW, SeccompFilter.LOG -> OptionalInt.empty();
            case SeccompFilter.ERRNO -> OptionalInt.of(-Math.min(verdict & 0xFFFF, 4095));
            case SeccompFilter.TRACE -> OptionalInt.of(-Errno.ENOSYS.number());
            default -> {
                task.killedBy = SIGSYS;
                yield OptionalInt.of(-Errno.ENOSYS.number());
            }
        };
    }

    // Faults.

    /** The current task has come here by a fault. */
    void fault(Fault fault) {
        Task task = current();
        int code = fault.hasErrorCode() ? fault.errorCode() : 0;
        probe.event(new Event.Exit(
                EXCEPTION, Fault.name(fault.vector()), fault.vector(), code, fault.address(), ANSWERED_BY, 0));
        if (fault.vector() == Fault.PAGE_FAULT) {
            pageFault(task, fault);
            return;
        }
        signal(
                task,
                switch (fault.vector()) {
                    case Fault.DIVIDE_ERROR -> SIGFPE;
                    case Fault.DEBUG, Fault.BREAKPOINT -> SIGTRAP;
                    case Fault.INVALID_OPCODE -> SIGILL;
                    case Fault.STACK, Fault.ALIGNMENT_CHECK -> SIGBUS;
                    default -> SIGSEGV;
                });
    }

    private void pageFault(Task task, Fault fault) {
        cpu.system.cr2 = fault.address();
        int code = fault.errorCode();
        int access = (code & Paging.FETCH_ACCESS) != 0
                ? AddressSpace.EXECUTE
                : (code & Paging.WRITE_ACCESS) != 0 ? AddressSpace.WRITE : AddressSpace.READ;
        try {
            task.memory.touch(fault.address(), access);
            cpu.memory.flushPage(fault.address());
        } catch (Errno.Failure bad) {
            signal(task, SIGSEGV);
        } catch (Frames.OutOfMemory none) {
            killForMemory(none.group());
        }
    }

    /** The largest task of the group ends, so that the others can go on: Linux, Control Group v2, memory.events. */
    private void killForMemory(Optional<ControlGroup> limited) {
        ControlGroup group = limited.orElse(graph.groups);
        Task victim = tasks().stream()
                .filter(task -> !task.hasEnded() && task.group.isWithin(group))
                .max(Comparator.comparingInt(task -> task.memory.resident()))
                .orElseThrow(() -> new IllegalStateException("a group without tasks is out of memory"));
        group.outOfMemory(victim.group);
        exit(victim, SIGKILL);
    }

    // Signals. A task has no handlers: each signal ends it, or is ignored.

    void signal(Task task, int signal) {
        boolean ignored = signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH;
        if (!ignored && !task.hasEnded()) {
            task.killedBy = signal;
            task.waiting = Task.Waiting.NOTHING;
        }
    }

    /** pid_namespaces(7): the first task of a namespace can only be killed from outside. */
    void signalFrom(Task sender, Task target, int signal) {
        if (signal >= SIGSTOP && signal <= SIGTTOU) {
            throw Errno.EINVAL.failure(); // Nothing is stopped and continued here.
        }
        boolean first = target.pids.parent() != null && target.pids.number(target) == 1;
        boolean outside = sender.pids != target.pids && target.pids.number(sender) == 0;
        if (signal != 0 && (!first || outside && signal == SIGKILL)) {
            signal(target, signal);
        }
    }

    // Tasks.

    /** All that have not been buried. */
    Collection<Task> tasks() {
        return new ArrayList<>(graph.pids.tasks.values());
    }

    /**
     * A child of the current task.
     *
     * @param stack its stack pointer; 0 for its parent's
     * @return the child's number
     */
    long fork(Task task, long namespaces, long stack) {
        requireMayEnter(task, namespaces);
        if (graph.pids.tasks.size() >= Namespaces.Pid.MOST_TASKS) {
            throw Errno.EAGAIN.failure();
        }
        if (task.childPids.dead) {
            throw Errno.ENOMEM.failure();
        }
        Namespaces.Pid pids = (namespaces & ProcessCalls.NEW_PIDS) != 0 ? newPids(task.childPids) : task.childPids;
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
        enterNamespaces(child, namespaces);
        pids.enter(child);
        mappingsChanged(task);
        limitSlice();
        return task.pids.number(child);
    }

    Namespaces.Pid newPids(Namespaces.Pid parent) {
        if (parent.depth() == Namespaces.Pid.MOST_DEPTH) {
            throw Errno.ENOSPC.failure();
        }
        return new Namespaces.Pid(parent);
    }

    /** user_namespaces(7): everybody may make a user namespace, and in it all others; else it takes root. */
    private static void requireMayEnter(Task task, long namespaces) {
        if ((namespaces & ProcessCalls.NEW_USERS) != 0) {
            boolean mapped = task.users.inward(task.user, false) != Namespaces.User.NOBODY
                    && task.users.inward(task.userGroup, true) != Namespaces.User.NOBODY;
            if (task.users.depth() == Namespaces.User.MOST_DEPTH) {
                throw Errno.ENOSPC.failure();
            }
            if (!mapped || task.root.size() > 1) {
                throw Errno.EPERM.failure();
            }
        } else if (namespaces != 0) {
            task.requireCapable(task.users);
        }
    }

    /** New namespaces for a task; PIDs apart, which begin with a child. */
    void enterNamespaces(Task task, long namespaces) {
        requireMayEnter(task, namespaces);
        if ((namespaces & ProcessCalls.NEW_USERS) != 0) {
            task.users = new Namespaces.User(task.users, task.user);
            task.privileged = true;
        }
        if ((namespaces & ProcessCalls.NEW_UTS) != 0) {
            String name = task.uts.nodeName;
            task.uts = new Namespaces.Uts(task.users);
            task.uts.nodeName = name;
        }
        if ((namespaces & ProcessCalls.NEW_MOUNTS) != 0) {
            task.mounts = task.mounts.clone(task.users);
        }
    }

    /** Replaces the current task's program. */
    void execute(Task task, LinuxProgram program, List<String> arguments, List<String> environment) {
        AddressSpace old = task.memory;
        task.memory = new AddressSpace(graph.frames, task.group, kernelEntry);
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
        task.status = status;
        task.waiting = Task.Waiting.BURIAL;
        for (int descriptor : new ArrayList<>(task.files.keySet())) {
            task.close(descriptor);
        }
        task.memory.free();
        task.group.moveTasks(-1);
        boolean first = task.pids.parent() != null && task.pids.number(task) == 1;
        if (first) {
            task.pids.dead = true;
            task.pids.tasks.values().forEach(one -> signal(one, SIGKILL));
        }
        adopt(task);
        if (task.parent == null) {
            bury(task);
        }
        wakeCallers();
        return 0;
    }

    /** Children of a task that has ended: the first of its namespace has them now, or the host's, who buries them at once. */
    private void adopt(Task ended) {
        Task first = ended.pids.tasks.get(1);
        for (Task child : new ArrayList<>(ended.children)) {
            ended.children.remove(child);
            if (first != null && first != ended && !first.hasEnded()) {
                child.parent = first;
                first.children.add(child);
            } else {
                child.parent = null;
                if (child.hasEnded()) {
                    bury(child);
                }
            }
        }
    }

    /** Nobody will ask for it any more. */
    void bury(Task task) {
        if (task.parent != null) {
            task.parent.children.remove(task);
        }
        task.pids.leave(task);
    }

    /** Something has happened that a waiting call may wait for. */
    void wakeCallers() {
        for (Task task : graph.pids.tasks.values()) {
            if (task.waiting == Task.Waiting.CALL) {
                task.waiting = Task.Waiting.NOTHING;
                limitSlice();
            }
        }
    }

    long yield(Task task) {
        graph.sliceEnd = now();
        graph.yields = true;
        return 0;
    }

    // What calls need.

    long now() {
        return cpu.clock.now();
    }

    void print(byte[] bytes) {
        for (byte one : bytes) {
            console.accept(one & 0xFF);
        }
    }

    /** The processor must not use old translations of the current task. */
    void mappingsChanged(Task task) {
        if (task == graph.current) {
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
        return graph.files.newInode(kind, mode, owner);
    }

    Inode create(Task task, Paths.Found found, Inode.Kind kind, int mode) {
        return graph.files.create(task, found, kind, mode);
    }

    void remove(Task task, Paths.Found found) {
        graph.files.remove(task, found);
    }

    void requireRoom(long bytes) {
        graph.files.requireRoom(bytes, tasks());
    }

    String pathOf(Task task) {
        return FileTree.pathOf(task);
    }

    Inode groupTree() {
        return graph.files.groups();
    }

    /** Everything that the kernel knows; RAM and the processor apart. */
    static final class State {
        private final Graph graph;

        private State(Graph graph) {
            this.graph = graph;
        }
    }

    State save() {
        return new State(graph.copy(new Copies()));
    }

    void restore(State state) {
        graph = state.graph.copy(new Copies());
    }
}
