package ringside.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The Boot information format of the Multiboot Specification: memory sizes, memory map, command line and the loader's
 * name, in one or two free pages of the guest's memory.
 *
 * <pre>
 *   0  flags           16 command line     44 length of map   64 loader's name
 *   4  lower memory    ...                 48 address of map  ...
 *   8  upper memory                                           88 the map, then the texts
 * </pre>
 */
final class MultibootInformation {
    private static final int FLAG_MEMORY = 1 << 0;
    private static final int FLAG_COMMAND_LINE = 1 << 2;
    private static final int FLAG_MAP = 1 << 6;
    private static final int FLAG_LOADER_NAME = 1 << 9;
    private static final int MAP = 88;
    private static final int MAP_ENTRY = 24;
    private static final int TEXTS = MAP + 3 * MAP_ENTRY;
    private static final int RAM = 1;
    private static final int RESERVED = 2;
    /** Where the video memory and the firmware of a PC begin, and where they end. */
    private static final long LOWER_END = 0xA0000;

    private static final long UPPER_START = 0x100000;

    private MultibootInformation() {}

    /** Puts the structure into free memory and returns its address. */
    static long place(ImageOptions options, Layout layout) {
        byte[] commandLine = text(options.commandLine());
        byte[] loaderName = text("Ringside");
        int size = TEXTS + commandLine.length + loaderName.length;
        long address = layout.free(ImageWording.MULTIBOOT_INFORMATION.with(), size);
        ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0, FLAG_MEMORY | FLAG_COMMAND_LINE | FLAG_MAP | FLAG_LOADER_NAME);
        out.putInt(4, (int) (LOWER_END >> 10));
        out.putInt(8, (int) ((options.memory() - UPPER_START) >> 10));
        out.putInt(16, (int) address + TEXTS);
        out.putInt(44, 3 * MAP_ENTRY);
        out.putInt(48, (int) address + MAP);
        out.putInt(64, (int) address + TEXTS + commandLine.length);
        out.position(MAP);
        entry(out, 0, LOWER_END, RAM);
        entry(out, LOWER_END, UPPER_START, RESERVED);
        entry(out, UPPER_START, options.memory(), RAM);
        out.put(commandLine).put(loaderName);
        layout.place(ImageWording.MULTIBOOT_INFORMATION.with(), address, out.array());
        return address;
    }

    /** The size of the rest of the entry, then first address, length and type. */
    private static void entry(ByteBuffer out, long first, long end, int type) {
        out.putInt(MAP_ENTRY - 4).putLong(first).putLong(end - first).putInt(type);
    }

    private static byte[] text(String text) {
        return (text + "\0").getBytes(StandardCharsets.UTF_8);
    }
}
