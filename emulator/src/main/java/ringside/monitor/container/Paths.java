package ringside.monitor.container;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** From names to files: Linux, path_resolution(7). */
final class Paths {
    private static final int LONGEST_PATH = 4096;
    private static final int LONGEST_NAME = 255;

    /** Symbolic links on one way: Linux, include/linux/namei.h, MAXSYMLINKS. */
    private static final int MOST_LINKS = 40;

    /**
     * Where a path leads.
     *
     * @param directories from the namespace's root to the directory that holds the last name
     * @param name the last name; empty where the path is the directory itself
     * @param inode what is there, with what is mounted over it; null where nothing is
     */
    record Found(
            List<Inode> directories, String name, @Nullable Inode inode) {
        Inode directory() {
            return directories.get(directories.size() - 1);
        }

        Inode existing() {
            if (inode == null) {
                throw Errno.ENOENT.failure();
            }
            return inode;
        }

        /** The directories that lead to it, itself included; ENOTDIR where it is none. */
        List<Inode> asDirectory() {
            if (!existing().isDirectory()) {
                throw Errno.ENOTDIR.failure();
            }
            if (name.isEmpty()) {
                return directories;
            }
            List<Inode> all = new ArrayList<>(directories);
            all.add(existing());
            return all;
        }
    }

    private Paths() {}

    /** The zero-ended text at an address of the task. */
    static String text(Task task, long address) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < LONGEST_PATH; i++) {
            byte[] one = task.memory.read(address + i, 1);
            if (one[0] == 0) {
                return text.toString();
            }
            text.append((char) (one[0] & 0xFF));
        }
        throw Errno.ENAMETOOLONG.failure();
    }

    /** Follows a path from the task's working directory, or its root, and every symbolic link on it. */
    static Found find(HostKernel kernel, Task task, String path) {
        return find(kernel, task, path, true);
    }

    /** The same, but for a link that is the last name. */
    static Found findLink(HostKernel kernel, Task task, String path) {
        return find(kernel, task, path, path.endsWith("/"));
    }

    private static Found start(Task task, String path) {
        List<Inode> at = new ArrayList<>(path.startsWith("/") ? task.root : task.directory);
        return new Found(at, "", at.get(at.size() - 1));
    }

    private static Found find(HostKernel kernel, Task task, String path, boolean follows) {
        if (path.isEmpty()) {
            throw Errno.ENOENT.failure();
        }
        Found found = start(task, path);
        Deque<String> names = new ArrayDeque<>(List.of(path.split("/+")));
        int links = 0;
        while (!names.isEmpty()) {
            String name = names.removeFirst();
            if (name.isEmpty() || name.equals(".")) {
                continue;
            }
            if (name.length() > LONGEST_NAME) {
                throw Errno.ENAMETOOLONG.failure();
            }
            List<Inode> at = new ArrayList<>(found.asDirectory());
            kernel.work(at.size());
            if (name.equals("..")) {
                // Nobody climbs above his own root; who stands outside it may.
                if (at.size() > 1 && !at.equals(task.root)) {
                    at.remove(at.size() - 1);
                }
                found = new Found(at, "", at.get(at.size() - 1));
            } else {
                Inode directory = at.get(at.size() - 1);
                require(task, directory, 1);
                Inode there = entry(kernel, task, directory, name);
                if (there != null && there.kind() == Inode.Kind.LINK && (follows || !names.isEmpty())) {
                    if (++links > MOST_LINKS) {
                        throw Errno.ELOOP.failure();
                    }
                    String to = target(there);
                    found = to.startsWith("/") ? start(task, to) : new Found(at, "", directory);
                    List<String> more = List.of(to.split("/+"));
                    for (int i = more.size() - 1; i >= 0; i--) {
                        names.addFirst(more.get(i));
                    }
                } else {
                    found = new Found(at, name, there == null ? null : task.mounts.over(there));
                }
            }
        }
        boolean isFile = found.inode() != null && !found.inode().isDirectory();
        if (isFile && path.endsWith("/")) {
            throw Errno.ENOTDIR.failure();
        }
        return found;
    }

    /** Where a symbolic link leads. */
    static String target(Inode link) {
        byte[] bytes = new byte[(int) link.content.size()];
        link.content.copy(0, bytes, 0, bytes.length);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static @Nullable Inode entry(HostKernel kernel, Task task, Inode directory, String name) {
        return switch (directory.kind()) {
            case GROUP, PROCESSES, PROCESS -> ControlFiles.entry(kernel, task, directory, name);
            default -> directory.entries.get(name);
        };
    }

    /** @param rights 4 read, 2 write, 1 search; EACCES where the file's mode does not give them */
    static void require(Task task, Inode inode, int rights) {
        boolean owns = task.user == inode.owner;
        int given = owns ? inode.mode >>> 6 : inode.mode;
        if (task.user != 0 && (given & rights) != rights) {
            throw Errno.EACCES.failure();
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
