package ringside.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Intel 8254 data sheet, Mode Definitions: the examples of its timing diagrams, then every mode against a slow model. */
class PitChannelTest {
    private static PitChannel programmed(int mode, int count) {
        var channel = new PitChannel(true);
        channel.control(0x10 | (mode << 1));
        channel.write(count);
        return channel;
    }

    /** OUT after the write and after each pulse, as the diagrams draw it: _ low, ^ high. */
    private static String wave(PitChannel channel, int pulses) {
        var wave = new StringBuilder(channel.out() ? "^" : "_");
        for (int i = 0; i < pulses; i++) {
            channel.advance(channel.pulses() + 1);
            wave.append(channel.out() ? '^' : '_');
        }
        return wave.toString();
    }

    @ParameterizedTest
    @CsvSource({
        // mode, count, OUT before the first pulse and after each
        "0, 4, _____^^^^",
        "2, 3, ^^^_^^_^^_^",
        "2, 2, ^^_^_^_^_",
        "3, 4, ^^^__^^__^^_",
        "3, 5, ^^^^__^^^__^",
        "3, 3, ^^^_^^_^^_^",
        "3, 2, ^^_^_^_",
        "4, 3, ^^^^_^^^^",
        "4, 1, ^^_^^^^",
        "2, 1, ^^^^^^^^^",
        "3, 1, ^^^^^^^^^",
    })
    void drawsTheWaveOfTheDataSheet(int mode, int count, String wave) {
        assertEquals(wave, wave(programmed(mode, count), wave.length() - 1));
    }

    @ParameterizedTest
    @CsvSource({"1, 3, ^^^^___^^", "5, 3, ^^^^^^^_^"})
    void modes1And5WaitForATrigger(int mode, int count, String wave) {
        var channel = new PitChannel(false);
        channel.control(0x10 | (mode << 1));
        channel.write(count);
        var seen = wave(channel, 3);
        channel.gate(true);
        assertEquals(wave, seen + wave(channel, wave.length() - 4).substring(1));
    }

    @Test
    void aTriggerDuringAOneShotStartsItAgain() {
        var channel = new PitChannel(false);
        channel.control(0x12);
        channel.write(3);
        channel.gate(true);
        assertEquals("^__", wave(channel, 2));
        channel.gate(false);
        channel.gate(true);
        assertEquals("____^", wave(channel, 4));
    }

    @Test
    void aCounterThatIsNotProgrammedNeitherCountsNorChanges() {
        var channel = new PitChannel(true);
        assertEquals(-1, channel.nextChange());
        channel.advance(1_000_000);
        assertTrue(channel.out());
        assertEquals(0, channel.read());
    }

    @Test
    void theFirstByteOfTwoStopsMode0AndLowersOut() {
        var channel = new PitChannel(true);
        channel.control(0x30);
        channel.write(2);
        channel.write(0);
        channel.advance(3);
        assertTrue(channel.out());
        channel.write(1);
        assertFalse(channel.out());
        channel.advance(100);
        assertFalse(channel.out());
        channel.write(0);
        channel.advance(101);
        assertFalse(channel.out());
        channel.advance(102);
        assertTrue(channel.out());
    }

    @Test
    void aLatchedCountHoldsUntilBothBytesAreRead() {
        var channel = new PitChannel(true);
        channel.control(0x34);
        channel.write(0x34);
        channel.write(0x12);
        channel.advance(1);
        channel.latchCount();
        channel.advance(0x200);
        channel.latchCount();
        assertEquals(0x34, channel.read());
        assertEquals(0x12, channel.read());
        assertEquals((0x1234 - 0x1FF) & 0xFF, channel.read());
        assertEquals((0x1234 - 0x1FF) >> 8, channel.read());
    }

    @Test
    void theStatusByteShowsOutNullCountAndTheControlWordAsWritten() {
        var channel = new PitChannel(true);
        channel.control(0x2F); // high byte only, mode 7 (which acts as 3), BCD
        channel.latchStatus();
        assertEquals(0x80 | 0x40 | 0x2F, channel.read());
        channel.write(0x01);
        channel.advance(1);
        channel.latchStatus();
        channel.latchCount();
        assertEquals(0x80 | 0x2F, channel.read());
        assertEquals(0x01, channel.read());
    }

    @Test
    void decimalCountsFromZeroMeanTenThousand() {
        var channel = new PitChannel(true);
        channel.control(0x31);
        channel.write(0);
        channel.write(0);
        channel.advance(2);
        assertEquals(0x99, channel.read());
        assertEquals(0x99, channel.read());
        assertEquals(10_001, channel.nextChange());
    }

