package ringside.monitor.container;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import ringside.image.FileContent;
import ringside.memory.Ram;

/**
 * The memory of a process: areas that it has asked for, the frames behind the pages that it has touched, and the four levels of page tables
 * that the processor walks (SDM 3A, 4-Level Paging). Pages are filled at first use; after a fork both share them until one writes.
 */
final class AddressSpace {
    static final long PAGE = 0x1000;
    static final long USER_END = 0x7FFF_FFFF_F000L;

    static final int READ = 1;
    static final int WRITE = 2;
    static final int EXECUTE = 4;

    private static final int MOST_AREAS = 256;
    private static final long MOST_STACK = 8 << 20;

    private static final long PRESENT = 1;
    private static final long WRITABLE = 1 << 1;
    private static final long USER = 1 << 2;
    private static final long NO_EXECUTE = 1L << 63;
    private static final long FRAME = 0xF_FFFF_FFFF_F000L;

    /**
     * Consecutive pages of one kind.
     *
     * @param start linear, page-aligned
     * @param end behind the last byte, page-aligned
     * @param rights {@link #READ}, {@link #WRITE}, {@link #EXECUTE}
     * @param shared after a fork both go on writing to the same pages
     * @param growsDown a fault up to 8 MiB below the end extends it
     * @param content what its pages hold at first; behind its end, zeros
     * @param offset of the content that lies at {@code start}, in bytes
     * @param contentEnd offset behind the last byte taken from the content
     */
    record Area(
            long start,
            long end,
            int rights,
            boolean shared,
            boolean growsDown,
            FileContent content,
            long offset,
            long contentEnd) {
        Area between(long from, long to) {
            return new Area(from, to, rights, shared, growsDown, content, offset + from - start, contentEnd);
        }

        Area allowing(int newRights) {
            return new Area(start, end, newRights, shared, growsDown, content, offset, contentEnd);
        }

        static Area anonymous(long start, long end, int rights, boolean shared) {
            return new Area(start, end, rights, shared, false, FileContent.EMPTY, 0, 0);
        }
    }

    private Frames frames;
    private ControlGroup payer;
    private final TreeMap<Long, Area> areas = new TreeMap<>();
    private final TreeMap<Long, Integer> pages = new TreeMap<>();
    private final List<Integer> tables = new ArrayList<>();
    private final long kernelEntry;
    private int root;

    /** Where the heap begins and ends: brk. */
    long heapStart;

    long heapEnd;

    /** @param kernelEntry leads from a root table to {@link KernelSpace} */
    AddressSpace(Frames frames, ControlGroup payer, long kernelEntry) {
        this.frames = frames;
        this.payer = payer;
        this.kernelEntry = kernelEntry;
        root = table();
        frames.ram().write(root() + KernelSpace.SLOT * 8L, 8, kernelEntry);
    }

    private AddressSpace(AddressSpace from) {
        frames = from.frames;
        payer = from.payer;
        kernelEntry = from.kernelEntry;
    }

    /** What CR3 holds while it is in force. */
    long root() {
        return (long) root << 12;
    }

    /** Pages in memory, its own and shared ones. */
    int resident() {
        return pages.size();
    }

    /** From now on this group pays for what is touched first. */
    void payer(ControlGroup group) {
        payer = group;
    }

    private int table() {
        int frame = frames.allocate(payer);
        tables.add(frame);
        return frame;
    }

    // Areas.

    /** Adds an area where nothing is yet. */
    void add(Area area) {
        if (areas.size() >= MOST_AREAS) {
            throw Errno.ENOMEM.failure();
        }
        areas.put(area.start, area);
    }

    boolean isFree(long start, long end) {
        Map.Entry<Long, Area> before = areas.lowerEntry(end);
        return before == null || before.getValue().end <= start;
    }

    /** The highest free place of this size below the stack's reach, as mmap chooses it; ENOMEM where there is none. */
    long place(long size) {
        long end = USER_END - 2 * MOST_STACK;
        while (end - size >= 0x1_0000) {
            Map.Entry<Long, Area> before = areas.lowerEntry(end);
            if (before == null || before.getValue().end <= end - size) {
                return end - size;
            }
            end = before.getValue().start;
        }
        throw Errno.ENOMEM.failure();
    }

    /** Takes pages away; what is not mapped there does not matter. */
    void remove(long start, long end) {
        split(start);
        split(end);
        areas.subMap(start, end).clear();
        Map<Long, Integer> gone = pages.subMap(start >>> 12, end >>> 12);
        gone.forEach((page, frame) -> {
            frames.release(frame);
            setEntry(page << 12, 0);
        });
        gone.clear();
    }

    /** Changes what may be done with pages; ENOMEM where one is not mapped. */
    void protect(long start, long end, int rights) {
        for (long at = start; at < end; ) {
            Map.Entry<Long, Area> entry = areas.floorEntry(at);
            if (entry == null || entry.getValue().end <= at) {
                throw Errno.ENOMEM.failure();
            }
            at = entry.getValue().end;
        }
        split(start);
        split(end);
        areas.subMap(start, end).replaceAll((from, area) -> area.allowing(rights));
        pages.subMap(start >>> 12, end >>> 12).forEach((page, frame) -> map(page << 12, frame, area(page << 12)));
    }

    private void split(long at) {
        Map.Entry<Long, Area> entry = areas.lowerEntry(at);
        if (entry != null && entry.getValue().end > at) {
            Area area = entry.getValue();
            areas.put(area.start, area.between(area.start, at));
            areas.put(at, area.between(at, area.end));
        }
    }

