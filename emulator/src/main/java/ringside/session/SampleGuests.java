package ringside.session;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The guests that come with Ringside, as sources. */
public final class SampleGuests {
    /** In the order in which a learner meets them; a test compares with the folder. */
    private static final List<String> NAMES = List.of(
            "two-plus-two",
            "rings",
            "popf-hole",
            "critical-sections",
            "sensitive-set",
            "self-modifying",
            "triple-fault",
            "system-calls",
            "paging",
            "timer",
            "interrupt-storm",
            "pte-storm",
            "peldano",
            "ring-one",
            "split-driver",
            "device-model",
            "console-ports-virtio",
            "clock",
            "tiny-svm",
            "tiny-vmm",
            "linux-program",
            "containers",
            "memory-limit");

    /** Kernels for domain 0, by the names that sources have for them, and the sample guest beside which each lies. */
    private static final Map<String, String> DOMAINS_0 =
            Map.of("dom0.asm", "split-driver", "device-model.asm", "device-model");

    private SampleGuests() {}

    public static List<String> names() {
        return NAMES;
    }

    /** The NASM source of a sample guest, if there is one of this name. */
    public static Optional<String> source(String name) {
        return NAMES.contains(name) ? Optional.of(read("/sample-guests/" + name + "/guest.asm")) : Optional.empty();
    }

    /** Files beside sample guests that any source may name: the kernels for domain 0 that come with Ringside. */
    public static Optional<byte[]> file(String name) {
        return Optional.ofNullable(DOMAINS_0.get(name))
                .map(guest -> read("/sample-guests/" + guest + "/" + name).getBytes(StandardCharsets.UTF_8));
    }

    private static String read(String path) {
        try (InputStream in = SampleGuests.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalStateException("the jar has no " + path);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
