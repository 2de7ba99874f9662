package ringside.image;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import ringside.image.XenNotes.Note;

/**
 * A kernel that was made for Xen: an ELF file of 32 or 64-bit x86 code whose notes say how a domain of it is built (Xen's public header
 * elfnote.h). Pseudo-physical frame 0 of its domain is mapped to {@link #virtualBase}.
 *
 * @param file the whole file
 * @param bits 32 or 64
 * @param entry linear address of the first instruction
 * @param segments what is loaded, in the order of the file
 * @param notes what it says to Xen
 */
public record XenKernel(FileContent file, int bits, long entry, List<Load> segments, XenNotes notes) {
    /**
     * A loadable segment.
     *
     * @param physical pseudo-physical address, with what {@link Note#PADDR_OFFSET} says taken away
     * @param offset in the file
     * @param inFile bytes that come from the file
     * @param inMemory bytes in memory, not less; the rest is zero
     */
    public record Load(long physical, long offset, long inFile, long inMemory) {
        public long end() {
            return physical + inMemory;
        }
    }

    private static final int MOST_SEGMENTS = 64;

    public XenKernel {
        segments = List.copyOf(segments);
    }

    /** Is it an ELF file that says anything to Xen? */
    static boolean recognizes(byte[] bytes) {
        if (!Elf32.recognizes(bytes)) {
            return false;
        }
        FileBytes file = new FileBytes(bytes, ImageWording.ELF_FILE.with());
        try {
            return XenNotes.isIn(file, ElfHeaders.read(file));
        } catch (BadImage damaged) {
            return false;
        }
    }

    /**
     * Reads an ELF file.
     *
     * @param memory bytes of RAM that its domain has
     * @throws BadImage if it is no kernel for Xen, or damaged
     */
    static XenKernel read(byte[] bytes, long memory) {
        FileBytes file = new FileBytes(bytes, ImageWording.ELF_FILE.with());
        ElfHeaders headers = ElfHeaders.read(file);
        int machine = headers.bits() == 64 ? ElfHeaders.X86_64 : ElfHeaders.INTEL_386;
        if (headers.type() != ElfHeaders.EXECUTABLE || headers.machine() != machine) {
            throw new BadImage(ImageWording.XEN_NOT_EXECUTABLE.with());
        }
        XenNotes notes = XenNotes.read(file, headers);
        long entry = notes.number(Note.ENTRY).orElse(headers.entry());
        XenKernel kernel = new XenKernel(
                new FileContent(bytes), headers.bits(), entry, segments(file, headers, notes, memory), notes);
        kernel.check();
        return kernel;
    }

    private static List<Load> segments(FileBytes file, ElfHeaders headers, XenNotes notes, long memory) {
        long tooMuch = notes.number(Note.PADDR_OFFSET).orElse(0);
        long mask = headers.bits() == 64 ? -1 : 0xFFFF_FFFFL;
        List<Load> segments = new ArrayList<>();
        for (int i = 0; i < headers.programs().size(); i++) {
            ElfHeaders.Program header = headers.programs().get(i);
            if (header.type() != ElfHeaders.Program.LOADABLE || (header.rights() & 7) == 0 || header.inMemory() == 0) {
                continue;
            }
            var what = ImageWording.ELF_SEGMENT.with(i);
            if (header.inFile() < 0 || header.inFile() > header.inMemory() && header.inMemory() >= 0) {
                throw new BadImage(ImageWording.ELF_SEGMENT_SIZE.with(what));
            }
            if (!file.holds(header.offset(), header.inFile())) {
                throw new BadImage(ImageWording.ELF_BEYOND_FILE.with(what));
            }
            long physical = header.physical() - tooMuch & mask;
            if (physical < 0 || header.inMemory() < 0 || physical > memory || header.inMemory() > memory - physical) {
                throw new BadImage(ImageWording.BEYOND_MEMORY.with(
                        what,
                        ImageWording.hex(header.inMemory()),
                        ImageWording.hex(physical),
                        ImageWording.hex(memory)));
            }
            segments.add(new Load(physical, header.offset(), header.inFile(), header.inMemory()));
        }
        if (segments.isEmpty() || segments.size() > MOST_SEGMENTS) {
            throw new BadImage(ImageWording.XEN_SEGMENTS.with(segments.size(), MOST_SEGMENTS));
        }
        return segments;
    }

    /** As Xen's own loader checks notes and addresses before it builds a domain. */
    private void check() {
        if (!notes.unknownFeatures().isEmpty()) {
            throw new BadImage(ImageWording.XEN_UNKNOWN_FEATURES.with(String.join(", ", notes.unknownFeatures())));
        }
        if (!isParavirtual()) {
            if (notes.number(Note.PHYS32_ENTRY).isEmpty()) {
                throw new BadImage(ImageWording.XEN_NO_LOADER.with(
                        notes.text(Note.LOADER), notes.text(Note.GUEST_OS), notes.text(Note.XEN_VERSION)));
            }
            return;
        }
        if (notes.number(Note.PADDR_OFFSET).isPresent()
                && notes.number(Note.VIRT_BASE).isEmpty()) {
            throw new BadImage(ImageWording.XEN_NO_VIRTUAL_BASE.with());
        }
        if (bits == 32 && !usesPae()) {
            throw new BadImage(ImageWording.XEN_NO_PAE.with());
        }
        if (outside(entry)) {
            throw new BadImage(ImageWording.XEN_ENTRY.with(
                    ImageWording.hex(entry), ImageWording.hex(virtual(start())), ImageWording.hex(virtual(end()))));
        }
        OptionalLong page = hypercallPage();
        if (page.isPresent() && (page.getAsLong() & 0xFFF) != 0) {
            throw new BadImage(ImageWording.XEN_HYPERCALL_PAGE.with(ImageWording.hex(page.getAsLong())));
        }
    }

    private boolean outside(long linear) {
        return Long.compareUnsigned(linear, virtual(start())) < 0 || Long.compareUnsigned(linear, virtual(end())) >= 0;
    }

    private boolean usesPae() {
        String mode = notes.text(Note.PAE_MODE);
        return mode.startsWith("yes") || mode.contains("bimodal");
    }

    /** Can it start in a paravirtualized domain? Others start as PVH alone, at {@link Note#PHYS32_ENTRY}. */
    public boolean isParavirtual() {
        return (notes.text(Note.LOADER).startsWith("generic")
                        || notes.text(Note.GUEST_OS).startsWith("linux"))
                && notes.text(Note.XEN_VERSION).startsWith("xen-3.0");
    }

    /** Linear address of pseudo-physical address 0. */
    public long virtualBase() {
        return notes.number(Note.VIRT_BASE).orElse(0);
    }

    /** Linear address of a pseudo-physical one. */
    public long virtual(long physical) {
        long linear = virtualBase() + physical;
        return bits == 64 ? linear : linear & 0xFFFF_FFFFL;
    }

    /** Lowest pseudo-physical address that is loaded. */
    public long start() {
        return segments.stream().mapToLong(Load::physical).min().orElseThrow();
    }

    /** Pseudo-physical address behind the last byte that is loaded. */
    public long end() {
        return segments.stream().mapToLong(Load::end).max().orElseThrow();
    }

    /** Linear address of the page that Xen fills with the ways into itself. */
    public OptionalLong hypercallPage() {
        return notes.number(Note.HYPERCALL_PAGE);
    }
}
