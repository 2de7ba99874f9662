package ringside.monitor.paravirtual;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.cpu.Registers;
import ringside.memory.Ram;

/**
 * Hypercalls with arguments that nobody meant well: each ends in an error number, in a fault of the guest's or in the end of its domain, and what
 * Xen knows of the frames stays true.
 */
class HostileHypercallsTest {
    private static final int CASES =
            Integer.getInteger("ringside.hostile", Boolean.getBoolean("ringside.long") ? 60_000 : 1500);

    private static final String KERNEL_64 = """
        start:
                syscall
                jmp start
        handler:
                jmp start
        """;

    private static final String KERNEL_32 = """
        start:
                int 0x82
                jmp start
        handler:
                jmp start
        """;

    private static final int[] NUMBERS = {
        0, 1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 12, 13, 13, 14, 14, 14, 15, 17, 18, 20, 20, 21, 22, 23, 24, 25,
        26, 26, 26, 26, 28, 29, 30, 32, 32, 33, 34, 35, 36, 48, 55
    };

    private XenGuest guest = XenGuest.running64(KERNEL_64);
    private Random random = new Random(0);
    private boolean wide = true;

    @ParameterizedTest
    @ValueSource(ints = {64, 32})
    void everyHypercallEndsInAnAnswer(int bits) {
        wide = bits == 64;
        random = new Random(20261201L + bits);
        int domains = 0;
        for (int n = 0; n < CASES; n++) {
            if (guest.xen.ending().isPresent() || n % 97 == 0) {
                guest = wide ? XenGuest.running64(KERNEL_64) : XenGuest.running32(KERNEL_32);
                domains++;
            }
            oneCall();
            if (n % 10 == 0) {
                new FrameAudit(guest.xen.domains()).check();
            }
        }
        assertThat(domains).isGreaterThan(5);
    }

    private void oneCall() {
        Registers r = guest.xen.real().registers;
        fillPages();
        int number = NUMBERS[random.nextInt(NUMBERS.length)];
        int[] places = wide
                ? new int[] {Registers.RDI, Registers.RSI, Registers.RDX, 10, 8}
                : new int[] {Registers.RBX, Registers.RCX, Registers.RDX, Registers.RSI, Registers.RDI};
        for (int i = 0; i < places.length; i++) {
            r.set(places[i], argument(number, i));
        }
        r.set(Registers.RAX, number);
        if (random.nextInt(10) == 0) {
            r.set(Registers.RSP, value());
        }
        if (guest.xen.real().system.cpl == (wide ? 3 : 1)) {
            r.rip(guest.address("start"));
        }
        long from = guest.xen.machine().clock().now();
        guest.events.clear();
        for (int i = 0; i < 50 && guest.events.isEmpty() && guest.xen.ending().isEmpty(); i++) {
            guest.run(1);
        }
        assertThat(guest.xen.machine().clock().now()).isGreaterThanOrEqualTo(from);
    }

    /** What a call needs to get anywhere: lists in the guest's own pages, few entries, SELF as domain. */
    private long argument(int number, int place) {
        boolean list = number == 1 || number == 26;
        if (random.nextInt(4) != 0) {
            if (list) {
                return switch (place) {
                    case 0 -> page();
                    case 1 -> random.nextInt(4);
                    case 2 -> random.nextBoolean() ? 0 : page();
                    default -> Domain.SELF;
                };
            }
            if (number == 20 && place == 2) {
                return random.nextInt(4);
            }
            if (place == 0 && number != 0 && number != 13 && number != 14) {
                return random.nextInt(18);
            }
            if (place == 1 && number != 14 && random.nextBoolean()) {
                return page() + 8L * random.nextInt(64);
            }
        }
        return value();
    }

    /** Linear address of a page that is only filled by {@link #fillPages}. */
    private long page() {
        return guest.address("elf") + 0x8000 + 0x1000L * random.nextInt(4);
    }

    private long value() {
        long base = guest.image.xenKernel().orElseThrow().virtualBase();
        long frames = XenGuest.MEMORY >>> 12;
        return truncated(
                switch (random.nextInt(12)) {
                    case 0 -> random.nextLong();
                    case 1 -> random.nextInt(64);
                    case 2 -> -random.nextInt(64);
                    case 3 -> base + random.nextInt((int) XenGuest.MEMORY);
                    case 4 -> page() + random.nextInt(4096);
                    case 5 -> random.nextInt((int) frames + 40);
                    case 6 -> entry(random.nextInt((int) frames + 40));
                    case 7 -> entry(tableFrame());
                    case 8 -> (long) tableFrame();
                    case 9 -> (long) tableFrame() << 12 | random.nextInt(512) * 8L | random.nextInt(4);
                    case 10 -> 1L << random.nextInt(64);
                    default -> (wide ? 0xFFFF_8000_0000_0000L : 0xF580_0000L) + random.nextInt(1 << 20);
                });
    }

    private long truncated(long value) {
        return wide ? value : value & 0xFFFF_FFFFL;
    }

    private static final long[] RIGHTS = {0x1, 0x3, 0x5, 0x7, 0x27, 0x67, 0x107, 0x87, 0x1B, 0x0};

    private long entry(int frame) {
        return (long) frame << 12 | RIGHTS[random.nextInt(RIGHTS.length)];
    }

    /** One of the frames of page tables. */
    private int tableFrame() {
        FrameTable frames = guest.xen.guest().frames();
        int from = random.nextInt(frames.frames());
        for (int i = 0; i < frames.frames(); i++) {
            int frame = (from + i) % frames.frames();
            if (frames.isDomains(frame) && frames.type(frame).level() > 0) {
                return frame;
            }
        }
        return 0;
    }

    private void fillPages() {
        Ram ram = guest.xen.machine().ram();
        long frames = XenGuest.MEMORY >>> 12;
        FrameTable table = guest.xen.guest().frames();
        long physical = guest.address("elf")
                + 0x8000
                - guest.image.xenKernel().orElseThrow().virtualBase();
        for (int page = 0; page < 4; page++) {
            int frame = (int) (frames - 1 - (physical >>> 12) - page);
            if (table.type(frame) != FrameType.WRITABLE || !table.isDomains(frame)) {
                continue;
            }
            for (int i = 0; i < 24; i++) {
                boolean small = random.nextInt(3) == 0;
                long value = small ? random.nextInt(20) : value();
                ram.write(((long) frame << 12) + i * 8L, 8, value);
            }
            if (random.nextInt(30) == 0) {
                for (int i = 24; i < 512; i++) {
                    ram.write(((long) frame << 12) + i * 8L, 8, 0);
                }
            }
        }
    }
}
