package ringside.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import ringside.mmu.Descriptor;

/** The contract's "Guests and how they start": flat start state and boot sector. */
class FlatBinaryTest {
    private static final byte[] PROGRAM = {(byte) 0xF4, 0x12, 0x34};

    private static GuestImage image(UnaryOperator<ImageOptions> options) {
        return Images.recognize(PROGRAM, "folder/guest.bin", options.apply(ImageOptions.DEFAULT));
    }

    private static String refusal(byte[] bytes, UnaryOperator<ImageOptions> options) {
        return assertThrows(
                        BadImage.class, () -> Images.recognize(bytes, "guest.bin", options.apply(ImageOptions.DEFAULT)))
                .sentence();
    }

    private static long word(GuestImage image, long address) {
        for (Segment segment : image.segments()) {
            if (address >= segment.address() && address + 8 <= segment.address() + segment.size()) {
                return ByteBuffer.wrap(segment.bytes())
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .getLong((int) (address - segment.address()));
            }
        }
        throw new AssertionError("nothing at 0x" + Long.toHexString(address));
    }

    @Test
    void startsInRealModeAt1000HByDefault() {
        var image = image(options -> options);
        assertEquals("guest.bin", image.name());
        assertEquals(64 << 20, image.memory());
        assertEquals(List.of(new Segment(0x1000, PROGRAM)), image.segments());
        var start = image.start();
        assertEquals(16, start.bits());
        assertEquals(0x1000, start.rip());
        assertEquals(2, start.rflags());
        assertEquals(0x10, start.cr0());
        assertEquals(0x1000, start.general().get(4));
        assertEquals(0x1000, start.general().stream().mapToLong(Long::longValue).sum());
        for (var segment : start.segments()) {
            assertEquals(0, segment.selector());
            assertEquals(0, segment.base());
            assertEquals(0xFFFF, segment.limit());
            assertEquals(0x93, segment.rights());
        }
        assertEquals(new StartState.Table(0, 0x3FF), start.idtr());
    }

    @Test
    void startsIn32BitFlatModeWithItsDescriptorTable() {
        var image = image(options -> options.withBits(32).withLoad(0x100000).withEntry(0x100002));
        var start = image.start();
        assertEquals(0x100002, start.rip());
        assertEquals(0x11, start.cr0());
        assertEquals(0, start.cr4() | start.efer() | start.cr3());
        assertEquals(0, start.general().stream().mapToLong(Long::longValue).sum());
        assertEquals(0x08, start.segments().get(1).selector());
        assertEquals(0x10, start.segments().get(2).selector());
        assertEquals(new StartState.Table(0x6F000, 23), start.gdtr());
        assertEquals(0, word(image, 0x6F000));
        for (int register : new int[] {0, 1, 2, 3, 4, 5}) {
            var segment = start.segments().get(register);
            long descriptor = word(image, 0x6F000 + segment.selector());
            assertEquals(Descriptor.base(descriptor), segment.base());
            assertEquals(Descriptor.limit(descriptor), segment.limit());
            assertEquals(Descriptor.rights(descriptor), segment.rights());
        }
    }

    @Test
    void startsInLongModeWithTheFirst4GigabytesMappedOntoThemselves() {
        var image = image(options -> options.withBits(64));
        var start = image.start();
        assertEquals(0x8000_0011L, start.cr0());
        assertEquals(0x20, start.cr4());
        assertEquals(0x500, start.efer());
        assertEquals(0x70000, start.cr3());
        assertEquals(0xA09B, start.segments().get(1).rights());
        for (long address = 0; address < 1L << 32; address += 1 << 21) {
            long directory = word(image, (word(image, start.cr3()) & -0x1000) + 8 * (address >> 30));
            long page = word(image, (directory & -0x1000) + 8 * (address >> 21 & 511));
            assertEquals(address | 0x83, page);
            assertEquals(3, directory & 0xFFF);
        }
    }

    @Test
    void aSegmentCannotBeChangedFromOutside() {
        byte[] bytes = {1, 2, 3};
        var segment = new Segment(0, bytes);
        bytes[0] = 9;
        segment.bytes()[1] = 9;
        assertArrayEquals(new byte[] {1, 2, 3}, segment.bytes());
        assertEquals(new Segment(0, new byte[] {1, 2, 3}), segment);
    }

    @Test
    void aBootSectorStartsAt7C00H() {
        byte[] disk = new byte[1024];
        disk[0] = (byte) 0xFA;
        disk[510] = 0x55;
        disk[511] = (byte) 0xAA;
        disk[512] = 0x77;
        var image = Images.recognize(disk, "disk.img", ImageOptions.DEFAULT);
        assertEquals(1, image.segments().size());
        assertEquals(0x7C00, image.segments().get(0).address());
        assertEquals(512, image.segments().get(0).size());
        assertEquals(0xFA, image.segments().get(0).at(0));
        assertEquals(0x7C00, image.start().rip());
        assertEquals(0x7C00, image.start().general().get(4));
        assertEquals(0, image.start().general().get(2));
        assertEquals(16, image.start().bits());
        assertEquals(2, image.start().rflags());
        byte[] longer = java.util.Arrays.copyOf(disk, 1025);
        assertEquals(
                0x1000,
                Images.recognize(longer, "disk.img", ImageOptions.DEFAULT)
                        .start()
                        .rip());
        assertEquals(
                0x2000,
                Images.recognize(disk, "disk.img", ImageOptions.DEFAULT.withLoad(0x2000))
                        .start()
                        .rip());
    }

    @Test
    void whatCannotStartIsRefusedWithASentence() {
        assertTrue(refusal(new byte[0], o -> o).contains("empty"));
        assertTrue(refusal(PROGRAM, o -> o.withLoad(-1)).contains("memory ends at 0x4000000"));
        assertTrue(refusal(PROGRAM, o -> o.withLoad(Long.MAX_VALUE)).contains("memory ends"));
        assertTrue(refusal(PROGRAM, o -> o.withLoad((64 << 20) - 2)).contains("give the guest more memory"));
        assertTrue(refusal(PROGRAM, o -> o.withEntry(0x10000)).contains("below 0x10000"));
        assertTrue(refusal(PROGRAM, o -> o.withEntry(-5)).contains("outside memory"));
        assertTrue(refusal(PROGRAM, o -> o.withBits(8)).contains("16, 32 or 64"));
        assertTrue(refusal(new byte[0x6F000], o -> o.withBits(32)).contains("overlaps"));
        assertTrue(refusal(PROGRAM, o -> o.withBits(64).withLoad(0x75FFE)).contains("page tables"));
        assertTrue(refusal(new byte[2 << 20], o -> o.withMemory(1 << 20)).contains("memory ends at 0x100000"));
        assertTrue(refusal(new byte[] {0x7F, 'E', 'L', 'F'}, o -> o).contains("no multiboot header"));
    }
}
