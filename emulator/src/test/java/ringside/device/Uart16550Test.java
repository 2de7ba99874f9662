package ringside.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.bus.Clock;
import ringside.bus.Deadline;
import ringside.bus.InputLog;
import ringside.bus.InterruptLine;
import ringside.bus.Schedule;

class Uart16550Test {
    private static final int DATA = 0;
    private static final int IER = 1;
    private static final int IIR = 2;
    private static final int FCR = 2;
    private static final int LCR = 3;
    private static final int MCR = 4;
    private static final int LSR = 5;
    private static final int MSR = 6;

    private final Clock clock = new Clock();
    private final Schedule schedule = new Schedule();
    private final InputLog inputs = new InputLog();
    private final List<Integer> sent = new ArrayList<>();
    private int rises;
    private boolean level;
    private final InterruptLine line = new InterruptLine() {
        @Override
        public void set(boolean now) {
            rises += now && !level ? 1 : 0;
            level = now;
        }

        @Override
        public boolean heard(boolean maskable) {
            return true;
        }
    };
    private final Uart16550 uart = new Uart16550(clock, schedule, line, inputs, sent::add);

    private int get(int register) {
        return uart.read(register, 1);
    }

    private void set(int register, int value) {
        uart.write(register, 1, value);
    }

    private void runTo(long time) {
        while (schedule.next() <= time) {
            clock.skipTo(schedule.next());
            schedule.fire(clock.now());
        }
        clock.skipTo(time);
    }

    private void type(String text) {
        text.chars().forEach(value -> inputs.append(clock.now(), value));
    }

    /** PC16550D, UART Reset Configuration. */
    @ParameterizedTest
    @CsvSource({"1, 00", "2, 01", "3, 00", "4, 00", "5, 60", "6, B0"})
    void startsAsAfterMasterReset(int register, String value) {
        assertEquals(Integer.parseInt(value, 16), get(register));
    }

    @Test
    void aByteLeavesAtOnceAndTheTransmitterIsAlwaysEmpty() {
        set(DATA, '4');
        assertEquals(0x60, get(LSR));
        set(DATA, '\n');
        assertEquals(List.of((int) '4', (int) '\n'), sent);
    }

    @Test
    void theDivisorHidesBehindTheLatchBit() {
        set(LCR, 0x83);
        set(DATA, 0x34);
        set(IER, 0x12);
        assertEquals(0x34, get(DATA));
        assertEquals(0x12, get(IER));
        set(LCR, 0x03);
        assertEquals(0, get(DATA));
        assertEquals(0, get(IER));
        assertTrue(sent.isEmpty());
        set(IER, 0xFF);
        assertEquals(0x0F, get(IER));
        set(MCR, 0xFF);
        assertEquals(0x1F, get(MCR));
        set(7, 0xA5);
        assertEquals(0xA5, get(7));
    }

    @Test
    void typedBytesArriveOneByOneWithoutFifo() {
        type("ab");
        assertEquals(0x61, get(LSR));
        assertEquals('a', get(DATA));
        assertEquals(0x61, get(LSR));
        assertEquals('b', get(DATA));
        assertEquals(0x60, get(LSR));
        assertEquals(0, get(DATA));
    }

    @Test
    void anInputArrivesAtItsTimeAndInterrupts() {
        inputs.append(500, 'x');
        set(IER, 1);
        set(MCR, 0x08);
        assertEquals(500, schedule.next());
        assertTrue(schedule.canInterrupt(true));
        runTo(499);
        assertFalse(level);
        runTo(500);
        assertTrue(level);
        assertFalse(schedule.canInterrupt(true));
        assertEquals(0x04, get(IIR));
        assertEquals('x', get(DATA));
        assertFalse(level);
        assertEquals(0x01, get(IIR));
    }

    @Test
    void out2GatesTheRequest() {
        type("x");
        set(IER, 1);
        assertEquals(0x04, get(IIR));
        assertFalse(level);
        set(MCR, 0x08);
        assertTrue(level);
        set(MCR, 0x00);
        assertFalse(level);
    }

    @Test
    void enablingTheThrEmptyInterruptRaisesItAndReadingIirEndsIt() {
        set(MCR, 0x08);
        set(IER, 2);
        assertTrue(level);
        assertEquals(0x02, get(IIR));
        assertFalse(level);
        assertEquals(0x01, get(IIR));
        set(DATA, 'a');
        assertTrue(level);
        set(DATA, 'b');
        assertEquals(3, rises, "each byte makes a new edge");
        set(IER, 0);
        assertFalse(level);
        set(IER, 2);
        assertTrue(level);
    }

    @Test
    void aThrEmptyRequestSurvivesReadingIirWhileAnotherSourceIsShown() {
        set(MCR, 0x08);
        set(IER, 3);
        type("x");
        assertEquals(0x04, get(IIR));
        assertEquals('x', get(DATA));
        assertEquals(0x02, get(IIR));
        assertFalse(level);
    }

