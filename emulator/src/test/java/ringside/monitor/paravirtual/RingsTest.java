package ringside.monitor.paravirtual;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import ringside.memory.Ram;

/** The rings of console and store, with the offsets of Xen's public headers io/console.h and io/xs_wire.h. */
class RingsTest {
    private static final long PAGE = 0x3000;

    private final Ram ram = new Ram(64);

    private void word(int offset, int value) {
        ram.write(PAGE + offset, 4, value);
    }

    private int word(int offset) {
        return (int) ram.read(PAGE + offset, 4);
    }

    private void bytes(int offset, int size, int count, String text) {
        for (int i = 0; i < text.length(); i++) {
            ram.write(PAGE + offset + (count + i & size - 1), 1, text.charAt(i));
        }
    }

    @Test
    void theConsoleIsReadAcrossTheEndOfItsRingAndOfItsCount() {
        word(0xC08, -3);
        bytes(0x400, 2048, -3, "hello");
        word(0xC0C, 2);
        var console = new ConsoleRing(ram, PAGE);
        assertArrayEquals("hello".getBytes(StandardCharsets.US_ASCII), console.written());
        assertEquals(2, word(0xC08));
        assertEquals(0, console.written().length);
    }

    @Test
    void whatIsTypedWaitsForRoom() {
        var console = new ConsoleRing(ram, PAGE);
        for (int i = 0; i < 1024; i++) {
            assertTrue(console.type('a'));
        }
        assertFalse(console.type('b'));
        assertEquals(1024, word(0xC04));
        word(0xC00, 1);
        assertTrue(console.type('b'));
        assertEquals('b', ram.read(PAGE, 1));
    }

    @Test
    void countsThatContradictEachOtherAreNotBelieved() {
        word(0xC08, 5);
        word(0xC0C, 4);
        word(0xC00, 0);
        word(0xC04, 1025);
        var console = new ConsoleRing(ram, PAGE);
        assertEquals(0, console.written().length);
        assertFalse(console.type('a'));
        assertEquals(5, word(0xC08));
        assertEquals(1025, word(0xC04));
    }

    @Test
    void aRequestToTheStoreComesWhole() {
        byte[] read = XenstoreMessage.of(2, 7, 0, "device/vbd").bytes();
        assertEquals(16 + 11, read.length);
        var store = new XenstoreRing(ram, PAGE);
        String text = new String(read, StandardCharsets.ISO_8859_1);
        bytes(0, 1024, 0, text.substring(0, 20));
        word(0x804, 20);
        assertEquals(Optional.empty(), store.request());
        bytes(0, 1024, 20, text.substring(20));
        word(0x804, read.length);
        var request = store.request().orElseThrow();
        assertEquals(new XenstoreMessage(2, 7, 0, request.payload()), request);
        assertEquals(List.of("device/vbd"), request.texts());
        assertEquals(read.length, word(0x800));
    }

    @Test
    void anAnswerLongerThanTheRingGoesInPieces() {
        var store = new XenstoreRing(ram, PAGE);
        assertTrue(store.answer(XenstoreMessage.of(1, 7, 0, "x".repeat(2000))));
        assertEquals(1024, word(0x80C));
        word(0x808, 1024);
        store.flush();
        assertEquals(16 + 2001, word(0x80C));
    }

    @Test
    void whoBreaksTheRulesIsToldSoInThePage() {
        var store = new XenstoreRing(ram, PAGE);
        word(0x804, 1025);
        assertEquals(Optional.empty(), store.request());
        assertEquals(2, word(0x818), "XENSTORE_ERROR_RINGIDX");

        word(0x818, 0);
        word(0x804, 16);
        word(12, 4097);
        assertEquals(Optional.empty(), store.request());
        assertEquals(3, word(0x818), "XENSTORE_ERROR_PROTO");
    }

    @Test
    void wildPagesHurtNobody() {
        var random = new Random(1);
        for (int i = 0; i < 5_000; i++) {
            for (int at = 0; at < 0x1000; at += 64) {
                ram.write(PAGE + at, 8, random.nextLong());
            }
            for (int counter : new int[] {0x800, 0x804, 0x808, 0x80C, 0xC00, 0xC04, 0xC08, 0xC0C}) {
                word(counter, random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(3000));
            }
            word(0x818, 0);
            var console = new ConsoleRing(ram, PAGE);
            assertTrue(console.written().length <= 2048);
            console.type('a');
            var store = new XenstoreRing(ram, PAGE);
            store.request().ifPresent(request -> assertTrue(request.payload().size() <= 4096));
            store.answer(XenstoreMessage.of(16, 0, 0, "EINVAL"));
            assertEquals(0, ram.read(PAGE - 8, 8));
            assertEquals(0, ram.read(PAGE + 0x1000, 8));
        }
    }
}
