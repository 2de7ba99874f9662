package ringside.session;

import java.util.List;
import java.util.Optional;
import ringside.bus.Inputs;
import ringside.image.GuestImage;
import ringside.memory.Ram;
import ringside.replay.Timeline;

/**
 * The columns of a lab, moved together by guest time, which is the same in every mode that runs the same guest. Beside them runs a bare
 * machine, seen or not, that says what the guest would have without anybody's help.
 */
final class Lockstep {
    /** What a machine takes beside its RAM and history, roughly: decoded instructions and tables of frames. */
    private static final long MACHINE_BYTES = 2 << 20;

    private final List<Column> columns;
    private final GuestImage guest;
    private final Timeline bare;
    private final Optional<Column> bareColumn;

    /**
     * @param reference the mode that the others are compared with: bare, or the first that holds the same image as the first column
     * @param guest its image; columns with another are ports, and not compared
     * @param hiddenBare the machine to compare with; empty where one of the columns is in that mode
     */
    Lockstep(List<Column> columns, String reference, GuestImage guest, Optional<Timeline> hiddenBare) {
        this.guest = guest;
        this.columns = List.copyOf(columns);
        this.bareColumn = columns.stream()
                .filter(column -> column.mode().equals(reference))
                .findFirst();
        this.bare = hiddenBare.orElseGet(() -> bareColumn.orElseThrow().timeline());
    }

    List<Column> columns() {
        return columns;
    }

    /** The latest of the columns' times. */
    long time() {
        return columns.stream().mapToLong(Column::time).max().orElseThrow();
    }

    boolean ended() {
        return columns.stream().allMatch(Column::ended);
    }

    /** Over the next boundary of whoever is behind; the others follow to the same time. */
    void forward() {
        var leader = columns.stream().filter(column -> !column.ended()).reduce((a, b) -> b.time() < a.time() ? b : a);
        if (leader.isEmpty()) {
            return;
        }
        leader.get().forward();
        long time = leader.get().time();
        for (Column column : columns) {
            while (column != leader.get() && !column.ended() && column.time() < time) {
                column.forward();
            }
        }
    }

    /** To the boundary before, in all columns that are at the present one. */
    void back() {
        long time = time();
        for (Column column : columns) {
            if (column.time() == time) {
                column.back();
            }
        }
        long now = time();
        if (now < time) {
            columns.forEach(column -> column.seek(Math.min(now, column.time())));
        }
    }

    void seek(long time) {
        columns.forEach(column -> column.seek(time));
    }

    /** All columns to a later time, or to their end; idle time may lead beyond. */
    void run(long until) {
        for (Column column : columns) {
            if (!column.ended() && column.time() < until) {
                column.run(until);
            }
        }
    }

    /** What comes to COM1 from outside, at any time that was or will be. */
    Inputs inputs() {
        return columns.get(0).timeline().monitor().machine().inputs();
    }

    /** Types at the present time, in all columns. What was typed later is void. */
    void type(byte[] values) {
        long now = time();
        columns.forEach(column -> column.type(now, values));
        if (bareColumn.isEmpty()) {
            bare.type(now, values);
        }
    }

    /**
     * To just after the next exit of any column.
     *
     * @return false where there was none before the limit; then all columns are at the limit, or have ended
     */
    boolean runToNextExit(long limit) {
        long nearest = limit;
        boolean found = false;
        for (Column column : columns) {
            if (!column.ended() && column.time() < nearest && column.runToNextExit(nearest)) {
                nearest = column.time();
                found = true;
            }
        }
        if (found) {
            for (Column column : columns) {
                if (column.time() > nearest) {
                    column.seek(nearest);
                } else if (!column.ended() && column.time() < nearest) {
                    column.run(nearest);
                }
            }
        }
        return found;
    }

    /**
     * Boundary by boundary to the first that a guest can tell from a bare machine's.
     *
     * @param most boundaries
     * @return false where there was none
     */
    boolean runToNextDifference(int most) {
        for (int i = 0; i < most && !ended(); i++) {
            boolean differed = differs();
            forward();
            if (!differed && differs()) {
                return true;
            }
        }
        return false;
    }

    /** Can the guest tell any column from a bare machine now? */
    boolean differs() {
        for (Column column : columns) {
            if (column.timeline() != bare
                    && comparable(column)
                    && Comparison.guestSeesDifference(column.timeline(), bare)) {
                return true;
            }
        }
        return false;
    }

    /** The bare machine, at this column's time if it has a boundary there. */
    Timeline bareBeside(Column column) {
        comparable(column);
        return bare;
    }

    /** Has the guest other code in this column than on the machine to compare with? Then equal times mean nothing. */
    boolean isPorted(Column column) {
        return column.image() != guest;
    }

    /** Brings the bare machine to the column's time, where it is nobody's own column. */
    boolean comparable(Column column) {
        if (isPorted(column)) {
            return false;
        }
        if (bareColumn.isEmpty() && bare.time() != column.time()) {
            if (bare.time() < column.time()) {
                bare.run(column.time(), () -> false);
            }
            if (bare.time() != column.time()) {
                bare.seek(column.time());
            }
        }
        return bare.time() == column.time();
    }

    /** Bytes that the machines take at most. */
    long memory() {
        return columns.stream().mapToLong(column -> used(column.timeline())).sum()
                + (bareColumn.isPresent() ? 0 : used(bare));
    }

    private static long used(Timeline timeline) {
        return MACHINE_BYTES
                + timeline.snapshotBytes()
                + (long) timeline.monitor().machine().ram().usedFrames() * Ram.FRAME_SIZE;
    }
}
