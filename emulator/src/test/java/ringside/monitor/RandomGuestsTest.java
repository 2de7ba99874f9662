package ringside.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.monitor.mode.Modes;

/** Random bytes as guests: whatever they do ends in the architecture's answer, and modes that lose nothing give what bare gives. */
class RandomGuestsTest {
    private static final int GUESTS = Boolean.getBoolean("ringside.long") ? 20_000 : 400;
    private static final int UNITS = 300;
    private static final int[] BITS = {16, 32, 64};

    private static Guest guest(String mode, long seed) {
        Random random = new Random(seed);
        int bits = BITS[random.nextInt(3)];
        byte[] code = new byte[2048];
        random.nextBytes(code);
        return Guest.ofBytes(mode, bits, code).runUntil(UNITS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"emulation", "binary-translation", "xen-hvm", "vt-x", "amd-v", "kvm", "kvm-pv"})
    void whereNothingSensitiveIsLostAGuestEndsAsOnABareMachine(String mode) {
        for (long seed = 0; seed < GUESTS; seed++) {
            assertEquals(guest("bare", seed).visible(), guest(mode, seed).visible(), "seed " + seed);
        }
    }

    @Test
    void inEveryModeAnyGuestEndsOrGoesOnWithoutAnErrorOfOurs() {
        for (String mode : Modes.machines()) {
            for (long seed = 1_000_000; seed < 1_000_000 + GUESTS; seed++) {
                try {
                    assertNotNull(guest(mode, seed).visible());
                } catch (RuntimeException | Error error) {
                    throw new AssertionError(mode + ", seed " + seed, error);
                }
            }
        }
    }
}
