package ringside.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.bus.Clock;
import ringside.bus.Deadline;
import ringside.bus.DirectMemory;
import ringside.bus.InputLog;
import ringside.bus.InterruptLine;
import ringside.bus.Schedule;
import ringside.memory.Ram;

/** Virtual I/O Device specification 1.2, section by section. */
class VirtioTest {
    private static final long VERSION_1 = 1L << 32;
    private static final int NEEDS_RESET = 64;
    private static final int GUEST_FRAMES = 64;
    private static final int TRANSMIT = 1;
    private static final int RECEIVE = 0;

    private final Clock clock = new Clock();
    private final Schedule schedule = new Schedule();
    private final InputLog inputs = new InputLog();
    private final StringBuilder sent = new StringBuilder();
    private boolean level;
    private final InterruptLine line = new InterruptLine() {
        @Override
        public void set(boolean now) {
            level = now;
        }

        @Override
        public boolean heard(boolean maskable) {
            return true;
        }
    };
    private final Ram ram = new Ram(2 * GUEST_FRAMES);
    private final DirectMemory direct = new DirectMemory(ram, (long) GUEST_FRAMES << 12);
    private final VirtioConsole console =
            new VirtioConsole(clock, schedule, inputs, value -> sent.append((char) value));
    private final VirtioMmio consoleRegisters = new VirtioMmio(clock, schedule, line, direct, console);
    private final VirtioBlock disk = new VirtioBlock();
    private final VirtioMmio diskRegisters = new VirtioMmio(clock, schedule, line, direct, disk);

    private VirtioDriver transmitter() {
        var driver = new VirtioDriver(consoleRegisters, ram, TRANSMIT);
        driver.negotiate(VERSION_1);
        driver.start();
        return driver;
    }

    private VirtioDriver receiver() {
        var driver = new VirtioDriver(consoleRegisters, ram, RECEIVE);
        driver.negotiate(VERSION_1);
        driver.start();
        return driver;
    }

    private VirtioDriver diskDriver() {
        var driver = new VirtioDriver(diskRegisters, ram, 0);
        driver.negotiate(VERSION_1);
        driver.start();
        return driver;
    }

    private void runTo(long time) {
        while (schedule.next() <= time) {
            clock.skipTo(Math.max(clock.now(), schedule.next()));
            schedule.fire(clock.now());
        }
        clock.skipTo(time);
    }

    /** MMIO Device Register Layout. */
    @Test
    void aDriverFindsADeviceByMagicValueVersionAndDeviceId() {
        assertEquals(0x7472_6976, consoleRegisters.read(0x000, 4));
        assertEquals(2, consoleRegisters.read(0x004, 4));
        assertEquals(3, consoleRegisters.read(0x008, 4));
        assertEquals(2, diskRegisters.read(0x008, 4));
        assertEquals(0, consoleRegisters.read(0x000, 1), "registers are 32 bits wide");
        assertEquals(-1, consoleRegisters.read(0x0B0, 4), "no shared memory region");
    }

    @Test
    void theFeatureBitsAreReadAWordAtATime() {
        consoleRegisters.write(0x014, 4, 1);
        assertEquals(1, consoleRegisters.read(0x010, 4), "VIRTIO_F_VERSION_1");
        consoleRegisters.write(0x014, 4, 0);
        assertEquals(0b101, consoleRegisters.read(0x010, 4), "size, emergency write");
        consoleRegisters.write(0x014, 4, 2);
        assertEquals(0, consoleRegisters.read(0x010, 4));
    }

    /** Device Initialization, step 6; Reserved Feature Bits. */
    @ParameterizedTest
    @CsvSource({"100000000, 0B", "100000005, 0B", "0, 03", "5, 03", "100000002, 03", "300000000, 03"})
    void featuresAreRefusedThatWereNotOfferedOrLackTheVersion(String features, String status) {
        var driver = new VirtioDriver(consoleRegisters, ram, 0);
        assertEquals(Integer.parseInt(status, 16), driver.negotiate(Long.parseLong(features, 16)));
    }

    /** Console Device, Device configuration layout. */
    @Test
    void theConsoleSaysItsSizeAndTakesEmergencyWrites() {
        assertEquals(80, consoleRegisters.read(0x100, 2));
        assertEquals(25, consoleRegisters.read(0x102, 2));
        consoleRegisters.write(0x108, 4, '!');
        assertEquals("!", sent.toString());
    }

