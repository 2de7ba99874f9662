package ringside.session;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import ringside.image.GuestImage;
import ringside.image.XenKernel;

/** A kernel for Xen, or a guest's ports to it, for the real one: an ELF file for each way to start, and what to say to xl, libvirt and QEMU. */
final class KernelExport {
    private static final String FOLDER = "xen/";
    private static final String PREFIX = "xen-";
    private static final List<String> WAYS = List.of("xen-pv", "xen-pvh");

    private KernelExport() {}

    /**
     * The files, none where the guest has no port to Xen.
     *
     * @param folder absolute path of where they will lie
     * @param readme name of the file that says what the others are for
     */
    static List<Export.Output> of(GuestImages images, String folder, String readme) {
        List<String> ways = images.modes().stream().filter(WAYS::contains).toList();
        if (ways.isEmpty()) {
            return List.of();
        }
        List<Export.Output> outputs = new ArrayList<>();
        Map<String, String> words = new LinkedHashMap<>();
        for (String way : ways) {
            GuestImage image = images.in(way);
            words.putAll(words(image, way, folder));
            outputs.addAll(files(image.xenKernel().orElseThrow(), way, words));
        }
        words.put("FIRST", ways.get(0) + ".elf");
        words.put(
                "FILES",
                String.join(
                        " and ", ways.stream().map(way -> "`" + way + ".elf`").toList()));
        outputs.add(new Export.Output("xen.sh", Export.filled(FOLDER + "xen.sh", words), true));
        outputs.add(new Export.Output(readme, Export.filled(FOLDER + "README.md", words), false));
        return outputs;
    }

    private static List<Export.Output> files(XenKernel kernel, String way, Map<String, String> words) {
        String type = type(way);
        return List.of(
                new Export.Output(way + ".elf", kernel.file().toArray(), false),
                new Export.Output("xl-" + type + ".cfg", Export.filled(FOLDER + "xl.cfg", words), false),
                new Export.Output("domain-" + type + ".xml", Export.filled(FOLDER + "domain.xml", words), false));
    }

    private static Map<String, String> words(GuestImage image, String way, String folder) {
        return Map.of(
                "NAME", Export.name(image.name()),
                "TYPE", type(way),
                "OSTYPE", way.equals("xen-pv") ? "linux" : "xenpvh",
                "MEGABYTES", Long.toString(Export.megabytes(image.memory())),
                "FOLDER", Export.quoted(folder),
                "XMLFOLDER", Export.escaped(folder));
    }

    /** As xl calls it. */
    private static String type(String way) {
        return way.substring(PREFIX.length());
    }
}
