package ringside.session;

import java.util.List;
import java.util.Optional;

/**
 * One guest in several modes, aligned by guest time, as {@code compare --json} prints it.
 *
 * @param sides one for each mode, in the order asked for; all are compared with the first
 * @param divergence where the guest sees something else for the first time; empty where it never does
 */
public record Alignment(List<Side> sides, Optional<Divergence> divergence) {
    public Alignment {
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
     * @param time guest time before it
     * @param text the instruction just performed; empty where an interrupt came instead, or where they differ from the start
     * @param events what happened in each mode, in the order of the sides
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
