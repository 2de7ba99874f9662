package ringside.web;

import java.util.List;
import ringside.session.Course;

/**
 * A whole run as lanes without text: guest time across, in thousandths of what is known; the guest's bar, and a mark in each column in which somebody
 * was entered, the taller the more often. It may be stretched to any width.
 */
final class CourseDrawing {
    static final int WIDTH = 1000;

    private static final int BAR = 16;
    private static final int LEAST = 6;
    private static final double HAIR = 2.5;

    /** Of a picture in one row, its height, and that of the guest's bar in it. */
    private static final int NARROW = 24;

    private static final int GUEST = 8;

    private CourseDrawing() {}

    static Drawing of(Course course) {
        var pen = new Drawing.Pen();
        List<Course.Lane> lanes = course.lanes();
        int height = (1 + lanes.size()) * LanesDrawing.ROW;
        for (int row = 0; row <= lanes.size(); row++) {
            pen.line("lane-line", "M0 " + middle(row) + "H" + WIDTH);
        }
        if (course.known() > 0) {
            double now = place(course.known(), course.present());
            pen.box("ctx-K", 0, middle(0) - BAR / 2.0, now, BAR);
            pen.box("ctx-K idle", now, middle(0) - BAR / 2.0, WIDTH - now, BAR);
        }
        for (int i = 0; i < lanes.size(); i++) {
            marks(pen, course, lanes.get(i), course.known(), new Band(middle(i + 1), LEAST, BAR));
        }
        return pen.drawing(WIDTH, height);
    }

    /**
     * The same in one row: the guest's bar below, and above it a band for each who was entered.
     *
     * @param known guest time that is as long as the picture, of several modes one below the other
     */
    static Drawing narrow(Course course, long known) {
        var pen = new Drawing.Pen();
        List<Course.Lane> lanes = course.lanes();
        if (known > 0) {
            double now = place(known, course.present());
            pen.box("ctx-K", 0, NARROW - GUEST, now, GUEST - 2);
            pen.box("ctx-K idle", now, NARROW - GUEST, place(known, course.known()) - now, GUEST - 2);
        }
        double band = (NARROW - GUEST - 2.0) / Math.max(1, lanes.size());
        for (int i = 0; i < lanes.size(); i++) {
            double middle = 1 + band * (i + 0.5);
            marks(pen, course, lanes.get(i), known, new Band(middle, Math.min(2, band), Math.min(BAR, band - 1)));
        }
        return pen.drawing(WIDTH, NARROW);
    }

    /** Where marks lie, and how tall the lowest and the tallest are. */
    private record Band(double middle, double least, double most) {}

    private static void marks(Drawing.Pen pen, Course course, Course.Lane lane, long known, Band band) {
        int most = lane.columns().stream().mapToInt(Course.Some::exits).max().orElse(1);
        double width = Math.max(HAIR, place(known, course.width()));
        for (Course.Some some : lane.columns()) {
            double height = band.least + (band.most - band.least) * Math.log1p(some.exits()) / Math.log1p(most);
            double x = Math.min(place(known, some.from()), WIDTH - HAIR);
            pen.box("ctx-" + lane.context().letter(), x, band.middle - height / 2, Math.min(width, WIDTH - x), height);
        }
    }

    private static double middle(int row) {
        return row * LanesDrawing.ROW + LanesDrawing.ROW / 2.0;
    }

    private static double place(long known, long time) {
        return known == 0 ? 0 : Math.round(10.0 * WIDTH * time / known) / 10.0;
    }
}
