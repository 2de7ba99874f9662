package ringside.isa;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import ringside.isa.AssembledProgram.LineAddress;

/** What one pass writes: sections, the place that is written next, and which line wrote what. */
final class Sections {
    /** A place outside all sections, where only room is reserved: {@code absolute 0x500} and {@code struc}. */
    static final class AbsolutePlace {
        private final long start;
        private long at;

        AbsolutePlace(long start) {
            this.start = start;
            this.at = start;
        }

        long start() {
            return start;
        }

        long at() {
            return at;
        }
    }

    /**
     * What a piece of the program came from.
     *
     * @param section its section
     * @param offset where in the section it begins
     * @param length its length in bytes
     * @param line the line of the source
     * @param code whether it is an instruction
     */
    private record Piece(int section, int offset, int length, RawLine line, boolean code) {}

    private final List<Section> all = new ArrayList<>();
    private final Map<String, Section> byName = new LinkedHashMap<>();
    private final List<Piece> pieces = new ArrayList<>();
    private Section current;
    private Optional<AbsolutePlace> absolute = Optional.empty();
    private long total;
    private boolean hasCode;

    Sections() {
        this.current = enter(".text");
    }

    // Places.

    /** Goes on in a section, which begins if it is new. */
    Section enter(String name) {
        var found = byName.get(name);
        if (found == null) {
            found = new Section(all.size(), name, name.equals(".bss"));
            byName.put(name, found);
            all.add(found);
        }
        absolute = Optional.empty();
        current = found;
        return found;
    }

    Section current() {
        return current;
    }

    Optional<AbsolutePlace> absolute() {
        return absolute;
    }

    void absolute(Optional<AbsolutePlace> place) {
        absolute = place;
    }

    /** The number of the section, -1 outside any. */
    int number() {
        return absolute.isPresent() ? -1 : current.number;
    }

    Value here() {
        return absolute.isPresent() ? Value.of(absolute.get().at()) : Value.inSection(current.number, current.size());
    }

    Value start() {
        return absolute.isPresent() ? Value.of(absolute.get().start()) : Value.inSection(current.number, 0);
    }

    /** How many bytes are before this place in its section. */
    long offset() {
        return absolute.isPresent() ? absolute.get().at() - absolute.get().start() : current.size();
    }

    boolean hasCode() {
        return hasCode;
    }

    // Writing.

    /** Says no before anything of that size is allocated. */
    void check(long more, int column) {
        if (more < 0 || more > Section.MOST_BYTES || total + more > Section.MOST_BYTES) {
            throw SourceError.limit(
                    column, SourceWording.LARGE_PROGRAM.with(), SourceWording.LARGE_PROGRAM_HINT.with());
        }
    }

    void write(byte[] content, int column) {
        if (absolute.isPresent()) {
            throw new SourceError(column, SourceWording.ONLY_ROOM.with());
        }
        if (current.isReserved) {
            throw new SourceError(
                    column,
                    SourceWording.SECTION_OF_ROOM.with(current.name),
                    SourceWording.SECTION_OF_ROOM_HINT.with());
        }
        check(content.length, column);
        total += content.length;
        current.write(content);
    }

    void reserve(long count, int column) {
        check(count, column);
        if (absolute.isPresent()) {
            absolute.get().at += count;
        } else {
            total += count;
            current.reserve((int) count);
        }
    }

    /** Repeats what was written since an offset. */
    void repeat(long start, long count, int column) {
        long length = offset() - start;
        if (length > 0 && count > Section.MOST_BYTES / length) {
            check(Long.MAX_VALUE, column);
        }
        if (absolute.isPresent() || current.isReserved) {
            reserve(length * count, column);
            return;
        }
        check(length * count, column);
        total += length * count;
        current.repeat((int) length, (int) count);
        if (!pieces.isEmpty() && length > 0) {
            var last = pieces.remove(pieces.size() - 1);
            int longer = last.length() + (int) (length * count);
            pieces.add(new Piece(last.section(), last.offset(), longer, last.line(), last.code()));
        }
    }

    /** Notes which line wrote what stands since an offset. */
    void note(long start, RawLine line, boolean code) {
        int length = (int) (offset() - start);
        hasCode |= code;
        if (absolute.isEmpty() && length > 0) {
            pieces.add(new Piece(current.number, (int) start, length, line, code));
        }
    }

    // Results.

    Layout layout(long origin) {
        return Layout.of(all, origin);
    }

    byte[] image(Layout layout, long origin) {
        return layout.image(all, origin);
    }

    List<LineAddress> lines(Layout layout, long origin) {
        var lines = new ArrayList<LineAddress>();
        for (Piece piece : pieces) {
            long address = layout.start(piece.section(), origin) + piece.offset();
            lines.add(new LineAddress(
                    address, piece.length(), piece.line().file(), piece.line().line(), piece.code()));
        }
        lines.sort(Comparator.comparingLong(LineAddress::address));
        return lines;
    }
}
