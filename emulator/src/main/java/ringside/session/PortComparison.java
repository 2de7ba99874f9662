package ringside.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import ringside.monitor.Monitor;
import ringside.trace.CostModel;

/**
 * Runs ports of one guest, which have different code, and aligns them by the milestones of their source: what each port does between two of them
 * belongs together. They part where one comes to another milestone than the first, where one has printed something else, or where one ends as no
 * guest wants to.
 */
final class PortComparison {
    private static final Set<String> BAD_ENDS = Set.of("triple-fault", "crash", "kvm-error", "limit");

    /** Exits that are told where runs part. */
    private static final int MOST_EVENTS = 100;

    private final List<PortedRun> runs = new ArrayList<>();

    /** @throws BadInput where the guest, a mode or an option cannot be used */
    PortComparison(GuestFile file, RunOptions options, List<String> modes, CostModel costs) {
        for (String mode : modes) {
            runs.add(new PortedRun(file, options.withMode(mode), costs));
        }
    }

    List<Monitor> monitors() {
        return runs.stream().map(PortedRun::monitor).toList();
    }

    /** The hypercalls that lines of each port have made, by line. */
    List<Map<Integer, List<PortDiff.Call>>> calls() {
        return runs.stream().map(PortedRun::calls).toList();
    }

    Alignment run(long limit, BooleanSupplier cancelled) {
        play(limit, cancelled);
        return found();
    }

    /**
     * Runs all ports to their ends, to the limit, or until somebody has enough; asked again it goes on.
     *
     * @return whether nothing is left of them
     */
    boolean play(long limit, BooleanSupplier enough) {
        boolean over = true;
        for (PortedRun run : runs) {
            over &= run.run(limit, enough);
        }
        return over;
    }

    /** What came of it; nothing is run after that. */
    Alignment found() {
        runs.forEach(PortedRun::close);
        int most = runs.stream().mapToInt(run -> run.stretches().size()).max().orElseThrow();
        List<Alignment.Segment> segments = new ArrayList<>();
        Optional<Alignment.Divergence> divergence = Optional.empty();
        for (int i = 0; i < most && divergence.isEmpty(); i++) {
            divergence = parting(i);
            segments.add(segment(i));
        }
        return new Alignment(runs.stream().map(PortedRun::side).toList(), divergence, segments);
    }

    private Alignment.Segment segment(int i) {
        PortedRun first = runs.get(0);
        return new Alignment.Segment(
                first.stretch(i).from(),
                first.stretch(i).to(),
                runs.stream().map(run -> run.stretch(i).part()).toList());
    }

    /** What is not the same behind a stretch; empty where all is. */
    private Optional<Alignment.Divergence> parting(int i) {
        List<Alignment.Differs> differs = new ArrayList<>();
        List<String> goals = runs.stream().map(run -> run.goal(i)).toList();
        if (goals.stream().distinct().count() > 1) {
            differs.add(new Alignment.Differs("milestone", goals));
        }
        List<String> printed = runs.stream().map(run -> run.printed(i)).toList();
        if (!printed.stream().allMatch(text -> goesWith(printed.get(0), text, isLast(i)))) {
            differs.add(new Alignment.Differs("serial", printed));
        }
        List<String> ends = runs.stream().map(run -> run.side().end()).toList();
        if (isLast(i) && ends.stream().map(BAD_ENDS::contains).distinct().count() > 1) {
            differs.add(new Alignment.Differs("end", ends));
        }
        if (differs.isEmpty()) {
            return Optional.empty();
        }
        PortedRun.Stretch from = runs.get(0).stretch(i);
        return Optional.of(new Alignment.Divergence(
                from.part().time(),
                from.rip(),
                from.text(),
                runs.stream()
                        .map(run -> run.exits(i).stream()
                                .limit(MOST_EVENTS)
                                .map(Alignment.Left::event)
                                .toList())
                        .toList(),
                differs));
    }

    private boolean isLast(int i) {
        return runs.stream().allMatch(run -> run.stretches().size() <= i + 1);
    }

    /** What one has printed already, another may still have in a ring; at the end all must have come out. */
    private static boolean goesWith(String one, String other, boolean last) {
        return last ? one.equals(other) : one.startsWith(other) || other.startsWith(one);
    }
}
