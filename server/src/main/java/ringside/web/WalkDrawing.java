package ringside.web;

import java.util.ArrayList;
import java.util.List;
import ringside.session.Walks;

/**
 * A page walk as a picture. In one dimension it is a chain: the address split into indexes, CR3, and table after table down to the page. In two
 * dimensions it is the grid of nested paging: a row for each physical address of the guest, a column for each reference that it takes, all
 * numbered in the order in which the processor makes them.
 */
final class WalkDrawing {
    /** Narrow enough for a phone, so that no text is ever squeezed. */
    static final int WIDTH = 344;

    private static final int ADDRESS = 46;
    private static final int ROOT = 34;
    private static final int STEP = 64;
    private static final int TABLE_X = 10;
    private static final int TABLE_WIDTH = 54;
    private static final int TABLE_HEIGHT = 48;
    private static final int SLOT = 6;
    private static final int TEXT_X = 78;
    private static final int CHIP_HEIGHT = 16;
    private static final double LETTER = 6.8;

    private static final int CELL_WIDTH = 60;
    private static final int CELL_HEIGHT = 38;
    private static final int CELL_GAP = 8;
    private static final int GRID_ROW = 66;
    private static final int COLUMNS = 5;

    private final Drawing.Pen pen = new Drawing.Pen();
    private final Walks.Walk walk;
    private final long linear;
    private final String itself;

    /** Where the last cell of the grid ends. */
    private double reached;

    private WalkDrawing(Walks.Walk walk, long linear, String itself) {
        this.walk = walk;
        this.linear = linear;
        this.itself = itself;
    }

    /** @param itself what the access is called, beside the entries that are read for it */
    static Drawing of(Walks.Walk walk, long linear, String itself) {
        var drawing = new WalkDrawing(walk, linear, itself);
        return walk.nested() ? drawing.grid() : drawing.chain();
    }

    static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    // One dimension.

    private Drawing chain() {
        address();
        int y = ADDRESS + 8;
        if (!walk.paging().equals("off")) {
            pen.box("root", TABLE_X, y, WIDTH - 2 * TABLE_X, ROOT - 8);
            pen.label("strong", TABLE_X + 8, y + 17, "CR3");
            pen.label("", TEXT_X, y + 17, root());
            y += ROOT;
        }
        double from = TABLE_X + TABLE_WIDTH / 2.0;
        double fromY = y - 8;
        for (int i = 0; i < walk.references().size(); i++) {
            boolean ends = walk.culprit().orElse(-1) == i;
            arrow(from, fromY, y + 4);
            fromY = table(walk.references().get(i), y + 4, ends);
            y += STEP;
        }
        arrow(from, fromY, y + 4);
        end(y + 4);
        return pen.drawing(WIDTH, y + 44);
    }

    private String root() {
        return hex(walk.root())
                + (walk.pointer().isPresent() ? "  PDPTE " + hex(walk.pointer().getAsLong()) : "");
    }

    /** The address, with a part for each index. */
    private void address() {
        pen.label("strong", TABLE_X, 12, hex(linear));
        List<Part> parts = parts();
        double width = (WIDTH - 2.0 * TABLE_X) / parts.size();
        double x = TABLE_X;
        for (Part part : parts) {
            pen.box(part.used ? "index" : "unused", x, 18, width - 2, 28);
            pen.label("small middle", x + width / 2 - 1, 29, part.high + ":" + part.low);
            pen.label("middle", x + width / 2 - 1, 42, hex(part.of(linear)));
            x += width;
        }
    }

    private record Part(int high, int low, boolean used) {
        long of(long address) {
            return address >>> low & (1L << high - low + 1) - 1;
        }
    }

    private List<Part> parts() {
        List<Part> all = new ArrayList<>(
                switch (walk.paging()) {
                    case "two-level" -> List.of(part(31, 22), part(21, 12), part(11, 0));
                    case "pae" -> List.of(part(31, 30), part(29, 21), part(20, 12), part(11, 0));
                    case "four-level" -> List.of(part(47, 39), part(38, 30), part(29, 21), part(20, 12), part(11, 0));
                    default -> List.of(part(31, 0));
                });
        int indexes = walk.references().size() + (walk.pointer().isPresent() ? 1 : 0);
        if (walk.page().isPresent() && indexes < all.size() - 1) {
            // A large page: what would be indexes belongs to the offset.
            Part first = all.get(indexes);
            all.subList(indexes, all.size()).clear();
            all.add(part(first.high, 0));
        }
        for (int i = 0; i < all.size(); i++) {
            boolean used = i < indexes || walk.page().isPresent();
            all.set(i, new Part(all.get(i).high, all.get(i).low, used));
        }
        return all;
    }

