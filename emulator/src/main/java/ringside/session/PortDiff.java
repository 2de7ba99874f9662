package ringside.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import ringside.image.GuestImage;

/**
 * The lines of a source that two of its ports do not share, as the assembler took them: a line belongs to a port where bytes of it come from there.
 *
 * @param hunks in the order of the source; none where both ports are made of the same lines
 */
public record PortDiff(List<Hunk> hunks) {
    public PortDiff {
        hunks = List.copyOf(hunks);
    }

    /**
     * Lines that stand in each other's place.
     *
     * @param shared how many lines of both ports come before it
     * @param first lines that only the first port has
     * @param second lines that only the second has
     */
    public record Hunk(int shared, List<Line> first, List<Line> second) {
        public Hunk {
            first = List.copyOf(first);
            second = List.copyOf(second);
        }
    }

    /**
     * @param number from 1
     * @param calls hypercalls that were made from it when the port was run
     */
    public record Line(int number, String text, List<Call> calls) {
        public Line {
            calls = List.copyOf(calls);
        }
    }

    /**
     * What a line asks its hypervisor for.
     *
     * @param name as Xen calls it
     * @param command which one of several, by name; empty where there is one
     * @param arguments what the registers for arguments held the first time, hexadecimal; a call does not look at all of them
     * @param count how often the line made it
     * @param time guest time at which it was made first
     */
    public record Call(String name, int number, String command, List<String> arguments, long count, long time) {
        public Call {
            arguments = List.copyOf(arguments);
        }

        Call again() {
            return new Call(name, number, command, arguments, count + 1, time);
        }
    }

    /** Whose a line is. */
    private enum Side {
        BOTH,
        FIRST,
        SECOND,
        /** It makes no bytes: a label, a comment, a condition. */
        NOBODY
    }

    /**
     * @param firstCalls hypercalls of the first port, by line, as they were seen while it ran
     * @param secondCalls the same of the second
     */
    static PortDiff of(
            GuestImage first,
            GuestImage second,
            Map<Integer, List<Call>> firstCalls,
            Map<Integer, List<Call>> secondCalls) {
        String[] text = first.source().map(source -> source.split("\n", -1)).orElse(new String[0]);
        Set<Integer> ofFirst = lines(first);
        Set<Integer> ofSecond = lines(second);
        var hunks = new Hunks();
        for (int number = 1; number <= text.length; number++) {
            boolean one = ofFirst.contains(number);
            boolean other = ofSecond.contains(number);
            Side side = one && other ? Side.BOTH : one ? Side.FIRST : other ? Side.SECOND : Side.NOBODY;
            var calls = side == Side.FIRST ? firstCalls : secondCalls;
            hunks.add(
                    side, new Line(number, text[number - 1].replace("\r", ""), calls.getOrDefault(number, List.of())));
        }
        return new PortDiff(hunks.all());
    }

    private static Set<Integer> lines(GuestImage image) {
        return image.lines().stream().map(GuestImage.SourceLine::line).collect(Collectors.toSet());
    }

    /** Puts hunks together. */
    private static final class Hunks {
        private final List<Hunk> all = new ArrayList<>();
        private final List<Line> first = new ArrayList<>();
        private final List<Line> second = new ArrayList<>();

        /** Labels since the last line: they belong to what comes next, where that is the same port's. */
        private final List<Line> labels = new ArrayList<>();

        private Optional<Side> last = Optional.empty();
        private int shared;

        void add(Side side, Line line) {
            switch (side) {
                case NOBODY -> {
                    if (isLabel(line.text)) {
                        labels.add(line);
                    } else if (line.text.stripLeading().startsWith("%")) {
                        labels.clear();
                        last = Optional.empty();
                    }
                    return;
                }
                case BOTH -> {
                    end();
                    shared++;
                }
                case FIRST -> take(first, side, line);
                case SECOND -> take(second, side, line);
            }
            labels.clear();
            last = Optional.of(side);
        }

        private void take(List<Line> lines, Side side, Line line) {
            if (last.equals(Optional.of(side)) || last.isEmpty()) {
                lines.addAll(labels);
            }
            lines.add(line);
        }

        private static boolean isLabel(String text) {
            return text.strip().matches("[A-Za-z_.?@$][\\w.?@$#~]*:\\s*(;.*)?");
        }

        private void end() {
            if (!first.isEmpty() || !second.isEmpty()) {
                all.add(new Hunk(shared, first, second));
                first.clear();
                second.clear();
                shared = 0;
            }
        }

        List<Hunk> all() {
            end();
            return all;
        }
    }
}
