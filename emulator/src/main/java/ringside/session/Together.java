package ringside.session;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What several modes of a lab show together: exits aligned by guest time, what everything has cost, and the whole run of each on one
 * scale.
 *
 * @param modes in the order of the columns
 * @param known guest time up to which the run is known in any of them
 * @param courses one for each mode
 * @param exits the latest first
 * @param since guest time from which on all exits of all modes are in the table
 * @param totals in groups, the largest first
 * @param ported not all modes run the same code: the same time is not the same place then
 * @param parting the last answer to where two of them part
 */
public record Together(
        List<String> modes,
        long known,
        List<Course> courses,
        List<Row> exits,
        long since,
        List<Total> totals,
        boolean ported,
        Optional<Parting> parting) {
    /** What the totals are of. */
    public enum Group {
        RUN,
        PLACE,
        REASON
    }

    public Together {
        modes = List.copyOf(modes);
        courses = List.copyOf(courses);
        exits = List.copyOf(exits);
        totals = List.copyOf(totals);
    }

    /**
     * The exits at one guest time.
     *
     * @param address and
     * @param text of the instruction of the first of them
     * @param cells one for each mode
     */
    public record Row(long time, String address, String text, List<Cell> cells) {
        public Row {
            cells = List.copyOf(cells);
        }
    }

    /** The exits of one mode at one guest time, the first one first. */
    public record Cell(List<Views.Left> exits) {
        public Cell {
            exits = List.copyOf(exits);
        }
    }

    /**
     * What was counted in each mode.
     *
     * @param name of a reason with its number, or {@code steps}, {@code time}, {@code exits}; of a place nothing
     * @param by who answers, or to whom the cycles are charged; of the whole run nothing
     * @param amounts one for each mode
     */
    public record Total(Group group, String name, String by, Views.Context context, List<Amount> amounts) {
        public Total {
            amounts = List.copyOf(amounts);
        }

        long most() {
            return amounts.stream()
                    .mapToLong(amount -> Math.max(amount.count, amount.cycles))
                    .max()
                    .orElse(0);
        }
    }

    /**
     * @param count how often; of a place how often it was entered, of the guest itself its steps
     * @param cycles modelled
     */
    public record Amount(long count, long cycles) {
        static final Amount NONE = new Amount(0, 0);
    }

    /** @param drawn the columns as a page has them */
    static Together of(List<Column> columns, List<Views.Mode> drawn, Optional<Parting> parting) {
        List<Course> courses = columns.stream().map(Course::of).toList();
        long since = drawn.stream()
                .filter(mode -> mode.earlierExits() > 0 && !mode.exits().isEmpty())
                .mapToLong(mode -> mode.exits().get(mode.exits().size() - 1).time() + 1)
                .max()
                .orElse(0);
        return new Together(
                columns.stream().map(Column::mode).toList(),
                courses.stream().mapToLong(Course::known).max().orElse(0),
                courses,
                rows(drawn, since),
                since,
                totals(columns),
                columns.stream().map(Column::image).distinct().count() > 1,
                parting);
    }

    private static List<Row> rows(List<Views.Mode> drawn, long since) {
        var times = new TreeSet<Long>(Comparator.reverseOrder());
        drawn.forEach(mode -> mode.exits().stream()
                .map(Views.Left::time)
                .filter(time -> time >= since)
                .forEach(times::add));
        return times.stream().map(time -> row(drawn, time)).toList();
    }

    private static Row row(List<Views.Mode> drawn, long time) {
        List<Cell> cells = drawn.stream()
                .map(mode -> new Cell(mode.exits().stream()
                        .filter(left -> left.time() == time)
                        .sorted(Comparator.comparingLong(Views.Left::number))
                        .toList()))
                .toList();
        Views.Left first =
                cells.stream().flatMap(cell -> cell.exits.stream()).findFirst().orElseThrow();
        return new Row(time, first.address(), first.text(), cells);
    }

    private static List<Total> totals(List<Column> columns) {
        List<Counts> counts = columns.stream().map(Counts::of).toList();
        List<Total> all = new ArrayList<>();
        all.add(run(
                "steps",
                columns,
                column -> column.timeline().monitor().machine().clock().steps()));
        all.add(run("time", columns, Column::time));
        all.add(run("exits", columns, Column::exits));
        all.add(run("cycles", columns, column -> column.timeline().cycles()));
        all.addAll(places(columns, counts));
        all.addAll(reasons(counts));
        return all;
    }

    private static Total run(String name, List<Column> columns, Function<Column, Long> count) {
        return new Total(
                Group.RUN,
                name,
                "",
                Views.Context.GUEST_KERNEL,
                columns.stream()
                        .map(column -> new Amount(count.apply(column), 0))
                        .toList());
    }

    private static List<Total> places(List<Column> columns, List<Counts> counts) {
        Map<String, Views.Context> places = new LinkedHashMap<>();
        counts.forEach(one -> one.places().forEach(place -> places.put(place.by(), place.context())));
        List<Total> all = new ArrayList<>();
        places.forEach((by, context) -> {
            List<Amount> amounts = new ArrayList<>();
            for (int i = 0; i < counts.size(); i++) {
                amounts.add(new Amount(entered(by, columns.get(i), counts.get(i)), cycles(by, counts.get(i))));
            }
            all.add(new Total(Group.PLACE, "", by, context, amounts));
        });
        all.sort(Comparator.comparingLong(Total::most).reversed());
        return all;
    }

    private static long cycles(String by, Counts counts) {
        return counts.places().stream()
                .filter(place -> place.by().equals(by))
                .mapToLong(Counts.Place::cycles)
                .sum();
    }

    private static long entered(String by, Column column, Counts counts) {
        return by.equals(Counts.GUEST)
                ? column.timeline().monitor().machine().clock().steps()
                : counts.reasons().stream()
                        .filter(reason -> reason.answeredBy().equals(by))
                        .mapToLong(Counts.Reason::count)
                        .sum();
    }

    private static List<Total> reasons(List<Counts> counts) {
        List<Map<Sort, Amount>> sorted = counts.stream().map(Together::bySort).toList();
        List<Total> all = new ArrayList<>();
        sorted.stream()
                .flatMap(one -> one.keySet().stream())
                .distinct()
                .forEach(sort -> all.add(new Total(
                        Group.REASON,
                        sort.name,
                        sort.by,
                        Portrait.contextOf(sort.by),
                        sorted.stream()
                                .map(one -> one.getOrDefault(sort, Amount.NONE))
                                .toList())));
        all.sort(Comparator.comparingLong(Total::most).reversed());
        return all;
    }

    /** Exits that are counted together. */
    private record Sort(String name, String by) {}

    private static Map<Sort, Amount> bySort(Counts counts) {
        return counts.reasons().stream()
                .collect(Collectors.toMap(
                        reason -> new Sort(
                                (reason.domain().isEmpty() ? "" : reason.domain() + " ") + reason.reason() + " "
                                        + reason.number(),
                                reason.answeredBy()),
                        reason -> new Amount(reason.count(), reason.cycles()),
                        (one, other) -> new Amount(one.count + other.count, one.cycles + other.cycles),
                        LinkedHashMap::new));
    }
}
