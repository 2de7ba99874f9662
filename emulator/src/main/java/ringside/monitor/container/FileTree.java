package ringside.monitor.container;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import ringside.image.FileContent;

/** The host's files: how many there are, what they take, and what is there from the start. */
final class FileTree implements Copies.Copied<FileTree> {
    private Inode root;
    private Inode groups;
    private int inodes;
    private long bytes;

    private FileTree(Inode root, Inode groups) {
        this.root = root;
        this.groups = groups;
    }

    /** A host with {@code /bin}, {@code /dev}, {@code /proc}, {@code /sys/fs/cgroup} and {@code /tmp}. */
    static FileTree of(String programName, FileContent program, ControlGroup rootGroup) {
        Inode root = new Inode(Inode.Kind.DIRECTORY, 0755, 0);
        root.with("bin", Inode.Kind.DIRECTORY, 0755).with(programName, Inode.Kind.REGULAR, 0755).content = program;
        Inode devices = root.with("dev", Inode.Kind.DIRECTORY, 0755);
        devices.with("console", Inode.Kind.CONSOLE, 0620);
        devices.with("null", Inode.Kind.NULL, 0666);
        root.with("proc", Inode.Kind.DIRECTORY, 0555);
        root.with("sys", Inode.Kind.DIRECTORY, 0555)
                .with("fs", Inode.Kind.DIRECTORY, 0755)
                .with("cgroup", Inode.Kind.DIRECTORY, 0755);
        root.with("tmp", Inode.Kind.DIRECTORY, 01777);
        Inode groups = new Inode(Inode.Kind.GROUP, 0755, 0);
        groups.group = rootGroup;
        return new FileTree(root, groups);
    }

    Inode root() {
        return root;
    }

    /** The tree of control groups. */
    Inode groups() {
        return groups;
    }

    /** What is mounted from the start. */
    void mountUsual(Namespaces.Mounts mounts) {
        Inode cgroup = entry(entry(entry(root, "sys"), "fs"), "cgroup");
        mounts.mounts.add(new Namespaces.Mounts.Mount(entry(root, "proc"), new Inode(Inode.Kind.PROCESSES, 0555, 0)));
        mounts.mounts.add(new Namespaces.Mounts.Mount(cgroup, groups));
    }

    static Inode entry(Inode directory, String name) {
        Inode inode = directory.entries.get(name);
        if (inode == null) {
            throw new IllegalStateException("the host has no " + name);
        }
        return inode;
    }

    Inode newInode(Inode.Kind kind, int mode, int owner) {
        if (inodes == Inode.MOST) {
            throw Errno.ENOSPC.failure();
        }
        inodes++;
        return new Inode(kind, mode, owner);
    }

    /** A new file or directory, where the task may write. */
    Inode create(Task task, Paths.Found found, Inode.Kind kind, int mode) {
        Inode directory = found.directory();
        Paths.require(task, directory, 3);
        return switch (directory.kind()) {
            case DIRECTORY -> {
                Inode inode = newInode(kind, mode, task.user);
                directory.entries.put(found.name(), inode);
                yield inode;
            }
            case GROUP -> {
                if (kind == Inode.Kind.LINK) {
                    throw Errno.EPERM.failure();
                }
                if (kind != Inode.Kind.DIRECTORY || directory.group == null) {
                    throw Errno.EACCES.failure();
                }
                if (groups.group != null && groups.group.descendants() == ControlGroup.MOST_DESCENDANTS) {
                    throw Errno.EAGAIN.failure();
                }
                Inode inode = newInode(Inode.Kind.GROUP, mode, task.user);
                inode.group = directory.group.child(found.name());
                directory.entries.put(found.name(), inode);
                yield inode;
            }
            default -> throw Errno.EPERM.failure();
        };
    }

    /** Takes a name away. */
    void remove(Task task, Paths.Found found) {
        Paths.require(task, found.directory(), 3);
        ControlGroup group = found.existing().group;
        if (group != null) {
            if (group.tasks > 0 || !group.children.isEmpty()) {
                throw Errno.EBUSY.failure();
            }
            group.remove();
        }
        found.directory().entries.remove(found.name());
        inodes--;
    }

    /** ENOSPC where the files would take too much. */
    void requireRoom(long more, Collection<Task> tasks) {
        if (bytes + more > Inode.MOST_BYTES) {
            bytes = used(tasks);
        }
        if (bytes + more > Inode.MOST_BYTES) {
            throw Errno.ENOSPC.failure();
        }
        bytes += more;
    }

    /** Bytes of all files that somebody can reach. */
    private long used(Collection<Task> tasks) {
        Set<Inode> all = new HashSet<>();
        gather(root, all);
        for (Task task : tasks) {
            task.mounts.mounts.forEach(mount -> gather(mount.root(), all));
            task.files.values().forEach(file -> {
                Inode inode = file.inode();
                if (inode != null) {
                    gather(inode, all);
                }
            });
        }
        return all.stream().mapToLong(inode -> inode.content.size()).sum();
    }

    private static void gather(Inode inode, Set<Inode> all) {
        if (all.add(inode)) {
            inode.entries.values().forEach(entry -> gather(entry, all));
        }
    }

    /** A directory as the task sees it from its root. */
    static String pathOf(Task task) {
        List<Inode> directories = task.directory;
        boolean inside = directories.size() >= task.root.size()
                && directories.subList(0, task.root.size()).equals(task.root);
        StringBuilder path = new StringBuilder();
        for (int i = inside ? task.root.size() : 1; i < directories.size(); i++) {
            path.append('/').append(nameOf(task, directories.get(i - 1), directories.get(i)));
        }
        return (inside ? "" : "(unreachable)") + (path.isEmpty() ? "/" : path);
    }

    private static String nameOf(Task task, Inode directory, Inode child) {
        if (child.process != null) {
            return Integer.toString(task.pids.number(child.process));
        }
        return directory.entries.entrySet().stream()
                .filter(entry -> task.mounts.over(entry.getValue()) == child)
                .map(java.util.Map.Entry::getKey)
                .findFirst()
                .orElse("(deleted)");
    }

    @Override
    public FileTree copy(Copies copies) {
        return copies.of(this, () -> new FileTree(root, groups), (from, to) -> {
            to.root = from.root.copy(copies);
            to.groups = from.groups.copy(copies);
            to.inodes = from.inodes;
            to.bytes = from.bytes;
        });
    }
}
