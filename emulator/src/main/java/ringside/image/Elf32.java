package ringside.image;

import java.util.LinkedHashMap;
import java.util.Map;
import ringside.isa.Message;

/**
 * A statically linked 32-bit x86 program; System V ABI, Object Files and Program Loading.
 *
 * @param entry physical address of the first instruction
 * @param symbols addresses by name, as linked
 */
record Elf32(long entry, Map<String, Long> symbols) {
    private static final int HEADER = 52;
    private static final int EXECUTABLE = 2;
    private static final int INTEL_386 = 3;
    private static final int LOADABLE = 1;
    private static final int PROGRAM_HEADER = 32;
    private static final int MOST_SEGMENTS = 64;
    private static final int SECTION_HEADER = 40;
    private static final int SYMBOL_TABLE = 2;
    private static final int SYMBOL = 16;
    private static final int MOST_SYMBOLS = 20_000;
    private static final int MOST_NAME = 200;

    static boolean recognizes(byte[] bytes) {
        return bytes.length >= 4 && bytes[0] == 0x7F && bytes[1] == 'E' && bytes[2] == 'L' && bytes[3] == 'F';
    }

    /** Places the loadable segments at their physical addresses. */
    static Elf32 load(byte[] bytes, Layout layout) {
        FileBytes file = new FileBytes(bytes, ImageWording.ELF_FILE.with());
        if (!file.holds(0, HEADER) || file.byteAt(4) != 1 || file.byteAt(5) != 1) {
            throw new BadImage(ImageWording.ELF_NOT_32.with());
        }
        if (file.half(16) != EXECUTABLE || file.half(18) != INTEL_386) {
            throw new BadImage(ImageWording.ELF_NOT_EXECUTABLE.with());
        }
        long linkedEntry = file.word(24);
        long headers = file.word(28);
        int size = file.half(42);
        int count = file.half(44);
        if (count > 0 && size < PROGRAM_HEADER) {
            throw new BadImage(ImageWording.ELF_HEADER_SIZE.with(size));
        }
        if (count > MOST_SEGMENTS) {
            throw new BadImage(ImageWording.ELF_MANY_HEADERS.with(count, MOST_SEGMENTS));
        }
        long entry = -1;
        for (int i = 0; i < count; i++) {
            long header = headers + (long) i * size;
            if (file.word(header) != LOADABLE) {
                continue;
            }
            long offset = file.word(header + 4);
            long linked = file.word(header + 8);
            long physical = file.word(header + 12);
            long inFile = file.word(header + 16);
            long inMemory = file.word(header + 20);
            if (inFile > inMemory) {
                throw new BadImage(ImageWording.ELF_SEGMENT_SIZE.with(ImageWording.ELF_SEGMENT.with(i)));
            }
            Message what = ImageWording.ELF_SEGMENT.with(i);
            layout.place(what, physical, file.slice(offset, inFile));
            layout.reserve(ImageWording.ELF_ZEROED.with(what), physical + inFile, inMemory - inFile);
            if (linkedEntry >= linked && linkedEntry - linked < inMemory) {
                entry = linkedEntry - linked + physical;
            }
        }
        if (entry < 0) {
            throw new BadImage(ImageWording.ELF_ENTRY.with(ImageWording.hex(linkedEntry)));
        }
        return new Elf32(entry, symbols(file));
    }

    /** The names of the symbol table. They only serve people, so a table that is damaged counts as none. */
    private static Map<String, Long> symbols(FileBytes file) {
        Map<String, Long> symbols = new LinkedHashMap<>();
        long sections = file.word(32);
        int count = file.half(48);
        for (int i = 0; i < count && file.half(46) == SECTION_HEADER; i++) {
            long section = sections + (long) i * SECTION_HEADER;
            if (file.holds(section, SECTION_HEADER) && file.word(section + 4) == SYMBOL_TABLE) {
                long names = sections + file.word(section + 24) * SECTION_HEADER;
                if (file.holds(names, SECTION_HEADER)) {
                    read(file, section, file.word(names + 16), symbols);
                }
            }
        }
        return symbols;
    }

    private static void read(FileBytes file, long section, long names, Map<String, Long> symbols) {
        long table = file.word(section + 16);
        long size = file.word(section + 20);
        for (long at = table; at + SYMBOL <= table + size && symbols.size() < MOST_SYMBOLS; at += SYMBOL) {
            if (!file.holds(at, SYMBOL)) {
                return;
            }
            int type = file.byteAt(at + 12) & 15;
            int section16 = file.half(at + 14);
            boolean isPlace = type <= 2 && section16 != 0 && section16 < 0xFF00; // untyped, object or function
            String name = isPlace ? name(file, names + file.word(at)) : "";
            if (!name.isEmpty()) {
                symbols.putIfAbsent(name, file.word(at + 4));
            }
        }
    }

    private static String name(FileBytes file, long at) {
        StringBuilder name = new StringBuilder();
        for (long i = at; file.holds(i, 1) && file.byteAt(i) != 0; i++) {
            if (name.length() == MOST_NAME) {
                return "";
            }
            name.append((char) file.byteAt(i));
        }
        return name.toString();
    }
}
