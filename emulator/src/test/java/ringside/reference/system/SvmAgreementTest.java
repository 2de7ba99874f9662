package ringside.reference.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;

/** Hypervisors on SVM print on QEMU's processor what they print on ours: the exits of their guests, in the same order. */
class SvmAgreementTest {
    private static final int PATIENCE_MILLISECONDS = 60_000;
    private static final int GRACE_MILLISECONDS = 300;

    @TempDir
    Path folder;

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