    @Test
    void aChainOfDescriptorsIsSentAsOneBuffer() {
        var driver = transmitter();
        driver.put(0x5000, "virtual ");
        driver.put(0x6000, "console");
        driver.descriptor(3, 0x5000, 8, 1, 5);
        driver.descriptor(5, 0x6000, 7, 0, 0);
        driver.offer(3);
        assertEquals("", sent.toString(), "nobody has rung");
        driver.ring();
        assertEquals("virtual console", sent.toString());
        assertEquals(1, driver.used());
        assertEquals(3, driver.head(0));
        assertEquals(0, driver.written(0));
    }

    /** Device Status Field: before DRIVER_OK the device consumes nothing; what was offered until then it finds at DRIVER_OK. */
    @Test
    void noBufferIsUsedBeforeTheDriverIsReady() {
        var driver = new VirtioDriver(consoleRegisters, ram, TRANSMIT);
        driver.negotiate(VERSION_1);
        driver.queue(VirtioDriver.SIZE, VirtioDriver.DESCRIPTORS, VirtioDriver.AVAILABLE, VirtioDriver.USED);
        driver.put(0x5000, "x");
        driver.descriptor(0, 0x5000, 1, 0, 0);
        driver.offer(0);
        driver.ring();
        assertEquals("", sent.toString());
        driver.set(0x070, 15);
        assertEquals("x", sent.toString());
    }

    /** Interrupt status, interrupt acknowledge; the Virtqueue Available Ring, VIRTQ_AVAIL_F_NO_INTERRUPT. */
    @Test
    void aUsedBufferInterruptsUntilAcknowledgedUnlessTheDriverSaysOtherwise() {
        var driver = transmitter();
        driver.descriptor(0, 0x5000, 1, 0, 0);
        driver.offer(0);
        driver.ring();
        assertTrue(level);
        assertEquals(1, driver.get(0x060));
        driver.set(0x064, 1);
        assertFalse(level);
        driver.noInterrupts();
        driver.offer(0);
        driver.ring();
        assertEquals(2, driver.used());
        assertFalse(level);
    }

    @Test
    void theIndicesOfTheRingsWrapAround() {
        var driver = transmitter();
        driver.put(0x5000, ".");
        driver.descriptor(0, 0x5000, 1, 0, 0);
        for (int i = 0; i < 70_000; i++) {
            driver.offer(0);
            driver.ring();
            clock.skipTo(clock.now() + 10);
        }
        assertEquals(70_000, sent.length());
        assertEquals(70_000 & 0xFFFF, driver.used());
    }

    @Test
    void whatIsTypedFillsTheBuffersThatWereOffered() {
        var driver = receiver();
        "hello".chars().forEach(value -> inputs.append(100, value));
        inputs.append(200, '!');
        runTo(150);
        assertEquals(0, driver.used(), "no buffer");
        driver.descriptor(0, 0x5000, 3, 2, 0);
        driver.descriptor(1, 0x6000, 16, 2, 0);
        driver.offer(0);
        driver.offer(1);
        driver.ring();
        assertEquals("hel", driver.text(0x5000, 3));
        assertEquals(3, driver.written(0));
        assertEquals("lo", driver.text(0x6000, 2));
        assertEquals(2, driver.written(1));
        driver.descriptor(2, 0x7000, 16, 2, 0);
        driver.offer(2);
        driver.ring();
        assertEquals(2, driver.used());
        assertTrue(schedule.canInterrupt(true) || level, "HLT waits for the next byte");
        assertEquals(200, schedule.next());
        runTo(200);
        assertEquals("!", driver.text(0x7000, 1));
        assertEquals(Deadline.NEVER, schedule.next());
    }

    private static final int IN = 0;
    private static final int OUT = 1;
    private static final int FLUSH = 4;
    private static final int GET_ID = 8;

    /** A request of the disk: header at 4000H, data at 8000H, status at 4010H. @return the status */
    private int request(VirtioDriver driver, int type, long sector, int length) {
        ram.write(0x4000, 4, type);
        ram.write(0x4008, 8, sector);
        ram.write(0x4010, 1, 0xEE);
        driver.descriptor(0, 0x4000, 16, 1, 1);
        driver.descriptor(1, 0x8000, length, type == OUT ? 1 : 3, 2);
        driver.descriptor(2, 0x4010, 1, 2, 0);
        driver.offer(0);
        driver.ring();
        return (int) ram.read(0x4010, 1);
    }

