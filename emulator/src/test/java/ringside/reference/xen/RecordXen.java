package ringside.reference.xen;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.image.PvhImage;
import ringside.image.XenKernel;
import ringside.isa.Definition;
import ringside.session.SampleGuests;

/**
 * Boots the sample guests that are ported to Xen on a real one, as its domain 0, in QEMU, and keeps their hypercalls as test resources for
 * {@link XenAgreementTest}; of those that start by PVH, what they print. To be run after a guest has changed; CONTRIBUTING.md says how. The argument is a folder that {@code
 * emulator/src/test/xen/prepare} has made.
 */
final class RecordXen {
    private static final Path GUESTS = Path.of("..", "sample-guests");
    private static final Path TEST_GUESTS = Path.of("src/test/xen");
    static final String RESOURCES = "src/test/resources/ringside/reference/xen";
    /** What the guests that start by PVH print. */
    static final String PVH_TEXTS = "src/test/resources/ringside/reference/pvh";

    private static final int MOST_CALLS = 10_000;
    private static final int LONGEST_BOOT_SECONDS = 120;

    private final Path root;

    private RecordXen(Path root) {
        this.root = root;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        var recorder = new RecordXen(Path.of(arguments[0]));
        for (var guest : guests().entrySet()) {
            String name = guest.getKey();
            if (arguments.length == 1 || List.of(arguments).contains(name)) {
                XenRecording recording =
                        recorder.record(name, guest.getValue().xenKernel().orElseThrow());
                Files.writeString(Path.of(RESOURCES, name + ".txt"), recording.text());
                System.out.println(name + ": " + recording.calls().size() + " hypercalls");
            }
        }
        for (var guest : pvhGuests().entrySet()) {
            String name = guest.getKey();
            if (arguments.length == 1 || List.of(arguments).contains(name)) {
                String printed =
                        recorder.print(name, guest.getValue().xenKernel().orElseThrow());
                Files.writeString(Path.of(PVH_TEXTS, name + ".txt"), printed);
                System.out.println(name + " by PVH: " + printed.length() + " characters");
            }
        }
    }

    /**
     * The sample guests that have a port for Xen, and the tests' own; not those that need two domains, as there the guest is domain 0, nor
     * kernels of 32 bits, which this Xen is built without.
     */
    static Map<String, GuestImage> guests() throws IOException {
        Map<String, GuestImage> guests = samples(
                "XEN_PV",
                image -> image.domain0().isEmpty()
                        && image.xenKernel()
                                .filter(kernel -> kernel.bits() == 64)
                                .isPresent());
        try (var files = Files.list(TEST_GUESTS)) {
            for (Path file :
                    files.filter(one -> one.toString().endsWith(".asm")).toList()) {
                guests.put(file.getFileName().toString().replace(".asm", ""), image(file, "XEN_PV"));
            }
        }
        return guests;
    }

    /** The sample guests that start by PVH. */
    static Map<String, GuestImage> pvhGuests() throws IOException {
        return samples(
                "XEN_PVH", image -> image.xenKernel().filter(PvhImage::holds).isPresent());
    }

    private static Map<String, GuestImage> samples(String macro, Predicate<GuestImage> wanted) throws IOException {
        Map<String, GuestImage> guests = new TreeMap<>();
        try (var folders = Files.list(GUESTS)) {
            for (Path folder : folders.toList()) {
                GuestImage image = image(folder.resolve("guest.asm"), macro);
                if (wanted.test(image)) {
                    guests.put(folder.getFileName().toString(), image);
                }
            }
        }
        return guests;
    }

    private static GuestImage image(Path source, String macro) throws IOException {
        return Images.recognize(
                Files.readAllBytes(source),
                "guest.asm",
                ImageOptions.DEFAULT
                        .withDefinitions(List.of(Definition.of(macro)))
                        .withFolder(SampleGuests::file));
    }

    /** What is done with a machine while it boots: hypercalls are gathered, or nothing is. */
    @FunctionalInterface
    private interface Watching {
        List<XenRecording.Call> watch() throws IOException, InterruptedException;
    }

