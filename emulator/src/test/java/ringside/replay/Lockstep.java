package ringside.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import ringside.monitor.Monitor;
import ringside.trace.NextInstruction;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** A guest on the bare machine, and the same one elsewhere, boundary by boundary. */
public final class Lockstep {
    private static final int MOST_BOUNDARIES = 100_000;

    /** Guest time in which another domain has done what it does between two instructions. */
    private static final int MOST_BETWEEN = 5_000;

    private final Monitor bare;
    private final Monitor other;

    public Lockstep(Monitor bare, Monitor other) {
        this.bare = bare;
        this.other = other;
    }

    /** The instructions by which, says a sample guest's expected.json, a mode differs from the bare machine. */
    public static List<String> named(String guest, String mode) {
        JsonNode expected = new ObjectMapper().readTree(Guests.text(guest, "expected.json"));
        List<String> names = new ArrayList<>();
        for (JsonNode differs : expected.path("modes").path(mode).path("differs")) {
            names.add(differs.get("instruction").asString());
        }
        return names;
    }

    /** All is the same to the end, or until one of these instructions, by which the two part. */
    public void untilOneOf(List<String> named) {
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

    /**
     * Where time is shared with others: while it is this domain's turn, its processor goes through the states of the bare one, and no other; at the end its
     * memory is the same.
     */
    public void byInstructions(String domain) {
        reach(domain, List.of(), bareProcessor());
        for (int i = 0; bare.ending().isEmpty(); i++) {
            assertTrue(i < MOST_BOUNDARIES, "it runs for ever");
            List<GuestState.Value> before = bareProcessor();
            bare.run(bare.machine().clock().now() + 1);
            reach(domain, before, bareProcessor());
        }
        other.run(other.machine().clock().now() + MOST_BETWEEN);
        assertEquals(bare.ending(), other.ending());
        var one = bare.machine().save().ram();
        var two = other.machine().save().ram();
        for (int frame = 0; frame < bare.machine().config().frames(); frame++) {
            assertArrayEquals(one.frame(frame), two.frame(frame), "frame " + frame);
        }
        assertArrayEquals(
                bare.machine().serial().bytes(), other.machine().serial().bytes());
    }

    private List<GuestState.Value> bareProcessor() {
        return GuestState.processor(bare.believed());
    }

    /** @param before the state in which it may stay for a while; empty before its first turn */
    private void reach(String domain, List<GuestState.Value> before, List<GuestState.Value> after) {
        for (int i = 0; ; i++) {
            if (other.domain().equals(domain)) {
                List<GuestState.Value> now = GuestState.processor(other.believed());
                if (now.equals(after)) {
                    return;
                }
                assertEquals(before, now, "neither the state before nor the one behind");
            }
            assertTrue(i < MOST_BETWEEN && other.ending().isEmpty(), "it does not go on");
            other.run(other.machine().clock().now() + 1);
        }
    }
}
