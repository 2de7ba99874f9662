package ringside.monitor.container;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;

/** A process with its one thread: what the host's kernel keeps of it. */
final class Task implements Copies.Copied<Task> {
    static final int MOST_DESCRIPTORS = 64;

    /** A call that must wait: it is made again when what it waits for may have come. */
    record Pending(int number, List<Long> values) {
        Pending(int number, long[] arguments) {
            this(number, java.util.Arrays.stream(arguments).boxed().toList());
        }

        long[] arguments() {
            return values.stream().mapToLong(Long::longValue).toArray();
        }
    }

    /** What it is waiting for. */
    enum Waiting {
        NOTHING,
        /** A child's end, bytes or room in a pipe: the call is tried again. */
        CALL,
        /** A moment: {@link Task#wakes}. */
        TIME,
        /** Its parent: it has ended. */
        BURIAL
    }

    private Registers.State registers;
    private SystemState.State system;
    AddressSpace memory;

    @Nullable
    Task parent;

    final List<Task> children = new ArrayList<>();
    final TreeMap<Integer, OpenFile> files = new TreeMap<>();

    /** Root directory and working directory: the directories that lead there, from the namespace's root. */
    List<Inode> root;

    List<Inode> directory;

    Namespaces.Pid pids;

    /** Where its children get their numbers: another one after unshare. */
    Namespaces.Pid childPids;

    Namespaces.Mounts mounts;
    Namespaces.Uts uts;
    Namespaces.User users;

    /** As the host counts. */
    int user;

    int userGroup;

    /** Has it root's power in its user namespace? */
    boolean privileged;

    boolean noNewPrivileges;
    final List<SeccompFilter> filters = new ArrayList<>();
    ControlGroup group;
    Waiting waiting = Waiting.NOTHING;

    @Nullable
    Pending pending;

    long wakes;

    /** Guest time that it ran, by its weight: who has least in its group runs next. */
    double virtualTime;

    /** The signal that ends it; 0 where none does. */
    int killedBy;

    /** As wait4 reports it. */
    int status;

    Task(AddressSpace memory, Registers.State registers, SystemState.State system, Surroundings around) {
        this.memory = memory;
        this.registers = registers;
        this.system = system;
        root = around.root;
        directory = around.root;
        pids = around.pids;
        childPids = around.pids;
        mounts = around.mounts;
        uts = around.uts;
        users = around.users;
        group = around.group;
    }

    /** What a first task finds around it. */
    record Surroundings(
            List<Inode> root,
            Namespaces.Pid pids,
            Namespaces.Mounts mounts,
            Namespaces.Uts uts,
            Namespaces.User users,
            ControlGroup group) {}

    private Task(Task from) {
        this(
                from.memory,
                from.registers,
                from.system,
                new Surroundings(from.root, from.pids, from.mounts, from.uts, from.users, from.group));
    }

    /** A child with its own memory, and everything else as its parent has it. */
    Task fork(AddressSpace childMemory, Registers.State childRegisters, SystemState.State childSystem) {
        Task child = new Task(this);
        child.memory = childMemory;
        child.registers = childRegisters;
        child.system = childSystem;
        child.parent = this;
        children.add(child);
        files.forEach(child::open);
        child.directory = directory;
        child.pids = childPids;
        child.childPids = childPids;
        child.user = user;
        child.userGroup = userGroup;
        child.privileged = privileged;
        child.noNewPrivileges = noNewPrivileges;
        child.filters.addAll(filters);
        child.virtualTime = virtualTime;
        return child;
    }

    Registers.State registers() {
        return registers;
    }

    SystemState.State system() {
        return system;
    }

    /** It no longer runs: this is how it goes on. */
    void keep(Registers.State newRegisters, SystemState.State newSystem) {
        registers = newRegisters;
        system = newSystem;
    }

    boolean hasEnded() {
        return waiting == Waiting.BURIAL;
    }

    void open(int descriptor, OpenFile file) {
        file.use();
        files.put(descriptor, file);
    }

    /** The lowest free descriptor. */
    int open(OpenFile file) {
        for (int descriptor = 0; descriptor < MOST_DESCRIPTORS; descriptor++) {
            if (!files.containsKey(descriptor)) {
                open(descriptor, file);
                return descriptor;
            }
        }
        throw Errno.EMFILE.failure();
    }

    void close(int descriptor) {
        file(descriptor).release();
        files.remove(descriptor);
    }

    OpenFile file(long descriptor) {
        return Optional.ofNullable(
                        descriptor < 0 || descriptor >= MOST_DESCRIPTORS ? null : files.get((int) descriptor))
                .orElseThrow(Errno.EBADF::failure);
    }

