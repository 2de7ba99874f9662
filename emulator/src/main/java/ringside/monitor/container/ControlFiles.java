package ringside.monitor.container;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Files that are not stored anywhere: reading asks the kernel, writing tells it something. Control groups (Linux, Control Group v2,
 * Interface Files) and the maps of user namespaces (user_namespaces(7)).
 */
final class ControlFiles {
    private static final List<String> EVERY_GROUP =
            List.of("cgroup.procs", "cgroup.controllers", "cgroup.subtree_control", "cpu.stat");
    private static final List<String> MEMORY = List.of("memory.current", "memory.max", "memory.events");
    private static final List<String> TASKS = List.of("pids.current", "pids.max", "pids.events");
    private static final List<String> PROCESSOR = List.of("cpu.weight");
    private static final List<String> PROCESS = List.of("uid_map", "gid_map", "setgroups", "cgroup");

    private ControlFiles() {}

    /** What a directory of such files holds under a name; null where nothing. */
    static @Nullable Inode entry(HostKernel kernel, Task task, Inode directory, String name) {
        switch (directory.kind()) {
            case GROUP -> {
                Inode below = directory.entries.get(name);
                ControlGroup group = group(directory);
                return below != null || !hasFile(group, name) ? below : file(directory, name);
            }
            case PROCESSES -> {
                Task process = name.equals("self") ? task : numbered(task, name);
                if (process == null) {
                    return null;
                }
                Inode inode = new Inode(Inode.Kind.PROCESS, 0555, process.user);
                inode.process = process;
                return inode;
            }
            case PROCESS -> {
                return PROCESS.contains(name) ? file(directory, name) : null;
            }
            default -> throw new IllegalStateException(directory.kind() + " has entries of its own");
        }
    }

    private static @Nullable Task numbered(Task task, String name) {
        return name.matches("[1-9][0-9]{0,5}") ? task.pids.tasks.get(Integer.parseInt(name)) : null;
    }

    private static Inode file(Inode directory, String name) {
        Inode inode = new Inode(Inode.Kind.CONTROL, 0644, directory.owner);
        inode.name = name;
        inode.group = directory.group;
        inode.process = directory.process;
        return inode;
    }

    /** A group has the files of the controllers that the group above gives it; the root has no limits. */
    private static boolean hasFile(ControlGroup group, String name) {
        ControlGroup parent = group.parent();
        return EVERY_GROUP.contains(name)
                || parent != null && parent.givesMemory && MEMORY.contains(name)
                || parent != null && parent.givesTasks && TASKS.contains(name)
                || parent != null && parent.givesProcessor && PROCESSOR.contains(name);
    }

    private static ControlGroup group(Inode inode) {
        if (inode.group == null) {
            throw new IllegalStateException("no control group stands behind " + inode.name);
        }
        return inode.group;
    }

    private static Task process(Inode inode) {
        if (inode.process == null) {
            throw new IllegalStateException("no process stands behind " + inode.name);
        }
        return inode.process;
    }

    // Reading.

    static String read(HostKernel kernel, Task task, Inode inode) {
        if (inode.process != null) {
            return readOfProcess(inode.process, inode.name);
        }
        ControlGroup g = group(inode);
        return switch (inode.name) {
            case "cgroup.procs" ->
                kernel.tasks().stream()
                        .filter(one -> one.group == g && !one.hasEnded())
                        .map(one -> task.pids.number(one) + "\n")
                        .reduce("", String::concat);
            case "cgroup.controllers" -> controllers(g.parent());
            case "cgroup.subtree_control" -> controllers(g);
            case "cpu.stat" -> "usage_usec " + g.ran / 1000 + "\n";
            case "memory.current" -> g.memory + "\n";
            case "memory.max" -> limit(g.memoryLimit);
            case "memory.events" ->
                "low 0\nhigh 0\nmax " + g.outOfMemory + "\noom " + g.outOfMemory + "\noom_kill " + g.killedOutOfMemory
                        + "\noom_group_kill 0\n";
            case "pids.current" -> g.tasks + "\n";
            case "pids.max" -> limit(g.taskLimit);
            case "pids.events" -> "max " + g.tasksRefused + "\n";
            case "cpu.weight" -> g.weight + "\n";
            default -> throw Errno.EINVAL.failure();
        };
    }

    private static String controllers(@Nullable ControlGroup by) {
        String names = (by == null || by.givesProcessor ? "cpu " : "")
                + (by == null || by.givesMemory ? "memory " : "")
                + (by == null || by.givesTasks ? "pids " : "");
        return names.strip() + "\n";
    }

    private static String limit(long value) {
        return value == ControlGroup.UNLIMITED ? "max\n" : value + "\n";
    }

    private static String readOfProcess(Task process, String name) {
        Namespaces.User users = process.users;
        return switch (name) {
            case "uid_map" -> map(users.users);
            case "gid_map" -> map(users.groups);
            case "setgroups" -> users.deniesGroups ? "deny\n" : "allow\n";
            case "cgroup" -> "0::" + process.group.path() + "\n";
            default -> throw Errno.EINVAL.failure();
        };
    }

    private static String map(Namespaces.User.Map map) {
        return map.equals(Namespaces.User.Map.NONE)
                ? ""
                : String.format(Locale.ROOT, "%10d %10d %10d%n", map.inside(), map.outside(), map.count())
                        .replace("\r", "");
    }

