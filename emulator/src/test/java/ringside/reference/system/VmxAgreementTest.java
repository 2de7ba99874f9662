package ringside.reference.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;

/** Hypervisors on VMX print on Bochs' processor what they print on ours: the exits of their guests, in the same order. */
class VmxAgreementTest {
    private static final long MOST_STEPS = 10_000_000;

    @Test
    void theTinyHypervisorSeesTheSameExits() throws IOException {
        Path source = Path.of("..", "sample-guests", "tiny-vmm", "guest.asm");
        GuestImage image = Images.recognize(Files.readAllBytes(source), "guest.asm", ImageOptions.DEFAULT);
        String ours = ringside(image);
        assertFalse(ours.contains("no VMX"), ours);
        var segment = image.segments().get(0);
        byte[] firmware = SystemImage.firmwareWithSerial(segment.bytes(), segment.address());
        assertEquals(ours, String.join("\n", Machines.bochs(firmware, ours.length())) + "\n");
    }

    private static String ringside(GuestImage image) {
        var monitor = Modes.start("bare", image, Options.DEFAULT, event -> {}).orElseThrow();
        monitor.run(MOST_STEPS);
        return new String(monitor.machine().serial().bytes(), StandardCharsets.ISO_8859_1);
    }
}
