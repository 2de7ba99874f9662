package ringside.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import ringside.session.Matrix;
import ringside.session.MatrixCell;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code ringside matrix}: what comes of every privileged or sensitive instruction, in every mode at every ring. */
@Command(
        name = "matrix",
        description = "Runs every privileged or sensitive instruction in every mode, and tells what came of it.",
        footer = {
            "",
            "Rings are those that the guest believes in. A cell of the JSON holds its probe",
            "as image: written to a file as bytes, it runs again by",
            "  run FILE --bits N --load 0x1000 --mode M --trace TRACE.jsonl",
            "and the line of the trace with the cell's time is the cell. A kernel for Xen",
            "says itself how it starts: without --bits and --load.",
            "Status: 0 done, 2 bad input."
        })
final class MatrixCommand implements Callable<Integer> {
    @ParentCommand
    private RingsideCommand ringside;

    @Mixin
    private Help help;

    @Option(names = "--bits", paramLabel = "16|32|64", description = "code size (default: all)")
    private Optional<Integer> bits;

    @Option(names = "--mode", paramLabel = "M", description = "mode (default: all)")
    private Optional<String> mode;

    @Option(names = "--json", description = "prints the list of cells as JSON")
    private boolean json;

    @Override
    public Integer call() {
        List<MatrixCell> cells = Matrix.cells(bits.map(OptionalInt::of).orElse(OptionalInt.empty()), mode);
        Output output = ringside.output();
        if (json) {
            ArrayNode list = Json.array();
            cells.forEach(cell -> add(list.addObject(), cell));
            output.line(Json.text(list));
        } else {
            print(cells, output);
        }
        output.flush();
        return Status.DONE;
    }

    static void add(ObjectNode json, MatrixCell cell) {
        json.put("instruction", cell.instruction())
                .put("mode", cell.mode())
                .put("bits", cell.bits())
                .put("ring", cell.ring())
                .put("outcome", name(cell.outcome()));
        cell.reason().ifPresentOrElse(reason -> json.put("reason", reason), () -> json.putNull("reason"));
        cell.number().ifPresentOrElse(number -> json.put("number", number), () -> json.putNull("number"));
        cell.answeredBy().ifPresentOrElse(who -> json.put("answeredBy", who), () -> json.putNull("answeredBy"));
        json.put("image", cell.image())
                .put("time", cell.time())
                .put("rip", Json.hex(cell.rip()))
                .put("text", cell.text())
                .put("group", cell.group());
        ArrayNode events = json.putArray("events");
        cell.events().forEach(event -> Json.event(events.addObject(), event));
        ArrayNode differs = json.putArray("differs");
        cell.differs().forEach(differs::add);
        cell.instead()
                .ifPresentOrElse(instead -> add(json.putObject("instead"), instead), () -> json.putNull("instead"));
    }

    private static void add(ObjectNode json, MatrixCell.Instead instead) {
        instead.reason().ifPresentOrElse(reason -> json.put("reason", reason), () -> json.putNull("reason"));
        instead.number().ifPresentOrElse(number -> json.put("number", number), () -> json.putNull("number"));
        json.put("image", instead.image())
                .put("time", instead.time())
                .put("rip", Json.hex(instead.rip()))
                .put("text", instead.text());
    }

    private static String name(MatrixCell.Outcome outcome) {
        return outcome.name().toLowerCase(java.util.Locale.ROOT);
    }

    /** For each code size and row a line for the ring, with the modes side by side. */
    private static void print(List<MatrixCell> cells, Output output) {
        Map<String, List<String>> lines = new LinkedHashMap<>();
        for (MatrixCell cell : cells) {
            lines.computeIfAbsent(
                            "%2d bits, ring %d  %-18s".formatted(cell.bits(), cell.ring(), cell.instruction()),
                            key -> new ArrayList<>())
                    .add(cell.mode() + ": " + said(cell));
        }
        lines.forEach((row, said) -> output.line(row + " " + String.join(" | ", said)));
    }

    static String said(MatrixCell cell) {
        return found(cell)
                + cell.instead().map(instead -> "; instead " + instead.said()).orElse("");
    }

    private static String found(MatrixCell cell) {
        return switch (cell.outcome()) {
            case RUNS, REFUSED -> name(cell.outcome());
            case WRONG -> "WRONG " + String.join(" ", cell.differs());
            case FAULT, EXIT, HYPERCALL ->
                name(cell.outcome()) + " " + cell.reason().orElse("")
                        + (cell.number().isPresent() ? " " + cell.number().getAsInt() : "")
                        + cell.answeredBy()
                                .filter(who -> !who.equals("cpu"))
                                .map(who -> " -> " + who)
                                .orElse("");
        };
    }
}
