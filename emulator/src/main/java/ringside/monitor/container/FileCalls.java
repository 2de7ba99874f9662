package ringside.monitor.container;

import static ringside.monitor.container.SystemCall.call;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.image.FileContent;

/** System calls about files and directories. */
final class FileCalls {
    // spotless:off
    static final List<SystemCall> ROWS = List.of(
            call(0,   "read",    FileCalls::read),
            call(1,   "write",   FileCalls::write),
            call(2,   "open",    FileCalls::open),
            call(3,   "close",   FileCalls::close),
            call(8,   "lseek",   FileCalls::seek),
            call(16,  "ioctl",   FileCalls::control),
            call(22,  "pipe",    FileCalls::pipe),
            call(32,  "dup",     FileCalls::duplicate),
            call(33,  "dup2",    FileCalls::duplicateTo),
            call(79,  "getcwd",  FileCalls::workingDirectory),
            call(80,  "chdir",   FileCalls::changeDirectory),
            call(83,  "mkdir",   FileCalls::makeDirectory),
            call(84,  "rmdir",   FileCalls::removeDirectory),
            call(87,  "unlink",  FileCalls::unlink),
            call(88,  "symlink", FileCalls::link),
            call(89,  "readlink", FileCalls::readLink),
            call(257, "openat",  FileCalls::openAt));
    // spotless:on

    private static final int ACCESS_MODE = 3;
    private static final int WRITE_ONLY = 1;
    private static final int READ_WRITE = 2;
    private static final int CREATE = 0100;
    private static final int EXCLUSIVE = 0200;
    private static final int TRUNCATE = 01000;
    private static final int APPEND = 02000;
    private static final int DIRECTORY = 0200000;
    private static final int NO_FOLLOW = 0400000;
    private static final long WORKING_DIRECTORY = -100;

    /** What one call moves at most, in bytes: the program sees a short count. */
    private static final int MOST_AT_ONCE = 1 << 20;

    private static final long LARGEST_FILE = 1 << 20;

    private FileCalls() {}

    private static int count(long argument) {
        return (int) Math.min(argument < 0 ? MOST_AT_ONCE : argument, MOST_AT_ONCE);
    }

    private static long read(HostKernel kernel, Task task, long[] a) {
        OpenFile file = task.file(a[0]);
        if (!file.reads) {
            throw Errno.EBADF.failure();
        }
        int count = count(a[2]);
        OpenFile.Pipe pipe = file.pipe();
        if (pipe != null) {
            if (count == 0) {
                return 0;
            }
            if (pipe.content.size() == 0) {
                if (pipe.writers == 0) {
                    return 0;
                }
                throw new SystemCall.Blocked(Task.Waiting.CALL);
            }
            byte[] ahead = new byte[Math.min(count, pipe.content.size())];
            pipe.content.copy(0, ahead, 0, ahead.length);
            task.memory.write(a[1], ahead);
            kernel.work(pipe.content.size() / HostKernel.BYTES_A_UNIT);
            pipe.take(ahead.length);
            kernel.wakeCallers();
            return ahead.length;
        }
        Inode inode = inode(file);
        FileContent content = switch (inode.kind()) {
            case REGULAR -> inode.content;
            case CONTROL -> new FileContent(Paths.bytes(ControlFiles.read(kernel, task, inode)));
            case CONSOLE, NULL -> FileContent.EMPTY;
            case DIRECTORY, GROUP, PROCESSES, PROCESS -> throw Errno.EISDIR.failure();
            case LINK -> throw new IllegalStateException("a symbolic link is open");
        };
        byte[] bytes = new byte[(int) Math.max(0, Math.min(count, content.size() - file.place))];
        content.copy(file.place, bytes, 0, bytes.length);
        task.memory.write(a[1], bytes);
        kernel.work(bytes.length / HostKernel.BYTES_A_UNIT);
        file.place += bytes.length;
        return bytes.length;
    }

    private static long write(HostKernel kernel, Task task, long[] a) {
        OpenFile file = task.file(a[0]);
        if (!file.writes) {
            throw Errno.EBADF.failure();
        }
        int count = count(a[2]);
        OpenFile.Pipe pipe = file.pipe();
        if (pipe != null) {
            return writePipe(kernel, task, pipe, a[1], count);
        }
        Inode inode = inode(file);
        byte[] bytes = task.memory.read(a[1], count);
        switch (inode.kind()) {
            case CONSOLE -> kernel.print(bytes);
            case NULL -> kernel.work(count / HostKernel.BYTES_A_UNIT);
            case CONTROL -> ControlFiles.write(kernel, task, inode, new String(bytes, StandardCharsets.ISO_8859_1));
            case REGULAR -> {
                long at = file.appends ? inode.content.size() : file.place;
                if (at + count > LARGEST_FILE) {
                    throw Errno.EFBIG.failure();
                }
                kernel.requireRoom(Math.max(0, at + count - inode.content.size()));
                byte[] all = new byte[(int) Math.max(inode.content.size(), at + count)];
                inode.content.copy(0, all, 0, all.length);
                System.arraycopy(bytes, 0, all, (int) at, count);
                inode.content = new FileContent(all);
                kernel.work(all.length / HostKernel.BYTES_A_UNIT);
                file.place = at + count;
            }
            case DIRECTORY, GROUP, PROCESSES, PROCESS -> throw Errno.EISDIR.failure();
            case LINK -> throw new IllegalStateException("a symbolic link is open");
        }
        return count;
    }

