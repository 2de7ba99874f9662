package ringside.image;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import ringside.isa.Definition;
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
 * @param definitions macros that are there before a source's first line
 * @param domain0 the kernel that runs beside the guest under Xen, whatever its source says; empty: as that says
 */
public record ImageOptions(
        OptionalInt bits,
        OptionalLong load,
        OptionalLong entry,
        long memory,
        String commandLine,
        SourceFolder folder,
        List<Definition> definitions,
        Optional<GuestImage> domain0) {
    /** Nothing said. */
    public static final ImageOptions DEFAULT = new ImageOptions(
            OptionalInt.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            MemorySize.DEFAULT,
            "",
            SourceFolder.NONE,
            List.of(),
            Optional.empty());

    public ImageOptions {
        definitions = List.copyOf(definitions);
        MemorySize.checked(memory);
        if (commandLine.length() > 1024 || commandLine.indexOf('\0') >= 0) {
            throw new BadImage(ImageWording.COMMAND_LINE.with());
        }
    }

    public ImageOptions withBits(int value) {
        return new ImageOptions(OptionalInt.of(value), load, entry, memory, commandLine, folder, definitions, domain0);
    }

    public ImageOptions withLoad(long value) {
        return new ImageOptions(bits, OptionalLong.of(value), entry, memory, commandLine, folder, definitions, domain0);
    }

    public ImageOptions withEntry(long value) {
        return new ImageOptions(bits, load, OptionalLong.of(value), memory, commandLine, folder, definitions, domain0);
    }

    public ImageOptions withMemory(long value) {
        return new ImageOptions(bits, load, entry, value, commandLine, folder, definitions, domain0);
    }

    public ImageOptions withCommandLine(String value) {
        return new ImageOptions(bits, load, entry, memory, value, folder, definitions, domain0);
    }

    public ImageOptions withFolder(SourceFolder value) {
        return new ImageOptions(bits, load, entry, memory, commandLine, value, definitions, domain0);
    }

    public ImageOptions withDefinitions(List<Definition> value) {
        return new ImageOptions(bits, load, entry, memory, commandLine, folder, value, domain0);
    }

    public ImageOptions withDomain0(GuestImage value) {
        return new ImageOptions(bits, load, entry, memory, commandLine, folder, definitions, Optional.of(value));
    }
}