    /** Block Device, Device Operation. */
    @Test
    void aSectorThatWasWrittenIsReadBack() {
        var driver = diskDriver();
        assertEquals(128, diskRegisters.read(0x100, 4), "capacity");
        driver.put(0x8000, "on the disk");
        assertEquals(0, request(driver, OUT, 127, 512));
        assertEquals(1, driver.written(0));
        driver.put(0x8000, "xxxxxxxxxxx");
        assertEquals(0, request(driver, IN, 127, 512));
        assertEquals("on the disk", driver.text(0x8000, 11));
        assertEquals(513, driver.written(1));
        assertEquals(0, request(driver, FLUSH, 0, 0));
        assertEquals(0, request(driver, GET_ID, 0, 20));
        assertEquals("ringside-disk", driver.text(0x8000, 13));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 128, 512, 1",
        "1, 128, 512, 1",
        "0, 127, 1024, 1",
        "0, -1, 512, 1",
        "1, 9223372036854775807, 512, 1",
        "0, 0, 511, 1",
        "1, 0, 100, 1",
        "13, 0, 512, 2",
        "-1, 0, 0, 2"
    })
    void whatTheDiskCannotDoFailsAndIsSaid(int type, long sector, int length, int status) {
        var driver = diskDriver();
        assertEquals(status, request(driver, type, sector, length));
        assertEquals(0, driver.get(0x070) & NEEDS_RESET);
    }

    @Test
    void aRequestWithoutHeaderOrStatusBreaksTheQueue() {
        var driver = diskDriver();
        driver.descriptor(0, 0x4000, 15, 1, 1);
        driver.descriptor(1, 0x4010, 1, 2, 0);
        driver.offer(0);
        driver.ring();
        assertEquals(NEEDS_RESET, driver.get(0x070) & NEEDS_RESET);
    }

    /** The Virtqueue Descriptor Table: what a driver must not do. The device needs a reset, says so by an interrupt, and works again after it. */
    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
            a loop                        ; 0 5000 1 1 1, 1 5000 1 1 0
            a next beyond the table       ; 0 5000 1 1 8
            outside of RAM                ; 0 40000 1 0 0
            across the end of RAM         ; 0 3FFFF 2 0 0
            at the end of all addresses   ; 0 FFFFFFFFFFFFFFFF 2 0 0
            longer than RAM               ; 0 0 FFFFFFFF 0 0
            longer than is taken          ; 0 0 20001 0 0
            an indirect one               ; 0 5000 10 4 0
            a readable one behind a writable one ; 0 5000 1 3 1, 1 5000 1 0 0
            """)
    void aChainThatIsNoneMakesTheDeviceNeedAReset(String name, String chain) {
        var driver = transmitter();
        for (String one : chain.split(", ")) {
            var words = one.trim().split(" ");
            driver.descriptor(
                    Integer.parseInt(words[0]),
                    Long.parseUnsignedLong(words[1], 16),
                    (int) Long.parseLong(words[2], 16),
                    Integer.parseInt(words[3]),
                    Integer.parseInt(words[4]));
        }
        driver.offer(0);
        driver.ring();
        assertEquals(NEEDS_RESET, driver.get(0x070) & NEEDS_RESET, name);
        assertEquals(2, driver.get(0x060), "configuration change");
        assertTrue(level);
        assertEquals(0, driver.used());
        driver = new VirtioDriver(consoleRegisters, ram, TRANSMIT);
        ram.write(VirtioDriver.AVAILABLE + 2, 2, 0);
        assertEquals(11, driver.negotiate(VERSION_1));
        driver.start();
        driver.descriptor(0, 0x5000, 1, 0, 0);
        driver.offer(0);
        driver.ring();
        assertEquals(1, driver.used());
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1000, 2000, 3000",
        "3, 1000, 2000, 3000",
        "128, 1000, 2000, 3000",
        "-1, 1000, 2000, 3000",
        "8, 1008, 2000, 3000",
        "8, 1000, 2001, 3000",
        "8, 1000, 2000, 3002",
        "8, 3FFF0, 2000, 3000",
        "8, 1000, 3FFFE, 3000",
        "8, 1000, 2000, 40000",
        "64, 3FFF0, 2000, 3000"
    })
    void aQueueOfAWrongSizeOrPlaceIsBroken(int size, String descriptors, String available, String used) {
        var driver = new VirtioDriver(consoleRegisters, ram, TRANSMIT);
        driver.negotiate(VERSION_1);
        driver.queue(
                size, Integer.parseInt(descriptors, 16), Integer.parseInt(available, 16), Integer.parseInt(used, 16));
        assertEquals(NEEDS_RESET, driver.get(0x070) & NEEDS_RESET);
        assertFalse(level, "no driver to tell");
    }

    @Test
    void moreBuffersThanTheRingHoldsBreakIt() {
        var driver = transmitter();
        ram.write(VirtioDriver.AVAILABLE + 2, 2, VirtioDriver.SIZE + 1);
        driver.ring();
        assertEquals(NEEDS_RESET, driver.get(0x070) & NEEDS_RESET);
    }

    @Test
    void whatIsTooMuchForTheTimeWaits() {
        var driver = transmitter();
        driver.descriptor(0, 0x8000, 0x10000, 0, 0);
        for (int i = 0; i < VirtioDriver.SIZE; i++) {
            driver.offer(0);
        }
        driver.ring();
        assertEquals(1, driver.used(), "64 KiB ahead");
        assertTrue(schedule.canInterrupt(true) || level);
        runTo(7 * 4096 + 7);
        assertEquals(VirtioDriver.SIZE, driver.used());
    }

    @Test
    void aRestoredDeviceGoesOnAsTheOther() {
        var driver = diskDriver();
        driver.put(0x8000, "before");
        request(driver, OUT, 0, 512);
        var registers = diskRegisters.save();
        var content = disk.save();
        driver.put(0x8000, "after!");
        request(driver, OUT, 0, 512);
        assertFalse(content.equals(disk.save()));
        diskRegisters.restore(registers);
        disk.restore(content);
        assertEquals(registers, diskRegisters.save());
        assertEquals(content, disk.save());
        assertArrayEquals("before".getBytes(), java.util.Arrays.copyOf(disk.disk(), 6));
    }

    /** Random drivers: nothing is written beyond the guest's RAM, and no device throws. */
    @Test
    void noDriverCanHurt() {
        var random = new Random(20261201);
        int[] registers = {0x014, 0x020, 0x024, 0x030, 0x038, 0x044, 0x050, 0x064, 0x070, 0x080, 0x084, 0x090, 0x0A0};
        for (int i = 0; i < 100_000; i++) {
            var device = random.nextBoolean() ? consoleRegisters : diskRegisters;
            switch (random.nextInt(8)) {
                case 0 -> {
                    var driver = new VirtioDriver(device, ram, random.nextInt(2));
                    driver.negotiate(VERSION_1);
                    driver.start();
                }
                case 1, 2 -> device.write(registers[random.nextInt(registers.length)], 4, wild(random));
                case 3 -> device.write(random.nextInt(0x200) & ~3, 1 << random.nextInt(3), wild(random));
                case 4 -> {
                    long at = VirtioDriver.DESCRIPTORS + 16L * random.nextInt(8);
                    ram.write(at, 8, random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(0x50000));
                    ram.write(at + 8, 4, random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(2000));
                    ram.write(at + 12, 2, random.nextInt(4));
                    ram.write(at + 14, 2, random.nextInt(9));
                }
                case 5 -> ram.write(VirtioDriver.AVAILABLE + 2L * random.nextInt(12), 2, random.nextInt(10));
                case 6 -> {
                    inputs.append(clock.now(), random.nextInt(256));
                    runTo(clock.now() + random.nextInt(3000));
                }
                default -> device.write(0x050, 4, random.nextInt(3));
            }
        }
        for (int frame = GUEST_FRAMES; frame < 2 * GUEST_FRAMES; frame++) {
            assertArrayEquals(new byte[Ram.FRAME_SIZE], ram.readable(frame));
        }
        assertTrue(sent.length() > 1000, "some drivers got somewhere");
    }

    private static int wild(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt();
            case 1 -> random.nextInt(0x50) << 12;
            case 2 -> 1 << random.nextInt(8);
            default -> random.nextInt(16);
        };
    }
}
