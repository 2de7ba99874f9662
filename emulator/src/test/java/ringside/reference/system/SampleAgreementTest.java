package ringside.reference.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;

/** Sample guests about rings and segments print on Bochs' processor, which checks what QEMU does not, what they print on ours. */
class SampleAgreementTest {
    private static final long MOST_STEPS = 10_000_000;

    /** Bochs' serial port is as slow as a real one, and forgets what comes too fast: each character waits until there is room. */
    private static final String SEND = """

        patient_send:
                push eax
                mov dl, 0xFD
        .wait:
                in al, dx
                test al, 0x20
                jz .wait
                mov dl, 0xF8
                pop eax
                out dx, al
                ret
        """;

    @ParameterizedTest
    @ValueSource(strings = {"sensitive-set", "rings"})
    void printsTheSame(String guest) throws IOException {
        String source = Files.readString(Path.of("..", "sample-guests", guest, "guest.asm"));
        String ours = ringside(image(source));
        var patient = image(source.replace("out dx, al", "call patient_send") + SEND);
        assertEquals(ours, ringside(patient));
        var segment = patient.segments().get(0);
        byte[] firmware = SystemImage.firmwareWithSerial(segment.bytes(), segment.address());
        assertEquals(ours, String.join("\n", Machines.bochs(firmware, ours.length())) + "\n");
    }

    private static GuestImage image(String source) {
        return Images.recognize(source.getBytes(StandardCharsets.UTF_8), "guest.asm", ImageOptions.DEFAULT);
    }

    private static String ringside(GuestImage image) {
        var monitor = Modes.start("bare", image, Options.DEFAULT, event -> {}).orElseThrow();
        monitor.run(MOST_STEPS);
        return new String(monitor.machine().serial().bytes(), StandardCharsets.ISO_8859_1);
    }
}