    private static long writePipe(HostKernel kernel, Task task, OpenFile.Pipe pipe, long address, int count) {
        if (pipe.readers == 0) {
            task.receive(Signals.SIGPIPE);
            throw Errno.EPIPE.failure();
        }
        if (count > 0 && pipe.room() == 0 || count <= AddressSpace.PAGE && count > pipe.room()) {
            throw new SystemCall.Blocked(Task.Waiting.CALL);
        }
        byte[] bytes = task.memory.read(address, Math.min(count, pipe.room()));
        pipe.put(bytes);
        kernel.work(pipe.content.size() / HostKernel.BYTES_A_UNIT);
        kernel.wakeCallers();
        return bytes.length;
    }

    private static Inode inode(OpenFile file) {
        @Nullable Inode inode = file.inode();
        if (inode == null) {
            throw new IllegalStateException("an open file is neither a pipe nor in a directory");
        }
        return inode;
    }

    private static long open(HostKernel kernel, Task task, long[] a) {
        return open(kernel, task, Paths.text(task, a[0]), (int) a[1], (int) a[2]);
    }

    private static long openAt(HostKernel kernel, Task task, long[] a) {
        String path = Paths.text(task, a[1]);
        if (!path.startsWith("/") && (int) a[0] != WORKING_DIRECTORY) {
            // Directories cannot be opened for searching, so no descriptor is one.
            task.file((int) a[0]);
            throw Errno.ENOTDIR.failure();
        }
        return open(kernel, task, path, (int) a[2], (int) a[3]);
    }

    private static long open(HostKernel kernel, Task task, String path, int flags, int mode) {
        boolean creates = (flags & (CREATE | EXCLUSIVE)) == (CREATE | EXCLUSIVE);
        boolean follows = (flags & NO_FOLLOW) == 0 && !creates;
        Paths.Found found = follows ? Paths.find(kernel, task, path) : Paths.findLink(kernel, task, path);
        Inode inode = found.inode();
        boolean writes = (flags & ACCESS_MODE) == WRITE_ONLY || (flags & ACCESS_MODE) == READ_WRITE;
        boolean reads = (flags & ACCESS_MODE) != WRITE_ONLY;
        if (inode == null) {
            if ((flags & CREATE) == 0) {
                throw Errno.ENOENT.failure();
            }
            inode = kernel.create(task, found, Inode.Kind.REGULAR, mode & 0777);
        } else if (creates) {
            throw Errno.EEXIST.failure();
        } else if (inode.kind() == Inode.Kind.LINK) {
            throw ((flags & DIRECTORY) != 0 ? Errno.ENOTDIR : Errno.ELOOP).failure();
        } else if (inode.isDirectory() && writes) {
            throw Errno.EISDIR.failure();
        } else if (!inode.isDirectory() && (flags & DIRECTORY) != 0) {
            throw Errno.ENOTDIR.failure();
        } else {
            Paths.require(task, inode, (reads ? 4 : 0) | (writes ? 2 : 0));
        }
        OpenFile file = OpenFile.of(inode, reads, writes);
        file.appends = (flags & APPEND) != 0;
        int descriptor = task.open(file);
        if (writes && (flags & TRUNCATE) != 0 && inode.kind() == Inode.Kind.REGULAR) {
            inode.content = FileContent.EMPTY;
        }
        return descriptor;
    }

    private static long close(HostKernel kernel, Task task, long[] a) {
        task.file(a[0]);
        task.close((int) a[0]);
        kernel.wakeCallers();
        return 0;
    }

    private static long seek(HostKernel kernel, Task task, long[] a) {
        OpenFile file = task.file(a[0]);
        Inode inode = file.inode();
        if (a[2] < 0 || a[2] > 2) {
            throw Errno.EINVAL.failure();
        }
        if (inode == null || inode.kind() == Inode.Kind.CONSOLE) {
            throw Errno.ESPIPE.failure();
        }
        long to = switch ((int) a[2]) {
            case 0 -> a[1];
            case 1 -> file.place + a[1];
            default -> inode.content.size() + a[1];
        };
        if (to < 0) {
            throw Errno.EINVAL.failure();
        }
        file.place = to;
        return to;
    }

    /** No device has anything to control. */
    private static long control(HostKernel kernel, Task task, long[] a) {
        task.file(a[0]);
        throw Errno.ENOTTY.failure();
    }

