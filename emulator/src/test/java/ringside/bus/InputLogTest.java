package ringside.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class InputLogTest {
    private final InputLog log = new InputLog();

    @Test
    void keepsBytesInOrderWithTheirTimes() {
        for (int i = 0; i < 100; i++) {
            assertTrue(log.append(3L * i, 200 + i));
        }
        assertEquals(100, log.size());
        assertEquals(297, log.time(99));
        assertEquals((200 + 99) & 0xFF, log.value(99));
        assertThrows(IndexOutOfBoundsException.class, () -> log.value(100));
        assertThrows(IllegalStateException.class, () -> log.append(296, 1));
    }

    @Test
    void refusesWhatDoesNotFit() {
        for (int i = 0; i < InputLog.CAPACITY; i++) {
            assertTrue(log.append(i, 1));
        }
        assertFalse(log.append(InputLog.CAPACITY, 1));
        assertEquals(InputLog.CAPACITY, log.size());
    }

    @Test
    void anotherFutureForgetsTheBytesAfterItsStart() {
        log.append(10, 1);
        log.append(20, 2);
        log.append(20, 3);
        log.append(30, 4);
        log.forgetAfter(20);
        assertEquals(3, log.size());
        log.forgetAfter(19);
        assertEquals(1, log.size());
        assertTrue(log.append(12, 9));
        assertEquals(9, log.value(1));
    }

    @Test
    void tellsItsListenerOfEveryChange() {
        var told = new int[1];
        log.onChange(() -> told[0]++);
        log.append(1, 1);
        log.append(2, 1);
        log.forgetAfter(5);
        assertEquals(2, told[0]);
        log.forgetAfter(1);
        assertEquals(3, told[0]);
    }
}