    // Writing.

    static void write(HostKernel kernel, Task task, Inode inode, String text) {
        String word = text.strip();
        if (inode.process != null) {
            writeOfProcess(task, inode.process, inode.name, word);
            return;
        }
        ControlGroup g = group(inode);
        switch (inode.name) {
            case "cgroup.procs" -> move(task, word.equals("0") ? task : numbered(task, word), g);
            case "cgroup.subtree_control" -> give(kernel, g, word);
            case "memory.max" ->
                g.memoryLimit = word.equals("max") ? ControlGroup.UNLIMITED : bytes(word) & -AddressSpace.PAGE;
            case "pids.max" -> g.taskLimit = word.equals("max") ? ControlGroup.UNLIMITED : number(word);
            case "cpu.weight" -> {
                long weight = number(word);
                if (weight < 1 || weight > ControlGroup.MOST_WEIGHT) {
                    throw Errno.EINVAL.failure();
                }
                g.weight = (int) weight;
            }
            default -> throw Errno.EINVAL.failure();
        }
    }

    private static void move(Task mover, @Nullable Task moved, ControlGroup to) {
        if (moved == null || moved.hasEnded()) {
            throw Errno.ESRCH.failure();
        }
        boolean internal = to.parent() != null && (to.givesMemory || to.givesTasks || to.givesProcessor);
        if (internal) {
            // "No internal process" rule: a group that gives controllers has no tasks of its own.
            throw Errno.EBUSY.failure();
        }
        moved.group.moveTasks(-1);
        to.moveTasks(1);
        moved.group = to;
        moved.memory.payer(to);
    }

    private static void give(HostKernel kernel, ControlGroup group, String words) {
        boolean hasTasks = group.parent() != null
                && kernel.tasks().stream().anyMatch(one -> one.group == group && !one.hasEnded());
        for (String word : words.split("\\s+")) {
            boolean on = word.startsWith("+");
            if (!on && !word.startsWith("-")) {
                throw Errno.EINVAL.failure();
            }
            if (on && hasTasks) {
                throw Errno.EBUSY.failure();
            }
            ControlGroup by = group.parent();
            switch (word.substring(1)) {
                case "memory" -> group.givesMemory = on && given(by == null || by.givesMemory);
                case "pids" -> group.givesTasks = on && given(by == null || by.givesTasks);
                case "cpu" -> group.givesProcessor = on && given(by == null || by.givesProcessor);
                default -> throw Errno.EINVAL.failure();
            }
        }
    }

    private static boolean given(boolean hasIt) {
        if (!hasIt) {
            throw Errno.ENOENT.failure();
        }
        return true;
    }

    private static long number(String word) {
        if (!word.matches("[0-9]{1,15}")) {
            throw Errno.EINVAL.failure();
        }
        return Long.parseLong(word);
    }

    /** A number of bytes, as the kernel's memparse reads it: with K, M or G behind it. */
    private static long bytes(String word) {
        int last = word.isEmpty() ? 0 : "KMG".indexOf(Character.toUpperCase(word.charAt(word.length() - 1))) + 1;
        long value = number(last > 0 ? word.substring(0, word.length() - 1) : word);
        return Math.min(value, 1L << 40) << 10 * last;
    }

    /** user_namespaces(7): once, by root of the parent, or by the maker for himself alone. */
    private static void writeOfProcess(Task writer, Task process, String name, String text) {
        Namespaces.User users = process.users;
        Namespaces.User parent = users.parent();
        if (name.equals("setgroups")) {
            if (!text.equals("deny") && !text.equals("allow")) {
                throw Errno.EINVAL.failure();
            }
            boolean deny = text.equals("deny");
            if (!writer.isCapable(users) || !users.groups.equals(Namespaces.User.Map.NONE)) {
                throw Errno.EPERM.failure();
            }
            users.deniesGroups = deny;
            return;
        }
        if (!name.equals("uid_map") && !name.equals("gid_map") || parent == null) {
            throw Errno.EPERM.failure();
        }
        boolean group = name.equals("gid_map");
        Namespaces.User.Map old = group ? users.groups : users.users;
        String[] words = text.split("\\s+");
        if (words.length != 3) {
            throw Errno.EINVAL.failure();
        }
        var map = new Namespaces.User.Map(number(words[0]), number(words[1]), number(words[2]));
        if (!old.equals(Namespaces.User.Map.NONE) || !writer.isCapable(users)) {
            throw Errno.EPERM.failure();
        }
        if (map.count() == 0
                || map.inside() + map.count() > 0xFFFF_FFFFL
                || map.outside() + map.count() > 0xFFFF_FFFFL) {
            throw Errno.EINVAL.failure();
        }
        long own = group ? writer.userGroup : writer.user;
        boolean himself =
                map.count() == 1 && parent.outward(map.outside(), group) == own && (!group || users.deniesGroups);
        boolean byParentsRoot = writer.isCapable(parent) && (writer.users == parent || writer.users == users);
        if (!himself && !byParentsRoot) {
            throw Errno.EPERM.failure();
        }
        if (group) {
            users.groups = map;
        } else {
            users.users = map;
        }
    }
}
