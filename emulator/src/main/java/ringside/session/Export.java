package ringside.session;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import ringside.image.GuestImage;
import ringside.image.Images;

/** A guest for the real systems: a file that they can boot or run, and what to say to them. */
public final class Export {
    private static final String DISK = "guest" + ".img";
    private static final String KERNEL = "guest" + ".elf";
    private static final String README = "README.md";
    private static final int MEGABYTE_BITS = 20;

    /** For what firmware and loader keep above the guest's own memory. */
    private static final long MEGABYTES_ABOVE = 16;

    /**
     * A file of the export.
     *
     * @param program it is to be run, not only read
     */
    public record Output(String name, byte[] bytes, boolean program) {}

    private Export() {}

    /**
     * All files of an export.
     *
     * @param options only what it says of the guest's start and memory counts
     * @param folder absolute path of where they will lie, which libvirt and Xen want to be told
     * @throws BadInput where the guest cannot be read, or no such system takes it
     */
    public static List<Output> of(GuestFile file, RunOptions options, String folder) {
        GuestImage image = GuestStart.image(file, options);
        if (image.program().isPresent()) {
            return ProgramExport.of(image, image.program().get());
        }
        Images.Kind kind = GuestStart.kind(file, options);
        GuestImages images = GuestStart.images(file, options);
        if (kind == Images.Kind.XEN_KERNEL || image.xenKernel().isPresent()) {
            return KernelExport.of(images, folder, README);
        }
        return switch (kind) {
            case SOURCE -> withPorts(disk(image, BootDisk.of(image), folder, 1), images, folder);
            case FLAT -> disk(image, BootDisk.of(image), folder, 1);
            case BOOT_SECTOR -> disk(image, file.bytes(), folder, 0);
            case MULTIBOOT -> kernel(image, file.bytes(), folder);
            case XEN_KERNEL, LINUX_PROGRAM -> throw new IllegalStateException("this is no machine's software");
        };
    }

    /** Ports to Xen are other kernels than what boots without it. */
    private static List<Output> withPorts(List<Output> outputs, GuestImages images, String folder) {
        return Stream.concat(outputs.stream(), KernelExport.of(images, folder, "XEN.md").stream())
                .toList();
    }

    /** @param loads 1 where the disk has our loader on it, 0 where the guest's own sector is the first */
    private static List<Output> disk(GuestImage image, byte[] bytes, String folder, int loads) {
        Map<String, String> words = words(image, loads == 0 ? 0 : bytes.length);
        words.put("FILE", DISK);
        words.put(
                "WHAT",
                loads == 0
                        ? "is the guest's own file, a disk with its boot sector."
                        : "is a disk whose boot sector loads the guest's bytes, makes the start state that Ringside's contract names, and\n"
                                + "jumps to the guest. It holds the same bytes as the guest in Ringside.");
        words.put("BOOT", "-drive file=guest.img,format=raw,if=ide,index=0");
        words.put("OS", "    <boot dev='hd'/>");
        words.put(
                "DISK",
                "    <disk type='file' device='disk'>\n      <driver name='qemu' type='raw'/>\n      <source file='"
                        + escaped(folder + "/guest.img")
                        + "'/>\n      <target dev='hda' bus='ide'/>\n    </disk>");
        words.put(
                "INSTALL",
                "virt-install --import --name " + words.get("NAME") + " --memory " + words.get("MEGABYTES")
                        + " --vcpus 1 --disk guest.img,format=raw,bus=ide --osinfo generic --graphics none");
        words.put(
                "XEN",
                "boot = \"c\"\ndisk = [ \"format=raw, vdev=hda, access=rw, target=" + quoted(folder)
                        + "/guest.img\" ]");
        words.put("XENNOTE", "");
        return outputs(DISK, bytes, words);
    }

    private static List<Output> kernel(GuestImage image, byte[] bytes, String folder) {
        Map<String, String> words = words(image, 0);
        words.put("FILE", KERNEL);
        words.put("WHAT", "is the guest's own file, a multiboot kernel.");
        words.put("BOOT", "-kernel guest.elf");
        words.put("OS", "    <kernel>" + escaped(folder + "/guest.elf") + "</kernel>");
        words.put("DISK", "    <emulator>/usr/bin/qemu-system-x86_64</emulator>");
        words.put(
                "INSTALL",
                "virt-install --import --name " + words.get("NAME") + " --memory " + words.get("MEGABYTES")
                        + " --vcpus 1 --boot kernel=guest.elf --disk none --osinfo generic --graphics none");
        words.put("XEN", "kernel = \"" + quoted(folder) + "/guest.elf\"");
        words.put("XENNOTE", ", if its device model starts multiboot kernels");
        return outputs(KERNEL, bytes, words);
    }

    private static Map<String, String> words(GuestImage image, long loaded) {
        long own = megabytes(image.memory());
        Map<String, String> words = new LinkedHashMap<>();
        words.put("NAME", name(image.name()));
        words.put("GUESTMEGABYTES", Long.toString(own));
        words.put("MEGABYTES", Long.toString(own + MEGABYTES_ABOVE + megabytes(loaded)));
        words.put("WHY", loaded == 0 ? "" : ": the loader lies above them");
        return words;
    }

    static long megabytes(long bytes) {
        return bytes + (1 << MEGABYTE_BITS) - 1 >>> MEGABYTE_BITS;
    }

    /** What all these systems take as a name. */
    static String name(String fileName) {
        String name = fileName.replaceFirst("\\.[A-Za-z0-9]*$", "").replaceAll("[^A-Za-z0-9_-]", "-");
        return name.matches(".*[A-Za-z0-9].*") ? name : "guest";
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("'", "&apos;");
    }

    static String quoted(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    private static List<Output> outputs(String name, byte[] bytes, Map<String, String> words) {
        return List.of(
                new Output(name, bytes, false),
                new Output("qemu.sh", filled("qemu.sh", words), true),
                new Output("domain.xml", filled("domain.xml", words), false),
                new Output("xl.cfg", filled("xl.cfg", words), false),
                new Output(README, filled(README, words), false));
    }

    static byte[] filled(String template, Map<String, String> words) {
        String text = resource(template);
        for (Map.Entry<String, String> word : words.entrySet()) {
            text = text.replace("@" + word.getKey() + "@", word.getValue());
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** A file that every export starts from. */
    static String resource(String name) {
        try (InputStream in = Export.class.getResourceAsStream("/export/" + name)) {
            if (in == null) {
                throw new IllegalStateException("the jar has no export/" + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
