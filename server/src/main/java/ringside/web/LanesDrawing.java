package ringside.web;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import ringside.session.Lanes;
import ringside.session.Views;

/**
 * Who ran, as swim lanes: a row for each context, time to the right in steps, and below them the names of exits. It is drawn in the size in which it
 * is shown; where that is too wide it scrolls.
 *
 * @param rows top to bottom
 * @param exits their names, each where its exit is
 */
record LanesDrawing(List<Row> rows, Drawing drawing, List<Mark> exits) {
    static final int ROW = 26;

    private static final String ORDER = "UKTHNV";
    private static final int CELL = 17;
    private static final int BAR = 16;
    private static final int TOP = 14;
    private static final int LABEL = 19;
    private static final int MOST_LABEL_ROWS = 6;
    private static final double LETTER = 6.7;

    LanesDrawing {
        rows = List.copyOf(rows);
        exits = List.copyOf(exits);
    }

    /** @param by who runs there, as summaries name it; empty for the guest */
    public record Row(Views.Context context, String by) {}

    /** The name of an exit, at its place below the lanes. */
    public record Mark(double x, double y, double width, String text, Lanes.Exit exit) {}

    static LanesDrawing of(Lanes lanes) {
        return new Maker(lanes).make();
    }

    private static final class Maker {
        private final Lanes lanes;
        private final Drawing.Pen pen = new Drawing.Pen();
        private final List<Row> rows;
        private final Map<Integer, Double> labelEnds = new LinkedHashMap<>();
        private final List<Mark> marks = new ArrayList<>();
        private double x = 4;
        private double widest;

        Maker(Lanes lanes) {
            this.lanes = lanes;
            this.rows = rows(lanes);
        }

        LanesDrawing make() {
            for (Lanes.Moment moment : lanes.moments()) {
                moment(moment);
            }
            pen.line("now", "M" + x + " 0V" + (TOP + rows.size() * ROW));
            double width = Math.max(x + 10, widest);
            for (int i = 0; i < rows.size(); i++) {
                pen.line("lane-line", "M0 " + middle(i) + "H" + width);
            }
            int height = TOP + rows.size() * ROW + LABEL * Math.max(1, labelEnds.size()) + 2;
            return new LanesDrawing(rows, pen.drawing((int) Math.ceil(width), height), marks);
        }

        private static List<Row> rows(Lanes lanes) {
            Map<Integer, Row> found = new TreeMap<>(Comparator.naturalOrder());
            for (Lanes.Moment moment : lanes.moments()) {
                found.putIfAbsent(place(moment.context()), new Row(moment.context(), ""));
                for (Lanes.Exit exit : moment.exits()) {
                    exit.stays().forEach(stay -> found.put(place(stay.context()), new Row(stay.context(), stay.by())));
                }
            }
            return new ArrayList<>(found.values());
        }

        private static int place(Views.Context context) {
            return ORDER.indexOf(context.letter());
        }

        private int row(Views.Context context) {
            for (int i = 0; i < rows.size(); i++) {
                if (rows.get(i).context() == context) {
                    return i;
                }
            }
            throw new IllegalStateException("no lane for " + context);
        }

        private static double middle(int row) {
            return TOP + row * ROW + ROW / 2.0;
        }

        private void moment(Lanes.Moment moment) {
            int guest = row(moment.context());
            double width = moment.idle() > 0 ? 2 * CELL : CELL;
            bar(moment.context(), guest, x, width - 2, moment.idle() > 0 ? " idle" : "");
            double end = x + width - 1;
            x += width;
            for (Lanes.Exit exit : moment.exits()) {
                end = exit(exit, guest, end);
            }
            for (Lanes.Delivery delivery : moment.deliveries()) {
                double at = Math.max(x - 8, 6);
                pen.line(
                        delivery.interrupt() ? "event" : "fault",
                        "M" + at + " 1V" + (middle(guest) - BAR / 2.0 - 1) + "m-3 -4l3 4l3 -4");
                pen.label("small", at + 4, 10, (delivery.interrupt() ? "\u26A1" : "#") + delivery.vector());
            }
        }

        /** @return where the guest goes on */
        private double exit(Lanes.Exit exit, int guest, double from) {
            String way =
                    exit.way() == Lanes.Way.CALL ? "out call" : exit.way() == Lanes.Way.SWITCH ? "out switch" : "out";
            int last = guest;
            double at = from;
            double first = x;
            for (Lanes.Stay stay : exit.stays()) {
                int row = row(stay.context());
                arrow(way, at, last, row);
                bar(stay.context(), row, x, CELL - 2, "");
                at = x + CELL - 1;
                x += CELL;
                last = row;
            }
            arrow(exit.injected() ? "in event" : "in", at, last, guest);
            name(exit, first + CELL / 2.0 - 1);
            return at;
        }

        private void arrow(String style, double at, int from, int to) {
            if (from != to) {
                boolean down = to > from;
                double start = middle(from) + (down ? BAR / 2.0 : -BAR / 2.0);
                double end = middle(to) + (down ? -BAR / 2.0 : BAR / 2.0);
                pen.line(style, "M" + at + " " + start + "V" + end + (down ? "m-3 -4l3 4l3 -4" : "m-3 4l3 -4l3 4"));
            }
        }

        private void bar(Views.Context context, int row, double left, double width, String more) {
            pen.box("ctx-" + context.letter() + more, left, middle(row) - BAR / 2.0, width, BAR);
            pen.label("letter middle", left + width / 2, middle(row) + 4, String.valueOf(context.letter()));
        }

        /** The exit's name in the first line below that has room for it. */
        private void name(Lanes.Exit exit, double at) {
            String text = exit.reason() + " " + exit.reasonNumber();
            double width = text.length() * LETTER + 12;
            double left = Math.max(0, at - 9);
            double bottom = TOP + rows.size() * ROW;
            for (int line = 0; line < MOST_LABEL_ROWS; line++) {
                if (labelEnds.getOrDefault(line, 0.0) <= left) {
                    labelEnds.put(line, left + width + 4);
                    double y = bottom + line * LABEL;
                    pen.line("leader", "M" + at + " " + (bottom - 5) + "V" + y);
                    marks.add(new Mark(left, y, width, text, exit));
                    widest = Math.max(widest, left + width);
                    return;
                }
            }
        }
    }
}
