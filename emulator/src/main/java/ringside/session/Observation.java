package ringside.session;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one run of a guest in one mode came to, from its start to its end or limit: what claims about it are held against.
 *
 * @param summary as {@code run --json} prints it
 * @param moments exits, faults and interrupts in their order, as far as they are told one by one
 * @param places the start, and the milestones of the source that the guest came to, in their order, each time that it came
 * @param performed instructions that the guest completed, by their names in upper case
 */
public record Observation(Summary summary, List<Moment> moments, List<Place> places, Map<String, Tally> performed) {
    /** The place at which every run begins. */
    public static final String START = "start";

    /** Moments that are told one by one. */
    public static final int MOST_MOMENTS = 10_000;

    /** Milestones that are told. */
    public static final int MOST_PLACES = 1_000;

    public Observation {
        moments = List.copyOf(moments);
        places = List.copyOf(places);
        performed = Map.copyOf(performed);
    }

    /** What a moment is. */
    public enum Kind {
        /** Anybody but the guest was entered. */
        EXIT,
        /** The guest's own table received a fault. */
        FAULT,
        /** The guest's own table received an interrupt. */
        INTERRUPT
    }

    /**
     * Something that happened.
     *
     * @param order of all moments, places and instructions of the run
     * @param time guest time
     * @param answeredBy {@code cpu} where it was delivered to the guest
     */
    public record Moment(long order, long time, Kind kind, String reason, String answeredBy) {}

    /**
     * The guest stood at a milestone, before the instruction there.
     *
     * @param believed as {@link Summary#believed}
     * @param real as {@link Summary#real}
     */
    public record Place(String name, long order, long time, List<Summary.Named> believed, List<Summary.Named> real) {
        public Place {
            believed = List.copyOf(believed);
            real = List.copyOf(real);
        }
    }

    /** How often, and the order of the first time. */
    public record Tally(long count, long first) {}

    /** Where the guest came to a milestone for the first time. */
    public Optional<Place> place(String name) {
        return places.stream().filter(place -> place.name().equals(name)).findFirst();
    }
}
