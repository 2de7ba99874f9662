package ringside.session;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import ringside.isa.Definition;
import ringside.monitor.mode.Modes;

/** What a learner can take out of a lab as files: the guest, its trace, and what boots it elsewhere. */
public final class Takeaway {
    /** Lines of a trace; a run that is longer is told up to there. */
    public static final int MOST_LINES = 100_000;

    private static final String SOURCE = "guest" + ".asm";
    private static final String BINARY = "guest" + ".bin";
    private static final String EXPORT = "export" + ".zip";

    private final Recipe recipe;
    private final GuestFile file;
    private final String mode;

    private Takeaway(Recipe recipe) {
        this.recipe = recipe;
        this.file = file(recipe.guest());
        this.mode = recipe.modes().get(0);
    }

    /** A file. */
    public record Item(String name, byte[] bytes) {}

    private static GuestFile file(GuestChoice guest) {
        if (guest instanceof GuestChoice.Binary binary) {
            return binary.upload().file();
        }
        String text = guest instanceof GuestChoice.Sample sample
                ? SampleGuests.source(sample.name()).orElseThrow()
                : ((GuestChoice.Source) guest).text();
        return new GuestFile(
                guest instanceof GuestChoice.Sample sample ? sample.name() + ".asm" : SOURCE,
                text.getBytes(StandardCharsets.UTF_8),
                guest instanceof GuestChoice.Sample ? SampleGuests::file : name -> Optional.empty());
    }

    /** The names of the files that a lab has, beside its trace. */
    public static List<String> names(Session session) {
        var takeaway = new Takeaway(session.recipe());
        List<String> names = new ArrayList<>();
        if (takeaway.file.isSource()) {
            names.add(SOURCE);
        }
        names.add(BINARY);
        if (takeaway.export().isPresent()) {
            names.add(EXPORT);
        }
        return names;
    }

    /**
     * The files of that name: one, or all that the archive of an export holds.
     *
     * @return empty where the lab has none of that name
     */
    public static Optional<List<Item>> of(Session session, String name) {
        var takeaway = new Takeaway(session.recipe());
        return switch (name) {
            case SOURCE ->
                takeaway.file.isSource()
                        ? Optional.of(List.of(new Item(SOURCE, takeaway.file.bytes())))
                        : Optional.empty();
            case BINARY -> Optional.of(List.of(new Item(BINARY, takeaway.binary())));
            case EXPORT -> takeaway.export();
            default -> Optional.empty();
        };
    }

    /**
     * Runs the guest again in one of its modes, from the start to where the lab is now, and tells of every boundary.
     *
     * @param mode the place of the mode, 0 for the first
     * @return whether all of it was told
     */
    public static boolean trace(Session session, int mode, Consumer<TraceLine> lines) {
        var recipe = session.recipe();
        var takeaway = new Takeaway(recipe);
        var run = new BatchRun(takeaway.file, takeaway.options(recipe.modes().get(mode)));
        run.type(recipe.typing());
        int[] told = {0};
        run.run(BatchRun.UNLIMITED, () -> run.time() >= recipe.time() || told[0] >= MOST_LINES, line -> {
            if (line.time() < recipe.time() && told[0] < MOST_LINES) {
                told[0]++;
                lines.accept(line);
            }
        });
        return told[0] < MOST_LINES;
    }

    private byte[] binary() {
        return file.isSource()
                ? Sources.assemble(
                        file,
                        Modes.definitions(mode).stream().map(Takeaway::text).toList())
                : file.bytes();
    }

    private static String text(Definition definition) {
        return definition.name() + "=" + definition.value();
    }

    private Optional<List<Item>> export() {
        try {
            return Optional.of(Export.of(file, options("bare"), "/guest").stream()
                    .map(output -> new Item(output.name(), output.bytes()))
                    .toList());
        } catch (BadInput nothingTakesIt) {
            return Optional.empty();
        }
    }

    private RunOptions options(String wanted) {
        var machine = recipe.machine();
        var start = recipe.guest() instanceof GuestChoice.Binary binary
                ? binary.upload().start()
                : new StartChoice(OptionalInt.empty(), OptionalLong.empty(), OptionalLong.empty());
        return new RunOptions(
                wanted,
                start.bits(),
                start.load(),
                start.entry(),
                machine.memory(),
                machine.irqchip(),
                machine.hardware(),
                machine.generation(),
                Optional.of(machine.paging()).filter(paging -> !paging.equals(MachineChoice.BEST)),
                machine.translator());
    }
}
