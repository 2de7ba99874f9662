package ringside.monitor.deprivileged;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;

class PortsTest {
    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void aDeprivilegedGuestReachesNoPortWithoutItsMonitor(int bits) {
        String source = """
                in al, 0x20
                in al, 0x40
                in al, 0x61
                in al, 0xFF
                mov dx, 0xFFFF
                in al, dx
                hlt
                """;
        var image = Images.recognize(
                source.getBytes(StandardCharsets.UTF_8), "guest.asm", ImageOptions.DEFAULT.withBits(bits));
        List<String> traps = new ArrayList<>();
        Modes.start("trap-and-emulate", image, Options.DEFAULT, event -> note(event, traps))
                .orElseThrow()
                .run(1000);
        assertEquals(6, traps.stream().filter("GENERAL_PROTECTION"::equals).count(), "five INs and the HLT: " + traps);
    }

    private static void note(Event event, List<String> traps) {
        if (event instanceof Event.Exit exit) {
            traps.add(exit.reason());
        }
    }
}
