package ringside.monitor.container;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import ringside.image.BadImage;
import ringside.image.FileContent;
import ringside.image.LinuxProgram;
import ringside.monitor.container.AddressSpace.Area;

/** Puts a program into memory, and onto its stack what it is told: System V ABI, AMD64 supplement, Process Initialization. */
final class Programs {
    private static final long STACK_TOP = AddressSpace.USER_END;
    private static final long FIRST_STACK = 33 * AddressSpace.PAGE;

    /** Room for arguments and environment, in bytes. */
    private static final int MOST_TEXT = 16 * 1024;

    // The auxiliary vector: include/uapi/linux/auxvec.h.
    private static final int AT_NULL = 0;
    private static final int AT_PHDR = 3;
    private static final int AT_PHENT = 4;
    private static final int AT_PHNUM = 5;
    private static final int AT_PAGESZ = 6;
    private static final int AT_ENTRY = 9;
    private static final int AT_UID = 11;
    private static final int AT_EUID = 12;
    private static final int AT_GID = 13;
    private static final int AT_EGID = 14;
    private static final int AT_SECURE = 23;

    /** Who the program is told that it runs as. */
    record Identity(long user, long group) {}

    private Programs() {}

    /** ENOEXEC where the file is no static program. */
    static LinuxProgram parse(FileContent content) {
        byte[] bytes = content.toArray();
        if (!LinuxProgram.recognizes(bytes)) {
            throw Errno.ENOEXEC.failure();
        }
        try {
            return LinuxProgram.read(bytes);
        } catch (BadImage bad) {
            throw Errno.ENOEXEC.failure();
        }
    }

    /**
     * Fills empty memory.
     *
     * @return the stack pointer
     */
    static long load(
            AddressSpace memory, LinuxProgram program, List<String> arguments, List<String> environment, Identity as) {
        long heap = 0;
        for (LinuxProgram.Load load : program.segments()) {
            addSegment(memory, program.file(), load);
            heap = load.end() + AddressSpace.PAGE - 1 & -AddressSpace.PAGE;
        }
        memory.heapStart = heap;
        memory.heapEnd = heap;
        int rights = AddressSpace.READ | AddressSpace.WRITE;
        memory.add(new Area(STACK_TOP - FIRST_STACK, STACK_TOP, rights, false, true, FileContent.EMPTY, 0, 0));
        return fillStack(memory, program, arguments, environment, as);
    }

    private static void addSegment(AddressSpace memory, FileContent file, LinuxProgram.Load load) {
        long start = load.address() & -AddressSpace.PAGE;
        long end = load.end() + AddressSpace.PAGE - 1 & -AddressSpace.PAGE;
        if (!memory.isFree(start, end)) {
            throw Errno.ENOEXEC.failure();
        }
        int rights = ((load.rights() & LinuxProgram.WRITE) != 0 ? AddressSpace.WRITE : 0)
                | ((load.rights() & LinuxProgram.EXECUTE) != 0 ? AddressSpace.EXECUTE : 0)
                | AddressSpace.READ;
        long offset = load.offset() - (load.address() - start);
        // As with pages of a file: whole pages come from it, but behind the segment's bytes a writable one is zero.
        boolean zeroed = load.inMemory() > load.inFile() || (load.rights() & LinuxProgram.WRITE) != 0;
        long contentEnd = zeroed ? load.offset() + load.inFile() : Math.min(file.size(), offset + (end - start));
        memory.add(new Area(start, end, rights, false, false, file, offset, contentEnd));
    }

    private static long fillStack(
            AddressSpace memory, LinuxProgram program, List<String> arguments, List<String> environment, Identity as) {
        long top = STACK_TOP - 8;
        List<Long> argumentsAt = new ArrayList<>();
        List<Long> environmentAt = new ArrayList<>();
        long text = place(memory, top, environment, environmentAt);
        text = place(memory, text, arguments, argumentsAt);
        if (STACK_TOP - text > MOST_TEXT) {
            throw Errno.E2BIG.failure();
        }
        long[][] auxiliary = {
            {AT_PHDR, program.headers()},
            {AT_PHENT, LinuxProgram.HEADER_SIZE},
            {AT_PHNUM, program.headerCount()},
            {AT_PAGESZ, AddressSpace.PAGE},
            {AT_ENTRY, program.entry()},
            {AT_UID, as.user},
            {AT_EUID, as.user},
            {AT_GID, as.group},
            {AT_EGID, as.group},
            {AT_SECURE, 0},
            {AT_NULL, 0}
        };
        int words = 1 + arguments.size() + 1 + environment.size() + 1 + 2 * auxiliary.length;
        ByteBuffer vector = ByteBuffer.allocate(words * 8).order(ByteOrder.LITTLE_ENDIAN);
        vector.putLong(arguments.size());
        argumentsAt.forEach(vector::putLong);
        vector.putLong(0);
        environmentAt.forEach(vector::putLong);
        vector.putLong(0);
        for (long[] entry : auxiliary) {
            vector.putLong(entry[0]).putLong(entry[1]);
        }
        long stack = text - words * 8L & -16;
        memory.write(stack, vector.array());
        return stack;
    }

    private static long place(AddressSpace memory, long below, List<String> texts, List<Long> at) {
        long next = below;
        for (String text : texts) {
            next -= text.length() + 1;
            if (STACK_TOP - next > MOST_TEXT) {
                throw Errno.E2BIG.failure();
            }
            memory.write(next, Paths.bytes(text + "\0"));
            at.add(next);
        }
        return next;
    }
}
