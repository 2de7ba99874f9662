package ringside.monitor.paravirtual;

import java.util.Arrays;
import java.util.List;
import ringside.cpu.SegmentLoads;
import ringside.memory.Ram;
import ringside.mmu.Descriptor;
import ringside.mmu.Paging;
import ringside.mmu.SegmentRegister;

/**
 * The memory that Xen keeps for itself, above the guest's frames, and its part of every address space: the table from machine frames to
 * pseudo-physical ones, which guests may read, and behind it the descriptor tables that the processor uses (Xen, asm-x86/config.h:
 * slots 256 to 271 of a 64-bit root; in a PAE kernel's last page directory the slots from F5800000H on).
 */
final class XenSpace {
    /** Linear address of the global descriptor table: slot 260, the per-domain mappings. */
    static final long GDT = 0xFFFF_8200_0000_0000L;

    /** The local descriptor table follows the 16 pages of the global one. */
    static final long LDT = GDT + 0x1_0000;

    /** Linear address of the interrupt descriptor table: in Xen's own image, where Debian's build of Xen 4.20 has it for its first processor. */
    static final long IDT = 0xFFFF_82D0_4057_F000L;

    static final int IDT_LIMIT = 0xFFF;

    /** Entries of the global descriptor table that a guest may have. */
    static final int GUEST_DESCRIPTORS = 7168;

    static final int GUEST_DESCRIPTOR_PAGES = 14;
    static final int LDT_PAGES = 16;
    static final int GDT_LIMIT = 0xEFFF;
    static final int TSS_SELECTOR = 0xE040;
    static final int LDT_SELECTOR = 0xE050;

    static final int FIRST_SLOT = 256;
    static final int LAST_SLOT = 271;
    static final int DOMAIN_SLOT = 260;

    /** Grant-table frames, 512 entries each. */
    static final int GRANT_FRAMES = 64;

    /** First of Xen's slots in a PAE kernel's last page directory. */
    static final int TOP_SLOT = 0xF580_0000 >>> 21 & 0x1FF;

    private static final long INVALID = -1;
    private static final int ENTRIES = 512;
    private static final long OWN_FRAMES = 2048;
    private static final long FIXED = 16 + GRANT_FRAMES;
    private static final long TABLE = Paging.PRESENT | Paging.WRITABLE | Paging.USER;

    // The flat segments: Xen, arch/x86/desc.c.
    private static final int WHOLE = 0xFFFFF;
    private static final int CODE = 0x9B;
    private static final int DATA = 0x93;
    private static final int BIG = SegmentRegister.GRANULARITY | SegmentRegister.BIG;
    private static final int LONG = SegmentRegister.GRANULARITY | SegmentRegister.LONG;

    private final Ram ram;
    private final Abi abi;
    private final int first;
    private final int tableFrames;
    private int next;

    private final int machineToPhysical;
    private final long tableRoot;
    private final int[] tableDirectory;
    private final int domainRoot;
    private final int descriptorTable;
    private final int zero;
    private final int sharedInfo;
    private final int grants;
    private final int compatibleRoot;
    private final long[] flat;
    private List<XenSpace> copies = List.of(this);

    /** Bytes that Xen needs for one domain, beside what all guests have. */
    static long size(long guestMemory) {
        long frames = tableFrames(guestMemory >>> 12);
        return frames + (frames + ENTRIES - 1) / ENTRIES + FIXED << 12;
    }

    private static long tableFrames(long guestFrames) {
        return ((guestFrames + OWN_FRAMES) * 8 + Ram.FRAME_SIZE - 1) / Ram.FRAME_SIZE;
    }

    /**
     * @param guestFrames all frames that are guests', the machine's first
     * @param start the first frame of this space
     */
    XenSpace(Ram ram, int guestFrames, int start, Abi abi) {
        this.ram = ram;
        this.abi = abi;
        first = guestFrames;
        next = start;
        tableFrames = (int) tableFrames(guestFrames);
        machineToPhysical = next;
        next += tableFrames;
        fillTable();
        tableDirectory = mapTable();
        tableRoot = pointer(allocate(), pointer(directoryFrame(tableDirectory)));
        zero = allocate();
        sharedInfo = allocate();
        grants = next;
        next += GRANT_FRAMES;
        descriptorTable = allocate();
        int directory = allocate();
        domainRoot = allocate();
        compatibleRoot = allocate();
        int gdt = allocate();
        flat = flatSegments();
        for (int i = 0; i < flat.length; i++) {
            entry(gdt, i, flat[i]);
        }
        entry(domainRoot, 0, (long) directory << 12 | TABLE);
        entry(directory, 0, (long) descriptorTable << 12 | TABLE);
        for (int page = 0; page < GUEST_DESCRIPTOR_PAGES; page++) {
            guestDescriptors(page, zero);
        }
        entry(descriptorTable, GUEST_DESCRIPTOR_PAGES, (long) gdt << 12 | Paging.PRESENT | Paging.WRITABLE);
        fillRoot(compatibleRoot);
    }

    private int allocate() {
        return next++;
    }

    private void entry(int table, int slot, long value) {
        ram.write(((long) table << 12) + slot * 8L, 8, value);
    }

    private long pointer(int table, long target) {
        entry(table, 0, target);
        return pointer(table);
    }

    private static long pointer(int table) {
        return (long) table << 12 | TABLE;
    }

    private int directoryFrame(int[] tables) {
        int directory = allocate();
        for (int i = 0; i < tables.length; i++) {
            entry(directory, i, pointer(tables[i]));
        }
        return directory;
    }

    // From machine frames to pseudo-physical ones.

