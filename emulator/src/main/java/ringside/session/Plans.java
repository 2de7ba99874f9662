package ringside.session;

import java.util.List;
import java.util.stream.IntStream;

/**
 * What a learner has set up for going through a run.
 *
 * @param stops breakpoints and watchpoints, by number
 * @param bookmarks by time
 */
public record Plans(List<Stop> stops, List<Bookmark> bookmarks, Pace pace) {
    /** So many breakpoints, and so many bookmarks, a lab has at most. */
    public static final int MOST = 32;

    /** Nothing was set up. */
    public static final Plans NOTHING = new Plans(List.of(), List.of(), Pace.FULL);

    public Plans {
        stops = List.copyOf(stops);
        bookmarks = List.copyOf(bookmarks);
        if (stops.size() > MOST || bookmarks.size() > MOST) {
            throw new Refusal(Sentence.of("refused.many", MOST));
        }
    }

    /**
     * Reads what an address says.
     *
     * @param stops as {@link Stop#text} writes them
     * @param bookmarks as {@link Bookmark#text} writes them
     * @param pace its number; anything else: as fast as it goes
     * @throws Refusal where it says what cannot be
     */
    public static Plans read(List<String> stops, List<String> bookmarks, String pace) {
        return new Plans(
                IntStream.range(0, Math.min(stops.size(), MOST + 1))
                        .mapToObj(i -> Stop.read(i + 1, stops.get(i)))
                        .toList(),
                bookmarks.stream().limit(MOST + 1L).map(Bookmark::read).toList(),
                Pace.numbered(pace).orElse(Pace.FULL));
    }
}
