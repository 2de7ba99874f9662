package ringside.image;

import java.util.ArrayList;
import java.util.List;

/**
 * The headers of an ELF file of either class (System V ABI, ELF Header; Program Header; Sections).
 *
 * @param bits 32 or 64
 * @param type what kind of object file it is; 2 is an executable
 * @param machine the processor that it is for
 * @param entry linear address of the first instruction
 * @param programs the program headers; those that lie beyond the file are not there
 * @param sections the section headers; those that lie beyond the file are not there
 */
record ElfHeaders(int bits, int type, int machine, long entry, List<Program> programs, List<Section> sections) {
    static final int EXECUTABLE = 2;
    static final int INTEL_386 = 3;
    static final int X86_64 = 62;

    private static final int LITTLE_ENDIAN = 1;
    private static final int MOST = 1024;

    /** A program header. */
    record Program(int type, int rights, long offset, long linear, long physical, long inFile, long inMemory) {
        static final int LOADABLE = 1;
        static final int NOTE = 4;
    }

    /** A section header. */
    record Section(int type, long offset, long size) {
        static final int NOTE = 7;
    }

    /** @throws BadImage where the file does not hold the header itself */
    static ElfHeaders read(FileBytes file) {
        boolean wide = file.byteAt(4) == 2;
        if (file.byteAt(5) != LITTLE_ENDIAN || !wide && file.byteAt(4) != 1) {
            throw new BadImage(ImageWording.ELF_NEITHER_CLASS.with());
        }
        return wide ? of64(file) : of32(file);
    }

    private static ElfHeaders of32(FileBytes file) {
        List<Program> programs = new ArrayList<>();
        for (long at : places(file, file.word(28), file.half(42), file.half(44), 32)) {
            programs.add(new Program(
                    (int) file.word(at),
                    (int) file.word(at + 24),
                    file.word(at + 4),
                    file.word(at + 8),
                    file.word(at + 12),
                    file.word(at + 16),
                    file.word(at + 20)));
        }
        List<Section> sections = new ArrayList<>();
        for (long at : places(file, file.word(32), file.half(46), file.half(48), 40)) {
            sections.add(new Section((int) file.word(at + 4), file.word(at + 16), file.word(at + 20)));
        }
        return new ElfHeaders(32, file.half(16), file.half(18), file.word(24), programs, sections);
    }

    private static ElfHeaders of64(FileBytes file) {
        List<Program> programs = new ArrayList<>();
        for (long at : places(file, file.doubleWord(32), file.half(54), file.half(56), 56)) {
            programs.add(new Program(
                    (int) file.word(at),
                    (int) file.word(at + 4),
                    file.doubleWord(at + 8),
                    file.doubleWord(at + 16),
                    file.doubleWord(at + 24),
                    file.doubleWord(at + 32),
                    file.doubleWord(at + 40)));
        }
        List<Section> sections = new ArrayList<>();
        for (long at : places(file, file.doubleWord(40), file.half(58), file.half(60), 64)) {
            sections.add(new Section((int) file.word(at + 4), file.doubleWord(at + 24), file.doubleWord(at + 32)));
        }
        return new ElfHeaders(64, file.half(16), file.half(18), file.doubleWord(24), programs, sections);
    }

    /** Where the entries of a table lie, as far as the file holds them. */
    private static List<Long> places(FileBytes file, long table, int size, int count, int least) {
        List<Long> places = new ArrayList<>();
        for (int i = 0; i < Math.min(count, MOST) && size >= least; i++) {
            long at = table + (long) i * size;
            if (!file.holds(at, least)) {
                break;
            }
            places.add(at);
        }
        return places;
    }
}
