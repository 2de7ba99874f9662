package ringside.session;

import java.util.ArrayList;
import java.util.List;
import ringside.bus.Clock;
import ringside.isa.Symbols;
import ringside.monitor.Ending;
import ringside.monitor.Monitor;
import ringside.probe.Event;
import ringside.trace.CostModel;
import ringside.trace.NextInstruction;

/** The exits of one run that is compared with others. */
final class ExitRecord {
    /** Exits that are told one by one; more are counted. */
    private static final int MOST_EXITS = 10_000;

    private final CostModel costs;
    private final NextInstruction instructions = new NextInstruction();
    private final List<Alignment.Left> exits = new ArrayList<>();
    private long more;

    ExitRecord(CostModel costs) {
        this.costs = costs;
    }

    void add(Monitor monitor, Event event) {
        if (!(event instanceof Event.Exit)) {
            return;
        }
        if (exits.size() == MOST_EXITS) {
            more++;
            return;
        }
        long rip = monitor.real().registers.rip();
        exits.add(new Alignment.Left(
                monitor.machine().clock().now(),
                rip,
                instructions.at(monitor.believed(), rip, Symbols.NONE).text(),
                TraceLine.Happened.of(event, costs)));
    }

    /** How many there were. */
    int count() {
        return (int) Math.min(exits.size() + more, Integer.MAX_VALUE);
    }

    Alignment.Side side(String mode, Monitor monitor) {
        Clock clock = monitor.machine().clock();
        return new Alignment.Side(
                mode,
                monitor.ending().map(ending -> ending.kind().text()).orElse("limit"),
                monitor.ending().map(Ending::status).orElse(BatchRun.LIMIT_STATUS),
                clock.steps(),
                clock.now(),
                exits,
                more);
    }
}
