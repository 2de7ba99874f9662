package ringside.reference.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;

/**
 * Hypervisors on SVM print on QEMU's processor what they print on ours: the exits of their guests, in the same order; and each exit that QEMU
 * knows leaves the same in the VMCB. By default a sample of the cases; with {@code -Dringside.long=true} all.
 */
class SvmAgreementTest {
    static final String PROCESSOR = "qemu64,+svm,+npt,+smep,+pdpe1gb,+rdtscp,+monitor";

    private static final int PATIENCE_MILLISECONDS = 60_000;
    private static final int GRACE_MILLISECONDS = 300;

    /** Every so many cases are the sample. */
    private static final int STEP = 20;

    private static final int LEAST = 3000;
    private static final int IN_ONE_IMAGE = 400;

    @TempDir
    Path folder;

    private final boolean all = Boolean.getBoolean("ringside.long");
    private final SvmDifferences listed = SvmDifferences.read();
    private final List<String> wrong = new ArrayList<>();

    @Test
    void everyGuestIsLeftAsByQemu() {
        List<SvmCase> every = SvmCases.all();
        assertThat(every).hasSizeGreaterThanOrEqualTo(LEAST);
        List<SvmCase> cases = IntStream.range(0, every.size())
                .filter(i -> all || i % STEP == 0)
                .mapToObj(every::get)
                .toList();
        for (int from = 0; from < cases.size(); from += IN_ONE_IMAGE) {
            compare(cases.subList(from, Math.min(cases.size(), from + IN_ONE_IMAGE)));
        }
        assertThat(wrong).as("cases that differ, ours / QEMU's").isEmpty();
        if (all) {
            assertThat(listed.unused())
                    .as("listed differences that no case needs")
                    .isEmpty();
        }
    }

    private void compare(List<SvmCase> part) {
        var image = new SvmImage(part);
        List<String> ours = complete("ringside", part, Machines.ringside("bare", image.guest()));
        List<String> theirs = complete("qemu", part, Machines.qemu(image.firmware(), PROCESSOR));
        for (int i = 0; i < part.size(); i++) {
            var mine = new SvmOutcome(ours.get(i));
            var other = new SvmOutcome(theirs.get(i));
            Set<String> names = mine.differingNames(other);
            if (!names.isEmpty() && !listed.allow(part.get(i), names)) {
                wrong.add(part.get(i) + ": " + mine.differenceFrom(other));
            }
        }
    }

    private static List<String> complete(String who, List<SvmCase> part, List<String> lines) {
        if (lines.size() != part.size()) {
            throw new AssertionError(who + " did not come back from the case: " + part.get(lines.size()));
        }
        return lines;
    }

    @Test
    void theTinyHypervisorSeesTheSameExits() throws Exception {
        agree(Path.of("..", "sample-guests", "tiny-svm", "guest.asm"));
    }

    private void agree(Path source) throws IOException, InterruptedException {
        GuestImage image = Images.recognize(Files.readAllBytes(source), "guest.asm", ImageOptions.DEFAULT);
        String ours = ringside(image);
        assertFalse(ours.contains("no SVM"), ours);
        assertEquals(ours, qemu(image, ours.length()));
    }

    private static String ringside(GuestImage image) {
        var monitor = Modes.start("bare", image, Options.DEFAULT, event -> {}).orElseThrow();
        monitor.run(10_000_000);
        return new String(monitor.machine().serial().bytes(), StandardCharsets.ISO_8859_1);
    }

    /** Nothing ends QEMU when its guest halts: it is given the time to say as much as ours, and a little more. */
    private String qemu(GuestImage image, int length) throws IOException, InterruptedException {
        var segment = image.segments().get(0);
        Files.write(folder.resolve("firmware.bin"), SystemImage.firmware(segment.bytes(), segment.address()));
        Path serial = folder.resolve("com1.txt");
        var process = new ProcessBuilder(
                        "qemu-system-x86_64",
                        "-accel",
                        "tcg",
                        "-cpu",
                        "max",
                        "-m",
                        "64",
                        "-display",
                        "none",
                        "-nodefaults",
                        "-no-reboot",
                        "-bios",
                        "firmware.bin",
                        "-serial",
                        "file:com1.txt")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("screen.txt").toFile())
                .start();
        try {
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLISECONDS);
            while (process.isAlive() && size(serial) < length && System.nanoTime() < end) {
                process.waitFor(50, TimeUnit.MILLISECONDS);
            }
            process.waitFor(GRACE_MILLISECONDS, TimeUnit.MILLISECONDS);
        } finally {
            process.destroyForcibly().waitFor();
        }
        return Files.readString(serial, StandardCharsets.ISO_8859_1);
    }

    private static long size(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }
}
