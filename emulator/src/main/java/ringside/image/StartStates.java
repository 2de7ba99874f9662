package ringside.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import ringside.image.StartState.Table;
import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/**
 * The start states that the contract names. Flat 32 and 64-bit guests find a descriptor table at 6F000H (null, code 08H,
 * data 10H); 64-bit ones also page tables at 70000H: PML4, page-directory-pointer table, and four page directories of
 * 2 MiB pages, which map the first 4 GiB onto themselves, writable and for the supervisor only.
 */
final class StartStates {
    static final long DESCRIPTOR_TABLE = 0x6F000;
    static final long PAGE_TABLES = 0x70000;

    private static final int RAX = 0;
    private static final int RBX = 3;
    private static final int RSP = 4;

    private static final long FLAGS = 2;
    private static final long CR0_PE = 1;
    /** Hard-wired to 1 (SDM 3A, Control Registers). */
    private static final long CR0_ET = 1 << 4;

    private static final long CR0_PG = 1L << 31;
    private static final long CR4_PAE = 1 << 5;
    private static final long CR0_NE = 1 << 5;
    private static final long CR0_WP = 1 << 16;
    private static final long EFER_SCE = 1;
    private static final long EFER_LME = 1 << 8;
    private static final long EFER_LMA = 1 << 10;
    private static final long EFER_NXE = 1 << 11;
    private static final long INTERRUPT = 1 << 9;

    private static final int XEN_CODE_64 = 0xE033;
    private static final int XEN_DATA_64 = 0xE02B;
    private static final int XEN_CODE_32 = 0xE019;
    private static final int XEN_DATA_32 = 0xE021;
    private static final int RING_1 = 1 << 5;

    private static final int USER_CODE = 0x33;
    private static final int USER_DATA = 0x2B;
    private static final int RING_3 = 3 << 5;

    private static final int CODE_SELECTOR = 0x08;
    private static final int DATA_SELECTOR = 0x10;
    private static final long WHOLE_SPACE = 0xFFFF_FFFFL;
    /** Present, DPL 0, read, write, accessed: any segment register after a reset. */
    private static final int REAL_MODE = 0x93;

    private static final int DATA_32 = SegmentRegister.GRANULARITY | SegmentRegister.BIG | 0x93;
    private static final int CODE_32 = SegmentRegister.GRANULARITY | SegmentRegister.BIG | 0x9B;
    private static final int CODE_64 = SegmentRegister.GRANULARITY | SegmentRegister.LONG | 0x9B;

    /** As after a reset: a busy 32-bit TSS at 0, of 64 KiB. */
    private static final SegmentRegister.State TR = new SegmentRegister.State(0, 0, 0xFFFF, 0x8B);

    /** As after LLDT of the null selector: without a table, which a reset alone would leave at 0. */
    private static final SegmentRegister.State LDTR = new SegmentRegister.State(0, 0, 0, SegmentRegister.UNUSABLE);

    private static final Table REAL_MODE_VECTORS = new Table(0, 0x3FF);
    private static final Table NONE = new Table(0, 0);

    private StartStates() {}

    /** A flat program: of 16, 32 or 64-bit code, at the entry address, with its tables placed beside it. */
    static StartState flat(int bits, long entry, Layout layout) {
        if (!layout.holds(entry)) {
            throw new BadImage(ImageWording.ENTRY_OUTSIDE.with(ImageWording.hex(entry)));
        }
        return switch (bits) {
            case 16 -> flat16(entry);
            case 32 -> flat32(entry, layout);
            case 64 -> flat64(entry, layout);
            default -> throw new BadImage(ImageWording.NO_SUCH_BITS.with(bits));
        };
    }

    private static StartState flat16(long entry) {
        if (entry > 0xFFFF) {
            throw new BadImage(ImageWording.ENTRY_BEYOND_SEGMENT.with(ImageWording.hex(entry)));
        }
        return realMode(entry, general(RSP, 0x1000));
    }

    /** A boot sector as firmware starts it from the first floppy drive: DL is 0. */
    static StartState bootSector() {
        return realMode(BootSector.ADDRESS, general(RSP, BootSector.ADDRESS));
    }

    private static StartState realMode(long entry, List<Long> general) {
        var segment = new SegmentRegister.State(0, 0, 0xFFFF, REAL_MODE);
        return new StartState(
                16,
                general,
                entry,
                FLAGS,
                CR0_ET,
                0,
                0,
                0,
                Collections.nCopies(6, segment),
                TR,
                LDTR,
                new Table(0, 0xFFFF),
                REAL_MODE_VECTORS);
    }

    private static StartState flat32(long entry, Layout layout) {
        return protectedMode(entry, general(RSP, 0), placeDescriptors(CODE_32, layout));
    }

    /** What the multiboot specification promises; it leaves ESP and the tables open, which are 0 here. */
    static StartState multiboot(long entry, long information) {
        List<Long> general = new ArrayList<>(general(RAX, 0x2BADB002L));
        general.set(RBX, information);
        return protectedMode(entry, general, NONE);
    }

