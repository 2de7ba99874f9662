package ringside.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import ringside.bus.PortBus;

class Pic8259PairTest {
    private final Pic8259Pair pair = new Pic8259Pair();
    private final PortBus ports = new PortBus();

    @BeforeEach
    void initializeAsEveryOperatingSystemDoes() {
        pair.attachTo(ports);
        initialize(0x01, 0x01);
    }

    private void initialize(int masterIcw4, int slaveIcw4) {
        ports.write(0x20, 1, 0x11);
        ports.write(0x21, 1, 0x20);
        ports.write(0x21, 1, 1 << 2);
        ports.write(0x21, 1, masterIcw4);
        ports.write(0xA0, 1, 0x11);
        ports.write(0xA1, 1, 0x28);
        ports.write(0xA1, 1, 2);
        ports.write(0xA1, 1, slaveIcw4);
    }

    private void pulse(int irq) {
        pair.line(irq).set(false);
        pair.line(irq).set(true);
    }

    @Test
    void eachLineHasItsVector() {
        for (int irq = 0; irq < 16; irq++) {
            if (irq == 2) {
                continue;
            }
            pulse(irq);
            assertTrue(pair.pending());
            assertEquals(0x20 + irq, pair.acknowledge());
            ports.write(0xA0, 1, 0x20);
            ports.write(0x20, 1, 0x20);
            assertFalse(pair.pending());
        }
        assertThrows(IllegalStateException.class, () -> pair.line(2));
        assertThrows(IllegalStateException.class, () -> pair.line(16));
    }

    @Test
    void theSlaveRanksWhereItsCascadeInputRanks() {
        pulse(3);
        pulse(9);
        pulse(1);
        assertEquals(0x21, pair.acknowledge());
        ports.write(0x20, 1, 0x20);
        assertEquals(0x29, pair.acknowledge());
        ports.write(0xA0, 1, 0x20);
        assertFalse(pair.pending(), "the master still serves its input 2");
        ports.write(0x20, 1, 0x20);
        assertEquals(0x23, pair.acknowledge());
    }

    @Test
    void aMasterInSpecialFullyNestedModeHearsAHigherRequestOfABusySlave() {
        pulse(12);
        assertEquals(0x2C, pair.acknowledge());
        pulse(9);
        assertFalse(pair.pending());
        initialize(0x11, 0x01);
        pulse(12);
        assertEquals(0x2C, pair.acknowledge());
        pulse(9);
        assertTrue(pair.pending());
        assertEquals(0x29, pair.acknowledge());
        pulse(3);
        assertFalse(pair.pending());
    }

    @Test
    void aRequestThatGoesAwayEndsAsInterrupt7EvenIfItWasTheSlaves() {
        pulse(5);
        pair.line(5).set(false);
        assertEquals(0x27, pair.acknowledge());
        pulse(9);
        ports.write(0xA1, 1, 0xFF);
        assertFalse(pair.pending());
        assertEquals(0x27, pair.acknowledge());
        ports.write(0xA1, 1, 0);
        assertTrue(pair.pending());
        ports.write(0xA0, 1, 0x0C);
        ports.read(0xA0, 1); // the slave is polled behind the master's back
        assertFalse(pair.pending());
    }

    @Test
    void twoRequestsOfASlaveWithAutomaticEndAreBothServed() {
        initialize(0x03, 0x03);
        pulse(8);
        pulse(10);
        assertEquals(0x28, pair.acknowledge());
        assertTrue(pair.pending());
        assertEquals(0x2A, pair.acknowledge());
        assertFalse(pair.pending());
    }

    @Test
    void aMaskedCascadeSilencesTheWholeSlave() {
        ports.write(0x21, 1, 1 << 2);
        assertFalse(pair.line(8).heard(true));
        assertTrue(pair.line(0).heard(true));
        ports.write(0x21, 1, 0);
        assertTrue(pair.line(8).heard(true));
        ports.write(0xA1, 1, 1);
        assertFalse(pair.line(8).heard(true));
    }

    @Test
    void theEdgeLevelRegistersKeepTheBitsThatExist() {
        ports.write(0x4D0, 1, 0xFF);
        ports.write(0x4D1, 1, 0xFF);
        assertEquals(0xDEF8, ports.read(0x4D0, 2));
        pair.line(11).set(true);
        assertEquals(0x2B, pair.acknowledge());
        ports.write(0xA0, 1, 0x20);
        ports.write(0x20, 1, 0x20);
        assertTrue(pair.pending(), "a level asks again until it falls");
        pair.line(11).set(false);
        assertFalse(pair.pending());
    }

    @Test
    void tellsWheneverIntrChanges() {
        List<Boolean> seen = new ArrayList<>();
        pair.onChange(() -> seen.add(pair.pending()));
        pulse(1);
        pulse(4);
        pair.acknowledge();
        ports.write(0x20, 1, 0x20);
        assertEquals(List.of(true, false, true), seen);
    }

    @Test
    void aSnapshotHoldsBothChips() {
        pulse(1);
        pair.acknowledge();
        pulse(0);
        pulse(14);
        var saved = pair.save();
        pair.acknowledge();
        ports.write(0x21, 1, 0x55);
        pair.restore(saved);
        assertEquals(saved, pair.save());
        assertTrue(pair.pending());
        assertEquals(0x20, pair.acknowledge());
    }
}
