package ringside.web;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import ringside.session.Views;

/**
 * Who ran during the last boundaries, as bars: a row for each context, a cell for each boundary. Whoever was visited during a boundary
 * has a bar below the guest's.
 *
 * @param rows letters, top to bottom
 * @param height in the drawing's units; it is 576 wide
 * @param visits how often the guest was left
 */
public record LaneDrawing(List<Character> rows, int height, List<Bar> bars, int visits) {
    private static final String ORDER = "UKTHNV";
    private static final int CELL = 12;
    private static final int ROW = 13;
    private static final int BAR = 9;

    public LaneDrawing {
        rows = List.copyOf(rows);
        bars = List.copyOf(bars);
    }

    /** A bar in the colour of its context. */
    public record Bar(char context, int x, int y, int width, int height) {}

    public static LaneDrawing of(Views.Lane lane) {
        var places = new TreeSet<Integer>();
        for (Views.Moment moment : lane.moments()) {
            places.add(place(moment.context()));
            moment.visits().forEach(visit -> places.add(place(visit.context())));
        }
        var rows = places.stream().map(ORDER::charAt).toList();
        List<Bar> bars = new ArrayList<>();
        int x = 0;
        int visits = 0;
        for (Views.Moment moment : lane.moments()) {
            bars.add(bar(moment.context(), rows, x, moment.visits().isEmpty() ? CELL - 1 : CELL / 2));
            for (Views.Visit visit : moment.visits()) {
                bars.add(bar(visit.context(), rows, x + CELL / 2, CELL / 2 - 1));
                visits++;
            }
            x += CELL;
        }
        return new LaneDrawing(rows, rows.size() * ROW, bars, visits);
    }

    private static int place(Views.Context context) {
        return ORDER.indexOf(context.letter());
    }

    private static Bar bar(Views.Context context, List<Character> rows, int x, int width) {
        return new Bar(context.letter(), x, rows.indexOf(context.letter()) * ROW + (ROW - BAR) / 2, width, BAR);
    }
}
