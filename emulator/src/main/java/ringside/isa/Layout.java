package ringside.isa;

import java.util.ArrayList;
import java.util.List;

/**
 * Where the sections of a flat program begin: {@code .text} first, then the others in the order of the source, each
 * aligned, and last those that are not in the file (NASM manual, The bin Output Format).
 */
final class Layout {
    private final List<Long> starts = new ArrayList<>();
    private long imageSize;

    /** A layout that is not yet known: everything begins at the origin. */
    static Layout unknown() {
        return new Layout();
    }

    static Layout of(List<Section> sections, long origin) {
        var layout = new Layout();
        sections.forEach(s -> layout.starts.add(origin));
        long at = origin;
        for (boolean reserved : new boolean[] {false, true}) {
            for (Section section : sections) {
                if (section.isReserved == reserved) {
                    at = aligned(at, section.number == 0 ? 1 : section.alignment());
                    layout.starts.set(section.number, at);
                    at += section.size();
                    if (!reserved && section.size() > 0) {
                        layout.imageSize = at - origin;
                    }
                }
            }
        }
        return layout;
    }

    private static long aligned(long at, long alignment) {
        return (at + alignment - 1) / alignment * alignment;
    }

    long start(int section, long origin) {
        return section < starts.size() ? starts.get(section) : origin;
    }

    boolean isSameAs(Layout other) {
        return starts.equals(other.starts);
    }

    /** How long the program is in the file, in bytes. */
    long imageSize() {
        return imageSize;
    }

    /** The program as it lies in the file. */
    byte[] image(List<Section> sections, long origin) {
        var image = new byte[(int) imageSize];
        for (Section section : sections) {
            var content = section.content();
            System.arraycopy(
                    content,
                    0,
                    image,
                    content.length == 0 ? 0 : (int) (starts.get(section.number) - origin),
                    content.length);
        }
        return image;
    }
}