    private static long pipe(HostKernel kernel, Task task, long[] a) {
        OpenFile.Pipe pipe = new OpenFile.Pipe();
        task.memory.touch(a[0], AddressSpace.WRITE);
        int reads = task.open(OpenFile.of(pipe, true));
        try {
            int writes = task.open(OpenFile.of(pipe, false));
            task.memory.write(a[0], new byte[] {(byte) reads, 0, 0, 0, (byte) writes, 0, 0, 0});
            return 0;
        } catch (Errno.Failure failure) {
            task.close(reads);
            throw failure;
        }
    }

    private static long duplicate(HostKernel kernel, Task task, long[] a) {
        return task.open(task.file(a[0]));
    }

    private static long duplicateTo(HostKernel kernel, Task task, long[] a) {
        OpenFile file = task.file(a[0]);
        if (a[1] < 0 || a[1] >= Task.MOST_DESCRIPTORS) {
            throw Errno.EBADF.failure();
        }
        int to = (int) a[1];
        if (a[0] != to) {
            if (task.files.containsKey(to)) {
                task.close(to);
            }
            task.open(to, file);
            kernel.wakeCallers();
        }
        return to;
    }

    /** The path from the task's root; "(unreachable)" before it where the directory lies outside. */
    private static long workingDirectory(HostKernel kernel, Task task, long[] a) {
        byte[] path = Paths.bytes(kernel.pathOf(task) + "\0");
        if (a[1] < path.length) {
            throw (a[1] == 0 ? Errno.EINVAL : Errno.ENAMETOOLONG).failure();
        }
        task.memory.write(a[0], path);
        return path.length;
    }

    private static long changeDirectory(HostKernel kernel, Task task, long[] a) {
        List<Inode> to = Paths.find(kernel, task, Paths.text(task, a[0])).asDirectory();
        Paths.require(task, to.get(to.size() - 1), 1);
        task.directory = List.copyOf(to);
        return 0;
    }

    private static long makeDirectory(HostKernel kernel, Task task, long[] a) {
        Paths.Found found = Paths.findLink(kernel, task, trimmed(Paths.text(task, a[0])));
        if (found.inode() != null) {
            throw Errno.EEXIST.failure();
        }
        kernel.create(task, found, Inode.Kind.DIRECTORY, (int) a[1] & 0777);
        return 0;
    }

    private static long removeDirectory(HostKernel kernel, Task task, long[] a) {
        Paths.Found found = Paths.findLink(kernel, task, trimmed(Paths.text(task, a[0])));
        Inode inode = found.existing();
        if (!inode.isDirectory()) {
            throw Errno.ENOTDIR.failure();
        }
        if (found.name().isEmpty() || found.directory().entries.get(found.name()) != inode) {
            throw Errno.EBUSY.failure();
        }
        if (!inode.entries.isEmpty()) {
            throw Errno.ENOTEMPTY.failure();
        }
        kernel.remove(task, found);
        return 0;
    }

    private static long unlink(HostKernel kernel, Task task, long[] a) {
        String path = Paths.text(task, a[0]);
        Paths.Found found = Paths.findLink(kernel, task, trimmed(path));
        if (found.existing().isDirectory()) {
            throw Errno.EISDIR.failure();
        }
        if (path.endsWith("/")) {
            throw Errno.ENOTDIR.failure();
        }
        if (found.directory().entries.get(found.name()) != found.inode()) {
            throw Errno.EPERM.failure();
        }
        kernel.remove(task, found);
        return 0;
    }

    /** A name that stands for a directory may end with slashes, and is not followed for them. */
    private static String trimmed(String path) {
        int end = path.length();
        while (end > 1 && path.charAt(end - 1) == '/') {
            end--;
        }
        return path.substring(0, end);
    }

    /** symlink: what it leads to need not be there. */
    private static long link(HostKernel kernel, Task task, long[] a) {
        String target = Paths.text(task, a[0]);
        if (target.isEmpty()) {
            throw Errno.ENOENT.failure();
        }
        String path = Paths.text(task, a[1]);
        Paths.Found found = Paths.findLink(kernel, task, trimmed(path));
        if (found.inode() != null) {
            throw Errno.EEXIST.failure();
        }
        if (path.endsWith("/")) {
            throw Errno.ENOENT.failure();
        }
        kernel.requireRoom(target.length());
        kernel.create(task, found, Inode.Kind.LINK, 0777).content = new FileContent(Paths.bytes(target));
        return 0;
    }

    /** readlink: as much of it as there is room for, without a zero byte. */
    private static long readLink(HostKernel kernel, Task task, long[] a) {
        int room = (int) a[2];
        if (room <= 0) {
            throw Errno.EINVAL.failure();
        }
        Inode inode = Paths.findLink(kernel, task, Paths.text(task, a[0])).existing();
        if (inode.kind() != Inode.Kind.LINK) {
            throw Errno.EINVAL.failure();
        }
        byte[] target = Paths.bytes(Paths.target(inode));
        byte[] given = Arrays.copyOf(target, Math.min(room, target.length));
        task.memory.write(a[1], given);
        return given.length;
    }
}