    /**
     * Has it a capability in the user namespace? Linux, capabilities(7) and user_namespaces(7): a privileged task has all of them in its
     * own and in those below; who made a namespace has them in it, as long as he is in its parent.
     */
    boolean isCapable(Namespaces.User in) {
        for (Namespaces.User ns = in; ns != null; ns = ns.parent()) {
            if (ns == users) {
                return privileged;
            }
            if (ns.parent() == users && ns.creator() == user) {
                return true;
            }
        }
        return false;
    }

    void requireCapable(Namespaces.User in) {
        if (!isCapable(in)) {
            throw Errno.EPERM.failure();
        }
    }

    // Signals and the end.

    /** A signal from the kernel itself. */
    void receive(int signal) {
        if (!Signals.isIgnored(signal) && !hasEnded()) {
            killedBy = signal;
            waiting = Waiting.NOTHING;
        }
    }

    /** A signal from another task. pid_namespaces(7): the first task of a namespace can only be killed, and only from outside. */
    void receiveFrom(Task sender, int signal) {
        if (signal < 0 || signal > Signals.LAST || Signals.stops(signal)) {
            throw Errno.EINVAL.failure();
        }
        boolean outside = sender.pids != pids && pids.number(sender) == 0;
        if (signal != 0 && (!isFirstOfNamespace() || outside && signal == Signals.SIGKILL)) {
            receive(signal);
        }
    }

    private boolean isFirstOfNamespace() {
        return pids.parent() != null && pids.number(this) == 1;
    }

    /** It gives everything back, and waits for its burial. Those of whose namespace it was the first end with it. */
    void end(int endStatus) {
        status = endStatus;
        waiting = Waiting.BURIAL;
        for (int descriptor : new ArrayList<>(files.keySet())) {
            close(descriptor);
        }
        memory.free();
        group.moveTasks(-1);
        if (isFirstOfNamespace()) {
            pids.dead = true;
            pids.tasks.values().forEach(one -> one.receive(Signals.SIGKILL));
        }
        leaveChildren();
        if (parent == null) {
            bury();
        }
    }

    /** Its children: the first of its namespace has them now, or the host's, who buries them at once. */
    private void leaveChildren() {
        Task first = pids.tasks.get(1);
        for (Task child : new ArrayList<>(children)) {
            children.remove(child);
            if (first != null && first != this && !first.hasEnded()) {
                child.parent = first;
                first.children.add(child);
            } else {
                child.parent = null;
                if (child.hasEnded()) {
                    child.bury();
                }
            }
        }
    }

    /** Nobody will ask for it any more. */
    void bury() {
        if (parent != null) {
            parent.children.remove(this);
        }
        pids.leave(this);
    }

    /** user_namespaces(7): everybody may make a user namespace, and in it all others; else it takes root. */
    void requireMayEnter(long namespaces) {
        if ((namespaces & Namespaces.NEW_USERS) != 0) {
            boolean mapped = users.inward(user, false) != Namespaces.User.NOBODY
                    && users.inward(userGroup, true) != Namespaces.User.NOBODY;
            if (users.depth() == Namespaces.User.MOST_DEPTH) {
                throw Errno.ENOSPC.failure();
            }
            if (!mapped || root.size() > 1) {
                throw Errno.EPERM.failure();
            }
        } else if (namespaces != 0) {
            requireCapable(users);
        }
    }

    /** New namespaces; of PIDs apart, which begin with a child. */
    void enter(long namespaces) {
        requireMayEnter(namespaces);
        if ((namespaces & Namespaces.NEW_USERS) != 0) {
            users = new Namespaces.User(users, user);
            privileged = true;
        }
        if ((namespaces & Namespaces.NEW_UTS) != 0) {
            String name = uts.nodeName;
            uts = new Namespaces.Uts(users);
            uts.nodeName = name;
        }
        if ((namespaces & Namespaces.NEW_MOUNTS) != 0) {
            mounts = mounts.clone(users);
        }
    }

    @Override
    public Task copy(Copies copies) {
        return copies.of(this, () -> new Task(this), (from, to) -> {
            to.memory = from.memory.copy(copies);
            to.parent = from.parent == null ? null : from.parent.copy(copies);
            to.children.addAll(copies.all(from.children));
            from.files.forEach((descriptor, file) -> to.files.put(descriptor, file.copy(copies)));
            to.root = copies.all(from.root);
            to.directory = copies.all(from.directory);
            to.pids = from.pids.copy(copies);
            to.childPids = from.childPids.copy(copies);
            to.mounts = from.mounts.copy(copies);
            to.uts = from.uts.copy(copies);
            to.users = from.users.copy(copies);
            to.user = from.user;
            to.userGroup = from.userGroup;
            to.privileged = from.privileged;
            to.noNewPrivileges = from.noNewPrivileges;
            to.filters.addAll(from.filters);
            to.group = from.group.copy(copies);
            to.waiting = from.waiting;
            to.pending = from.pending;
            to.wakes = from.wakes;
            to.virtualTime = from.virtualTime;
            to.killedBy = from.killedBy;
            to.status = from.status;
        });
    }
}
