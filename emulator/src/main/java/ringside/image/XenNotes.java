package ringside.image;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * What a kernel says to Xen in its ELF notes of the name {@code Xen} (Xen's public header elfnote.h). They lie in segments of type
 * PT_NOTE, or where none of those holds any, in sections of type SHT_NOTE.
 *
 * @param numbers the notes whose value is a number
 * @param texts the notes whose value is a text
 */
public record XenNotes(Map<Note, Long> numbers, Map<Note, String> texts) {
    /** What a note may say, with its type's number. */
    public enum Note {
        /** Linear address of the first instruction of a paravirtualized kernel. */
        ENTRY(1),
        /** Linear address of the page that Xen fills with the ways into itself. */
        HYPERCALL_PAGE(2),
        /** Linear address to which physical frame 0 is mapped. */
        VIRT_BASE(3),
        /** What the ELF file's physical addresses have too much. */
        PADDR_OFFSET(4),
        /** The interface that the kernel was made for: {@code xen-3.0}. */
        XEN_VERSION(5),
        GUEST_OS(6),
        GUEST_VERSION(7),
        /** Who can load it: {@code generic}. */
        LOADER(8),
        /** Of 32-bit kernels: {@code yes} or {@code bimodal} where it uses three levels of page tables. */
        PAE_MODE(9),
        /** Names of features with | between them; ! before one that it cannot do without. */
        FEATURES(10),
        BSD_SYMTAB(11),
        /** Lowest linear address that the hypervisor may keep for itself. */
        HV_START_LOW(12),
        SUSPEND_CANCEL(14),
        /** Linear address at which the kernel wants its table from pseudo-physical frames to machine frames. */
        INIT_P2M(15),
        /** Not 0: the initial RAM disk need not be mapped, {@code mod_start} is a frame number. */
        MOD_START_PFN(16),
        /** One bit for each feature that it can use. */
        SUPPORTED_FEATURES(17),
        /** Physical address of the first instruction of a kernel that starts in 32-bit protected mode (PVH). */
        PHYS32_ENTRY(18);

        private static final List<Note> TEXTS =
                List.of(XEN_VERSION, GUEST_OS, GUEST_VERSION, LOADER, PAE_MODE, FEATURES, BSD_SYMTAB);

        private final int type;

        Note(int type) {
            this.type = type;
        }

        private static Optional<Note> of(long type) {
            return Stream.of(values()).filter(note -> note.type == type).findFirst();
        }
    }

    /** Features by the numbers of Xen's public header features.h, as far as notes may name them. */
    private static final List<String> FEATURE_NAMES = List.of(
            "writable_page_tables",
            "writable_descriptor_tables",
            "auto_translated_physmap",
            "supervisor_mode_kernel",
            "pae_pgdir_above_4gb",
            "hvm_callback_vector",
            "dom0");

    private static final int MOST_NOTES = 4096;
    private static final int LONGEST_TEXT = 1024;
    private static final int HEADER = 12;

    public XenNotes {
        numbers = Collections.unmodifiableMap(numbers);
        texts = Collections.unmodifiableMap(texts);
    }

    /** The notes of an ELF file; without any where it has none for Xen. */
    static XenNotes read(FileBytes file, ElfHeaders headers) {
        var reader = new Reader(file);
        reader.read(headers);
        return new XenNotes(reader.numbers, reader.texts);
    }

    /** Has an ELF file any note for Xen, whole or damaged? */
    static boolean isIn(FileBytes file, ElfHeaders headers) {
        var reader = new Reader(file);
        try {
            reader.read(headers);
        } catch (BadImage damaged) {
            return reader.found > 0;
        }
        return reader.found > 0;
    }

    public OptionalLong number(Note note) {
        Long value = numbers.get(note);
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }

    /** What a note says, or nothing. */
    public String text(Note note) {
        return texts.getOrDefault(note, "");
    }

    /** Features without which the kernel cannot run. */
    public List<String> requiredFeatures() {
        return Stream.of(text(Note.FEATURES).split("\\|"))
                .filter(name -> name.startsWith("!"))
                .map(name -> name.substring(1))
                .toList();
    }

    /** Those of the required features that do not exist. */
    List<String> unknownFeatures() {
        List<String> unknown = new ArrayList<>(requiredFeatures());
        unknown.removeAll(FEATURE_NAMES);
        return unknown;
    }

    /** Goes through tables of notes: three words (sizes of name and value, type), then name and value, each padded to four bytes. */
    private static final class Reader {
        private final FileBytes file;
        private final Map<Note, Long> numbers = new EnumMap<>(Note.class);
        private final Map<Note, String> texts = new EnumMap<>(Note.class);
        private int read;
        private int found;

        Reader(FileBytes file) {
            this.file = file;
        }

        void read(ElfHeaders headers) {
            headers.programs().stream()
                    .filter(header -> header.type() == ElfHeaders.Program.NOTE && header.offset() != 0)
                    .forEach(header -> read(header.offset(), header.inFile()));
            if (found == 0) {
                headers.sections().stream()
                        .filter(header -> header.type() == ElfHeaders.Section.NOTE)
                        .forEach(header -> read(header.offset(), header.size()));
            }
        }

        private void read(long start, long size) {
            if (!file.holds(start, size)) {
                throw new BadImage(ImageWording.NOTES_BEYOND_FILE.with());
            }
            long end = start + size;
            for (long at = start; at + HEADER <= end; ) {
                if (++read > MOST_NOTES) {
                    throw new BadImage(ImageWording.NOTES_MANY.with(MOST_NOTES));
                }
                long nameSize = file.word(at);
                long valueSize = file.word(at + 4);
                long value = at + HEADER + padded(nameSize);
                long next = value + padded(valueSize);
                if (value + valueSize > end) {
                    throw new BadImage(ImageWording.NOTE_TOO_LONG.with(ImageWording.hex(at)));
                }
                if (isXen(at + HEADER, nameSize)) {
                    found++;
                    var note = Note.of(file.word(at + 8));
                    if (note.isPresent()) {
                        keep(note.get(), value, valueSize);
                    }
                }
                at = next;
            }
        }

        private static long padded(long size) {
            return size + 3 & ~3L;
        }

        private boolean isXen(long at, long size) {
            return size == 4
                    && file.byteAt(at) == 'X'
                    && file.byteAt(at + 1) == 'e'
                    && file.byteAt(at + 2) == 'n'
                    && file.byteAt(at + 3) == 0;
        }

        private void keep(Note note, long value, long size) {
            if (Note.TEXTS.contains(note)) {
                texts.put(note, text(note, value, size));
            } else {
                numbers.put(note, number(note, value, size));
            }
        }

        private String text(Note note, long at, long size) {
            StringBuilder text = new StringBuilder();
            for (long i = at; i < at + size; i++) {
                int c = file.byteAt(i);
                if (c == 0) {
                    return text.toString();
                }
                if (text.length() == LONGEST_TEXT) {
                    break;
                }
                text.append((char) c);
            }
            throw new BadImage(ImageWording.NOTE_TEXT_OPEN.with(note.name(), LONGEST_TEXT));
        }

        private long number(Note note, long at, long size) {
            if (size == 8) {
                return file.doubleWord(at);
            }
            if (size == 4) {
                return file.word(at);
            }
            throw new BadImage(ImageWording.NOTE_NUMBER_SIZE.with(note.name(), size));
        }
    }
}
