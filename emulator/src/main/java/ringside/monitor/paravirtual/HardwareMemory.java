package ringside.monitor.paravirtual;

import java.util.function.LongPredicate;
import ringside.machine.Machine;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;

/**
 * The memory of a domain on virtualizing hardware: its RAM, the frames that Xen shares with it, and the map that leads its pages there. All of its
 * RAM is there from the start, in the machine's first frames.
 */
final class HardwareMemory {
    /** Pages that a domain's builder keeps below FF000000H, outside of RAM: X86_HVM_NR_SPECIAL_PAGES (tools/libs/guest/xg_dom_x86.c). */
    static final long SPECIAL = 0xFEFF8;

    static final long SPECIAL_PAGES = 8;

    static final long STORE_PAGE = SPECIAL + 4;
    static final long CONSOLE_PAGE = SPECIAL + 7;

    /** Frames that Xen needs for it: shared_info, the grant table, and the pages of store and console. */
    static final int FRAMES = 1 + XenSpace.GRANT_FRAMES + 2;

    private final Machine machine;
    private final PhysicalMap map;
    private final LongPredicate devices;
    private final int first;
    private final FrameTable table;
    private final FrameTable frames;

    /** Frames of Xen's that are shared with it. */
    private int shared;

    /**
     * @param first of {@link #FRAMES} frames of Xen's
     * @param devices does Xen have a device at a guest-physical address?
     */
    HardwareMemory(Machine machine, PhysicalMap map, int first, LongPredicate devices) {
        this.machine = machine;
        this.map = map;
        this.first = first;
        this.devices = devices;
        table = FrameTable.of(machine.config());
        frames = table.of(FrameTable.DOMAIN);
        for (int frame = 0; frame < mostPages(); frame++) {
            frames.give(frame, frames.own());
        }
        share(storeFrame());
        share(consoleFrame());
    }

    int sharedInfo() {
        return first;
    }

    /** The first frame of the grant table. */
    int grantTable() {
        return first + 1;
    }

    private int storeFrame() {
        return grantTable() + XenSpace.GRANT_FRAMES;
    }

    private int consoleFrame() {
        return storeFrame() + 1;
    }

    /** The pages of store and console are where the guest looks for them. */
    void mapSpecial() {
        if (!map.map(STORE_PAGE, storeFrame()) || !map.map(CONSOLE_PAGE, consoleFrame())) {
            throw new IllegalStateException("no room for the tables of the domain's special pages");
        }
    }

    PhysicalMap map() {
        return map;
    }

    /** Of the whole machine. */
    FrameTable table() {
        return table;
    }

    /** The same, as the domain has to do with it. */
    FrameTable frames() {
        return frames;
    }

    boolean isDevice(long physical) {
        return devices.test(physical);
    }

    /** A frame of Xen's that other domains may map as this one's: it counts as writable, and as nothing else. */
    void share(int frame) {
        frames.give(frame, frames.own());
        if (!frames.getWritable(frame)) {
            throw new IllegalStateException("frame " + frame + " cannot be shared");
        }
        shared++;
    }

    /** The most pages of RAM that it may have. */
    int mostPages() {
        return (int) (machine.config().memory() >>> 12);
    }

    int pages() {
        return frames.owned() - shared;
    }

    /** Is it RAM of the domain's? */
    boolean isRam(int frame) {
        return frame < mostPages() && frames.isDomains(frame);
    }

    /** The frame behind a page of the domain's own; {@link PhysicalMemory#NONE} where there is none. Any number may be asked for. */
    int own(long page) {
        int frame = map.frame(page);
        return frames.isDomains(frame) ? frame : PhysicalMemory.NONE;
    }

    /** Uses a frame of the domain's for somebody, who may write to it or not; false where that cannot be. */
    boolean hold(int frame, boolean writable) {
        if (!frames.get(frame)) {
            return false;
        }
        if (!writable || frames.getWritable(frame)) {
            return true;
        }
        frames.put(frame);
        return false;
    }

    /** The same use is over. */
    void letGo(int frame, boolean writable) {
        if (writable) {
            frames.countDown(frame);
        }
        frames.put(frame);
    }

    /** A frame that no page leads to any more; where it is RAM, Xen has it now, or when nobody uses it any longer. */
    void release(int frame) {
        if (isRam(frame)) {
            frames.release(frame);
        }
    }

    /** A frame that was given back becomes the domain's, best that of the page itself; {@link PhysicalMemory#NONE} where there is none. */
    int take(long page) {
        boolean isFree = page < mostPages() && frames.owner((int) page) == FrameTable.NOBODY;
        int frame = isFree ? (int) page : pages() < mostPages() ? frames.free(mostPages()) : -1;
        if (frame < 0) {
            return PhysicalMemory.NONE;
        }
        frames.give(frame, frames.own());
        machine.ram().load((long) frame << 12, new byte[Ram.FRAME_SIZE]);
        return frame;
    }
}
