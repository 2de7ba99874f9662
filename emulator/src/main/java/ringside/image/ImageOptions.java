package ringside.image;

import java.util.OptionalInt;
import java.util.OptionalLong;
import ringside.isa.SourceFolder;

/**
 * What the user says about an image.
 *
 * @param bits size of the code of a flat image; empty: 16, or what a source says itself
 * @param load physical address of a flat image; empty: 1000H, or what the image says itself
 * @param entry address of the first instruction; empty: what the image says itself, or its load address
 * @param memory bytes of RAM
 * @param commandLine what a multiboot kernel is told
 * @param folder the files that a source may include
 */
public record ImageOptions(
        OptionalInt bits, OptionalLong load, OptionalLong entry, long memory, String commandLine, SourceFolder folder) {
    /** Nothing said. */
    public static final ImageOptions DEFAULT = new ImageOptions(
            OptionalInt.empty(), OptionalLong.empty(), OptionalLong.empty(), MemorySize.DEFAULT, "", SourceFolder.NONE);

    public ImageOptions {
        MemorySize.checked(memory);
        if (commandLine.length() > 1024 || commandLine.indexOf('\0') >= 0) {
            throw new BadImage(ImageWording.COMMAND_LINE.with());
        }
    }

    public ImageOptions withBits(int value) {
        return new ImageOptions(OptionalInt.of(value), load, entry, memory, commandLine, folder);
    }

    public ImageOptions withLoad(long value) {
        return new ImageOptions(bits, OptionalLong.of(value), entry, memory, commandLine, folder);
    }

    public ImageOptions withEntry(long value) {
        return new ImageOptions(bits, load, OptionalLong.of(value), memory, commandLine, folder);
    }

    public ImageOptions withMemory(long value) {
        return new ImageOptions(bits, load, entry, value, commandLine, folder);
    }

    public ImageOptions withCommandLine(String value) {
        return new ImageOptions(bits, load, entry, memory, value, folder);
    }

    public ImageOptions withFolder(SourceFolder value) {
        return new ImageOptions(bits, load, entry, memory, commandLine, value);
    }
}
