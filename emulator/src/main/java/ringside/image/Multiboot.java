package ringside.image;

import java.util.Map;
import java.util.OptionalInt;

/**
 * A kernel for any loader that follows the Multiboot Specification version 0.6.96: a header in the first 8 KiB, either
 * with address fields of its own or in an ELF file.
 */
final class Multiboot {
    private static final long MAGIC = 0x1BADB002L;
    private static final int SEARCHED = 8192;
    private static final int ALIGN_MODULES = 1 << 0;
    private static final int MEMORY_INFORMATION = 1 << 1;
    private static final int VIDEO_MODE = 1 << 2;
    private static final int ADDRESS_FIELDS = 1 << 16;
    private static final int MUST_BE_UNDERSTOOD = 0xFFFF;

    private Multiboot() {}

    /** The offset of the header: 4-byte aligned, with the magic number, and a checksum that makes three fields sum to 0. */
    static OptionalInt header(byte[] bytes) {
        FileBytes file = new FileBytes(bytes, ImageWording.KERNEL_FILE.with());
        for (int at = 0; at + 12 <= Math.min(SEARCHED, bytes.length); at += 4) {
            if (file.word(at) == MAGIC && (int) (MAGIC + file.word(at + 4) + file.word(at + 8)) == 0) {
                return OptionalInt.of(at);
            }
        }
        return OptionalInt.empty();
    }

    static GuestImage read(byte[] bytes, int header, String name, ImageOptions options) {
        FileBytes file = new FileBytes(bytes, ImageWording.KERNEL_FILE.with());
        long flags = file.word(header + 4);
        if ((flags & VIDEO_MODE) != 0) {
            throw new BadImage(ImageWording.VIDEO_MODE.with());
        }
        long unknown = flags & MUST_BE_UNDERSTOOD & ~(ALIGN_MODULES | MEMORY_INFORMATION);
        if (unknown != 0) {
            throw new BadImage(ImageWording.UNKNOWN_FEATURES.with(ImageWording.hex(unknown)));
        }
        Layout layout = new Layout(options.memory());
        long entry;
        Map<String, Long> symbols = Map.of();
        if ((flags & ADDRESS_FIELDS) != 0) {
            entry = loadByAddressFields(file, header, layout);
        } else if (Elf32.recognizes(bytes)) {
            Elf32 elf = Elf32.load(bytes, layout);
            entry = elf.entry();
            symbols = elf.symbols();
        } else {
            throw new BadImage(ImageWording.NO_ADDRESS_FIELDS.with());
        }
        long start = options.entry().orElse(entry);
        if (!layout.holds(start)) {
            throw new BadImage(ImageWording.ENTRY_OUTSIDE.with(ImageWording.hex(start)));
        }
        long information = MultibootInformation.place(options, layout);
        return GuestImage.binary(name, options.memory(), layout, StartStates.multiboot(start, information), symbols);
    }

    /** The Address Fields of the header. */
    private static long loadByAddressFields(FileBytes file, int header, Layout layout) {
        long headerAddress = file.word(header + 12);
        long load = file.word(header + 16);
        long loadEnd = file.word(header + 20);
        long zeroedEnd = file.word(header + 24);
        long entry = file.word(header + 28);
        long offset = header - (headerAddress - load);
        if (load > headerAddress || offset < 0) {
            throw new BadImage(ImageWording.HEADER_TOO_EARLY.with(ImageWording.hex(header), ImageWording.hex(load)));
        }
        long size = loadEnd == 0 ? file.size() - offset : loadEnd - load;
        if (size < 0 || !file.holds(offset, size)) {
            throw new BadImage(ImageWording.MORE_THAN_FILE.with(ImageWording.hex(load), ImageWording.hex(loadEnd)));
        }
        long end = load + size;
        if (zeroedEnd != 0 && zeroedEnd < end) {
            throw new BadImage(ImageWording.ZEROED_TOO_EARLY.with(ImageWording.hex(zeroedEnd), ImageWording.hex(end)));
        }
        layout.place(ImageWording.KERNEL.with(), load, file.slice(offset, size));
        if (zeroedEnd != 0) {
            layout.reserve(ImageWording.KERNEL_ZEROED.with(), end, zeroedEnd - end);
        }
        return entry;
    }
}
