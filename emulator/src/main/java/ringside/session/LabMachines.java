package ringside.session;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;
import ringside.replay.Timeline;
import ringside.trace.CostModel;

/** The machines of a lab, of which each is compared with one that runs the same code. */
final class LabMachines {
    /** RAM of all machines of a lab together, in bytes: a server holds many labs. */
    static final long MOST_MEMORY = 384L << 20;

    /** Snapshots of one machine. */
    private static final int SNAPSHOTS = 48;

    /** Memory for the snapshots of one machine, in bytes. */
    private static final long SNAPSHOT_BYTES = 24L << 20;

    /** The same for all machines of a lab together. */
    private static final long MOST_SNAPSHOT_BYTES = 96L << 20;

    private final GuestImages images;
    private final List<String> modes;
    private final List<String> references;
    private final Options options;
    private final Typing typing;
    private final int count;
    private final Map<String, Timeline> started = new LinkedHashMap<>();

    /** @throws Refusal where they would have too much memory together */
    LabMachines(GuestImages images, List<String> modes, Options options, Typing typing) {
        this.images = images;
        this.modes = modes;
        this.options = options;
        this.typing = typing;
        references = modes.stream().map(mode -> images.alike(mode).get(0)).toList();
        count = modes.size()
                + (int) references.stream()
                        .distinct()
                        .filter(mode -> !modes.contains(mode))
                        .count();
        if (count * options.memory() > MOST_MEMORY) {
            throw new Refusal(Sentence.of("refused.memory.together", count, options.memory() >> 20, MOST_MEMORY >> 20));
        }
    }

    Lockstep lockstep() {
        List<Column> columns = new ArrayList<>();
        for (String mode : modes) {
            columns.add(column(String.valueOf((char) ('a' + columns.size())), mode));
        }
        columns.forEach(column -> started.putIfAbsent(column.mode(), column.timeline()));
        return new Lockstep(
                columns,
                references.stream()
                        .map(mode -> started.computeIfAbsent(mode, this::timeline))
                        .toList());
    }

    /** The first mode alone, compared with nothing. */
    Lockstep alone() {
        var column = column("a", modes.get(0));
        return new Lockstep(List.of(column), List.of(column.timeline()));
    }

    private Column column(String letter, String mode) {
        var image = images.in(mode);
        return new Column(
                letter, mode, image, images.map(image), image.domain0().map(images::map), timeline(mode));
    }

    private Timeline timeline(String mode) {
        return new Timeline(
                probe -> {
                    var monitor =
                            Modes.start(mode, images.in(mode), options, probe).orElseThrow();
                    typing.into(monitor.machine().inputs());
                    return monitor;
                },
                SNAPSHOTS,
                Math.min(SNAPSHOT_BYTES, MOST_SNAPSHOT_BYTES / count),
                CostModel.of(options.generation()));
    }
}
