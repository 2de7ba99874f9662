package ringside.session;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import ringside.cpu.instruction.InstructionSet;
import ringside.image.GuestImage;
import ringside.image.Segment;
import ringside.image.StartState;
import ringside.isa.Assembler;
import ringside.isa.Source;
import ringside.isa.SourceFolder;

/**
 * A disk from which a PC's firmware starts a flat guest in the state that it starts in here.
 *
 * <pre>
 *   sector 0    the boot sector, which loads the rest to STAGING
 *   1 to 8      the loader, in protected mode
 *   9 to 16     address, size and source of each segment
 *   17 ...      their bytes
 * </pre>
 */
final class BootDisk {
    private static final int SECTOR = 512;
    private static final int LOADER_SIZE = 0x1000;
    private static final int TABLE_SIZE = 0x1000;
    private static final int TABLE_ENTRY = 12;
    private static final int RSP = 4;

    /** Where the way back to real mode lies: a 16-bit guest's bytes end below it. */
    private static final long WAY_OUT = 0x9F000;

    private static final long MEGABYTE = 1 << 20;

    private BootDisk() {}

    /** @throws BadInput where the guest lies where the loader must */
    static byte[] of(GuestImage image) {
        List<Segment> segments = image.segments();
        StartState start = image.start();
        if ((segments.size() + 1) * TABLE_ENTRY > TABLE_SIZE) {
            throw new BadInput("a disk holds " + (TABLE_SIZE / TABLE_ENTRY - 1) + " pieces of a guest, and "
                    + image.name() + " has " + segments.size());
        }
        if (start.bits() == 16
                && segments.stream()
                        .anyMatch(segment ->
                                segment.address() + segment.size() > WAY_OUT && segment.address() < MEGABYTE)) {
            throw new BadInput("the loader of a 16-bit guest lies at 0x9f000, where " + image.name() + " has bytes");
        }
        long staging = (image.memory() + MEGABYTE - 1) / MEGABYTE * MEGABYTE + MEGABYTE;
        int size = LOADER_SIZE
                + TABLE_SIZE
                + segments.stream().mapToInt(Segment::size).sum();
        int sectors = (size + SECTOR - 1) / SECTOR;
        byte[] settings = settings(start, staging, sectors).getBytes(StandardCharsets.UTF_8);
        ByteBuffer disk = ByteBuffer.allocate((1 + sectors) * SECTOR).order(ByteOrder.LITTLE_ENDIAN);
        disk.put(assembled("boot.asm", settings, SECTOR));
        disk.put(assembled("start.asm", settings, LOADER_SIZE)).position(SECTOR + LOADER_SIZE);
        int bytes = SECTOR + LOADER_SIZE + TABLE_SIZE;
        for (Segment segment : segments) {
            disk.putInt((int) segment.address()).putInt(segment.size()).putInt((int) (staging + bytes - SECTOR));
            disk.put(bytes, segment.bytes());
            bytes += segment.size();
        }
        return disk.array();
    }

    private static byte[] assembled(String name, byte[] settings, int room) {
        var source = new Source(name, Export.resource(name), SourceFolder.of(Map.of("export.inc", settings)), 16, 0);
        var result = new Assembler(InstructionSet.forms()).assemble(source);
        byte[] bytes = result.program()
                .orElseThrow(() -> new IllegalStateException(result.errors().toString()))
                .bytes()
                .toArray();
        if (bytes.length > room) {
            throw new IllegalStateException(name + " has " + bytes.length + " bytes");
        }
        return bytes;
    }

    private static String settings(StartState start, long staging, int sectors) {
        return "SECTORS equ " + sectors
                + "\nSTAGING equ " + staging
                + "\n%define CODE_BITS " + start.bits()
                + "\nGDT equ " + start.gdtr().base()
                + "\nGDT_LIMIT equ " + start.gdtr().limit()
                + "\nIDT_LIMIT equ " + start.idtr().limit()
                + "\nROOT equ " + start.cr3()
                + "\nSTACK equ " + start.general().get(RSP)
                + "\nENTRY equ " + start.rip()
                + "\n";
    }
}
