package ringside.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.NoPaging;
import ringside.mmu.Paging;
import ringside.mmu.Tlb;
import ringside.mmu.Walk;

/**
 * Memory as instructions see it behind segmentation: linear addresses, translated, with page faults, alignment checks and data
 * breakpoints.
 *
 * <p>The hot path: the frames behind recently used pages are kept in arrays beside the TLB, under the same index, one half for
 * supervisor and one for user accesses, so that most accesses are one comparison and one array access. These arrays are derived; they are
 * dropped whenever the TLB entry, the frame or the rights change.
 */
public final class LinearMemory implements Ram.Observer {
    private static final int USER_HALF = Tlb.ENTRIES;
    private static final long NO_PAGE = -1;

    private final PhysicalMemory physical;
    private final Ram ram;
    private final SystemState system;
    private final Tlb tlb = new Tlb();
    private final Walk walk = new Walk();

    private final long[] readTags = new long[2 * Tlb.ENTRIES];
    private final long[] writeTags = new long[2 * Tlb.ENTRIES];
    private final byte[][] readFrames = new byte[2 * Tlb.ENTRIES][];
    private final byte[][] writeFrames = new byte[2 * Tlb.ENTRIES][];
    private boolean empty;
    private int generation;
    private int fetchIndex = -1;

    private Paging paging = new NoPaging();
    private @Nullable DropListener dropListener;

    /** 0 for CPL 0 to 2, {@link #USER_HALF} for CPL 3. */
    private int half;

    /** Linear addresses have 32 bits outside 64-bit mode. */
    private long mask = 0xFFFF_FFFFL;

    /** 7 where misaligned accesses fault (CPL 3, CR0.AM, EFLAGS.AC), else 0. */
    private int alignment;

    /** True where DR7 asks for data breakpoints: every access then takes the slow path. */
    private boolean watching;

    /** Somebody outside of the machine is told of every access, which takes the slow path too; the guest sees nothing of it. */
    private @Nullable AccessListener listener;

    private CodeMarks marks = CodeMarks.NONE;

    LinearMemory(PhysicalMemory physical, SystemState system) {
        this.physical = physical;
        this.ram = physical.ram();
        this.system = system;
        ram.observe(this);
        forgetFrames();
    }

    public PhysicalMemory physical() {
        return physical;
    }

    public Tlb tlb() {
        return tlb;
    }

    public Paging paging() {
        return paging;
    }

    /** The rules by which addresses are translated from now on; the TLB stays as it is. */
    void configure(Paging newPaging, boolean user, boolean wide, boolean checkAlignment, boolean dataBreakpoints) {
        if (newPaging != paging || watching != dataBreakpoints) {
            forgetFrames();
        }
        paging = newPaging;
        half = user ? USER_HALF : 0;
        mask = wide ? -1L : 0xFFFF_FFFFL;
        alignment = checkAlignment ? 7 : 0;
        watching = dataBreakpoints;
    }

    /** Does DR7 ask for data breakpoints? Then any access may leave a debug trap behind. */
    boolean isWatching() {
        return watching;
    }

    // Reading and writing with the rights of the current ring.

    /**
     * Reads.
     *
     * @param linear linear address, already judged by segmentation
     * @param size 1, 2, 4 or 8 bytes
     * @return the value, zero-extended
     * @throws Fault #PF or #AC
     */
    public long read(long linear, int size) {
        int offset = (int) linear & Ram.OFFSET;
        int i = Tlb.index(linear) | half;
        if (readTags[i] == linear >>> 12 && offset <= Ram.FRAME_SIZE - size && (offset & size - 1 & alignment) == 0) {
            return Ram.get(readFrames[i], offset, size);
        }
        return readSlowly(linear, size, half);
    }

    /** Writes; see {@link #read}. */
    public void write(long linear, int size, long value) {
        int offset = (int) linear & Ram.OFFSET;
        int i = Tlb.index(linear) | half;
        if (writeTags[i] == linear >>> 12 && offset <= Ram.FRAME_SIZE - size && (offset & size - 1 & alignment) == 0) {
            Ram.put(writeFrames[i], offset, size, value);
            return;
        }
        writeSlowly(linear, size, value, half);
    }

    /** Reads what will be written back: the access is judged as a write (SDM 2: read-modify-write instructions). */
    public long readForWrite(long linear, int size) {
        int offset = (int) linear & Ram.OFFSET;
        int i = Tlb.index(linear) | half;
        if (writeTags[i] == linear >>> 12 && offset <= Ram.FRAME_SIZE - size && (offset & size - 1 & alignment) == 0) {
            return Ram.get(writeFrames[i], offset, size);
        }
        probeWrite(linear, size);
        return readSlowly(linear, size, half);
    }

    /** Throws the fault that a write would meet, and writes nothing. */
    public void probeWrite(long linear, int size) {
        checkAlignment(linear, size, half);
        translateToWrite(linear, size, half);
    }

    // Accesses that the processor makes to its own structures are supervisor accesses in every ring (SDM 3A, Access
    // Rights).

    /** Reads a descriptor table, TSS or interrupt stack. */
    public long readSystem(long linear, int size) {
        return readSlowly(linear, size, 0);
    }

