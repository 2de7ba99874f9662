package ringside.monitor.paravirtual;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import ringside.memory.Ram;

/** The rings of the console, with the offsets of Xen's public header io/console.h. */
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
    void wildPagesHurtNobody() {
        var random = new Random(1);
        for (int i = 0; i < 5_000; i++) {
            for (int at = 0; at < 0x1000; at += 64) {
                ram.write(PAGE + at, 8, random.nextLong());
            }
            for (int counter : new int[] {0xC00, 0xC04, 0xC08, 0xC0C}) {
                word(counter, random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(3000));
            }
            var console = new ConsoleRing(ram, PAGE);
            assertTrue(console.written().length <= 2048);
            console.type('a');
            assertEquals(0, ram.read(PAGE - 8, 8));
            assertEquals(0, ram.read(PAGE + 0x1000, 8));
        }
    }
}
