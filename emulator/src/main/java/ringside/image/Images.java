package ringside.image;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** The kinds of guest files, and how each is recognized. */
public final class Images {
    /** What a guest file is. */
    public enum Kind {
        SOURCE,
        FLAT,
        BOOT_SECTOR,
        MULTIBOOT,
        XEN_KERNEL,
        LINUX_PROGRAM
    }

    private static final long DOMAIN_0_MEMORY = 16 << 20;

    private Images() {}

    /** What a file is taken for, by its name and bytes and by what is said of its start. */
    public static Kind kind(byte[] bytes, String fileName, ImageOptions options) {
        if (fileName.toLowerCase(Locale.ROOT).endsWith(".asm")) {
            return Kind.SOURCE;
        }
        if (options.load().isPresent()) {
            return Kind.FLAT;
        }
        if (BootSector.recognizes(bytes)) {
            return Kind.BOOT_SECTOR;
        }
        if (Multiboot.header(bytes).isPresent()) {
            return Kind.MULTIBOOT;
        }
        if (XenKernel.recognizes(bytes)) {
            return Kind.XEN_KERNEL;
        }
        return LinuxProgram.recognizes(bytes) ? Kind.LINUX_PROGRAM : Kind.FLAT;
    }

    /**
     * Makes a guest of a file: a source by its name, a boot sector, a multiboot kernel, a kernel for Xen, a Linux program,
     * or else a flat program. Whoever
     * says where a file that is no source shall be loaded means a flat program.
     *
     * @param fileName its last part becomes the guest's name
     * @throws BadImage if it cannot become a guest
     */
    public static GuestImage recognize(byte[] bytes, String fileName, ImageOptions options) {
        String name = fileName.substring(fileName.lastIndexOf('/') + 1);
        if (bytes.length == 0) {
            throw new BadImage(ImageWording.EMPTY_FILE.with(name));
        }
        if (name.toLowerCase(Locale.ROOT).endsWith(".asm")) {
            return AsmSource.read(bytes, name, options);
        }
        GuestImage image = binary(bytes, name, options);
        return options.domain0().map(image::beside).orElse(image);
    }

    /**
     * Makes the kernel of domain 0 of a file, a source or an ELF file; it has 16 MiB of memory of its own.
     *
     * @throws BadImage if it is no paravirtual kernel for Xen
     */
    public static GuestImage domain0(byte[] bytes, String fileName, ImageOptions options) {
        GuestImage image = recognize(bytes, fileName, options.withMemory(DOMAIN_0_MEMORY));
        if (image.xenKernel().filter(XenKernel::isParavirtual).isEmpty()) {
            throw new BadImage(ImageWording.NO_KERNEL_FOR_DOMAIN_0.with(image.name()));
        }
        return image;
    }

    private static GuestImage binary(byte[] bytes, String name, ImageOptions options) {
        if (options.load().isPresent()) {
            return FlatBinary.read(bytes, name, options);
        }
        if (BootSector.recognizes(bytes)) {
            return BootSector.read(bytes, name, options);
        }
        OptionalInt multiboot = Multiboot.header(bytes);
        if (multiboot.isPresent()) {
            return Multiboot.read(bytes, multiboot.getAsInt(), name, options);
        }
        if (XenKernel.recognizes(bytes)) {
            return GuestImage.xenKernel(name, options.memory(), XenKernel.read(bytes, options.memory()));
        }
        if (LinuxProgram.recognizes(bytes)) {
            LinuxProgram program = LinuxProgram.read(bytes);
            return new GuestImage(
                    name,
                    options.memory(),
                    List.of(),
                    StartStates.linuxProgram(program.entry()),
                    Map.of(),
                    Optional.empty(),
                    List.of(),
                    List.of(),
                    Set.of(),
                    Optional.of(program),
                    Optional.empty());
        }
        if (Elf32.recognizes(bytes)) {
            throw new BadImage(ImageWording.ELF_WITHOUT_MULTIBOOT.with(name));
        }
        return FlatBinary.read(bytes, name, options);
    }
}
