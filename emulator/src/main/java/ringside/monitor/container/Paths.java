package ringside.monitor.container;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** From names to files: Linux, path_resolution(7). There are no symbolic links. */
final class Paths {
    private static final int LONGEST_PATH = 4096;
    private static final int LONGEST_NAME = 255;

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

    /** Follows a path from the task's working directory, or its root. */
    static Found find(HostKernel kernel, Task task, String path) {
        if (path.isEmpty()) {
            throw Errno.ENOENT.failure();
        }
        List<Inode> at = new ArrayList<>(path.startsWith("/") ? task.root : task.directory);
        String[] names = path.split("/+");
        Found found = new Found(at, "", at.get(at.size() - 1));
        for (String name : names) {
            if (name.isEmpty() || name.equals(".")) {
                continue;
            }
            if (name.length() > LONGEST_NAME) {
                throw Errno.ENAMETOOLONG.failure();
            }
            at = new ArrayList<>(found.asDirectory());
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
                found = new Found(at, name, there == null ? null : task.mounts.over(there));
            }
        }
        return found;
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