    public void writeSystem(long linear, int size, long value) {
        writeSlowly(linear, size, value, 0);
    }

    public void probeWriteSystem(long linear, int size) {
        translateToWrite(linear, size, 0);
    }

    /** Eight bytes at a physical address: the load of the PAE pointers. */
    long readPhysical(long address) {
        return readPhysical(address, address, 8, PhysicalMemory.Use.POINTERS);
    }

    // Fetching.

    /**
     * Translates for an instruction fetch.
     *
     * @return physical address
     */
    long translateFetch(long linear) {
        return translate(linear, Paging.FETCH_ACCESS | (half != 0 ? Paging.USER_ACCESS : 0));
    }

    /** The RAM frame that instructions at this address come from, or {@link PhysicalMemory#NONE}. */
    public int fetchFrame(long linear) {
        return physical.frame(translateFetch(linear), PhysicalMemory.Use.FETCH, linear);
    }

    /**
     * Translates as an access would, by TLB or tables; accessed and dirty flags are set.
     *
     * @param access {@link Paging#WRITE_ACCESS}, {@link Paging#USER_ACCESS}, {@link Paging#FETCH_ACCESS}
     * @return physical address
     * @throws Fault #PF
     */
    public long translateFor(long linear, int access) {
        return translate(linear, access);
    }

    /**
     * Where a supervisor's read of this address would lead now. Leaves no trace: no flag is set, no translation kept.
     *
     * @return physical address
     * @throws Fault #PF
     */
    public long peek(long linear) {
        if (paging.isOff()) {
            return linear;
        }
        if (tlb.holds(linear)) {
            return tlb.page(linear) | linear & Ram.OFFSET;
        }
        paging.walk(linear, Paging.PEEK, physical, walk);
        if (walk.error >= 0) {
            throw Fault.page(linear, walk.error);
        }
        return walk.page | linear & Ram.OFFSET;
    }

    // Dropping.

    /** Told of accesses to data, the stack, and what the processor reads for itself by linear addresses; not of fetches. */
    public interface AccessListener {
        /** @param size bytes */
        void accessed(long linear, int size, boolean write);
    }

    /** Names the one who is told of every access from now on, before it is made; null: nobody, which costs nothing. */
    public void onAccess(@Nullable AccessListener told) {
        listener = told;
        forgetFrames();
    }

    /** Fetches from these addresses are told of from now on; {@link CodeMarks#NONE}: of none. */
    public void mark(CodeMarks wanted) {
        marks = wanted;
        generation++;
    }

    CodeMarks marks() {
        return marks;
    }

    private boolean keepsFrames() {
        return !watching && listener == null;
    }

    /** Told when translations are dropped, so that tables made from them can follow. */
    public interface DropListener {
        void dropped(long linear);

        void droppedAll();
    }

    /** Names the one listener that is told when translations are dropped. */
    public void onDrop(DropListener listener) {
        dropListener = listener;
    }

    /** MOV to CR3 and the like. */
    public void flush(boolean globalToo) {
        tlb.dropAll(globalToo);
        forgetFrames();
        if (dropListener != null) {
            dropListener.droppedAll();
        }
    }

    /** INVLPG. */
    public void flushPage(long linear) {
        boolean more = tlb.drop(linear);
        if (more) {
            forgetFrames();
        } else {
            forgetPage(Tlb.index(linear));
        }
        if (dropListener != null) {
            if (more) {
                dropListener.droppedAll();
            } else {
                dropListener.dropped(linear);
            }
        }
    }

    /** Forgets which frames lie behind pages, but no translation: after nested tables have changed. */
    public void forgetFrames() {
        generation++;
        if (!empty) {
            Arrays.fill(readTags, NO_PAGE);
            Arrays.fill(writeTags, NO_PAGE);
            empty = true;
        }
    }

    /** Changes whenever a page that was fetched from may lie elsewhere. */
    int generation() {
        return generation;
    }

    /** Instructions come from this page now. */
    void fetchesFrom(long linear) {
        fetchIndex = Tlb.index(linear);
    }

    private void forgetPage(int index) {
        if (index == fetchIndex) {
            generation++;
        }
        readTags[index] = NO_PAGE;
        readTags[index | USER_HALF] = NO_PAGE;
        writeTags[index] = NO_PAGE;
        writeTags[index | USER_HALF] = NO_PAGE;
    }

    @Override
    public void dropWritable() {
        Arrays.fill(writeTags, NO_PAGE);
    }

    @Override
    public void dropAll() {
        forgetFrames();
    }

    @Override
    public void written(int frame, int offset, int size) {}

    // The slow path.

