package ringside.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** One chip by itself; Intel 8259A data sheet. */
class Pic8259Test {
    private final Pic8259 pic = new Pic8259(true, () -> {});

    private void initialize(int icw1, int icw4) {
        pic.write(0, 1, icw1);
        pic.write(1, 1, 0x20);
        pic.write(1, 1, icw4);
    }

    private void pulse(int... levels) {
        for (int level : levels) {
            pic.line(level, false);
            pic.line(level, true);
        }
    }

    private int read(int command) {
        pic.write(0, 1, command);
        return pic.read(0, 1);
    }

    @Test
    void isSilentUntilItIsInitialized() {
        pulse(0, 3);
        assertFalse(pic.interrupt());
        assertFalse(pic.accepts(0));
        pic.write(0, 1, 0x13);
        assertFalse(pic.interrupt());
        pic.write(1, 1, 0x20);
        assertFalse(pic.accepts(0));
        pic.write(1, 1, 0x01);
        assertTrue(pic.accepts(0));
        assertFalse(pic.interrupt(), "ICW1 resets the edge sense: an input must rise again");
        pulse(3);
        assertTrue(pic.interrupt());
    }

    @Test
    void anInitializationWithoutIcw4NeedsOnlyTwoWords() {
        pic.write(0, 1, 0x12 | 0x04);
        pic.write(1, 1, 0x20);
        pulse(2);
        assertEquals(2, pic.acknowledge());
        assertEquals(0x08, pic.vector(2), "without the 8086 bit the chip gives the low byte of a CALL address");
    }

    @Test
    void servesTheHighestPriorityFirstAndHoldsBackTheLower() {
        initialize(0x13, 1);
        pulse(5, 1, 3);
        assertEquals(1, pic.acknowledge());
        assertEquals(0x21, pic.vector(1));
        assertFalse(pic.interrupt());
        pulse(0);
        assertEquals(0, pic.acknowledge());
        assertEquals(0b11, read(0x0B));
        assertEquals(0b101000, read(0x0A));
        pic.write(0, 1, 0x20);
        assertFalse(pic.interrupt());
        pic.write(0, 1, 0x20);
        assertEquals(3, pic.acknowledge());
    }

    @Test
    void aRequestThatGoesAwayLeavesASpuriousAcknowledge() {
        initialize(0x13, 1);
        pulse(4);
        pic.line(4, false);
        assertFalse(pic.interrupt());
        assertEquals(-1, pic.acknowledge());
        assertEquals(0, read(0x0B));
    }

    @Test
    void anEdgeIsServedOnceAndALevelUntilItFalls() {
        initialize(0x13, 3);
        pulse(6);
        assertEquals(6, pic.acknowledge());
        assertEquals(-1, pic.acknowledge());
        pic.levelTriggered(1 << 6);
        assertEquals(6, pic.acknowledge());
        assertEquals(6, pic.acknowledge());
        pic.line(6, false);
        assertFalse(pic.interrupt());
    }

    @Test
    void rotationMakesTheEndedLevelTheLowest() {
        initialize(0x13, 1);
        pulse(2);
        assertEquals(2, pic.acknowledge());
        pic.write(0, 1, 0xA0);
        pulse(2, 3);
        assertEquals(3, pic.acknowledge());
        assertFalse(pic.interrupt(), "level 3 is in service and above level 2");
        pic.write(0, 1, 0xC0 | 1);
        assertEquals(2, pic.acknowledge());
        pic.write(0, 1, 0x60 | 2);
        pic.write(0, 1, 0xE0 | 3);
        pulse(4);
        assertEquals(4, pic.acknowledge());
    }

    @Test
    void autoEoiLeavesNothingInServiceAndMayRotate() {
        initialize(0x13, 3);
        pic.write(0, 1, 0x80);
        pulse(0, 1);
        assertEquals(0, pic.acknowledge());
        pulse(0);
        assertEquals(1, pic.acknowledge());
        assertEquals(0, read(0x0B));
        pic.write(0, 1, 0x00);
        pulse(7);
        assertEquals(7, pic.acknowledge());
        assertEquals(0, pic.acknowledge());
    }

    @Test
    void specialMaskModeLetsLowerLevelsPassAMaskedOne() {
        initialize(0x13, 1);
        pulse(2);
        assertEquals(2, pic.acknowledge());
        pic.write(1, 1, 1 << 2);
        pulse(5);
        assertFalse(pic.interrupt());
        pic.write(0, 1, 0x68);
        assertEquals(5, pic.acknowledge());
        pic.write(0, 1, 0x20);
        assertEquals(1 << 2, read(0x0B), "a non-specific EOI does not see the masked level");
        pic.write(0, 1, 0x60 | 2);
        assertEquals(0, read(0x0B));
        pic.write(0, 1, 0x48);
        assertFalse(pic.save().specialMask());
    }

