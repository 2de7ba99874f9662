package ringside.monitor.hvm;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.Options.Paging;
import ringside.monitor.Options.Virtualization;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;
import ringside.probe.Probe;

/** Whatever an HVM guest calls Xen with, in whatever order, is answered; Xen and the hardware's own frames are not touched. */
class HostileHardwareCallsTest {
    private static final int MEMORY = 1 << 20;
    private static final int CALLS = 40;
    private static final boolean LONG = Boolean.getBoolean("ringside.long");

    private static final int[] NUMBERS = {7, 12, 13, 15, 17, 18, 20, 21, 24, 29, 32, 34, 35, 36};

    /** Numbers that mean something somewhere: domains, pages at edges, ports, and the ends of the number line. */
    private static final long[] TELLING = {
        0,
        1,
        2,
        3,
        5,
        0x7FF0,
        0xFF,
        0x100,
        0xFE700,
        0xFEFFC,
        0xFEFFF,
        0xFEE00,
        0xFFFFF,
        1L << 24,
        (1L << 24) - 1,
        1L << 32,
        1L << 52,
        -1,
        -4096,
        Long.MIN_VALUE,
        Integer.MAX_VALUE,
        0x3FF,
        0x400,
        0xFFF,
        0x1000
    };

    private final Random random;

    HostileHardwareCallsTest() {
        random = new Random(41);
    }

    private long number() {
        return switch (random.nextInt(4)) {
            case 0 -> TELLING[random.nextInt(TELLING.length)];
            case 1 -> random.nextInt(48);
            case 2 -> random.nextInt(MEMORY);
            default -> random.nextLong();
        };
    }

    /** Fills a block with numbers of some width, and calls with its address, or with anything else. */
    private String call(int bits, String instruction) {
        StringBuilder lines = new StringBuilder();
        int width = random.nextBoolean() ? 4 : 8;
        int block = 0x8000 + random.nextInt(16) * 8;
        for (int i = 0; i < 8; i++) {
            long value = number();
            lines.append("mov dword [")
                    .append(block + i * width)
                    .append("], ")
                    .append((int) value)
                    .append('\n');
            if (width == 8) {
                lines.append("mov dword [")
                        .append(block + i * width + 4)
                        .append("], ")
                        .append((int) (value >>> 32))
                        .append('\n');
            }
        }
        long called = random.nextInt(8) == 0 ? number() : NUMBERS[random.nextInt(NUMBERS.length)];
        long argument = random.nextInt(6) == 0 ? number() : block;
        long third = random.nextInt(3) == 0 ? block : random.nextInt(4);
        String[] places = bits == 64 ? new String[] {"rdi", "rsi", "rdx"} : new String[] {"ebx", "ecx", "edx"};
        long[] values = {random.nextInt(26), argument, third};
        for (int i = 0; i < 3; i++) {
            lines.append("mov ").append(places[i]).append(", ").append(bits == 64 ? values[i] : (int) values[i]);
            lines.append('\n');
        }
        lines.append(bits == 64 ? "mov rax, " + called : "mov eax, " + (int) called)
                .append('\n');
        // A poll or block that never ends ends the run; that is an answer too.
        return lines.append(instruction).append('\n').toString();
    }

    private GuestImage image(int bits, String instruction) {
        StringBuilder source = new StringBuilder("org 0x1000\nbits " + bits + "\nmov esp, 0x7000\n");
        for (int i = 0; i < CALLS; i++) {
            source.append(call(bits, instruction));
        }
        return Images.recognize(
                source.append("cli\nhlt\n").toString().getBytes(StandardCharsets.UTF_8),
                "guest.asm",
                ImageOptions.DEFAULT.withMemory(MEMORY));
    }

    @ParameterizedTest
    @CsvSource({"VT_X, NESTED", "VT_X, SHADOW", "AMD_V, NESTED", "AMD_V, SHADOW"})
    void everyCallIsAnswered(Virtualization hardware, Paging paging) {
        String instruction = hardware == Virtualization.VT_X ? "vmcall" : "vmmcall";
        Options options = Options.DEFAULT.withVirtualization(hardware).withPaging(paging);
        int[] calls = {0};
        for (int i = 0; i < (LONG ? 1000 : 25); i++) {
            int bits = random.nextBoolean() ? 64 : 32;
            Monitor monitor = Modes.start(
                            "xen-hvm",
                            image(bits, instruction),
                            options,
                            event -> calls[0] += event instanceof Event.Step step
                                            && step.kind().equals("hypercall")
                                    ? 1
                                    : 0)
                    .orElseThrow();
            monitor.run(2_000_000);
            var saved = monitor.save();
            monitor.restore(saved);
            monitor.run(2_100_000);
        }
        assertTrue(calls[0] > (LONG ? 10_000 : 250), "calls: " + calls[0]);
    }