    private void fillTable() {
        byte[] invalid = new byte[Ram.FRAME_SIZE];
        Arrays.fill(invalid, (byte) INVALID);
        for (int i = 0; i < tableFrames; i++) {
            ram.load((long) (machineToPhysical + i) << 12, invalid);
        }
    }

    /** Page tables for it: a guest may read, nobody may write. */
    private int[] mapTable() {
        int[] tables = new int[(tableFrames + ENTRIES - 1) / ENTRIES];
        long rights = abi.is64() ? Paging.PRESENT | Paging.USER : Paging.PRESENT;
        for (int i = 0; i < tables.length; i++) {
            tables[i] = allocate();
            for (int slot = 0; slot < ENTRIES && i * ENTRIES + slot < tableFrames; slot++) {
                entry(tables[i], slot, (long) (machineToPhysical + i * ENTRIES + slot) << 12 | rights);
            }
        }
        return tables;
    }

    private long place(int machine) {
        return ((long) machineToPhysical << 12) + (long) machine * abi.word();
    }

    /** The pseudo-physical frame of a machine frame; all ones where it is none. */
    long physical(int machine) {
        return ram.read(place(machine), abi.word());
    }

    /** Sets it in every domain's copy of the table; a copy has numbers of its domain's width. */
    void physical(int machine, long physical) {
        for (XenSpace copy : copies) {
            ram.write(copy.place(machine), copy.abi.word(), physical);
        }
    }

    /** Names the spaces of all domains, this one among them. */
    void copies(List<XenSpace> all) {
        copies = List.copyOf(all);
    }

    void noPhysical(int machine) {
        physical(machine, INVALID);
    }

    /** The frame where the table begins. */
    int machineToPhysicalFrame() {
        return machineToPhysical;
    }

    /** How many machine frames the table has room for. */
    int machineFrames() {
        return ram.frames();
    }

    // Xen's part of address spaces.

    static boolean isXensSlot(FrameType type, int slot) {
        return switch (type) {
            case L4 -> slot >= FIRST_SLOT && slot <= LAST_SLOT;
            case L2_TOP -> slot >= TOP_SLOT;
            case NONE, L1, L2, L3, SEGMENTS, WRITABLE -> false;
        };
    }

    /** Writes Xen's entries into a table that has any. */
    void fillSlots(FrameType type, int table) {
        if (type == FrameType.L4) {
            fillRoot(table);
        } else if (type == FrameType.L2_TOP) {
            for (int slot = TOP_SLOT; slot < ENTRIES; slot++) {
                int i = slot - TOP_SLOT;
                entry(table, slot, i < tableDirectory.length ? pointer(tableDirectory[i]) : 0);
            }
        }
    }

    private void fillRoot(int table) {
        for (int slot = FIRST_SLOT; slot <= LAST_SLOT; slot++) {
            entry(table, slot, 0);
        }
        entry(table, FIRST_SLOT, tableRoot);
        entry(table, DOMAIN_SLOT, pointer(domainRoot) & ~(long) Paging.USER);
    }

    /** The root that the processor uses for a PAE kernel's page-directory-pointer table. */
    int compatibleRoot(int pointers) {
        entry(compatibleRoot, 0, pointer(pointers));
        return compatibleRoot;
    }

    // Descriptor tables.

    private long[] flatSegments() {
        int ring1 = 1 << 5;
        int ring3 = 3 << 5;
        long[] native64 = {
            0,
            Descriptor.of(0, WHOLE, CODE | LONG),
            Descriptor.of(0, WHOLE, DATA | BIG),
            0,
            Descriptor.of(0, WHOLE, CODE | BIG | ring3),
            Descriptor.of(0, WHOLE, DATA | BIG | ring3),
            Descriptor.of(0, WHOLE, CODE | LONG | ring3)
        };
        long[] compatible = {
            0,
            Descriptor.of(0, WHOLE, CODE | LONG),
            Descriptor.of(0, WHOLE, DATA | BIG),
            Descriptor.of(0, WHOLE, CODE | BIG | ring1),
            Descriptor.of(0, WHOLE, DATA | BIG | ring1),
            Descriptor.of(0, WHOLE, CODE | BIG | ring3),
            Descriptor.of(0, WHOLE, DATA | BIG | ring3)
        };
        return abi.is64() ? native64 : compatible;
    }

    /** Loads one of Xen's flat segments. */
    void loadFlat(SegmentRegister register, int selector) {
        SegmentLoads.fill(register, selector, flat[(selector >>> 3) - GUEST_DESCRIPTORS]);
    }

    /** Puts a frame of descriptors behind a page of the guest's part of the global descriptor table. */
    void guestDescriptors(int page, int frame) {
        long rights = frame == zero ? Paging.PRESENT : Paging.PRESENT | Paging.WRITABLE;
        entry(descriptorTable, page, (long) frame << 12 | rights);
    }

    void noGuestDescriptors(int page) {
        guestDescriptors(page, zero);
    }

    /** The frame behind a page of the local descriptor table; -1 where there is none. */
    int localDescriptors(int page) {
        long entry = ram.read(((long) descriptorTable << 12) + (16 + page) * 8L, 8);
        return EntryRules.isPresent(entry) ? EntryRules.frame(entry) : -1;
    }

    void localDescriptors(int page, int frame) {
        entry(descriptorTable, 16 + page, (long) frame << 12 | Paging.PRESENT | Paging.WRITABLE);
    }

    void noLocalDescriptors(int page) {
        entry(descriptorTable, 16 + page, 0);
    }

    // Frames that a guest may map.

    int sharedInfo() {
        return sharedInfo;
    }

    int grantFrame(int index) {
        return grants + index;
    }

    /** The first frame that is Xen's. */
    int first() {
        return first;
    }
}
