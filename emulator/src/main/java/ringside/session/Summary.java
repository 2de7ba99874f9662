package ringside.session;

import java.util.List;
import java.util.Optional;
import ringside.monitor.Translation;
import ringside.replay.GuestState;
import ringside.trace.ExitCounts;

/**
 * What a run did, as {@code run --json} prints it.
 *
 * @param steps completed instructions and iterations
 * @param time guest time
 * @param end how it ended, by its name in the contract
 * @param status exit status
 * @param why which breakpoint was met, where a run has gone to one
 * @param cycles modelled
 * @param serial what came out of COM1, a character a byte (Latin-1)
 * @param serialDropped bytes that came after the log of the serial port was full
 * @param exits in the order in which each sort came first
 * @param translated what a translator has done; empty where instructions run as they stand
 * @param believed what the guest believes; see {@link GuestState#processor}
 * @param real what the processor has
 */
public record Summary(
        String mode,
        long steps,
        long time,
        String end,
        int status,
        Optional<Sentence> why,
        long cycles,
        String serial,
        long serialDropped,
        List<Exits> exits,
        Optional<Translated> translated,
        List<Named> believed,
        List<Named> real) {
    public Summary {
        exits = List.copyOf(exits);
        believed = List.copyOf(believed);
        real = List.copyOf(real);
    }

    /**
     * How often the guest was left for one reason.
     *
     * @param domain which domain was left; empty where there is only one
     */
    public record Exits(String kind, String reason, int number, String answeredBy, String domain, long count) {
        static Exits of(ExitCounts.Count c) {
            return new Exits(c.kind(), c.reason(), c.number(), c.answeredBy(), c.domain(), c.count());
        }
    }

    /** See {@link Translation.Counts}. */
    public record Translated(
            long blocks, long instructions, long operations, long performed, long calls, long dropped, long emulated) {
        static Translated of(Translation.Counts c) {
            return new Translated(
                    c.blocks(), c.instructions(), c.operations(), c.performed(), c.calls(), c.dropped(), c.emulated());
        }
    }

    /** A register or a part of one: {@code rax}, {@code cs.base}. */
    public record Named(String name, long value) {
        static List<Named> of(List<GuestState.Value> values) {
            return values.stream().map(v -> new Named(v.name(), v.value())).toList();
        }
    }
}
