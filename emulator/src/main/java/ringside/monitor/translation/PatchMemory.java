package ringside.monitor.translation;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import ringside.memory.Ram;
import ringside.monitor.deprivileged.KernelCode;
import ringside.monitor.deprivileged.MonitorMemory;

/**
 * What raw mode has in the guest's address space: a page that monitor and patches share, patch memory, and copies of the kernel's pages of
 * code, which hold jumps into it. The first two lie where the guest has no page table; where the guest makes one there, they move.
 *
 * <p>VirtualBox patches the guest's own pages, and its recompiler is told what was there before. Here the guest's pages stay as they
 * are, and the shadow tables lead to the copy: whoever performs an instruction for the guest, or looks at its memory, finds the original.
 * The guest itself, where it reads its code in raw mode, finds the patches, as under VirtualBox, which watches these pages for writes only
 * (PATMAll.cpp, patmVirtPageHandler).
 */
final class PatchMemory implements KernelCode {
    /** Where VirtualBox tries first (param.h, MM_HYPER_AREA_ADDRESS). */
    static final long FIRST_BASE = 0xA000_0000L;

    /** What one page directory entry covers. */
    static final long STEP = 4L << 20;

    static final int PATCH_FRAMES = 15;
    static final int COPIES = 48;
    static final int FRAMES = 1 + PATCH_FRAMES + COPIES;
    static final int SIZE = PATCH_FRAMES * Ram.FRAME_SIZE;

    // Cells of the shared page.
    /** IF as the guest believes in it, at its place in EFLAGS. */
    static final int INTERRUPT_FLAG = 0;

    /** Address of the instruction that no interrupt precedes, or 0. */
    static final int INHIBITED = 4;

    /** 1 where an interrupt waits for IF. */
    static final int PENDING = 8;

    static final int SAVED_EAX = 12;
    static final int SAVED_ECX = 16;

    private static final int INT3 = 0xCC;
    private static final int JMP_NEAR = 0xE9;

    private final Ram ram;
    private final int firstFrame;
    private long base = FIRST_BASE;
    private int next;

    /** By linear address of the page. */
    private final TreeMap<Long, CodePage> pages = new TreeMap<>();

    private final Map<Integer, CodePage> byCopy = new HashMap<>();
    private final TreeMap<Integer, Patch> patches = new TreeMap<>();
    private final BitSet copiesInUse = new BitSet(COPIES);
    private long dropped;

    PatchMemory(Ram ram, MonitorMemory memory) {
        this.ram = ram;
        this.firstFrame = memory.firstPatchFrame();
        for (int i = 0; i < FRAMES; i++) {
            ram.watch(firstFrame + i);
        }
    }

    // As the shadow tables see it.

    @Override
    public int frame(long linear, int frame) {
        CodePage page = pages.get(linear & ~0xFFFL);
        return page != null && page.frame() == frame ? page.copy() : NOWHERE;
    }

    @Override
    public int source(int frame) {
        CodePage page = byCopy.get(frame);
        return page == null ? frame : page.frame();
    }

    @Override
    public long base() {
        return base;
    }

    @Override
    public int frames() {
        return 1 + PATCH_FRAMES;
    }

    @Override
    public int dataFrames() {
        return 1;
    }

    @Override
    public int ownFrame(int i) {
        return firstFrame + i;
    }

    // The shared page.

    /** Linear address of a cell. */
    long shared(int cell) {
        return base + cell;
    }

    int cell(int cell) {
        return (int) ram.read(((long) firstFrame << 12) + cell, 4);
    }

    void cell(int cell, int value) {
        ram.write(((long) firstFrame << 12) + cell, 4, value & 0xFFFF_FFFFL);
    }

    // Patches.

    /** Linear address of a place in patch memory. */
    long linear(int at) {
        return base + Ram.FRAME_SIZE + at;
    }

    /** The place in patch memory at a linear address. */
    OptionalInt place(long linear) {
        long at = linear - linear(0);
        return at >= 0 && at < SIZE ? OptionalInt.of((int) at) : OptionalInt.empty();
    }

    boolean isPatchFrame(int frame) {
        return frame > firstFrame && frame <= firstFrame + PATCH_FRAMES;
    }

    int firstFrame() {
        return firstFrame;
    }

    int nextStart() {
        return next;
    }

    boolean hasRoomFor(int bytes) {
        return next + bytes <= SIZE;
    }

    Optional<Patch> patchAt(int at) {
        var below = patches.floorEntry(at);
        return below != null && below.getValue().holds(at) ? Optional.of(below.getValue()) : Optional.empty();
    }