    @Test
    void aPollIsAnAcknowledge() {
        initialize(0x13, 1);
        pulse(6);
        assertEquals(0x86, read(0x0C));
        assertEquals(1 << 6, read(0x0B));
        pic.write(0, 1, 0x0C);
        assertEquals(0, pic.read(1, 1) & 0x80);
        assertEquals(0, pic.read(1, 1), "then the port gives the mask again");
    }

    @Test
    void theMaskReadsBackAndHoldsBack() {
        initialize(0x13, 1);
        pic.write(1, 1, 0xFE);
        assertEquals(0xFE, pic.read(1, 1));
        pulse(1);
        assertFalse(pic.interrupt());
        assertFalse(pic.accepts(1));
        assertTrue(pic.accepts(0));
        pic.write(1, 1, 0);
        assertTrue(pic.interrupt());
    }

    @Test
    void aLevelInServiceIsNotAcceptedAgain() {
        initialize(0x13, 1);
        pulse(3);
        pic.acknowledge();
        assertFalse(pic.accepts(3) || pic.accepts(4));
        assertTrue(pic.accepts(2));
    }

    @Test
    void agreesWithASimpleModelUnderRandomProgramming() {
        for (int seed = 0; seed < 2000; seed++) {
            compare(seed);
        }
    }

    private static void compare(int seed) {
        var random = new Random(seed);
        var chip = new Pic8259(true, () -> {});
        var simple = new SimplePic();
        var log = new StringBuilder("seed " + seed);
        for (int step = 0; step < 120; step++) {
            int level = random.nextInt(8);
            switch (random.nextInt(step < 3 ? 2 : 12)) {
                case 0 -> {
                    if (step < 3 || random.nextInt(6) == 0) {
                        boolean levels = random.nextInt(3) == 0;
                        boolean auto = random.nextInt(3) == 0;
                        chip.write(0, 1, levels ? 0x1B : 0x13);
                        chip.write(1, 1, 0x40);
                        chip.write(1, 1, auto ? 3 : 1);
                        simple.initialize(levels, auto);
                        log.append(" init level=")
                                .append(levels)
                                .append(" auto=")
                                .append(auto);
                    }
                }
                case 1, 2, 3 -> {
                    boolean up = random.nextInt(3) > 0;
                    chip.line(level, up);
                    simple.line(level, up);
                    log.append(up ? " up" : " down").append(level);
                }
                case 4, 5 -> {
                    log.append(" ack");
                    assertEquals(simple.acknowledge(), chip.acknowledge(), log.toString());
                }
                case 6 -> {
                    int first = random.nextInt(8);
                    int mask = (1 << first) | (1 << level);
                    simple.masked.clear();
                    for (int i = 0; i < 8; i++) {
                        if ((mask & (1 << i)) != 0) {
                            simple.masked.add(i);
                        }
                    }
                    if (simple.ready) {
                        chip.write(1, 1, mask);
                    } else {
                        simple.masked.clear();
                    }
                    log.append(" mask").append(mask);
                }
                case 7, 8 -> {
                    boolean specific = random.nextBoolean();
                    boolean rotate = random.nextInt(3) == 0;
                    chip.write(0, 1, (rotate ? 0x80 : 0) | (specific ? 0x40 : 0) | 0x20 | level);
                    simple.end(specific, level, rotate);
                    log.append(" end").append(specific).append(rotate).append(level);
                }
                case 9 -> {
                    chip.write(0, 1, 0xC0 | level);
                    simple.lowest(level);
                    log.append(" lowest").append(level);
                }
                case 10 -> {
                    simple.specialMask = random.nextBoolean();
                    chip.write(0, 1, simple.specialMask ? 0x68 : 0x48);
                    log.append(" special").append(simple.specialMask);
                }
                default -> {
                    if (random.nextBoolean()) {
                        simple.rotateInAutoEoi = random.nextBoolean();
                        chip.write(0, 1, simple.rotateInAutoEoi ? 0x80 : 0x00);
                    } else {
                        chip.write(0, 1, 0x0C);
                        int polled = simple.acknowledge();
                        assertEquals(polled < 0 ? 7 : 0x80 | polled, chip.read(random.nextInt(2), 1), log.toString());
                    }
                    log.append(" rotate/poll");
                }
            }
            var text = log.toString();
            assertEquals(simple.asks() >= 0, chip.interrupt(), text);
            chip.write(0, 1, 0x0A);
            assertEquals(SimplePic.bits(simple.requests()), chip.read(0, 1), text);
            chip.write(0, 1, 0x0B);
            assertEquals(SimplePic.bits(simple.served), chip.read(0, 1), text);
            var copy = new Pic8259(true, () -> {});
            copy.restore(chip.save());
            assertEquals(chip.save(), copy.save());
            chip = random.nextInt(5) == 0 ? copy : chip;
        }
    }
}
