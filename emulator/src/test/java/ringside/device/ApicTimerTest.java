package ringside.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.bus.Clock;
import ringside.bus.Deadline;
import ringside.bus.Schedule;

/** What SDM 3A, APIC Timer, says. */
class ApicTimerTest {
    private static final int LVT_TIMER = 0x320;
    private static final int INITIAL = 0x380;
    private static final int CURRENT = 0x390;
    private static final int DIVIDE = 0x3E0;
    private static final int BY_ONE = 0b1011;
    private static final int MASK = 1 << 16;
    private static final int PERIODIC = 1 << 17;
    private static final int TSC_DEADLINE = 2 << 17;

    private final Clock clock = new Clock();
    private final Schedule schedule = new Schedule();
    private final LocalApic apic = new LocalApic(clock, schedule, new Pic8259Pair());

    private void write(int register, int value) {
        apic.page().write(register, 4, value);
    }

    private int current() {
        return apic.page().read(CURRENT, 4);
    }

    private void at(long time) {
        while (schedule.next() <= time) {
            clock.skipTo(Math.max(clock.now(), schedule.next()));
            schedule.fire(clock.now());
        }
        clock.skipTo(time);
    }

    private void end() {
        apic.acknowledge();
        write(0xB0, 0);
    }

    @ParameterizedTest
    @CsvSource({"0, 2", "1, 4", "2, 8", "3, 16", "8, 32", "9, 64", "10, 128", "11, 1"})
    void theDivideConfigurationSaysHowManyUnitsACountTakes(int code, int divisor) {
        write(DIVIDE, code);
        write(INITIAL, 1000);
        at(10L * divisor);
        assertEquals(990, current());
    }

    @Test
    void oneShotCountsDownToZeroOnceAndInterrupts() {
        write(DIVIDE, BY_ONE);
        write(LVT_TIMER, 0x40);
        write(INITIAL, 100);
        assertEquals(100, schedule.next());
        at(99);
        assertEquals(1, current());
        assertFalse(apic.pending());
        at(100);
        assertEquals(0, current());
        assertTrue(apic.pending());
        end();
        at(10_000);
        assertFalse(apic.pending());
        assertEquals(Deadline.NEVER, schedule.next());
    }

    @Test
    void periodicBeginsAgain() {
        at(7);
        write(DIVIDE, 0);
        write(LVT_TIMER, 0x40 | PERIODIC);
        write(INITIAL, 50);
        for (int i = 1; i <= 3; i++) {
            at(7 + 100L * i);
            assertTrue(apic.pending());
            assertEquals(50, current());
            end();
        }
        at(7 + 350);
        assertEquals(25, current());
    }

    @Test
    void anInitialCountOfZeroStopsIt() {
        write(LVT_TIMER, 0x40 | PERIODIC);
        write(INITIAL, 50);
        write(INITIAL, 0);
        assertEquals(0, current());
        assertEquals(Deadline.NEVER, schedule.next());
    }

    @Test
    void whileMaskedItCountsAndNobodyIsTold() {
        write(DIVIDE, BY_ONE);
        write(LVT_TIMER, 0x40 | PERIODIC | MASK);
        write(INITIAL, 100);
        assertEquals(Deadline.NEVER, schedule.next(), "it costs nothing");
        at(230);
        assertEquals(70, current());
        write(LVT_TIMER, 0x40 | PERIODIC);
        assertFalse(apic.pending(), "what came while it was masked is lost");
        assertEquals(300, schedule.next());
    }

    @Test
    void oneShotThatEndedUnderItsMaskStaysEnded() {
        write(DIVIDE, BY_ONE);
        write(LVT_TIMER, 0x40 | MASK);
        write(INITIAL, 100);
        at(150);
        write(LVT_TIMER, 0x40);
        assertEquals(Deadline.NEVER, schedule.next());
        assertEquals(0, current());
    }

    @Test
    void anotherDivisorGoesOnFromThePresentCount() {
        write(DIVIDE, BY_ONE);
        write(LVT_TIMER, 0x40);
        write(INITIAL, 100);
        at(60);
        write(DIVIDE, 0);
        assertEquals(40, current());
        assertEquals(140, schedule.next());
    }

    @Test
    void aTscDeadlineArrivesOnce() {
        write(LVT_TIMER, 0x40 | TSC_DEADLINE);
        apic.writeMsr(LocalApic.IA32_TSC_DEADLINE, 500);
        assertEquals(500, apic.readMsr(LocalApic.IA32_TSC_DEADLINE));
        at(499);
        assertFalse(apic.pending());
        at(500);
        assertTrue(apic.pending());
        assertEquals(0, apic.readMsr(LocalApic.IA32_TSC_DEADLINE));
    }

    @Test
    void aTscDeadlineInThePastArrivesAtOnce() {
        at(1000);
        write(LVT_TIMER, 0x40 | TSC_DEADLINE);
        apic.writeMsr(LocalApic.IA32_TSC_DEADLINE, 500);
        at(1000);
        assertTrue(apic.pending());
    }

    @Test
    void aTscDeadlineFollowsTheCounterThatSoftwareSets() {
        write(LVT_TIMER, 0x40 | TSC_DEADLINE);
        apic.writeMsr(LocalApic.IA32_TSC_DEADLINE, 500);
        apic.timeStampAdjusted(100);
        assertEquals(400, schedule.next());
        at(200);
        apic.timeStampAdjusted(-100);
        assertEquals(600, schedule.next());
        apic.timeStampAdjusted(Long.MIN_VALUE);
        assertEquals(200, schedule.next(), "the counter is beyond it, without sign");
    }

    @Test
    void zeroDisarmsATscDeadlineAndSoDoesAnotherMode() {
        write(LVT_TIMER, 0x40 | TSC_DEADLINE);
        apic.writeMsr(LocalApic.IA32_TSC_DEADLINE, 500);
        apic.writeMsr(LocalApic.IA32_TSC_DEADLINE, 0);
        assertEquals(Deadline.NEVER, schedule.next());
        apic.writeMsr(LocalApic.IA32_TSC_DEADLINE, 500);
        write(LVT_TIMER, 0x40);
        assertEquals(Deadline.NEVER, schedule.next());
        apic.writeMsr(LocalApic.IA32_TSC_DEADLINE, 500);
        assertEquals(0, apic.readMsr(LocalApic.IA32_TSC_DEADLINE), "other modes take no notice");
    }

    @Test
    void inTscDeadlineModeTheCountersAreZero() {
        write(LVT_TIMER, 0x40 | TSC_DEADLINE);
        write(INITIAL, 100);
        assertEquals(0, apic.page().read(INITIAL, 4));
        assertEquals(0, current());
    }

    @Test
    void haltedTheProcessorWaitsForItOnlyIfItWouldInterrupt() {
        write(LVT_TIMER, 0x40 | PERIODIC);
        write(INITIAL, 100);
        assertTrue(schedule.canInterrupt(true));
        write(0x80, 0x40);
        assertFalse(schedule.canInterrupt(true), "the task priority is not below its class");
        write(0x80, 0);
        write(LVT_TIMER, 0x40 | PERIODIC | MASK);
        assertFalse(schedule.canInterrupt(true));
    }
}