    private Area area(long address) {
        Map.Entry<Long, Area> entry = areas.floorEntry(address);
        if (entry != null && address < entry.getValue().end) {
            return entry.getValue();
        }
        Map.Entry<Long, Area> above = areas.higherEntry(address);
        if (above != null
                && above.getValue().growsDown
                && address >= above.getValue().end - MOST_STACK
                && isFree(address & -PAGE, above.getValue().start)) {
            Area stack = above.getValue();
            Area grown = new Area(address & -PAGE, stack.end, stack.rights, false, true, FileContent.EMPTY, 0, 0);
            areas.remove(stack.start);
            areas.put(grown.start, grown);
            return grown;
        }
        throw Errno.EFAULT.failure();
    }

    // Pages.

    /**
     * A page is needed: it is filled, or made the process's own.
     *
     * @param access of {@link #READ}, {@link #WRITE}, {@link #EXECUTE}
     * @return its frame
     * @throws Errno.Failure EFAULT where it must not be
     * @throws Frames.OutOfMemory where there is no room; nothing has changed
     */
    int touch(long address, int access) {
        if (address < 0 || address >= USER_END) {
            throw Errno.EFAULT.failure();
        }
        Area area = area(address);
        if ((area.rights & access) != access) {
            throw Errno.EFAULT.failure();
        }
        long page = address >>> 12;
        Integer there = pages.get(page);
        int frame;
        if (there == null) {
            frame = frames.allocate(payer);
            long offset = area.offset + (address & -PAGE) - area.start;
            int count = (int) Math.max(0, Math.min(PAGE, area.contentEnd - offset));
            if (count > 0) {
                area.content.copy(offset, frames.ram().writable(frame), 0, count);
                frames.ram().wrote(frame, 0, Ram.FRAME_SIZE);
            }
            pages.put(page, frame);
        } else if (access == WRITE && !area.shared && frames.isShared(there)) {
            frame = frames.allocate(payer);
            System.arraycopy(frames.ram().readable(there), 0, frames.ram().writable(frame), 0, Ram.FRAME_SIZE);
            frames.ram().wrote(frame, 0, Ram.FRAME_SIZE);
            frames.release(there);
            pages.put(page, frame);
        } else {
            frame = there;
        }
        map(address & -PAGE, frame, area);
        return frame;
    }

    private void map(long address, int frame, Area area) {
        boolean writable = (area.rights & WRITE) != 0 && (area.shared || !frames.isShared(frame));
        if (area.rights == 0) {
            setEntry(address, 0);
            return;
        }
        setEntry(
                address,
                (long) frame << 12
                        | PRESENT
                        | USER
                        | (writable ? WRITABLE : 0)
                        | ((area.rights & EXECUTE) != 0 ? 0 : NO_EXECUTE));
    }

    private void setEntry(long address, long entry) {
        long table = root();
        for (int level = 4; level > 1; level--) {
            long at = table + index(address, level) * 8;
            long next = frames.ram().read(at, 8);
            if (next == 0) {
                if (entry == 0) {
                    return;
                }
                next = (long) table() << 12 | PRESENT | WRITABLE | USER;
                frames.ram().write(at, 8, next);
            }
            table = next & FRAME;
        }
        frames.ram().write(table + index(address, 1) * 8, 8, entry);
    }

    private static long index(long address, int level) {
        return address >>> 3 + 9 * level & 0x1FF;
    }

    // For the kernel: bytes of the process, with its own rights.

    /** Reads; EFAULT where the process could not. */
    byte[] read(long address, int count) {
        byte[] bytes = new byte[count];
        for (int done = 0; done < count; ) {
            int frame = touch(address + done, READ);
            int offset = (int) (address + done & PAGE - 1);
            int part = (int) Math.min(count - done, PAGE - offset);
            System.arraycopy(frames.ram().readable(frame), offset, bytes, done, part);
            done += part;
        }
        return bytes;
    }

    /** Writes; EFAULT where the process could not, and nothing is written beyond that page. */
    void write(long address, byte[] bytes) {
        for (int done = 0; done < bytes.length; ) {
            int frame = touch(address + done, WRITE);
            int offset = (int) (address + done & PAGE - 1);
            int part = (int) Math.min(bytes.length - done, PAGE - offset);
            System.arraycopy(bytes, done, frames.ram().writable(frame), offset, part);
            frames.ram().wrote(frame, offset, part);
            done += part;
        }
    }

    // Fork and end.

    /** The memory of a child: the same pages, shared until somebody writes. */
    AddressSpace fork(ControlGroup childPayer) {
        AddressSpace child = new AddressSpace(frames, childPayer, kernelEntry);
        try {
            child.areas.putAll(areas);
            child.heapStart = heapStart;
            child.heapEnd = heapEnd;
            pages.forEach((page, frame) -> {
                frames.share(frame);
                child.pages.put(page, frame);
            });
            pages.forEach((page, frame) -> {
                Area area = area(page << 12);
                map(page << 12, frame, area);
                child.map(page << 12, frame, area);
            });
            return child;
        } catch (Frames.OutOfMemory none) {
            child.free();
            throw none;
        }
    }

    /** All frames go back. */
    void free() {
        pages.values().forEach(frames::release);
        pages.clear();
        tables.forEach(frames::release);
        tables.clear();
        areas.clear();
    }

    AddressSpace copy(Copies copies) {
        return copies.of(this, () -> new AddressSpace(this), (from, to) -> {
            to.frames = from.frames.copy(copies);
            to.payer = from.payer.copy(copies);
            to.areas.putAll(from.areas);
            to.pages.putAll(from.pages);
            to.tables.addAll(from.tables);
            to.root = from.root;
            to.heapStart = from.heapStart;
            to.heapEnd = from.heapEnd;
        });
    }
}
