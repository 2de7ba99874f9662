package ringside.monitor.translation;

import ringside.memory.Ram;
import ringside.mmu.SegmentRegister;
import ringside.monitor.deprivileged.KernelCode;
import ringside.monitor.deprivileged.MonitorMemory;

/**
 * What translated code knows of the guest's processor: its interrupt flag, room for two registers, and a table of where the guest's addresses
 * are translated. It lies behind the cache, where no segment of the guest reaches, and translated code finds it through GS, which VMware's
 * translated code kept for its monitor, too.
 *
 * <p>The table has a place for each low byte of an address: the address and its translation, the last that was looked up.
 */
final class VirtualProcessor implements KernelCode {
    static final int FRAMES = 1;

    // Cells.
    /** IF at its place in EFLAGS. */
    static final int INTERRUPT_FLAG = 0;

    static final int EAX = 4;
    static final int ECX = 8;

    /** Where the translation lies that was found. */
    static final int FOUND = 12;

    /** 256 pairs of an address and its translation. */
    static final int TARGETS = 0x800;

    private static final int PLACES = 256;

    private static final long BASE = MonitorMemory.BASE_32 + MonitorMemory.CODE + CodeCache.SIZE;

    private final Ram ram;
    private final int frame;

    VirtualProcessor(Ram ram, MonitorMemory memory) {
        this.ram = ram;
        this.frame = memory.firstPatchFrame();
        forgetTargets();
    }

    /** The segment for it in a ring. */
    static SegmentRegister.State segment(int ring) {
        return MonitorMemory.dataSegment(BASE, FRAMES * Ram.FRAME_SIZE - 1, ring);
    }

    int cell(int cell) {
        return (int) ram.read(((long) frame << 12) + cell, 4);
    }

    void cell(int cell, int value) {
        ram.write(((long) frame << 12) + cell, 4, value & 0xFFFF_FFFFL);
    }

    /** The guest's address is translated at a place in the cache. */
    void target(long rip, int at) {
        int place = TARGETS + ((int) rip & 0xFF) * 8;
        cell(place, (int) rip);
        cell(place + 4, at);
    }

    /** No address is known to be translated: each place holds one that cannot be found there. */
    void forgetTargets() {
        for (int i = 0; i < PLACES; i++) {
            cell(TARGETS + i * 8, i ^ 0xFF);
        }
    }

    /** What lies in a part of the cache is gone. */
    void forgetTargets(int start, int size) {
        for (int i = 0; i < PLACES; i++) {
            int at = cell(TARGETS + i * 8 + 4);
            if (at >= start && at < start + size) {
                cell(TARGETS + i * 8, i ^ 0xFF);
            }
        }
    }

    // As the shadow tables see it: the guest's own code is never run, its page is one of data.

    @Override
    public int frame(long linear, int guestFrame) {
        return guestFrame;
    }

    @Override
    public int source(int guestFrame) {
        return guestFrame;
    }

    @Override
    public long base() {
        return BASE;
    }

    @Override
    public int frames() {
        return FRAMES;
    }

    @Override
    public int dataFrames() {
        return FRAMES;
    }

    @Override
    public int ownFrame(int i) {
        return frame + i;
    }
}
