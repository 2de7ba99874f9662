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
}
