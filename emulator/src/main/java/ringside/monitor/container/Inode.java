package ringside.monitor.container;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import ringside.image.FileContent;

/** A file, directory or symbolic link: what a name leads to. */
final class Inode implements Copies.Copied<Inode> {
    /** How many a host has at most; and how many bytes its files hold together. */
    static final int MOST = 1024;

    static final long MOST_BYTES = 4 << 20;

    /** What kind of file: Linux, include/uapi/linux/stat.h. */
    enum Kind {
        REGULAR,
        DIRECTORY,
        /** A symbolic link: its content is the path that it leads to. */
        LINK,
        /** The console, and /dev/null. */
        CONSOLE,
        NULL,
        /** A file that the kernel writes when it is read: {@link ControlFiles}. */
        CONTROL,
        /** A directory of {@link ControlFiles}: it has a control group. */
        GROUP,
        /** The root of a proc file system, whose directories are the processes. */
        PROCESSES,
        /** A process in it. */
        PROCESS
    }

    private Kind kind = Kind.DIRECTORY;
    final Map<String, Inode> entries = new TreeMap<>();
    FileContent content = FileContent.EMPTY;
    int mode;

    /** The owner, as the host counts users. */
    int owner;

    /** Of a {@link Kind#GROUP}, and of its files. */
    @Nullable
    ControlGroup group;

    /** Of a {@link Kind#PROCESS}, and of its files. */
    @Nullable
    Task process;

    /** Of a {@link Kind#CONTROL}. */
    String name = "";

    private Inode() {}

    Inode(Kind kind, int mode, int owner) {
        this.kind = kind;
        this.mode = mode;
        this.owner = owner;
    }

    Kind kind() {
        return kind;
    }

    boolean isDirectory() {
        return switch (kind) {
            case DIRECTORY, GROUP, PROCESSES, PROCESS -> true;
            case REGULAR, LINK, CONSOLE, NULL, CONTROL -> false;
        };
    }

    /** Adds a directory or file, for the host's first tree. */
    Inode with(String entry, Kind entryKind, int entryMode) {
        Inode inode = new Inode(entryKind, entryMode, 0);
        entries.put(entry, inode);
        return inode;
    }

    @Override
    public Inode copy(Copies copies) {
        return copies.of(this, Inode::new, (from, to) -> {
            to.kind = from.kind;
            from.entries.forEach((entry, inode) -> to.entries.put(entry, inode.copy(copies)));
            to.content = from.content;
            to.mode = from.mode;
            to.owner = from.owner;
            to.group = from.group == null ? null : from.group.copy(copies);
            to.process = from.process == null ? null : from.process.copy(copies);
            to.name = from.name;
        });
    }
}
