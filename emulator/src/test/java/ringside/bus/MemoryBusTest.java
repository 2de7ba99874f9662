package ringside.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryBusTest {
    private static final long PLACE = 0xFEE0_0000L;

    private final MemoryBus bus = new MemoryBus();
    private final List<String> accesses = new ArrayList<>();

    /** Answers each byte with its offset, and keeps what was asked. */
    private final class Echo implements Device {
        private final int width;

        Echo(int width) {
            this.width = width;
        }

        @Override
        public int width() {
            return width;
        }

        @Override
        public int read(int offset, int size) {
            accesses.add("read " + offset + " " + size);
            int value = 0;
            for (int i = 0; i < size; i++) {
                value |= (offset + i & 0xFF) << 8 * i;
            }
            return value;
        }

        @Override
        public void write(int offset, int size, int value) {
            accesses.add("write " + offset + " " + size + " " + Integer.toHexString(value));
        }
    }

    @Test
    void anAlignedAccessGoesToItsDeviceWhole() {
        bus.attach(PLACE, 0x1000, new Echo(4));

        assertEquals(0x2322_2120L, bus.read(PLACE + 0x20, 4));
        bus.write(PLACE + 0x80, 4, 0x1_1234_5678L);

        assertEquals(List.of("read 32 4", "write 128 4 12345678"), accesses);
    }

    @Test
    void eightBytesAreTwoAccesses() {
        bus.attach(PLACE, 0x1000, new Echo(4));

        assertEquals(0x1716_1514_1312_1110L, bus.read(PLACE + 0x10, 8));
        bus.write(PLACE, 8, 0x1122_3344_5566_7788L);

        assertEquals(List.of("read 16 4", "read 20 4", "write 0 4 55667788", "write 4 4 11223344"), accesses);
    }

    @Test
    void aMisalignedAccessIsCutAtItsAlignment() {
        bus.attach(PLACE, 0x1000, new Echo(4));

        assertEquals(0x0605_0403L, bus.read(PLACE + 3, 4));

        assertEquals(List.of("read 3 1", "read 4 2", "read 6 1"), accesses);
    }

    @Test
    void aByteWideDeviceSeesBytes() {
        bus.attach(PLACE, 4, new Echo(1));

        assertEquals(0x0100L, bus.read(PLACE, 2));

        assertEquals(List.of("read 0 1", "read 1 1"), accesses);
    }

    @Test
    void unclaimedAddressesReadAsOnesAndLoseWrites() {
        bus.attach(PLACE, 4, new Echo(4));

        assertEquals(0xFFFF_FFFFL, bus.read(PLACE + 4, 4));
        assertEquals(-1L, bus.read(0x8000_0000L, 8));
        assertEquals(0xFFFF_FFFF_0302_0100L, bus.read(PLACE, 8));
        bus.write(PLACE + 4, 4, 1);
        bus.write(PLACE, 8, 0x55L << 32 | 7);

        assertEquals(List.of("read 0 4", "write 0 4 7"), accesses);
        assertTrue(bus.claims(PLACE + 3));
        assertFalse(bus.claims(PLACE + 4));
    }

    @Test
    void aRangeThatMovesAnswersWhereItIs() {
        long[] place = {PLACE};
        bus.attach(() -> place[0], 0x1000, new Echo(4));
        place[0] = 0x8000_0000L;

        assertFalse(bus.claims(PLACE));
        assertEquals(0x0706_0504L, bus.read(0x8000_0004L, 4));

        place[0] = MemoryBus.NOWHERE;
        assertFalse(bus.claims(0x8000_0004L));
    }

    @Test
    void twoDevicesCannotClaimOneAddress() {
        bus.attach(PLACE, 0x1000, new Echo(4));

        assertThrows(IllegalStateException.class, () -> bus.attach(PLACE + 0xFFF, 1, new Echo(4)));
    }
}
