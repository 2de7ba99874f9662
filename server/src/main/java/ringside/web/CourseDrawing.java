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

    private CourseDrawing() {}

    static Drawing of(Course course) {
        var pen = new Drawing.Pen();
        List<Course.Lane> lanes = course.lanes();
        int height = (1 + lanes.size()) * LanesDrawing.ROW;
        for (int row = 0; row <= lanes.size(); row++) {
            pen.line("lane-line", "M0 " + middle(row) + "H" + WIDTH);
        }
        if (course.known() > 0) {
            double now = place(course, course.present());
            pen.box("ctx-K", 0, middle(0) - BAR / 2.0, now, BAR);
            pen.box("ctx-K idle", now, middle(0) - BAR / 2.0, WIDTH - now, BAR);
        }
        for (int i = 0; i < lanes.size(); i++) {
            marks(pen, course, lanes.get(i), middle(i + 1));
        }
        return pen.drawing(WIDTH, height);
    }

    private static void marks(Drawing.Pen pen, Course course, Course.Lane lane, double middle) {
        int most = lane.columns().stream().mapToInt(Course.Some::exits).max().orElse(1);
        double width = Math.max(HAIR, place(course, course.width()));
        for (Course.Some some : lane.columns()) {
            double height = LEAST + (BAR - LEAST) * Math.log1p(some.exits()) / Math.log1p(most);
            double x = Math.min(place(course, some.from()), WIDTH - HAIR);
            pen.box("ctx-" + lane.context().letter(), x, middle - height / 2, Math.min(width, WIDTH - x), height);
        }
    }

    private static double middle(int row) {
        return row * LanesDrawing.ROW + LanesDrawing.ROW / 2.0;
    }

    private static double place(Course course, long time) {
        return course.known() == 0 ? 0 : Math.round(10.0 * WIDTH * time / course.known()) / 10.0;
    }
}