    // Grants: what the guest says in its own table, and does with what it has granted to itself.

    /** Pages that are no RAM: free ones, those of Xen's, a device's, and the last one. */
    private static final int[] PAGES = {0x105, 0x106, 0x107, 0x108, 0x109, 0x10A, 0xFEFFC, 0xFEFFF, 0xFEE00, 0xFFFFF};

    private static final int[] OWNERS = {1, 1, 1, 1, 1, 1, 1, 1, 1, 0x7FF0, 0, 2};
    private static final int[] MAP_FLAGS = {2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 3, 5, 6, 18, 0};
    private static final int[] ENTRY_FLAGS = {1, 1, 1, 1, 1, 1, 1, 1, 5, 0, 2};

    private int one(int... of) {
        return of[random.nextInt(of.length)];
    }

    /** A page of RAM, or at times another. */
    private int ram(int oneIn) {
        return random.nextInt(oneIn) == 0 ? one(PAGES) : 0x20 + random.nextInt(16);
    }

    private static String bytes(int at, int size, long... values) {
        String[] names = {"", "byte", "word", "", "dword"};
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < values.length; i++) {
            lines.append("mov %s [%d], %d\n".formatted(names[size], at + i * size, (int) values[i]));
        }
        return lines.toString();
    }

    private static String make(int number, int command, int third) {
        return "mov eax, %d\nmov ebx, %d\nmov ecx, 0x8000\nmov edx, %d\nvmcall\n".formatted(number, command, third);
    }

    /** Counts at 9000H what was done. */
    private static String counted(int status) {
        return "cmp word [%d], 1\nadc dword [0x9000], 0\n".formatted(0x8000 + status);
    }

    private String grant() {
        int page = random.nextInt(8) == 0 ? ram(2) : one(PAGES);
        return switch (random.nextInt(9)) {
            case 0, 1 -> {
                int entry = 0x101000 + random.nextInt(4) * 8;
                yield bytes(entry, 2, one(ENTRY_FLAGS), one(OWNERS)) + bytes(entry + 4, 4, ram(8));
            }
            case 2, 3 ->
                bytes(0x8000, 4, (long) page << 12, 0, one(MAP_FLAGS), random.nextInt(4), one(OWNERS) | 0x630000)
                        + make(20, 0, 1)
                        + counted(18);
            case 4 ->
                bytes(0x8000, 4, (long) page << 12, 0, random.nextBoolean() ? 0 : (long) one(PAGES) << 12, 0)
                        + bytes(0x8010, 4, random.nextInt(12), 0x63)
                        + make(20, 1, 1)
                        + counted(20);
            case 5 ->
                bytes(0x8000, 4, random.nextBoolean() ? ram(8) : random.nextInt(4))
                        + bytes(0x8004, 2, one(OWNERS), one(0, 8, 0xFFC))
                        + bytes(0x8008, 4, random.nextBoolean() ? ram(8) : random.nextInt(4))
                        + bytes(0x800C, 2, one(OWNERS), one(0, 8, 0xFFC), 8, random.nextInt(4), 99)
                        + make(20, 5, 1)
                        + counted(20);
            case 6 -> bytes(0x8000, 4, 0x8020, 1, 0, 0, 0x7FF0) + bytes(0x8020, 4, ram(4)) + make(12, one(1, 6, 6), 0);
            default -> bytes(0x8000, 4, 0x7FF0, 2, one(PAGES), ram(4)) + make(12, 7, 0);
        };
    }

    @ParameterizedTest
    @CsvSource({"NESTED", "SHADOW"})
    void grantsToOneselfAreCountedWhateverIsDoneWithThem(Paging paging) {
        Options options = Options.DEFAULT.withPaging(paging);
        long done = 0;
        for (int i = 0; i < (LONG ? 1000 : 40); i++) {
            StringBuilder source = new StringBuilder("org 0x10000\nbits 32\nmov esp, 0x7000\n");
            source.append(bytes(0x8000, 4, 0x7FF0, 1, 0, 0x101)).append(make(12, 7, 0));
            for (int n = 0; n < 4 * CALLS; n++) {
                source.append(grant());
            }
            GuestImage image = Images.recognize(
                    source.append("cli\nhlt\n").toString().getBytes(StandardCharsets.UTF_8),
                    "guest.asm",
                    ImageOptions.DEFAULT.withMemory(MEMORY));
            Monitor monitor = Modes.start("xen-hvm", image, options, Probe.NONE).orElseThrow();
            monitor.run(200_000);
            assertTrue(monitor.ending().isPresent(), "it still runs");
            done += monitor.machine().ram().read(0x9000, 4);
        }
        assertTrue(done > (LONG ? 4_000 : 200), "requests that were served: " + done);
    }
}
