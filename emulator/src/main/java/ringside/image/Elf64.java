package ringside.image;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import ringside.isa.Message;

/** Reads static x86-64 executables; System V ABI, Object Files and Program Loading. */
final class Elf64 {
    private static final int HEADER = 64;
    private static final int EXECUTABLE = 2;
    private static final int X86_64 = 62;
    private static final int LOADABLE = 1;
    private static final int DYNAMIC = 2;
    private static final int INTERPRETER = 3;
    private static final int MOST_SEGMENTS = 64;
    private static final long PAGE = 0x1000;

    /** Where user space ends with four levels of page tables, one page before the hole. */
    private static final long USER_END = 0x7FFF_FFFF_F000L;

    private Elf64() {}

    static boolean recognizes(byte[] bytes) {
        return Elf32.recognizes(bytes) && bytes.length > 4 && bytes[4] == 2;
    }

    static LinuxProgram read(byte[] bytes) {
        FileBytes file = new FileBytes(bytes, ImageWording.ELF_FILE.with());
        if (!file.holds(0, HEADER) || file.byteAt(5) != 1) {
            throw new BadImage(ImageWording.ELF_64_HEADER.with());
        }
        if (file.half(16) != EXECUTABLE || file.half(18) != X86_64) {
            throw new BadImage(ImageWording.ELF_64_NOT_EXECUTABLE.with());
        }
        long headers = file.doubleWord(32);
        int size = file.half(54);
        int count = file.half(56);
        if (count == 0 || count > MOST_SEGMENTS || size != LinuxProgram.HEADER_SIZE) {
            throw new BadImage(ImageWording.ELF_64_HEADERS.with(count, size, MOST_SEGMENTS, LinuxProgram.HEADER_SIZE));
        }
        List<LinuxProgram.Load> loads = new ArrayList<>();
        long inMemory = 0;
        for (int i = 0; i < count; i++) {
            long header = headers + (long) i * size;
            int type = (int) file.word(header);
            if (type == INTERPRETER || type == DYNAMIC) {
                throw new BadImage(ImageWording.ELF_DYNAMIC.with());
            }
            if (type == LOADABLE && file.doubleWord(header + 40) != 0) {
                loads.add(segment(file, header, i));
            }
        }
        loads.sort(Comparator.comparingLong(LinuxProgram.Load::address));
        long entry = file.doubleWord(24);
        boolean holdsEntry = false;
        for (int i = 0; i < loads.size(); i++) {
            LinuxProgram.Load load = loads.get(i);
            if (i > 0 && (load.address() & -PAGE) < loads.get(i - 1).end()) {
                throw new BadImage(ImageWording.ELF_SHARED_PAGE.with(ImageWording.hex(load.address() & -PAGE)));
            }
            holdsEntry |= entry >= load.address() && entry < load.end() && (load.rights() & LinuxProgram.EXECUTE) != 0;
            if (headers >= load.offset() && headers + (long) count * size <= load.offset() + load.inFile()) {
                inMemory = load.address() + headers - load.offset();
            }
        }
        if (!holdsEntry) {
            throw new BadImage(ImageWording.ELF_ENTRY_NOT_EXECUTABLE.with(ImageWording.hex(entry)));
        }
        return new LinuxProgram(new FileContent(bytes), entry, inMemory, count, loads);
    }

    private static LinuxProgram.Load segment(FileBytes file, long header, int number) {
        long offset = file.doubleWord(header + 8);
        long address = file.doubleWord(header + 16);
        long inFile = file.doubleWord(header + 32);
        long inMemory = file.doubleWord(header + 40);
        Message what = ImageWording.ELF_SEGMENT.with(number);
        if (inFile < 0 || inFile > inMemory) {
            throw new BadImage(ImageWording.ELF_SEGMENT_SIZE.with(what));
        }
        if (!file.holds(offset, inFile)) {
            throw new BadImage(ImageWording.ELF_BEYOND_FILE.with(what));
        }
        if (address < PAGE || inMemory < 0 || address > USER_END || inMemory > USER_END - address) {
            throw new BadImage(ImageWording.ELF_OUTSIDE_USER_SPACE.with(
                    what, ImageWording.hex(inMemory), ImageWording.hex(address)));
        }
        if ((offset & PAGE - 1) != (address & PAGE - 1)) {
            throw new BadImage(ImageWording.ELF_PLACE_IN_PAGE.with(what));
        }
        return new LinuxProgram.Load(address, offset, inFile, inMemory, (int) file.word(header + 4) & 7);
    }
}