    private static Part part(int high, int low) {
        return new Part(high, low, true);
    }

    private void arrow(double x, double fromY, double toY) {
        pen.line("arrow", "M" + x + " " + fromY + "V" + (toY - 3) + "m-3.5 -3.5l3.5 3.5l3.5 -3.5");
    }

    /** @return where the way to the next table begins */
    private double table(Walks.Reference one, double y, boolean ends) {
        int entries = walk.paging().equals("two-level") ? 1024 : 512;
        double slot = y + 3 + (TABLE_HEIGHT - 6.0 - SLOT) * one.index() / (entries - 1);
        pen.box("table", TABLE_X, y, TABLE_WIDTH, TABLE_HEIGHT);
        pen.box(ends ? "slot ends" : "slot", TABLE_X + 3, slot, TABLE_WIDTH - 6, SLOT);
        pen.label("strong", TEXT_X, y + 12, one.name());
        pen.label("", TEXT_X + 46, y + 12, "[" + hex(one.index()) + "]  @ " + hex(one.address()));
        pen.label("strong", TEXT_X, y + 27, hex(one.entry()));
        if (ends) {
            pen.label("ends end", WIDTH - TABLE_X, y + 27, "\u2715");
        }
        chips(one.flags(), TEXT_X, y + 32);
        return y + TABLE_HEIGHT;
    }

    private void chips(List<Walks.Flag> flags, double left, double y) {
        double x = left;
        for (Walks.Flag flag : flags) {
            double width = flag.name().length() * LETTER + 8;
            pen.box(flag.on() ? "chip set" : "chip", x, y, width, CHIP_HEIGHT);
            pen.label(flag.on() ? "small middle set" : "small middle clear", x + width / 2, y + 12, flag.name());
            x += width + 4;
        }
    }

    private void end(double y) {
        boolean good = walk.physical().isPresent();
        pen.box(good ? "page" : "page ends", TABLE_X, y, WIDTH - 2 * TABLE_X, 28);
        pen.label("strong", TABLE_X + 10, y + 18, ending());
    }

    private String ending() {
        if (walk.physical().isPresent()) {
            return "= " + hex(walk.physical().getAsLong());
        }
        return "\u2715 "
                + walk.exit().orElseGet(() -> "#PF (" + hex(walk.errorCode().orElse(0)) + ")");
    }

    // Two dimensions.

    private Drawing grid() {
        int y = 0;
        int row = 0;
        int column = 0;
        int levels = 0;
        for (int i = 0; i < walk.references().size(); i++) {
            Walks.Reference one = walk.references().get(i);
            boolean ofGuest = !one.tables().equals("nested");
            if (column == 0) {
                y = row * GRID_ROW;
                rowTitle(i, y);
            }
            if (ofGuest) {
                column = COLUMNS - 1;
                levels++;
            }
            cell(i, one, column, y + 20);
            column = ofGuest ? 0 : column + 1;
            row += ofGuest ? 1 : 0;
        }
        int height = (levels + (column == 0 ? 0 : 1)) * GRID_ROW;
        end(height);
        return pen.drawing(WIDTH, height + 40);
    }

    /** Whose address the row translates: that of the guest's entry at its end, or of the access itself. */
    private void rowTitle(int first, double y) {
        String name = itself;
        for (int i = first; i < walk.references().size(); i++) {
            Walks.Reference one = walk.references().get(i);
            if (!one.tables().equals("nested")) {
                name = one.name();
                break;
            }
        }
        Walks.Reference one = walk.references().get(first);
        pen.label("strong", 2, y + 13, name);
        pen.label("", 70, y + 13, "gPA " + hex(one.translates()));
    }

    private void cell(int number, Walks.Reference one, int column, double y) {
        boolean ends = walk.culprit().orElse(-1) == number;
        boolean ofGuest = !one.tables().equals("nested");
        double x = 2 + column * (CELL_WIDTH + CELL_GAP);
        pen.box((ofGuest ? "cell K" : "cell H") + (ends ? " ends" : ""), x, y, CELL_WIDTH, CELL_HEIGHT);
        pen.label("number", x + 6, y + 15, Integer.toString(number + 1));
        pen.label("small end", x + CELL_WIDTH - 5, y + 14, ends ? "\u2715" : (ofGuest ? "g" : "n") + one.level());
        pen.label("small middle", x + CELL_WIDTH / 2.0, y + 31, "[" + hex(one.index()) + "]");
        if (column > 0) {
            double middle = y + CELL_HEIGHT / 2.0;
            pen.line("arrow", "M" + reached + " " + middle + "H" + (x - 1) + "m-3.5 -3.5l3.5 3.5l-3.5 3.5");
        }
        reached = x + CELL_WIDTH;
    }
}
