package ringside.session;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import ringside.bus.Inputs;
import ringside.memory.Ram;
import ringside.replay.Timeline;

/**
 * The columns of a lab, moved together by guest time, which is the same in every mode that runs the same guest. Each is compared with a
 * machine that runs the very code that it does, bare where one can: another column, or a machine that nobody sees.
 */
final class Lockstep {
    /** What a machine takes beside its RAM and history, roughly: decoded instructions and tables of frames. */
    static final long MACHINE_BYTES = 2 << 20;

    /** Units of guest time for which one column runs before it is the next one's turn. */
    private static final long CHUNK = 1 << 16;

    /** The same where exits are looked for: a search that starts anew begins with small strides. */
    private static final long EXIT_CHUNK = 1 << 20;

    /** Boundaries between two looks at whoever may have enough. */
    private static final int LOOK_UP = 64;

    private final List<Column> columns;

    /** What a column is compared with. */
    private final Map<Column, Timeline> references;

    /** Of those, the ones that are no column's own. */
    private final List<Timeline> hidden;

    private final List<Timeline> machines;

    /**
     * @param columns one at least
     * @param references for each column the machine to compare it with, which runs the same code: its own, another column's, or one that
     *     nobody sees
     */
    Lockstep(List<Column> columns, List<Timeline> references) {
        this.columns = List.copyOf(columns);
        this.references = new HashMap<>();
        for (int i = 0; i < columns.size(); i++) {
            this.references.put(columns.get(i), references.get(i));
        }
        List<Timeline> seen = columns.stream().map(Column::timeline).toList();
        this.hidden = references.stream()
                .filter(machine -> !seen.contains(machine))
                .distinct()
                .toList();
        this.machines = Stream.concat(seen.stream(), hidden.stream()).toList();
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
        long behind = columns.stream()
                .filter(column -> !column.ended())
                .mapToLong(Column::time)
                .min()
                .orElse(Long.MAX_VALUE);
        // An end may take no time, so those that stand together go together.
        var first = columns.stream()
                .filter(column -> !column.ended() && column.time() == behind)
                .toList();
        first.forEach(Column::forward);
        long time = first.stream().mapToLong(Column::time).max().orElse(behind);
        for (Column column : columns) {
            while (!column.ended() && column.time() < time) {
                column.forward();
            }
        }
    }

    void seek(long time) {
        columns.forEach(column -> column.seek(time));
    }

    /** All machines: those of the columns, and those that they are compared with. */
    List<Timeline> machines() {
        return machines;
    }

    /** All machines to a later time, or to their end, or until somebody has enough; idle time may lead beyond. */
    void run(long until, BooleanSupplier enough) {
        mark();
        do {
            long next = Math.min(until, later(CHUNK));
            for (Column column : columns) {
                if (!column.ended() && column.time() < next) {
                    column.run(next);
                }
            }
            follow();
        } while (!ended() && time() < until && !enough.getAsBoolean());
    }

    /** Forward over what was run before, as far as snapshots lead at once. */
    void leap(long time) {
        machines.forEach(machine -> machine.leap(time));
        columns.forEach(Column::forget);
    }

    /**
     * All columns to a later time, or to their end; idle time may lead beyond.
     *
     * @param places by column: addresses of instructions, see {@link Timeline#skim}
     * @return the first time at which anything was there, in any column
     */
    OptionalLong skim(long until, Map<Column, long[]> places) {
        OptionalLong first = OptionalLong.empty();
        for (Column column : columns) {
            var there = column.skim(first.orElse(until), places.getOrDefault(column, new long[0]));
            if (there.isPresent() && (first.isEmpty() || there.getAsLong() < first.getAsLong())) {
                first = there;
            }
        }
        if (first.isEmpty()) {
            follow();
        }
        return first;
    }

    /** All columns to the boundary at a later time, or the last before it. */
    void approach(long time) {
        columns.forEach(column -> column.approach(time));
    }

    /** Leaves a snapshot of all machines here. */
    void mark() {
        machines().forEach(Timeline::mark);
    }

    /** The machines to compare with keep up, so that there is little to catch up when they are looked at. */
    private void follow() {
        hidden.forEach(machine -> machine.run(time(), () -> false));
    }

