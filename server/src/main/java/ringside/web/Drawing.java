package ringside.web;

import java.util.ArrayList;
import java.util.List;

/**
 * A picture made of a few kinds of marks, which a template prints as SVG. Its units are pixels where it is shown in its own size; colours come by the
 * names of styles, never as values.
 *
 * @param lines paths of strokes, drawn first
 * @param boxes rectangles, drawn above them
 * @param labels texts, drawn last
 */
record Drawing(int width, int height, List<Line> lines, List<Box> boxes, List<Label> labels) {
    Drawing {
        lines = List.copyOf(lines);
        boxes = List.copyOf(boxes);
        labels = List.copyOf(labels);
    }

    /** @param path as in the attribute {@code d} of SVG's path */
    public record Line(String style, String path) {}

    public record Box(String style, double x, double y, double width, double height) {}

    /** @param y of the text's base line */
    public record Label(String style, double x, double y, String text) {}

    /** Collects marks. */
    static final class Pen {
        private final List<Line> lines = new ArrayList<>();
        private final List<Box> boxes = new ArrayList<>();
        private final List<Label> labels = new ArrayList<>();

        void line(String style, String path) {
            lines.add(new Line(style, path));
        }

        void box(String style, double x, double y, double width, double height) {
            boxes.add(new Box(style, x, y, width, height));
        }

        void label(String style, double x, double y, String text) {
            labels.add(new Label(style, x, y, text));
        }

        Drawing drawing(int width, int height) {
            return new Drawing(width, height, lines, boxes, labels);
        }
    }
}
