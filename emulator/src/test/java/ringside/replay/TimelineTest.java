package ringside.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.image.GuestImage;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;
import ringside.trace.CostModel;
import ringside.trace.ExitCounts;

class TimelineTest {
    private static final int MOST_BOUNDARIES = 2500;
    private static final int MOVES = 60;

    /** Beyond the end of every guest here that has one. */
    private static final long FAR = 1_000_000;

    /** Writes through a few pages, takes faults that it survives, and has pages that hold both code and data. */
    private static final GuestImage BUSY = Guests.source(
            "bits 16",
            "org 0x1000",
            "start: mov ax, 0x2000",
            "mov es, ax",
            "mov word [6*4], handler",
            "mov word [6*4+2], 0",
            "xor di, di",
            "mov cx, 700",
            "again: mov [es:di], cx",
            "add di, 254",
            "push cx",
            "add word [counter], cx",
            "pop bx",
            "test cl, 63",
            "jnz on",
            "ud2",
            "mov dx, 0x3f8",
            "mov al, 'x'",
            "out dx, al",
            "mov byte [patched+1], cl",
            "patched: mov al, 1",
            "on: dec cx",
            "jnz again",
            "cli",
            "hlt",
            "handler: push bp",
            "mov bp, sp",
            "add word [bp+2], 2",
            "pop bp",
            "iret",
            "counter: dw 0");

    /** A boundary of the straight run. */
    private record Boundary(long time, boolean ended, long hash, List<Event> events, List<ExitCounts.Count> exits) {}

    private static List<Boundary> straight(GuestImage image, String mode) {
        var timeline = new Timeline(Guests.start(image, mode));
        var hash = new StateHash(timeline.monitor());
        List<Boundary> boundaries = new ArrayList<>();
        boundaries.add(boundary(timeline, hash));
        while (timeline.ending().isEmpty() && boundaries.size() < MOST_BOUNDARIES) {
            timeline.forward();
            boundaries.add(boundary(timeline, hash));
        }
        return boundaries;
    }

    private static Boundary boundary(Timeline timeline, StateHash hash) {
        return new Boundary(
                timeline.time(), timeline.ending().isPresent(), hash.now(), timeline.lastEvents(), timeline.exits());
    }

    static Stream<Arguments> guestsAndModes() {
        return Stream.concat(Stream.of("busy"), Guests.samples().stream())
                .flatMap(guest -> Modes.holding(image(guest)).stream().map(mode -> Arguments.of(guest, mode)));
    }

    private static GuestImage image(String guest) {
        return guest.equals("busy") ? BUSY : Guests.sample(guest);
    }

    @ParameterizedTest(name = "{0} in {1}")
    @MethodSource("guestsAndModes")
    void goingBackAndForthGivesTheStatesOfTheStraightRun(String guest, String mode) {
        List<Boundary> straight = straight(image(guest), mode);
        var timeline = new Timeline(Guests.start(image(guest), mode), 6, 1 << 20, CostModel.TODAY);
        var hash = new StateHash(timeline.monitor());
        var random = new Random(guest.hashCode() * 31L + mode.hashCode());
        int at = 0;
        for (int move = 0; move < MOVES; move++) {
            switch (random.nextInt(4)) {
                case 0 -> {
                    timeline.forward();
                    at = Math.min(at + 1, straight.size() - 1);
                }
                case 1 -> {
                    timeline.back();
                    at = Math.max(at - 1, 0);
                }
                case 2 -> {
                    at = random.nextInt(straight.size());
                    long wanted = straight.get(at).time();
                    assertTrue(timeline.seek(wanted), "a boundary at " + wanted);
                    at = lastAt(straight, wanted);
                }
                default -> {
                    int from = at;
                    at = Math.min(from + 1 + random.nextInt(200), straight.size() - 1);
                    timeline.run(straight.get(at).time(), () -> false);
                    at = firstAt(straight, straight.get(at).time(), from);
                }
            }
            if (straight.size() == MOST_BOUNDARIES && at == straight.size() - 1) {
                timeline.seek(0);
                at = 0;
            }
            assertEquals(straight.get(at), boundary(timeline, hash), "after move " + move);
        }
    }

    private static int lastAt(List<Boundary> straight, long time) {
        int at = straight.size() - 1;
        while (straight.get(at).time() != time) {
            at--;
        }
        return at;
    }

    private static int firstAt(List<Boundary> straight, long time, int from) {
        int at = from;
        while (straight.get(at).time() != time) {
            at++;
        }
        return at;
    }

    @Test
    void backFromTheEndAndForwardAgainEndsTheSameWay() {
        var timeline = new Timeline(Guests.start(BUSY, "bare"));
        timeline.run(FAR, () -> false);
        var ending = timeline.ending();
        long end = timeline.time();
        timeline.back();
        assertTrue(timeline.ending().isEmpty());
        assertEquals(end - 1, timeline.time());
        timeline.forward();
        assertEquals(ending, timeline.ending());
    }

    @Test
    void aTripleFaultTakesNoTimeAndIsABoundaryOfItsOwn() {
        var timeline = new Timeline(Guests.start(Guests.source("bits 32", "nop", "nop", "ud2"), "bare"));
        timeline.run(FAR, () -> false);
        assertEquals(2, timeline.time());
        assertTrue(timeline.ending().isPresent());
        timeline.back();
        assertEquals(2, timeline.time());
        assertTrue(timeline.ending().isEmpty());
        timeline.back();
        assertEquals(1, timeline.time());
        assertTrue(timeline.seek(2));
        assertTrue(timeline.ending().isPresent());
    }

