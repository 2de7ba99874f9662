package ringside.monitor.container;

import static ringside.monitor.container.SystemCall.call;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** System calls of which containers are made: names, roots, mounts, namespaces, filters. */
final class NamespaceCalls {
    // spotless:off
    static final List<SystemCall> ROWS = List.of(
            call(63,  "uname",       NamespaceCalls::uname),
            call(157, "prctl",       NamespaceCalls::control),
            call(161, "chroot",      NamespaceCalls::changeRoot),
            call(165, "mount",       NamespaceCalls::mount),
            call(166, "umount2",     NamespaceCalls::unmount),
            call(170, "sethostname", NamespaceCalls::setHostName),
            call(272, "unshare",     NamespaceCalls::unshare),
            call(317, "seccomp",     NamespaceCalls::filter));
    // spotless:on

    private static final int NAME_SIZE = 65;
    private static final int MOST_MOUNTS = 64;

    private NamespaceCalls() {}

    /** {@code struct new_utsname}: six names of 65 bytes. */
    private static long uname(HostKernel kernel, Task task, long[] a) {
        byte[] names = new byte[6 * NAME_SIZE];
        String[] texts = {
            "Linux", task.uts.nodeName, "6.1.0-ringside", "#1 Ringside model of a host kernel", "x86_64", "(none)"
        };
        for (int i = 0; i < texts.length; i++) {
            byte[] text = Paths.bytes(texts[i]);
            System.arraycopy(text, 0, names, i * NAME_SIZE, text.length);
        }
        task.memory.write(a[0], names);
        return 0;
    }

    private static long setHostName(HostKernel kernel, Task task, long[] a) {
        task.requireCapable(task.uts.owner());
        if (a[1] < 0 || a[1] >= NAME_SIZE) {
            throw Errno.EINVAL.failure();
        }
        task.uts.nodeName = new String(task.memory.read(a[0], (int) a[1]), StandardCharsets.ISO_8859_1);
        return 0;
    }

    /** The working directory stays where it is, even outside. */
    private static long changeRoot(HostKernel kernel, Task task, long[] a) {
        List<Inode> to = Paths.find(kernel, task, Paths.text(task, a[0])).asDirectory();
        task.requireCapable(task.users);
        task.root = List.copyOf(to);
        return 0;
    }

    /** New trees of the kinds tmpfs, proc and cgroup2; other sources and flags are invalid here. */
    private static long mount(HostKernel kernel, Task task, long[] a) {
        long flags = a[3];
        if (a[2] == 0) {
            // Changes of how mounts spread (MS_PRIVATE, MS_REC …): here none spreads.
            task.requireCapable(task.mounts.owner());
            return 0;
        }
        Inode place = Paths.find(kernel, task, Paths.text(task, a[1])).asDirectory().stream()
                .reduce((first, last) -> last)
                .orElseThrow();
        task.requireCapable(task.mounts.owner());
        if ((flags & MS_BIND) != 0) {
            throw Errno.EINVAL.failure();
        }
        if (task.mounts.mounts.size() >= MOST_MOUNTS) {
            throw Errno.ENOSPC.failure();
        }
        Inode root = switch (Paths.text(task, a[2])) {
            case "tmpfs" -> kernel.newInode(Inode.Kind.DIRECTORY, 01777, task.user);
            case "proc" -> kernel.newInode(Inode.Kind.PROCESSES, 0555, 0);
            case "cgroup2" -> kernel.groupTree();
            default -> throw Errno.ENODEV.failure();
        };
        task.mounts.mounts.add(new Namespaces.Mounts.Mount(place, root));
        return 0;
    }

    private static final long MS_BIND = 4096;

    private static long unmount(HostKernel kernel, Task task, long[] a) {
        Inode seen = Paths.find(kernel, task, Paths.text(task, a[0])).existing();
        task.requireCapable(task.mounts.owner());
        var mounts = task.mounts.mounts;
        for (int i = mounts.size() - 1; i >= 0; i--) {
            if (mounts.get(i).root() == seen) {
                mounts.remove(i);
                return 0;
            }
        }
        throw Errno.EINVAL.failure();
    }

    private static long unshare(HostKernel kernel, Task task, long[] a) {
        if ((a[0] & ~Namespaces.ALL) != 0) {
            throw Errno.EINVAL.failure();
        }
        task.enter(a[0]);
        if ((a[0] & Namespaces.NEW_PIDS) != 0) {
            task.childPids = task.pids.below();
        }
        return 0;
    }

    // Seccomp and the bit that an unprivileged task needs first.

    private static final int GET_NO_NEW_PRIVILEGES = 39;
    private static final int SET_NO_NEW_PRIVILEGES = 38;
    private static final int SET_SECCOMP = 22;
    private static final int SET_NAME = 15;
    private static final int MODE_FILTER = 2;
    private static final int SET_MODE_FILTER = 1;

    private static long control(HostKernel kernel, Task task, long[] a) {
        switch ((int) a[0]) {
            case SET_NAME -> {
                return 0;
            }
            case GET_NO_NEW_PRIVILEGES -> {
                return task.noNewPrivileges ? 1 : 0;
            }
            case SET_NO_NEW_PRIVILEGES -> {
                if (a[1] != 1 || a[2] != 0 || a[3] != 0 || a[4] != 0) {
                    throw Errno.EINVAL.failure();
                }
                task.noNewPrivileges = true;
                return 0;
            }
            case SET_SECCOMP -> {
                if (a[1] != MODE_FILTER) {
                    throw Errno.EINVAL.failure();
                }
                return addFilter(task, a[2]);
            }
            default -> throw Errno.EINVAL.failure();
        }
    }

    private static long filter(HostKernel kernel, Task task, long[] a) {
        if (a[0] != SET_MODE_FILTER || a[1] != 0) {
            throw Errno.EINVAL.failure();
        }
        return addFilter(task, a[2]);
    }

    /** {@code struct sock_fprog}: u16 length, padding, pointer. */
    private static long addFilter(Task task, long address) {
        if (!task.noNewPrivileges && !task.privileged) {
            throw Errno.EACCES.failure();
        }
        ByteBuffer program = ByteBuffer.wrap(task.memory.read(address, 16)).order(ByteOrder.LITTLE_ENDIAN);
        int length = program.getShort(0) & 0xFFFF;
        if (length == 0 || length > SeccompFilter.MOST_INSTRUCTIONS) {
            throw Errno.EINVAL.failure();
        }
        if (task.filters.size() == SeccompFilter.MOST_FILTERS) {
            throw Errno.ENOMEM.failure();
        }
        byte[] bytes = task.memory.read(program.getLong(8), length * SeccompFilter.INSTRUCTION_SIZE);
        task.filters.add(SeccompFilter.of(bytes));
        return 0;
    }
}