    /**
     * What docs/misc/pvh.pandoc of Xen promises: flat segments, a TSS of 104 bytes at 0, CR0.PE alone; the rest is left open, and 0 here, selectors too.
     */
    static StartState pvh(long entry, long information) {
        var code = new SegmentRegister.State(0, 0, WHOLE_SPACE, CODE_32);
        var data = new SegmentRegister.State(0, 0, WHOLE_SPACE, DATA_32);
        var none = new SegmentRegister.State(0, 0, 0, SegmentRegister.UNUSABLE);
        return new StartState(
                32,
                general(RBX, information),
                entry,
                FLAGS,
                CR0_PE | CR0_ET,
                0,
                0,
                0,
                List.of(data, code, data, data, none, none),
                new SegmentRegister.State(0, 0, 0x67, 0x8B),
                LDTR,
                NONE,
                NONE);
    }

    private static StartState protectedMode(long entry, List<Long> general, Table gdtr) {
        return new StartState(
                32, general, entry, FLAGS, CR0_PE | CR0_ET, 0, 0, 0, segments(CODE_32), TR, LDTR, gdtr, NONE);
    }

    private static StartState flat64(long entry, Layout layout) {
        Table gdtr = placeDescriptors(CODE_64, layout);
        layout.place(ImageWording.START_PAGE_TABLES.with(), PAGE_TABLES, identityMap());
        return new StartState(
                64,
                general(RSP, 0),
                entry,
                FLAGS,
                CR0_PE | CR0_ET | CR0_PG,
                PAGE_TABLES,
                CR4_PAE,
                EFER_LME | EFER_LMA,
                segments(CODE_64),
                TR,
                LDTR,
                gdtr,
                NONE);
    }

    /**
     * A program as Linux starts it for x86-64, before its stack is there: ring 3, with the selectors of {@code __USER_CS} and {@code
     * __USER_DS} (Linux, arch/x86/include/asm/segment.h), all registers 0, IF=1.
     */
    static StartState linuxProgram(long entry) {
        var none = new SegmentRegister.State(0, 0, 0, SegmentRegister.UNUSABLE);
        var code = new SegmentRegister.State(USER_CODE, 0, WHOLE_SPACE, CODE_64 | RING_3);
        var stack = new SegmentRegister.State(USER_DATA, 0, WHOLE_SPACE, DATA_32 | RING_3);
        return new StartState(
                64,
                general(RSP, 0),
                entry,
                FLAGS | INTERRUPT,
                CR0_PE | CR0_ET | CR0_PG | CR0_NE | CR0_WP,
                0,
                CR4_PAE,
                EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE,
                List.of(none, code, stack, none, none, none),
                TR,
                LDTR,
                NONE,
                NONE);
    }

    /**
     * A kernel as Xen starts it, before its tables and its stack are there: paging is on, at ring 3 with 64-bit code and at ring 1 with
     * 32-bit code, with Xen's flat selectors (public headers arch-x86/xen-x86_64.h and xen-x86_32.h); IF=1.
     */
    static StartState xenKernel(int bits, long entry) {
        boolean wide = bits == 64;
        var none = new SegmentRegister.State(0, 0, 0, SegmentRegister.UNUSABLE);
        var code = new SegmentRegister.State(
                wide ? XEN_CODE_64 : XEN_CODE_32, 0, WHOLE_SPACE, wide ? CODE_64 | RING_3 : CODE_32 | RING_1);
        var data = new SegmentRegister.State(
                wide ? XEN_DATA_64 : XEN_DATA_32, 0, WHOLE_SPACE, DATA_32 | (wide ? RING_3 : RING_1));
        return new StartState(
                bits,
                general(RSP, 0),
                entry,
                FLAGS | INTERRUPT,
                CR0_PE | CR0_ET | CR0_PG | CR0_NE | CR0_WP,
                0,
                CR4_PAE,
                wide ? EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE : EFER_NXE,
                wide ? List.of(none, code, data, none, none, none) : List.of(data, code, data, data, none, none),
                TR,
                LDTR,
                NONE,
                NONE);
    }

    private static List<Long> general(int register, long value) {
        List<Long> general = new ArrayList<>(Collections.nCopies(16, 0L));
        general.set(register, value);
        return general;
    }

    private static List<SegmentRegister.State> segments(int codeRights) {
        var code = new SegmentRegister.State(CODE_SELECTOR, 0, WHOLE_SPACE, codeRights);
        var data = new SegmentRegister.State(DATA_SELECTOR, 0, WHOLE_SPACE, DATA_32);
        return List.of(data, code, data, data, data, data);
    }

    private static Table placeDescriptors(int codeRights, Layout layout) {
        ByteBuffer table = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        table.putLong(0);
        table.putLong(Descriptor.of(0, 0xFFFFF, codeRights));
        table.putLong(Descriptor.of(0, 0xFFFFF, DATA_32));
        layout.place(ImageWording.START_DESCRIPTORS.with(), DESCRIPTOR_TABLE, table.array());
        return new Table(DESCRIPTOR_TABLE, 23);
    }

    /** SDM 3A, 4-Level Paging: present and writable is 3, a page of 2 MiB has bit 7. */
    private static byte[] identityMap() {
        ByteBuffer tables = ByteBuffer.allocate(6 * 0x1000).order(ByteOrder.LITTLE_ENDIAN);
        tables.putLong(0, PAGE_TABLES + 0x1000 | 3);
        for (int gigabyte = 0; gigabyte < 4; gigabyte++) {
            tables.putLong(0x1000 + 8 * gigabyte, PAGE_TABLES + 0x2000 + 0x1000L * gigabyte | 3);
        }
        for (int page = 0; page < 2048; page++) {
            tables.putLong(0x2000 + 8 * page, ((long) page << 21) | 0x83);
        }
        return tables.array();
    }
}
