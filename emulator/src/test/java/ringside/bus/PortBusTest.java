package ringside.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PortBusTest {
    /** Four registers that write down every access. */
    private static final class Registers implements Device {
        final List<String> accesses = new ArrayList<>();
        private final int width;

        Registers(int width) {
            this.width = width;
        }

        @Override
        public int read(int offset, int size) {
            accesses.add("read " + offset + "/" + size);
            return 0xA0A0A0A0 + offset;
        }

        @Override
        public void write(int offset, int size, int value) {
            accesses.add("write " + offset + "/" + size + " " + Integer.toHexString(value));
        }

        @Override
        public int width() {
            return width;
        }
    }

    private final PortBus bus = new PortBus();

    @Test
    void anUnclaimedPortReadsAllOnesAndLosesWrites() {
        bus.write(0x80, 1, 5);
        assertEquals(0xFF, bus.read(0x80, 1));
        assertEquals(0xFFFF, bus.read(0x80, 2));
        assertEquals(-1, bus.read(0x80, 4));
        assertFalse(bus.claims(0x80));
    }

    @Test
    void aDeviceSeesOffsetsAndNotPorts() {
        var device = new Registers(1);
        bus.attach(0x3F8, 4, device);
        assertEquals(0xA2, bus.read(0x3FA, 1));
        bus.write(0x3FB, 1, 0x155);
        assertEquals(List.of("read 2/1", "write 3/1 55"), device.accesses);
        assertTrue(bus.claims(0x3F8) && bus.claims(0x3FB));
        assertFalse(bus.claims(0x3F7) || bus.claims(0x3FC));
    }

    @Test
    void aWideAccessToAByteDeviceIsSplitLowestPortFirst() {
        var device = new Registers(1);
        bus.attach(0x40, 4, device);
        assertEquals(0xA3A2A1A0, bus.read(0x40, 4));
        bus.write(0x40, 2, 0x1234);
        assertEquals(
                List.of("read 0/1", "read 1/1", "read 2/1", "read 3/1", "write 0/1 34", "write 1/1 12"),
                device.accesses);
    }

    @Test
    void aWideDeviceTakesAnAccessWholeUnlessItLeavesTheRange() {
        var device = new Registers(4);
        bus.attach(0x1F0, 4, device);
        assertEquals(0xA0A0A0A0, bus.read(0x1F0, 4));
        assertEquals(0xFFFFA3A2, bus.read(0x1F2, 4));
        assertEquals(List.of("read 0/4", "read 2/1", "read 3/1"), device.accesses);
    }

    @Test
    void anAccessAcrossTwoDevicesReachesBoth() {
        var first = new Registers(1);
        var second = new Registers(1);
        bus.attach(0x20, 2, first);
        bus.attach(0x22, 2, second);
        assertEquals(0xA0A1, bus.read(0x21, 2));
        bus.write(0x21, 2, 0x7788);
        assertEquals(List.of("read 1/1", "write 1/1 88"), first.accesses);
        assertEquals(List.of("read 0/1", "write 0/1 77"), second.accesses);
    }

    @Test
    void bytesBeyondTheLastPortAreUnclaimedAndDoNotWrapToPortZero() {
        var first = new Registers(1);
        var last = new Registers(1);
        bus.attach(0, 1, first);
        bus.attach(0xFFFF, 1, last);
        assertEquals(0xFFA0, bus.read(0xFFFF, 2));
        bus.write(0xFFFF, 4, 0x11223344);
        assertEquals(List.of("read 0/1", "write 0/1 44"), last.accesses);
        assertEquals(List.of(), first.accesses);
    }

    @Test
    void rangesNeverOverlapAndNeverLeaveThePortSpace() {
        bus.attach(0x60, 4, new Registers(1));
        for (int[] range : new int[][] {{0x60, 1}, {0x63, 1}, {0x5F, 2}, {0x5F, 8}, {0xFFFF, 2}, {-1, 2}, {0x100, 0}}) {
            assertThrows(IllegalStateException.class, () -> bus.attach(range[0], range[1], new Registers(1)));
        }
        bus.attach(0x64, 1, new Registers(1));
        bus.attach(0x5F, 1, new Registers(1));
    }
}
