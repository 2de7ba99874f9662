package ringside.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import ringside.replay.Overview;

/**
 * A whole run, as far as it has been run: who was entered when.
 *
 * @param present guest time
 * @param known guest time up to which the run is known
 * @param ended it ends there
 * @param width guest time in a column, in its units
 * @param lanes one for each who has answered exits, in the order of contexts
 */
public record Course(long present, long known, boolean ended, long width, List<Lane> lanes) {
    public Course {
        lanes = List.copyOf(lanes);
    }

    /**
     * The exits that somebody has answered.
     *
     * @param by as summaries name it
     * @param exits in all columns
     * @param columns those in which there are any, in order
     */
    public record Lane(String by, Views.Context context, long exits, List<Some> columns) {
        public Lane {
            columns = List.copyOf(columns);
        }
    }

    /**
     * A column with exits.
     *
     * @param from guest time at which it begins
     * @param exits how many
     */
    public record Some(long from, int exits) {}

    static Course of(Column column) {
        Overview overview = column.timeline().overview();
        List<Lane> lanes = new ArrayList<>();
        for (Map.Entry<String, int[]> one : overview.exits().entrySet()) {
            List<Some> columns = new ArrayList<>();
            long exits = 0;
            for (int i = 0; i < one.getValue().length; i++) {
                int count = one.getValue()[i];
                if (count > 0) {
                    columns.add(new Some(i * overview.width(), count));
                    exits += count;
                }
            }
            if (exits > 0) {
                lanes.add(new Lane(one.getKey(), Portrait.contextOf(one.getKey()), exits, columns));
            }
        }
        lanes.sort(java.util.Comparator.comparing(Lane::context));
        return new Course(
                column.time(), Math.max(overview.known(), column.time()), overview.ended(), overview.width(), lanes);
    }
}
