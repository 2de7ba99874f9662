package ringside.session;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import ringside.trace.CostModel;

/** The ports of one guest: each is run once, from its start, when somebody wants to see which of its lines make hypercalls. */
final class Ports {
    /** Steps for which a port is run: enough for every sample guest. */
    private static final long LIMIT = 500_000;

    private final GuestFile file;
    private final GuestImages images;
    private final Function<String, RunOptions> options;
    private final Map<String, Port> known = new HashMap<>();

    /** @param options what is said about the run in each mode */
    Ports(GuestFile file, GuestImages images, Function<String, RunOptions> options) {
        this.file = file;
        this.images = images;
        this.options = options;
    }

    Port of(String mode) {
        return known.computeIfAbsent(mode, this::read);
    }

    private Port read(String mode) {
        var image = images.in(mode);
        Optional<String> unported = images.modes().stream().findFirst().filter(plain -> images.in(plain) != image);
        if (unported.isEmpty()) {
            return new Port(mode, unported, new PortDiff(List.of()), 0, false);
        }
        var run = new PortedRun(file, options.apply(mode), CostModel.TODAY);
        boolean over = run.run(LIMIT, () -> false);
        var monitor = run.monitor();
        return new Port(
                mode,
                unported,
                PortDiff.of(images.in(unported.get()), image, Map.of(), run.calls()),
                monitor.machine().clock().steps(),
                over && monitor.ending().isPresent());
    }
}
