package ringside.monitor.container;

import org.jspecify.annotations.Nullable;
import ringside.image.FileContent;

/** An open file, which descriptors of several tasks may share: its place, or an end of a pipe. */
final class OpenFile implements Copies.Copied<OpenFile> {
    private @Nullable Inode inode;
    private @Nullable Pipe pipe;
    boolean reads;
    boolean writes;
    boolean appends;
    long place;

    /** Descriptors that lead here. */
    private int uses;

    private OpenFile() {}

    static OpenFile of(Inode inode, boolean reads, boolean writes) {
        OpenFile file = new OpenFile();
        file.inode = inode;
        file.reads = reads;
        file.writes = writes;
        return file;
    }

    static OpenFile of(Pipe pipe, boolean reads) {
        OpenFile file = new OpenFile();
        file.pipe = pipe;
        file.reads = reads;
        file.writes = !reads;
        return file;
    }

    @Nullable
    Inode inode() {
        return inode;
    }

    @Nullable
    Pipe pipe() {
        return pipe;
    }

    void use() {
        uses++;
        if (pipe != null) {
            pipe.readers += reads ? 1 : 0;
            pipe.writers += writes ? 1 : 0;
        }
    }

    void release() {
        uses--;
        if (pipe != null) {
            pipe.readers -= reads ? 1 : 0;
            pipe.writers -= writes ? 1 : 0;
        }
    }

    /** Bytes on their way from one task to another: 64 KiB at most (Linux, pipe(7)). */
    static final class Pipe implements Copies.Copied<Pipe> {
        static final int CAPACITY = 1 << 16;

        FileContent content = FileContent.EMPTY;
        int readers;
        int writers;

        int room() {
            return CAPACITY - content.size();
        }

        void put(byte[] bytes) {
            byte[] all = new byte[content.size() + bytes.length];
            content.copy(0, all, 0, content.size());
            System.arraycopy(bytes, 0, all, content.size(), bytes.length);
            content = new FileContent(all);
        }

        byte[] take(int count) {
            byte[] taken = new byte[Math.min(count, content.size())];
            content.copy(0, taken, 0, taken.length);
            byte[] rest = new byte[content.size() - taken.length];
            content.copy(taken.length, rest, 0, rest.length);
            content = new FileContent(rest);
            return taken;
        }

        @Override
        public Pipe copy(Copies copies) {
            return copies.of(this, Pipe::new, (from, to) -> {
                to.content = from.content;
                to.readers = from.readers;
                to.writers = from.writers;
            });
        }
    }

    @Override
    public OpenFile copy(Copies copies) {
        return copies.of(this, OpenFile::new, (from, to) -> {
            to.inode = from.inode == null ? null : from.inode.copy(copies);
            to.pipe = from.pipe == null ? null : from.pipe.copy(copies);
            to.reads = from.reads;
            to.writes = from.writes;
            to.appends = from.appends;
            to.place = from.place;
            to.uses = from.uses;
        });
    }
}