    private long readSlowly(long linear, int size, int as) {
        checkAlignment(linear, size, as);
        int access = as != 0 ? Paging.USER_ACCESS : 0;
        int first = Ram.FRAME_SIZE - ((int) linear & Ram.OFFSET);
        if (first < size) {
            long second = linear + first & mask;
            long low = translate(linear, access);
            long high = translate(second, access);
            notice(linear, size, false);
            return readPhysical(low, linear, first) | readPhysical(high, second, size - first) << first * 8;
        }
        long address = translate(linear, access);
        notice(linear, size, false);
        int frame = physical.frame(address, PhysicalMemory.Use.READ, linear);
        if (frame == PhysicalMemory.NONE) {
            return physical.readOutside(address, size);
        }
        byte[] bytes = ram.readable(frame);
        if (keepsFrames()) {
            int i = Tlb.index(linear) | as;
            readTags[i] = linear >>> 12;
            readFrames[i] = bytes;
            empty = false;
        }
        return Ram.get(bytes, (int) address & Ram.OFFSET, size);
    }

    private void writeSlowly(long linear, int size, long value, int as) {
        checkAlignment(linear, size, as);
        int access = Paging.WRITE_ACCESS | (as != 0 ? Paging.USER_ACCESS : 0);
        int first = Ram.FRAME_SIZE - ((int) linear & Ram.OFFSET);
        if (first < size) {
            long second = linear + first & mask;
            long low = translate(linear, access);
            long high = translate(second, access);
            // Nested paging may refuse either page: ask for both before the first byte is written.
            physical.frame(low, PhysicalMemory.Use.WRITE, linear);
            physical.frame(high, PhysicalMemory.Use.WRITE, second);
            notice(linear, size, true);
            writePhysical(low, linear, first, value);
            writePhysical(high, second, size - first, value >>> first * 8);
            return;
        }
        long address = translate(linear, access);
        int frame = physical.frame(address, PhysicalMemory.Use.WRITE, linear);
        notice(linear, size, true);
        if (frame == PhysicalMemory.NONE) {
            physical.writeOutside(address, size, value);
            return;
        }
        byte[] bytes = ram.writable(frame);
        int offset = (int) address & Ram.OFFSET;
        Ram.put(bytes, offset, size, value);
        if (ram.isWatched(frame)) {
            ram.wrote(frame, offset, size);
        } else if (keepsFrames()) {
            int i = Tlb.index(linear) | as;
            writeTags[i] = linear >>> 12;
            writeFrames[i] = bytes;
            empty = false;
        }
    }

    private void translateToWrite(long linear, int size, int as) {
        int access = Paging.WRITE_ACCESS | (as != 0 ? Paging.USER_ACCESS : 0);
        physical.frame(translate(linear, access), PhysicalMemory.Use.WRITE, linear);
        int first = Ram.FRAME_SIZE - ((int) linear & Ram.OFFSET);
        if (first < size) {
            // CR2 will be the first byte that cannot be reached, not the last one.
            long second = linear + first & mask;
            physical.frame(translate(second, access), PhysicalMemory.Use.WRITE, second);
        }
    }

    /** One to eight bytes within one page, where {@code size} need not be a power of two. */
    private long readPhysical(long address, long linear, int size) {
        return readPhysical(address, linear, size, PhysicalMemory.Use.READ);
    }

    private long readPhysical(long address, long linear, int size, PhysicalMemory.Use use) {
        int frame = physical.frame(address, use, linear);
        if (frame == PhysicalMemory.NONE) {
            return physical.readOutside(address, size);
        }
        byte[] bytes = ram.readable(frame);
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (bytes[(int) (address + i) & Ram.OFFSET] & 0xFFL) << i * 8;
        }
        return value;
    }

    private void writePhysical(long address, long linear, int size, long value) {
        int frame = physical.frame(address, PhysicalMemory.Use.WRITE, linear);
        if (frame == PhysicalMemory.NONE) {
            physical.writeOutside(address, size, value & (1L << size * 8) - 1);
            return;
        }
        for (int i = 0; i < size; i++) {
            ram.write((long) frame << 12 | address + i & Ram.OFFSET, 1, value >>> i * 8);
        }
    }

    /**
     * Translates by TLB or tables.
     *
     * @return physical address
     * @throws Fault #PF
     */
    private long translate(long linear, int access) {
        if (paging.isOff()) {
            return linear;
        }
        boolean write = (access & Paging.WRITE_ACCESS) != 0;
        if (tlb.holds(linear) && paging.judge(access, tlb.rights(linear)) < 0 && (!write || tlb.isDirty(linear))) {
            return tlb.page(linear) | linear & Ram.OFFSET;
        }
        paging.walk(linear, access, physical, walk);
        if (walk.error >= 0) {
            // SDM 3A, Invalidation of TLBs: a page fault drops the translation of its address.
            flushPage(linear);
            throw Fault.page(linear, walk.error);
        }
        tlb.fill(linear, walk);
        forgetPage(Tlb.index(linear));
        return walk.page | linear & Ram.OFFSET;
    }

    private void checkAlignment(long linear, int size, int as) {
        if (as != 0 && ((int) linear & size - 1 & alignment) != 0) {
            throw Fault.alignmentCheck();
        }
    }

    /** SDM 3B, Debug Registers: data breakpoints are traps after the access. */
    private void notice(long linear, int size, boolean write) {
        if (watching) {
            system.pendingDebug |= DebugRegisters.hits(system, linear, size, write);
        }
        if (listener != null) {
            listener.accessed(linear, size, write);
        }
    }
}
