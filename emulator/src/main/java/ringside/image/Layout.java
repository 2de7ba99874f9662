package ringside.image;

import java.util.ArrayList;
import java.util.List;
import ringside.isa.Message;

/** Where the pieces of an image lie in memory: inside it, and never on top of each other. */
final class Layout {
    private static final long PAGE = 0x1000;
    private static final long BELOW_VIDEO_MEMORY = 0xA0000;

    private record Piece(Message what, long address, long size) {
        boolean touches(long otherAddress, long otherSize) {
            return address < otherAddress + otherSize && otherAddress < address + size;
        }
    }

    private final long memory;
    private final List<Piece> pieces = new ArrayList<>();
    private final List<Segment> segments = new ArrayList<>();

    /**
     * @param memory bytes of RAM
     */
    Layout(long memory) {
        this.memory = memory;
    }

    /** Puts bytes into memory. */
    void place(Message what, long address, byte[] bytes) {
        reserve(what, address, bytes.length);
        if (bytes.length > 0) {
            segments.add(new Segment(address, bytes));
        }
    }

    /** Keeps a range of memory, which reads as zeros, for the image. */
    void reserve(Message what, long address, long size) {
        if (size == 0) {
            return;
        }
        if (address < 0 || size < 0 || address > memory || size > memory - address) {
            throw new BadImage(ImageWording.BEYOND_MEMORY.with(
                    what, ImageWording.hex(size), ImageWording.hex(address), ImageWording.hex(memory)));
        }
        for (Piece piece : pieces) {
            if (piece.touches(address, size)) {
                throw new BadImage(ImageWording.OVERLAP.with(
                        what,
                        ImageWording.hex(size),
                        ImageWording.hex(address),
                        piece.what,
                        ImageWording.hex(piece.size),
                        ImageWording.hex(piece.address)));
            }
        }
        pieces.add(new Piece(what, address, size));
    }

    /** Whether an address lies in memory at all. */
    boolean holds(long address) {
        return address >= 0 && address < memory;
    }

    /** The start of free whole pages: as high as possible below the video memory, else anywhere above 1 MiB. */
    long free(Message what, long size) {
        for (long page = (BELOW_VIDEO_MEMORY - size) & -PAGE; page >= PAGE; page -= PAGE) {
            if (isFree(page, size)) {
                return page;
            }
        }
        for (long page = 1 << 20; page <= memory - size; page += PAGE) {
            if (isFree(page, size)) {
                return page;
            }
        }
        throw new BadImage(ImageWording.NO_ROOM.with(what));
    }

    private boolean isFree(long address, long size) {
        return pieces.stream().noneMatch(piece -> piece.touches(address, size));
    }

    List<Segment> segments() {
        return List.copyOf(segments);
    }
}
