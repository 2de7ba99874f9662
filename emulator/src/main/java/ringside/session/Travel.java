package ringside.session;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a learner goes through a run, as data.
 *
 * @param stops breakpoints and watchpoints, by number
 * @param bookmarks by time
 * @param playing it moves at a speed that can be watched: whoever shows it asks for the next stretch
 * @param step how many the first mode has performed
 * @param gutters by letter of the mode
 * @param actions by letter of the mode: of whoever answered at the last boundary; missing where nobody has
 */
public record Travel(
        List<Shown> stops,
        List<Bookmark> bookmarks,
        Pace pace,
        boolean playing,
        long step,
        Map<String, Gutter> gutters,
        Map<String, Actions> actions) {
    /** Of a lab that has stopped. */
    static final Travel NOTHING = new Travel(List.of(), List.of(), Pace.FULL, false, 0, Map.of(), Map.of());

    public Travel {
        stops = List.copyOf(stops);
        bookmarks = List.copyOf(bookmarks);
        gutters = Map.copyOf(gutters);
        actions = Map.copyOf(actions);
    }

    /** The breakpoints on the lines and instructions of a mode. */
    public Gutter gutter(String letter) {
        return gutters.getOrDefault(letter, Gutter.EMPTY);
    }

    /**
     * A breakpoint as it is listed.
     *
     * @param hits how often it has stopped this lab since it was set
     * @param known the guest has what it names
     */
    public record Shown(Stop stop, long hits, boolean known) {}

    /**
     * Where breakpoints lie: true where one of them is enabled.
     *
     * @param lines by number
     * @param addresses as the disassembly writes them
     * @param bytes of memory that are watched, as its view writes their addresses
     */
    public record Gutter(Map<Integer, Boolean> lines, Map<String, Boolean> addresses, Map<String, Boolean> bytes) {
        static final Gutter EMPTY = new Gutter(Map.of(), Map.of(), Map.of());

        public Gutter {
            lines = Map.copyOf(lines);
            addresses = Map.copyOf(addresses);
            bytes = Map.copyOf(bytes);
        }

        /** {@code on}, {@code off} or empty. */
        public String line(int number) {
            return word(Optional.ofNullable(lines.get(number)));
        }

        /** The same for an instruction. */
        public String address(String address) {
            return word(Optional.ofNullable(addresses.get(address)));
        }

        /** The same for a byte of memory. */
        public String memory(String address) {
            return word(Optional.ofNullable(bytes.get(address)));
        }

        private static String word(Optional<Boolean> enabled) {
            return enabled.map(on -> on ? "on" : "off").orElse("");
        }
    }

    /**
     * What was done about the exits of the last boundary, one thing after the other.
     *
     * @param at which of them is looked at, from 1; 0: none yet
     * @param count how many there are
     */
    public record Actions(int at, int count, Optional<Done> done) {}

    /**
     * One of them.
     *
     * @param exit number of the exit
     * @param sentence about the exit
     */
    public record Done(long exit, Sentence sentence, Views.Step step) {}
}
