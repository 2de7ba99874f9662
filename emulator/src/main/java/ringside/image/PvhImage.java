package ringside.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import ringside.image.XenNotes.Note;

/**
 * A kernel for Xen as its domain starts by PVH: 32-bit protected mode without paging, at the physical address that its note PHYS32_ENTRY says, and
 * EBX leads to what it must know, {@code struct hvm_start_info} (Xen, public header arch-x86/hvm/start_info.h; docs/misc/pvh.pandoc).
 */
public final class PvhImage {
    private static final int MAGIC = 0x336E_C578;
    private static final int VERSION = 1;
    private static final int START_INFO = 56;
    private static final int PAGE = 4096;

    // struct hvm_memmap_table_entry.
    private static final int RAM = 1;
    private static final int RESERVED = 2;

    /** Pages that a domain's builder keeps below FF000000H: X86_HVM_NR_SPECIAL_PAGES. */
    private static final long SPECIAL = 0xFEFF_8000L;

    private static final long SPECIAL_LENGTH = 8 * PAGE;

    private PvhImage() {}

    /** Does the kernel say where it starts, with an address of 32 bits? */
    public static boolean holds(XenKernel kernel) {
        OptionalLong entry = entry(kernel);
        return entry.isPresent() && entry.getAsLong() >>> 32 == 0;
    }

    /** Is there room for the kernel and what its builder adds? */
    public static boolean fits(XenKernel kernel, long memory) {
        return startInfo(kernel) + PAGE <= memory;
    }

    private static OptionalLong entry(XenKernel kernel) {
        return kernel.notes().number(Note.PHYS32_ENTRY);
    }

    /** The first page behind the kernel. */
    private static long startInfo(XenKernel kernel) {
        return kernel.end() + PAGE - 1 & -PAGE;
    }

    /** @param image of a kernel that {@link #holds} */
    public static GuestImage of(GuestImage image) {
        XenKernel kernel = image.xenKernel().orElseThrow();
        List<Segment> segments = new ArrayList<>();
        byte[] file = kernel.file().toArray();
        for (XenKernel.Load load : kernel.segments()) {
            int from = (int) load.offset();
            segments.add(new Segment(load.physical(), Arrays.copyOfRange(file, from, from + (int) load.inFile())));
        }
        long information = startInfo(kernel);
        segments.add(new Segment(information, startInfo(information, image.memory())));
        return new GuestImage(
                image.name(),
                image.memory(),
                segments,
                StartStates.pvh(entry(kernel).orElseThrow(), information),
                image.symbols(),
                image.source(),
                image.lines(),
                image.milestones(),
                image.extensions(),
                image.program(),
                image.xenKernel());
    }

    private static byte[] startInfo(long address, long memory) {
        ByteBuffer out = ByteBuffer.allocate(START_INFO + 2 * 24).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(MAGIC).putInt(VERSION);
        out.putInt(0); // flags: no domain of privileges
        out.putInt(0).putLong(0); // no modules
        out.putLong(0); // no command line
        out.putLong(0); // no ACPI
        out.putLong(address + START_INFO).putInt(2).putInt(0);
        entry(out, 0, memory, RAM);
        entry(out, SPECIAL, SPECIAL_LENGTH, RESERVED);
        return out.array();
    }

    private static void entry(ByteBuffer out, long address, long length, int type) {
        out.putLong(address).putLong(length).putInt(type).putInt(0);
    }
}