    private XenRecording record(String name, XenKernel kernel) throws IOException, InterruptedException {
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        List<String> stub = List.of("-cpu", "max", "-S", "-gdb", "tcp:127.0.0.1:" + port);
        return boot(
                name, kernel, stub, "", () -> watch(port, kernel.hypercallPage().orElseThrow()));
    }

    /** A domain 0 that starts by PVH wants a processor with SVM and an I/O memory-management unit. */
    private String print(String name, XenKernel kernel) throws IOException, InterruptedException {
        List<String> hardware = List.of("-machine", "q35", "-cpu", "EPYC,+svm,+npt,+x2apic", "-device", "amd-iommu");
        return boot(name, kernel, hardware, " dom0=pvh iommu=1", List::of).serial();
    }

    private XenRecording boot(String name, XenKernel kernel, List<String> hardware, String options, Watching watching)
            throws IOException, InterruptedException {
        Files.write(root.resolve("guest"), kernel.file().toArray());
        Path serial = Files.createTempFile("xen", ".txt");
        Process qemu = new ProcessBuilder(command(hardware, options))
                .redirectErrorStream(true)
                .redirectOutput(serial.toFile())
                .start();
        try {
            List<XenRecording.Call> calls = watching.watch();
            for (int i = 0; i < LONGEST_BOOT_SECONDS && !hasEnded(text(serial)); i++) {
                TimeUnit.SECONDS.sleep(1);
            }
            return new XenRecording(printed(text(serial), name), calls);
        } finally {
            qemu.destroy();
            qemu.waitFor();
            Files.delete(serial);
        }
    }

    /** Xen's last words: its domain 0 has shut itself down, or was ended. */
    private static boolean hasEnded(String serial) {
        return serial.contains("Dom0 halted") || serial.contains("Dom0 crashed");
    }

    private List<String> command(List<String> hardware, String options) {
        List<String> command = new ArrayList<>(List.of("chroot", root.toString(), "qemu-system-x86_64"));
        command.addAll(List.of("-accel", "tcg", "-m", "384", "-display", "none", "-nodefaults", "-serial", "stdio"));
        command.addAll(List.of("-no-reboot", "-kernel", "/xen", "-initrd", "/guest"));
        command.addAll(List.of("-append", "com1=115200,8n1 console=com1 dom0_mem=64M noreboot" + options));
        command.addAll(hardware);
        return command;
    }

    private static List<XenRecording.Call> watch(int port, long page) throws IOException, InterruptedException {
        var calls = new CallWatch(page);
        try (GdbStub stub = connect(port)) {
            for (long entry = page; entry < page + 0x1000; entry += CallWatch.ENTRY_SIZE) {
                stub.breakAt(entry);
            }
            List<Long> ways = new ArrayList<>();
            while (calls.calls().size() < MOST_CALLS) {
                if (!stub.run()) {
                    return calls.calls();
                }
                var state = stub.registers();
                if (calls.isEntry(state.rip())) {
                    OptionalLong back = calls.enter(state, stub.memory(state.rsp()));
                    if (calls.isShutdown()) {
                        break;
                    }
                    if (back.isPresent() && !ways.contains(back.getAsLong())) {
                        ways.add(back.getAsLong());
                        stub.breakAt(back.getAsLong());
                    }
                } else if (calls.isBack(state)) {
                    calls.back(state);
                }
                stub.stepOver(state.rip());
            }
            for (long entry = page; entry < page + 0x1000; entry += CallWatch.ENTRY_SIZE) {
                stub.noBreakAt(entry);
            }
            stub.letGo();
        }
        return calls.calls();
    }

    private static GdbStub connect(int port) throws IOException, InterruptedException {
        for (int i = 0; ; i++) {
            try {
                return new GdbStub(port);
            } catch (IOException notYet) {
                if (i == 100) {
                    throw notYet;
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1).replace("\r", "");
    }

    /** What the guest wrote: behind Xen's last line before its start, without Xen's own. */
    private static String printed(String serial, String name) {
        int start = serial.indexOf('\n', serial.indexOf("init memory"));
        if (start < 0) {
            throw new IllegalStateException(name + " was not started:\n" + serial);
        }
        return serial.substring(start + 1)
                .lines()
                .filter(line -> !line.startsWith("(XEN)") && !line.startsWith("qemu-system"))
                .map(line -> line + "\n")
                .collect(Collectors.joining());
    }
}