    @Test
    void aLeapOverManyPeriodsEndsWhereCountingWouldEnd() {
        for (int mode = 2; mode <= 3; mode++) {
            for (int count : new int[] {2, 3, 7, 100, 255}) {
                var leaping = programmed(mode, count);
                long far = 1 + 1_000_000_007L * count + count / 2;
                leaping.advance(far);
                var counting = programmed(mode, count);
                counting.advance(1 + 3L * count + count / 2);
                assertEquals(counting.out(), leaping.out());
                assertEquals(counting.read(), leaping.read());
            }
        }
    }

    @Test
    void everyModeAgreesWithTheSlowModelUnderRandomUse() {
        for (int seed = 0; seed < 3000; seed++) {
            compare(new Random(seed), "seed " + seed);
        }
    }

    private static void compare(Random random, String seed) {
        boolean gate = random.nextBoolean();
        int mode = random.nextInt(6);
        boolean decimal = random.nextInt(4) == 0;
        int access = 1 + random.nextInt(3);
        var fast = new PitChannel(gate);
        var slow = new SlowCounter(mode, decimal, gate);
        fast.control((access << 4) | (mode << 1) | (decimal ? 1 : 0));
        var log = new StringBuilder(
                seed + " mode " + mode + " access " + access + (decimal ? " bcd" : "") + " gate " + gate);
        for (int step = 0; step < 40; step++) {
            switch (random.nextInt(6)) {
                case 0 -> {
                    int count = random.nextInt(3) == 0 ? random.nextInt(5) : random.nextInt(decimal ? 99 : 255);
                    if (access == 3) {
                        int low = decimal ? Integer.parseInt(Integer.toString(count), 16) : count;
                        int high = random.nextInt(4) == 0 ? random.nextInt(4) : 0;
                        fast.write(low);
                        slow.firstByte();
                        tick(fast, slow, random.nextInt(3), log);
                        fast.write(high);
                        slow.count(count + high * (decimal ? 100 : 256));
                    } else if (access == 1) {
                        fast.write(decimal ? Integer.parseInt(Integer.toString(count), 16) : count);
                        slow.count(count);
                    } else {
                        fast.write(count & 3);
                        slow.count((count & 3) * (decimal ? 100 : 256));
                    }
                    log.append(" count ").append(count);
                }
                case 1 -> {
                    boolean level = random.nextBoolean();
                    fast.gate(level);
                    slow.gate(level);
                    log.append(" gate ").append(level);
                }
                case 2 -> {
                    fast.latchCount();
                    int shown = slow.shown();
                    tick(fast, slow, random.nextInt(5), log);
                    if (access != 2) {
                        assertEquals(shown & 0xFF, fast.read(), log.toString());
                    }
                    if (access != 1) {
                        assertEquals(shown >> 8, fast.read(), log.toString());
                    }
                }
                case 3 -> {
                    fast.latchStatus();
                    int status = (slow.out ? 0x80 : 0) | (slow.nullCount ? 0x40 : 0);
                    assertEquals(status, fast.read() & 0xC0, log.toString());
                }
                default -> tick(fast, slow, random.nextInt(step % 7 == 0 ? 1500 : 40), log);
            }
            assertEquals(slow.out, fast.out(), log.toString());
            assertEquals(slow.shown(), shown(fast), log.toString());
        }
    }

    /** Advances both; the fast one in one leap, after it has foretold where OUT changes. */
    private static void tick(PitChannel fast, SlowCounter slow, int pulses, StringBuilder log) {
        log.append(" tick ").append(pulses);
        long foretold = fast.nextChange();
        long start = fast.pulses();
        boolean before = slow.out;
        long seen = -1;
        for (int i = 1; i <= pulses; i++) {
            slow.pulse();
            if (seen < 0 && slow.out != before) {
                seen = start + i;
            }
        }
        if (seen >= 0 || (foretold >= 0 && foretold <= start + pulses)) {
            assertEquals(seen, foretold, log.toString());
        }
        fast.advance(start + pulses);
    }

    /** The count as a copy of the channel would read it, so that no latch or byte order is disturbed. */
    private static int shown(PitChannel channel) {
        var copy = new PitChannel(false);
        copy.restore(channel.save());
        assertEquals(channel.save(), copy.save());
        int count = copy.save().count() % ((copy.save().control() & 1) != 0 ? 10_000 : 65_536);
        return (copy.save().control() & 1) != 0 ? Integer.parseInt(Integer.toString(count), 16) : count;
    }
}