    @ParameterizedTest
    @CsvSource({"00, 1", "40, 4", "80, 8", "C0, 14"})
    void theFifoInterruptsAtItsTriggerLevel(String bits, int trigger) {
        set(FCR, 0x01 | Integer.parseInt(bits, 16));
        set(IER, 1);
        set(MCR, 0x08);
        type("x".repeat(trigger - 1));
        assertEquals(0xC1, get(IIR));
        type("x");
        assertEquals(0xC4, get(IIR));
        get(DATA);
        assertEquals(0xC1, get(IIR));
    }

    @Test
    void charactersBelowTheTriggerTimeOutAfterFourCharacterTimes() {
        set(LCR, 0x83);
        set(DATA, 1); // 115200 baud
        set(IER, 0);
        set(LCR, 0x03); // 8N1: ten bits
        set(FCR, 0xC1);
        set(IER, 1);
        set(MCR, 0x08);
        type("x");
        assertEquals(4 * 86_805L, schedule.next());
        runTo(4 * 86_805L);
        assertEquals(0xCC, get(IIR));
        assertTrue(level);
        assertEquals('x', get(DATA));
        assertFalse(level);
        assertEquals(Deadline.NEVER, schedule.next());
    }

    @Test
    void theFarEndWaitsWhileTheReceiverIsFull() {
        set(FCR, 1);
        type("abcdefghijklmnopqrst");
        var read = new StringBuilder();
        while ((get(LSR) & 1) != 0) {
            assertEquals(0, get(LSR) & 2);
            read.append((char) get(DATA));
        }
        assertEquals("abcdefghijklmnopqrst", read.toString());
    }

    @Test
    void changingOrClearingTheFifoDropsItsContents() {
        type("ab");
        set(FCR, 1);
        assertEquals('b', get(DATA), "switching the FIFO on drops what the buffer held");
        type("cd");
        set(FCR, 0x03);
        assertEquals(0x60, get(LSR));
        set(FCR, 0xC0);
        assertEquals(0x01, get(IIR));
    }

    @Test
    void loopbackTurnsTheTransmitterRound() {
        set(MCR, 0x10);
        set(DATA, 'q');
        assertTrue(sent.isEmpty());
        assertEquals(0x61, get(LSR));
        set(DATA, 'r');
        assertEquals(0x63, get(LSR), "overrun, shown once");
        assertEquals(0x61, get(LSR));
        assertEquals('r', get(DATA));
        set(FCR, 1);
        for (int i = 0; i < 17; i++) {
            set(DATA, i);
        }
        assertEquals(0x63, get(LSR));
        for (int i = 0; i < 16; i++) {
            assertEquals(i, get(DATA), "a full FIFO keeps what it has");
        }
        assertEquals(0x60, get(LSR));
    }

    @Test
    void loopbackTurnsTheModemSignalsRoundAndRemembersChanges() {
        set(MCR, 0x10);
        assertEquals(0x0B, get(MSR), "CTS, DSR and DCD fell");
        set(MCR, 0x1F);
        assertEquals(0xFB, get(MSR), "a ring that begins is no delta");
        set(MCR, 0x1B);
        assertEquals(0xB4, get(MSR), "a ring that ends is one");
        assertEquals(0xB0, get(MSR));
    }

    @Test
    void theHighestSourceIsShownFirst() {
        set(IER, 0x0F);
        set(MCR, 0x10);
        set(DATA, 1);
        set(DATA, 2);
        assertEquals(0x06, get(IIR));
        get(LSR);
        assertEquals(0x04, get(IIR));
        get(DATA);
        assertEquals(0x02, get(IIR));
        assertEquals(0x00, get(IIR));
        get(MSR);
        assertEquals(0x01, get(IIR));
    }

    @Test
    void loopbackClosesTheGateOfTheBoard() {
        set(IER, 2);
        set(MCR, 0x18);
        assertFalse(level);
        assertEquals(0x02, get(IIR));
    }

    @Test
    void anInputLoggedAfterASnapshotArrivesAgainWhenTheSnapshotIsPlayedOn() {
        set(IER, 1);
        set(MCR, 0x08);
        var saved = uart.save();
        var deadlines = schedule.save();
        var start = clock.save();
        runTo(500);
        type("x");
        assertEquals('x', get(DATA));
        clock.restore(start);
        uart.restore(saved);
        schedule.restore(deadlines);
        assertEquals(saved, uart.save());
        assertEquals(deadlines, schedule.save());
        rises = 0;
        level = false;
        runTo(499);
        assertEquals(0, rises);
        runTo(500);
        assertEquals(1, rises);
        assertEquals('x', get(DATA));
    }

    @Test
    void aSnapshotContinuesExactly() {
        set(FCR, 0x81);
        set(IER, 0x0F);
        set(MCR, 0x08);
        type("abc");
        inputs.append(7_000_000, 'd');
        var saved = uart.save();
        var deadlines = schedule.save();
        var start = clock.save();
        assertEquals(saved, uart.save());
        runTo(8_000_000);
        assertEquals('a', get(DATA));
        var end = uart.save();
        assertFalse(saved.equals(end));
        uart.restore(saved);
        schedule.restore(deadlines);
        clock.restore(start);
        assertEquals(saved, uart.save());
        runTo(8_000_000);
        assertEquals('a', get(DATA));
        assertEquals(end, uart.save());
    }
}