    /** What lies at a place, as it is now. */
    byte[] bytes(int at, int size) {
        byte[] bytes = new byte[size];
        long from = ((long) firstFrame + 1 << 12) + at;
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) ram.read(from + i, 1);
        }
        return bytes;
    }

    /** Puts a patch into patch memory, and the jump to it into the page. */
    void install(CodePage page, PatchCode.Written written) {
        Patch patch = written.patch();
        ram.load(((long) firstFrame + 1 << 12) + patch.start(), written.bytes());
        next = patch.start() + patch.size();
        patches.put(patch.start(), patch);
        page.add(patch);
        long distance = linear(patch.start()) - (patch.linear() + Patch.JUMP);
        byte[] jump = new byte[Patch.JUMP];
        jump[0] = (byte) JMP_NEAR;
        for (int i = 0; i < 4; i++) {
            jump[1 + i] = (byte) (distance >>> i * 8);
        }
        ram.load(page.copyAddress(page.offset(patch.linear())), jump);
    }

    /** INT3 at an instruction of the page. */
    void breakpoint(CodePage page, int offset) {
        page.addBreakpoint(offset);
        ram.load(page.copyAddress(offset), new byte[] {(byte) INT3});
    }

    /** The guest's own bytes come back where the jump is. */
    void remove(CodePage page, Patch patch) {
        page.remove(patch);
        patches.remove(patch.start());
        dropped++;
        int offset = page.offset(patch.linear());
        byte[] original = ram.readable(page.frame());
        byte[] back = new byte[Patch.JUMP];
        System.arraycopy(original, offset, back, 0, Patch.JUMP);
        ram.load(page.copyAddress(offset), back);
    }

    // Pages.

    Optional<CodePage> pageAt(long linear) {
        return Optional.ofNullable(pages.get(linear & ~0xFFFL));
    }

    Optional<CodePage> pageOfCopy(int frame) {
        return Optional.ofNullable(byCopy.get(frame));
    }

    /** Is one of the pages made from this frame? */
    boolean isMadeFrom(int frame) {
        return byCopy.values().stream().anyMatch(page -> page.frame() == frame);
    }

    /** The pages made from a frame. */
    List<CodePage> pagesOf(int frame) {
        return pages.values().stream().filter(page -> page.frame() == frame).toList();
    }

    List<CodePage> pages() {
        return List.copyOf(pages.values());
    }

    boolean hasRoomForPage() {
        return copiesInUse.cardinality() < COPIES;
    }

    /** A copy of a page of the kernel, without patches as yet. */
    CodePage addPage(long linear, int frame) {
        int i = copiesInUse.nextClearBit(0);
        copiesInUse.set(i);
        CodePage page = new CodePage(linear & ~0xFFFL, frame, firstFrame + 1 + PATCH_FRAMES + i);
        ram.load(page.copyAddress(0), ram.readable(frame).clone());
        pages.put(page.linear(), page);
        byCopy.put(page.copy(), page);
        return page;
    }

    void removePage(CodePage page) {
        page.patches().forEach(patch -> patches.remove(patch.start()));
        dropped += page.patches().size();
        pages.remove(page.linear());
        byCopy.remove(page.copy());
        copiesInUse.clear(page.copy() - firstFrame - 1 - PATCH_FRAMES);
        if (pages.isEmpty()) {
            next = 0;
        }
    }

    /** The guest's bytes were written where no instruction is known: the copy follows. */
    void follow(CodePage page, int offset, int size) {
        byte[] original = ram.readable(page.frame());
        byte[] bytes = new byte[size];
        System.arraycopy(original, offset, bytes, 0, size);
        ram.load(page.copyAddress(offset), bytes);
    }

    /** Forgets all pages and patches, and goes to another place in the guest's space. */
    void moveTo(long newBase) {
        pages().forEach(this::removePage);
        base = newBase;
    }

    /** How many patches were thrown away. */
    long dropped() {
        return dropped;
    }

    /** What is known about the memory; the bytes themselves are in RAM. */
    record State(long base, int next, List<CodePage.State> pages, long dropped) {}

    State save() {
        return new State(base, next, pages.values().stream().map(CodePage::save).toList(), dropped);
    }

    /** Before RAM is restored: nothing is known about it. */
    void forget() {
        pages.clear();
        byCopy.clear();
        patches.clear();
        copiesInUse.clear();
    }

    void restore(State state) {
        forget();
        base = state.base;
        next = state.next;
        dropped = state.dropped;
        for (CodePage.State saved : state.pages) {
            CodePage page = CodePage.of(saved);
            pages.put(page.linear(), page);
            byCopy.put(page.copy(), page);
            copiesInUse.set(page.copy() - firstFrame - 1 - PATCH_FRAMES);
            page.patches().forEach(patch -> patches.put(patch.start(), patch));
        }
    }
}
