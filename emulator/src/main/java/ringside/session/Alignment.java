package ringside.session;

import java.util.List;
import java.util.Optional;

/**
 * One guest in several modes, aligned by guest time, or ports of it by milestones, as {@code compare --json} prints it.
 *
 * @param sides one for each mode, in the order asked for; all are compared with the first
 * @param divergence where the guest sees something else for the first time; empty where it never does
 * @param segments of ports: from milestone to milestone, up to where they part; empty where all run the same code
 */
public record Alignment(List<Side> sides, Optional<Divergence> divergence, List<Segment> segments) {
    public Alignment {
        segments = List.copyOf(segments);
        sides = List.copyOf(sides);
    }

    /**
     * The whole run in one mode.
     *
     * @param end by its name in the contract; {@code limit} where it was stopped
     * @param exits the first ones, oldest first
     * @param moreExits how many came after them
     */
    public record Side(String mode, String end, int status, long steps, long time, List<Left> exits, long moreExits) {
        public Side {
            exits = List.copyOf(exits);
        }
    }

    /**
     * From one milestone to the next.
     *
     * @param from its name; empty at the start
     * @param to the name of the next in the first mode; empty at the end
     * @param parts what each mode did there, in the order of the sides
     */
    public record Segment(String from, String to, List<Part> parts) {
        public Segment {
            parts = List.copyOf(parts);
        }
    }

    /**
     * What one port did between two milestones.
     *
     * @param time guest time at which it begins
     * @param steps that it took
     * @param serial what was printed meanwhile
     */
    public record Part(long time, long steps, String serial, List<Summary.Exits> exits) {
        public Part {
            exits = List.copyOf(exits);
        }
    }

    /**
     * One exit.
     *
     * @param time guest time
     * @param rip the guest's instruction pointer
     * @param text the instruction there in NASM's syntax; empty where there is none
     */
    public record Left(long time, long rip, String text, TraceLine.Happened event) {}

    /**
     * The first boundary at which the modes part.
     *
     * @param time guest time before it; of ports, at the last milestone, in the first mode
     * @param text the instruction just performed (of ports, the one at that milestone); empty where an interrupt came instead, or where they differ from the start
     * @param events what happened in each mode (of ports, since that milestone), in the order of the sides
     */
    public record Divergence(
            long time, long rip, String text, List<List<TraceLine.Happened>> events, List<Differs> differs) {
        public Divergence {
            events = List.copyOf(events);
            differs = List.copyOf(differs);
        }
    }

    /**
     * What is not the same after it.
     *
     * @param name of a register, of a part of one, or of a byte of RAM by its physical address: {@code [7ffd]}
     * @param values in the order of the sides
     */
    public record Differs(String name, List<String> values) {
        public Differs {
            values = List.copyOf(values);
        }
    }
}