    private long later(long units) {
        return time() > Long.MAX_VALUE - units ? Long.MAX_VALUE : time() + units;
    }

    /** What comes to COM1 from outside, at any time that was or will be. */
    Inputs inputs() {
        return columns.get(0).timeline().monitor().machine().inputs();
    }

    /** Types at the present time, in all columns. What was typed later is void. */
    void type(byte[] values) {
        long now = time();
        columns.forEach(column -> column.type(now, values));
        hidden.forEach(machine -> machine.type(now, values));
    }

    /**
     * To just after the next exit of any column.
     *
     * @return false where there was none before somebody had enough, or the end
     */
    boolean runToNextExit(BooleanSupplier enough) {
        mark();
        boolean found;
        do {
            found = lookForExit(enough);
            follow();
        } while (!found && !ended() && !enough.getAsBoolean());
        return found;
    }

    private boolean lookForExit(BooleanSupplier enough) {
        long limit = later(EXIT_CHUNK);
        boolean found = false;
        BooleanSupplier patience = enough;
        for (Column column : columns) {
            if (!column.ended() && column.time() < limit) {
                if (column.runToNextExit(limit, patience)) {
                    // Idle time is one boundary, so the first to be found may be far behind the limit.
                    limit = found ? Math.min(limit, column.time()) : column.time();
                    found = true;
                } else if (!column.ended()) {
                    limit = Math.min(limit, column.time());
                }
                // The others follow to where the first one came.
                patience = () -> false;
            }
        }
        long nearest = found ? limit : reached(limit);
        for (Column column : columns) {
            if (column.time() > nearest) {
                column.seek(nearest);
            } else if (!column.ended() && column.time() < nearest) {
                column.run(nearest);
            }
        }
        return found;
    }

    /** How far all that go on have come without an exit: beyond the limit where all of them were idle there. */
    private long reached(long limit) {
        return columns.stream()
                .filter(column -> !column.ended())
                .mapToLong(Column::time)
                .min()
                .orElse(limit);
    }

    /**
     * Boundary by boundary to the first that a guest can tell from a bare machine's.
     *
     * @return false where there was none before somebody had enough, or the end
     */
    boolean runToNextDifference(BooleanSupplier enough) {
        mark();
        for (int i = 1; !ended() && (i % LOOK_UP != 0 || !enough.getAsBoolean()); i++) {
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
            if (!isReference(column)
                    && comparable(column)
                    && Comparison.guestSeesDifference(column.timeline(), reference(column))) {
                return true;
            }
        }
        return false;
    }

    /** Is this column what it would be compared with itself? */
    boolean isReference(Column column) {
        return reference(column) == column.timeline();
    }

    /** The machine that a column is compared with, at this column's time if it has a boundary there. */
    Timeline bareBeside(Column column) {
        comparable(column);
        return reference(column);
    }

    private Timeline reference(Column column) {
        return Objects.requireNonNull(references.get(column));
    }

    /** Brings the machine to compare with to the column's time, where it is nobody's own column. */
    boolean comparable(Column column) {
        Timeline bare = reference(column);
        if (hidden.contains(bare) && bare.time() != column.time()) {
            if (bare.time() < column.time()) {
                bare.run(column.time(), () -> false);
            }
            if (bare.time() != column.time()) {
                bare.seek(column.time());
            }
        }
        return bare.time() == column.time();
    }

    /** Bytes that the machines take, roughly, and what is known of their guests. */
    long memory() {
        long known = columns.stream()
                .map(Column::source)
                .distinct()
                .mapToLong(SourceMap::bytes)
                .sum();
        // Of each frame there is a copy, by which it is seen what has changed since the last snapshot.
        return known
                + 2 * frames() * Ram.FRAME_SIZE
                + machines().stream()
                        .mapToLong(machine -> MACHINE_BYTES + machine.snapshotBytes())
                        .sum();
    }

    /** Frames of RAM that all machines have written. */
    long frames() {
        long frames = 0;
        for (Timeline machine : machines()) {
            frames += machine.monitor().machine().ram().usedFrames();
        }
        return frames;
    }
}
