package ringside.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.monitor.Monitor;
import ringside.monitor.mode.Modes;
import ringside.probe.Probe;
import ringside.trace.NextInstruction;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** A guest sees the same at every guest time, whatever it runs on, until an instruction that expected.json names. */
class LockstepTest {
    private static final int MOST_BOUNDARIES = 100_000;

    static Stream<Arguments> guestsAndModes() {
        return Guests.samples().stream()
                .filter(guest -> Modes.misfit("bare", Guests.sample(guest)).isEmpty())
                .flatMap(guest -> Modes.holding(Guests.sample(guest)).stream()
                        .filter(mode -> !mode.equals("bare"))
                        .filter(mode -> !isBesideDomain0(guest, mode))
                        .map(mode -> Arguments.of(guest, mode)));
    }

    /** Two domains share the machine's processor and time, so that no boundary is the guest's alone. */
    private static boolean isBesideDomain0(String guest, String mode) {
        return mode.equals("xen-hvm") && Guests.sample(guest).domain0().isPresent();
    }

    @ParameterizedTest(name = "{0} in {1}")
    @MethodSource("guestsAndModes")
    void everyBoundaryIsTheBareMachines(String guest, String mode) {
        List<String> named = named(guest, mode);
        Monitor bare = Guests.start(Guests.sample(guest), "bare").apply(Probe.NONE);
        Monitor other = Guests.start(Guests.sample(guest), mode).apply(Probe.NONE);
        var bareHash = new StateHash(bare);
        var otherHash = new StateHash(other);
        var next = new NextInstruction();
        boolean parted = false;
        assertEquals(bareHash.now(), otherHash.now(), () -> "at the start: " + GuestState.differences(bare, other));
        for (int i = 0; bare.ending().isEmpty() && !parted; i++) {
            assertTrue(i < MOST_BOUNDARIES, "it runs for ever");
            String text = next.of(bare.believed()).text();
            long time = bare.machine().clock().now();
            bare.run(time + 1);
            other.run(time + 1);
            if (bareHash.now() != otherHash.now()) {
                parted = true;
                if (named.stream().noneMatch(name -> isNamed(text, name))) {
                    fail("after " + text + " at " + time + ": " + GuestState.differences(bare, other));
                }
            }
        }
        assertEquals(!named.isEmpty(), parted, "expected.json names " + named);
        if (!parted) {
            assertEquals(bare.ending(), other.ending());
        }
    }

    /** POPFD in the manual is popf in NASM's 32-bit code. */
    private static boolean isNamed(String text, String instruction) {
        String mnemonic = text.split(" ", 2)[0];
        return !mnemonic.isEmpty() && instruction.toLowerCase(Locale.ROOT).startsWith(mnemonic);
    }

    private static List<String> named(String guest, String mode) {
        JsonNode expected = new ObjectMapper().readTree(Guests.text(guest, "expected.json"));
        List<String> names = new ArrayList<>();
        for (JsonNode differs : expected.path("modes").path(mode).path("differs")) {
            names.add(differs.get("instruction").asString());
        }
        return names;
    }
}
