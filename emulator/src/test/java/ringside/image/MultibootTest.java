package ringside.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kernels built by the real tools, then hostile ones; Multiboot Specification version 0.6.96. */
class MultibootTest {
    private static final String ADDRESS_FIELDS_KERNEL = """
            bits 32
            org 0x100000
            section .text
                    db "padding "
            header: dd 0x1BADB002, 0x10003, -(0x1BADB002 + 0x10003)
                    dd header, 0x100000, load_end, load_end + 0x2000, entry
            entry:  hlt
            load_end:
            """;

    private static final String C_KERNEL = """
            __attribute__((section(".multiboot"), used)) static const unsigned header[3] =
                {0x1BADB002, 2, -(0x1BADB002 + 2)};
            char zeroed[5000];
            int given = 42;
            void _start(void) { zeroed[given] = 1; for (;;) __asm__("hlt"); }
            """;

    @TempDir
    private Path folder;

    private byte[] run(String... command) throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        var process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertEquals(0, process.waitFor(), () -> {
            try {
                return Files.readString(output);
            } catch (IOException e) {
                return e.toString();
            }
        });
        return Files.readAllBytes(folder.resolve("kernel"));
    }

    private byte[] addressFieldsKernel() throws IOException, InterruptedException {
        Files.writeString(folder.resolve("kernel.asm"), ADDRESS_FIELDS_KERNEL);
        return run("nasm", "-f", "bin", "-o", "kernel", "kernel.asm");
    }

    private byte[] elfKernel() throws IOException, InterruptedException {
        Files.writeString(folder.resolve("kernel.c"), C_KERNEL);
        // Linked for the upper half, loaded at 1 MiB, as many kernels are.
        Files.writeString(folder.resolve("kernel.ld"), """
                ENTRY(_start)
                SECTIONS {
                  . = 0xC0100000;
                  .text : AT(0x100000) { *(.multiboot) *(.text*) }
                  . = ALIGN(0x1000);
                  .data : AT(ADDR(.data) - 0xC0000000) { *(.rodata*) *(.data*) }
                  .bss : AT(ADDR(.bss) - 0xC0000000) { *(.bss*) }
                  /DISCARD/ : { *(.note*) *(.eh_frame*) *(.comment) }
                }
                """);
        return run(
                "gcc",
                "-m32",
                "-ffreestanding",
                "-fno-pic",
                "-no-pie",
                "-nostdlib",
                "-static",
                "-Wl,--build-id=none",
                "-Wl,-T,kernel.ld",
                "-o",
                "kernel",
                "kernel.c");
    }

    private static GuestImage read(byte[] kernel) {
        return Images.recognize(kernel, "kernel", ImageOptions.DEFAULT.withCommandLine("quiet root=ram"));
    }

    private static int word(GuestImage image, long address) {
        return bytes(image, address, 4).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
    }

    private static ByteBuffer bytes(GuestImage image, long address, int size) {
        for (Segment segment : image.segments()) {
            if (address >= segment.address() && address + size <= segment.address() + segment.size()) {
                return ByteBuffer.wrap(segment.bytes(), (int) (address - segment.address()), size)
                        .slice();
            }
        }
        throw new AssertionError("nothing at 0x" + Long.toHexString(address));
    }

    private static String text(GuestImage image, long address) {
        var text = new StringBuilder();
        for (long at = address; bytes(image, at, 1).get(0) != 0; at++) {
            text.append((char) bytes(image, at, 1).get(0));
        }
        return text.toString();
    }

    @Test
    void aKernelWithAddressFieldsStartsAsTheSpecificationSays() throws IOException, InterruptedException {
        var image = read(addressFieldsKernel());
        var start = image.start();
        assertEquals("padding ", new String(bytes(image, 0x100000, 8).array(), 0, 8, StandardCharsets.US_ASCII));
        assertEquals(0x100000 + 8 + 32, start.rip());
        assertEquals(0xF4, bytes(image, start.rip(), 1).get(0) & 0xFF);
        assertEquals(0x2BADB002L, start.general().get(0));
        assertEquals(0x11, start.cr0());
        assertEquals(2, start.rflags());
        assertEquals(32, start.bits());
        for (var segment : start.segments()) {
            assertEquals(0, segment.base());
            assertEquals(0xFFFF_FFFFL, segment.limit());
        }
    }

    @Test
    void theInformationTellsMemoryCommandLineAndLoader() throws IOException, InterruptedException {
        var image = read(addressFieldsKernel());
        long information = image.start().general().get(3);
        assertEquals(0b10_0100_0101, word(image, information));
        assertEquals(640, word(image, information + 4));
        assertEquals(63 * 1024, word(image, information + 8));
        assertEquals("quiet root=ram", text(image, word(image, information + 16)));
        assertEquals("Ringside", text(image, word(image, information + 64)));
        long map = word(image, information + 48);
        long end = map + word(image, information + 44);
        long next = 0;
        int entries = 0;
        while (map < end) {
            assertEquals(next, word(image, map + 4));
            next += word(image, map + 12);
            assertEquals(entries == 1 ? 2 : 1, word(image, map + 20));
            map += 4 + word(image, map);
            entries++;
        }
        assertEquals(64 << 20, next);
        assertEquals(3, entries);
    }

    @Test
    void anElfKernelIsLoadedAtItsPhysicalAddressesAndKeepsItsSymbols() throws IOException, InterruptedException {
        var image = read(elfKernel());
        assertEquals(0x1BADB002, word(image, 0x100000));
        assertEquals(
                0xC0000000L, image.symbol("_start").getAsLong() - image.start().rip());
        assertEquals(42, word(image, image.symbol("given").getAsLong() - 0xC0000000L));
        long zeroed = image.symbol("zeroed").getAsLong() - 0xC0000000L;
        for (Segment segment : image.segments()) {
            assertFalse(segment.address() < zeroed + 5000 && zeroed < segment.address() + segment.size());
        }
    }

    @Test
    void theInformationGivesWayToAKernelInLowMemory() throws IOException, InterruptedException {
        byte[] kernel = addressFieldsKernel();
        for (long load : new long[] {0x9F000, 0x1000, 0x90000}) {
            byte[] moved = kernel.clone();
            var fields = ByteBuffer.wrap(moved).order(ByteOrder.LITTLE_ENDIAN);
            for (int field = 20; field < 40; field += 4) {
                fields.putInt(field, fields.getInt(field) - 0x100000 + (int) load);
            }
            fields.putInt(32, 0xA0000);
            var image = read(moved);
            long information = image.start().general().get(3);
            assertTrue(information + 4096 <= load || information >= 0x100000, "information at " + information);
        }
    }

    @Test
    void whatTheMachineDoesNotHaveIsRefusedWithASentence() throws IOException, InterruptedException {
        assertTrue(refusal(fields -> flags(fields, 0x10007)).contains("display"));
        assertTrue(refusal(fields -> flags(fields, 0x10043)).contains("flags 0x40"));
        assertTrue(refusal(fields -> flags(fields, 3)).contains("no ELF file"));
        assertTrue(refusal(fields -> fields.putInt(24, 0xFFFF0000)).contains("too early"));
        assertTrue(refusal(fields -> fields.putInt(28, 0x7FFFFFFF)).contains("more than the file has"));
        assertTrue(refusal(fields -> fields.putInt(32, 0x100001)).contains("zeroed memory ends"));
        assertTrue(refusal(fields -> fields.putInt(32, 0xFFFFFFFF)).contains("memory ends at 0x4000000"));
        assertTrue(refusal(fields -> fields.putInt(36, 0xFFFFFFF0)).contains("outside memory"));
    }

    private static void flags(ByteBuffer fields, int flags) {
        fields.putInt(12, flags).putInt(16, -(0x1BADB002 + flags));
    }

    private String refusal(Consumer<ByteBuffer> damage) throws IOException, InterruptedException {
        byte[] kernel = addressFieldsKernel();
        damage.accept(ByteBuffer.wrap(kernel).order(ByteOrder.LITTLE_ENDIAN));
        return assertThrows(BadImage.class, () -> read(kernel)).sentence();
    }

    @Test
    void tenThousandDamagedKernelsGiveAnImageOrASentence() throws IOException, InterruptedException {
        byte[][] kernels = {addressFieldsKernel(), elfKernel()};
        var random = new Random(2008);
        int refused = 0;
        for (int i = 0; i < 10_000; i++) {
            byte[] kernel = damaged(kernels[i % 2], random);
            try {
                var image = read(kernel);
                for (Segment segment : image.segments()) {
                    assertTrue(segment.address() >= 0 && segment.address() + segment.size() <= image.memory());
                }
                assertTrue(image.start().rip() < image.memory());
            } catch (BadImage refusal) {
                assertFalse(refusal.sentence().isBlank() || refusal.sentence().contains("\n"));
                refused++;
            }
        }
        assertTrue(refused > 1000, "only " + refused + " were refused");
    }

    /** Changes a few bytes or words of the headers, keeps the multiboot checksum right every other time, may cut the end. */
    private static byte[] damaged(byte[] kernel, Random random) {
        byte[] copy =
                random.nextInt(4) > 0 ? kernel.clone() : java.util.Arrays.copyOf(kernel, random.nextInt(kernel.length));
        if (copy.length < 64) {
            return copy.length == 0 ? new byte[1] : copy;
        }
        var words = ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
        int headers = copy[0] == 0x7F ? 52 + 4 * 32 : 40;
        for (int n = random.nextInt(6); n >= 0; n--) {
            int at = random.nextInt(Math.min(headers, copy.length - 4));
            switch (random.nextInt(4)) {
                case 0 -> copy[at] = (byte) random.nextInt();
                case 1 -> words.putInt(at & -4, random.nextInt());
                case 2 -> words.putInt(at & -4, random.nextInt(0x2000) - 0x1000);
                default -> words.putInt(at & -4, words.getInt(at & -4) + random.nextInt(0x2001) - 0x1000);
            }
        }
        var header = Multiboot.header(kernel).getAsInt();
        if (random.nextBoolean() && header + 12 <= copy.length) {
            words.putInt(header, 0x1BADB002).putInt(header + 8, -(0x1BADB002 + words.getInt(header + 4)));
        }
        return copy;
    }
}
