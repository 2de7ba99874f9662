package ringside.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.bus.Clock;
import ringside.bus.PortBus;
import ringside.bus.Schedule;

/** What Intel's 82093AA data sheet says. */
class IoApicTest {
    private static final int MASK = 1 << 16;
    private static final int LEVEL = 1 << 15;
    private static final int REMOTE_IRR = 1 << 14;
    private static final int LOW_ACTIVE = 1 << 13;
    private static final int LOGICAL = 1 << 11;
    private static final int LOWEST_PRIORITY = 1 << 8;
    private static final int EXTERNAL = 7 << 8;

    private final Pic8259Pair pic = new Pic8259Pair();
    private final LocalApic local = new LocalApic(new Clock(), new Schedule(), pic);
    private final IoApic chip = new IoApic(local);

    private void write(int index, int value) {
        chip.write(0x00, 4, index);
        chip.write(0x10, 4, value);
    }

    private int read(int index) {
        chip.write(0x00, 4, index);
        return chip.read(0x10, 4);
    }

    private void entry(int input, int low) {
        write(0x10 + 2 * input, low);
    }

    private void pulse(int input) {
        chip.line(input).set(true);
        chip.line(input).set(false);
    }

    private void end() {
        local.page().write(0xB0, 4, 0);
    }

    @ParameterizedTest
    @CsvSource({"0x400, true, false", "0x500, false, true", "0x200, false, false", "0x10400, false, false"})
    void anInputCanBeAnNmiOrAnInit(String entry, boolean nonMaskable, boolean initialization) {
        entry(4, Integer.decode(entry));
        assertEquals(nonMaskable || initialization, chip.line(4).heard(false), "with IF clear");
        pulse(4);
        assertEquals(nonMaskable, local.nonMaskable());
        assertEquals(initialization, local.initialization());
    }

    @Test
    void aFixedInterruptIsNotHeardWhileIfIsClear() {
        entry(4, 0x41);
        assertTrue(chip.line(4).heard(true));
        assertFalse(chip.line(4).heard(false));
    }

    @Test
    void itHasTwentyFourEntriesAllMasked() {
        assertEquals(0x0017_0011, read(1));
        for (int input = 0; input < 24; input++) {
            assertEquals(MASK, read(0x10 + 2 * input));
            assertEquals(0, read(0x11 + 2 * input));
        }
        assertEquals(0, read(0x40));
        assertThrows(IllegalStateException.class, () -> chip.line(24));
    }

    @Test
    void theSelectRegisterAndTheIdCanBeReadBack() {
        write(0, 0x0F00_0000);
        assertEquals(0x0F00_0000, read(0));
        assertEquals(0x0F00_0000, read(2), "the arbitration ID is loaded with it");
        assertEquals(2, chip.read(0, 4));
        write(1, -1);
        assertEquals(0x0017_0011, read(1), "read only");
        chip.write(0x10, 1, 5);
        assertEquals(0x0017_0011, read(1));
    }

    @Test
    void anEdgeBecomesAMessage() {
        entry(4, 0x51);
        pulse(4);
        assertEquals(0x51, local.acknowledge());
        end();
        assertFalse(local.pending());
    }

    @Test
    void anEdgeAtAMaskedInputIsIgnored() {
        entry(4, 0x51 | MASK);
        pulse(4);
        chip.line(4).set(true);
        entry(4, 0x51);
        assertFalse(local.pending());
    }

    @Test
    void aLevelIsOneRequestUntilItsEnd() {
        entry(9, 0x51 | LEVEL);
        chip.line(9).set(true);
        assertEquals(0x51 | LEVEL | REMOTE_IRR, read(0x10 + 18));
        assertEquals(0x51, local.acknowledge());
        assertFalse(local.pending());
        end();
        assertTrue(local.pending(), "it is still asserted");
        local.acknowledge();
        chip.line(9).set(false);
        end();
        assertFalse(local.pending());
        assertEquals(0x51 | LEVEL, read(0x10 + 18));
    }

    @Test
    void aLevelAtAMaskedInputComesWhenTheMaskGoes() {
        chip.line(9).set(true);
        entry(9, 0x51 | LEVEL);
        assertTrue(local.pending());
    }

    @Test
    void aLevelWaitsUntilTheLocalApicAccepts() {
        local.page().write(0xF0, 4, 0xFF);
        entry(9, 0x51 | LEVEL);
        chip.line(9).set(true);
        assertFalse(local.pending());
        assertEquals(0x51 | LEVEL, read(0x10 + 18));
        local.page().write(0xF0, 4, 0x1FF);
        assertTrue(local.pending());
        assertEquals(0x51 | LEVEL | REMOTE_IRR, read(0x10 + 18));
    }

    @Test
    void aLowActiveInputAssertsWhenItFalls() {
        chip.line(5).set(true);
        entry(5, 0x51 | LOW_ACTIVE);
        assertFalse(local.pending());
        chip.line(5).set(false);
        assertTrue(local.pending());
    }

    @Test
    void remoteIrrAndDeliveryStatusAreReadOnly() {
        entry(9, 0x51 | LEVEL | REMOTE_IRR | 1 << 12);
        assertEquals(0x51 | LEVEL, read(0x10 + 18));
    }

    @ParameterizedTest
    @CsvSource({"0, 0, true", "0, 1, false", "1, 0x10, true", "1, 0x20, false", "0, 0xFF, true"})
    void theDestinationSaysWhoHears(int logical, String destination, boolean heard) {
        local.page().write(0xD0, 4, 0x1000_0000);
        write(0x11 + 8, Integer.decode(destination) << 24);
        entry(4, 0x51 | LOWEST_PRIORITY | (logical != 0 ? LOGICAL : 0));
        assertEquals(heard, chip.line(4).heard(true));
        pulse(4);
        assertEquals(heard, local.pending());
    }

    @Test
    void input0CanPassOnThe8259AsRequestAsExternal() {
        var ports = new PortBus();
        pic.attachTo(ports);
        for (int value : new int[] {0x11, 0x20, 4, 1, 0}) {
            ports.write(value == 0x11 ? 0x20 : 0x21, 1, value);
        }
        local.page().write(0x350, 4, MASK);
        pic.line(3).set(true);
        assertFalse(local.pending());
        entry(0, EXTERNAL);
        assertTrue(local.pending());
        assertEquals(0x23, local.acknowledge(), "the vector is the 8259A's");
        assertFalse(local.pending());
    }

    @Test
    void aRequestIsHeardOnlyIfItWouldInterrupt() {
        assertFalse(chip.line(4).heard(true));
        entry(4, 0x51);
        assertTrue(chip.line(4).heard(true));
        local.page().write(0x80, 4, 0x50);
        assertFalse(chip.line(4).heard(true));
        local.page().write(0x80, 4, 0);
        entry(9, 0x61 | LEVEL);
        chip.line(9).set(true);
        assertFalse(chip.line(9).heard(true), "it is held until its end");
    }

    @Test
    void aStateCanBeSavedAndRestored() {
        entry(9, 0x51 | LEVEL);
        write(0x11 + 18, 0x0500_0000);
        chip.line(9).set(true);
        write(0, 0x0300_0000);
        var saved = chip.save();
        var other = new IoApic(new LocalApic(new Clock(), new Schedule(), new Pic8259Pair()));
        other.restore(saved);
        assertEquals(saved, other.save());
    }
}