    @Test
    void nextExitStopsJustBehindTheInstructionThatLeft() {
        var timeline = new Timeline(Guests.start(BUSY, "vt-x"));
        assertTrue(timeline.runToNextExit(FAR, () -> false));
        assertTrue(timeline.lastEvents().stream().anyMatch(Event.Exit.class::isInstance), "UD2 leaves first");
        assertEquals(
                1, timeline.exits().stream().mapToLong(ExitCounts.Count::count).sum());
        assertEquals(0, timeline.monitor().machine().serial().size());
        assertTrue(timeline.runToNextExit(FAR, () -> false));
        assertEquals(
                2, timeline.exits().stream().mapToLong(ExitCounts.Count::count).sum());
        assertEquals(1, timeline.monitor().machine().serial().size(), "then OUT, which has been performed");
    }

    @Test
    void nextExitOfAGuestThatIsNeverLeftRunsToItsEnd() {
        var timeline = new Timeline(Guests.start(BUSY, "bare"));
        assertFalse(timeline.runToNextExit(FAR, () -> false));
        assertTrue(timeline.ending().isPresent());
    }

    @Test
    void memoryForHistoryIsBounded() {
        var endless = Guests.source(
                "bits 32", "again: mov edi, 0x100000", "mov ecx, 0x40000", "rep stosd", "inc eax", "jmp again");
        long bound = 8 << 20;
        var timeline = new Timeline(Guests.start(endless, "bare"), 12, bound, CostModel.TODAY);
        timeline.run(6_000_000, () -> false);
        assertTrue(timeline.snapshotCount() <= 12, timeline.snapshotCount() + " snapshots");
        assertTrue(timeline.snapshotBytes() <= bound, timeline.snapshotBytes() + " bytes");
        assertTrue(timeline.seek(3_000_000));
        long there = new StateHash(timeline.monitor()).now();
        var straight = new Timeline(Guests.start(endless, "bare"));
        straight.run(3_000_000, () -> false);
        assertEquals(new StateHash(straight.monitor()).now(), there);
    }

    @Test
    void wherePlacesAreSoughtThroughoutARunNoPartOfItIsFarBehindASnapshot() {
        long length = 1 << 22;
        var timeline = new Timeline(Guests.start(Guests.source("bits 32", "again: inc eax", "jmp again"), "bare"));
        timeline.run(length, () -> false);
        var random = new Random(1);
        for (int i = 0; i < 60; i++) {
            timeline.seek((long) (random.nextDouble() * length));
        }
        timeline.leap(length);
        for (long time = length; time > 0; time -= length / 64) {
            timeline.rewind(time);
            long behind = time - timeline.time();
            assertTrue(behind <= length / 16, behind + " units to play on to " + time);
        }
    }

    @Test
    void aLeapLeadsForwardOnlyToWhereTheRunWas() {
        var timeline = new Timeline(Guests.start(BUSY, "bare"));
        timeline.run(5000, () -> false);
        timeline.mark();
        timeline.run(6000, () -> false);
        timeline.seek(0);
        timeline.leap(1000);
        assertEquals(0, timeline.time());
        timeline.leap(FAR);
        assertEquals(5000, timeline.time());
        long there = new StateHash(timeline.monitor()).now();
        var straight = new Timeline(Guests.start(BUSY, "bare"));
        straight.run(timeline.time(), () -> false);
        assertEquals(new StateHash(straight.monitor()).now(), there);
    }

    @Test
    void aWayBackInPiecesLeadsToTheSameStateAndCanBeUndone() {
        var guest = Guests.source(
                "bits 32", "again: mov edi, 0x100000", "mov ecx, 0x40000", "rep stosd", "inc eax", "jmp again");
        var timeline = new Timeline(Guests.start(guest, "bare"), 2, 1 << 20, CostModel.TODAY);
        timeline.run(6_000_000, () -> false);
        long end = new StateHash(timeline.monitor()).now();
        var place = timeline.place();
        timeline.rewind(4_000_000);
        int pieces = 1;
        while (!timeline.approach(4_000_000, () -> true)) {
            pieces++;
        }
        assertTrue(pieces > 2, pieces + " pieces");
        assertEquals(4_000_000, timeline.time());
        long there = new StateHash(timeline.monitor()).now();
        var straight = new Timeline(Guests.start(guest, "bare"));
        straight.run(4_000_000, () -> false);
        assertEquals(new StateHash(straight.monitor()).now(), there);
        timeline.returnTo(place);
        assertEquals(6_000_000, timeline.time());
        assertEquals(end, new StateHash(timeline.monitor()).now());
    }

    @Test
    void aByteTypedLaterStartsAnotherFuture() {
        var echo = Guests.source(
                "bits 16",
                "again: mov dx, 0x3fd",
                "in al, dx",
                "test al, 1",
                "jz again",
                "mov dx, 0x3f8",
                "in al, dx",
                "out dx, al",
                "jmp again");
        var timeline = new Timeline(Guests.start(echo, "bare"));
        timeline.run(50_000, () -> false);
        assertTrue(timeline.type('a'));
        timeline.run(500_000, () -> false);
        assertEquals("a", text(timeline));
        timeline.seek(20_000);
        assertTrue(timeline.type('b'));
        timeline.run(500_000, () -> false);
        assertEquals("b", text(timeline));
        timeline.seek(10_000);
        timeline.run(500_000, () -> false);
        assertEquals("b", text(timeline));
    }

    private static long exits(Timeline timeline) {
        return timeline.exits().stream().mapToLong(ExitCounts.Count::count).sum();
    }

    private static String text(Timeline timeline) {
        return new String(timeline.monitor().machine().serial().bytes(), java.nio.charset.StandardCharsets.ISO_8859_1);
    }
}
