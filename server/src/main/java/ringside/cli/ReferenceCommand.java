package ringside.cli;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import ringside.isa.ReferenceCard.Card;
import ringside.isa.ReferenceCard.Line;
import ringside.session.BadInput;
import ringside.session.MatrixTables;
import ringside.session.Reference;
import ringside.web.Words;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code ringside reference}: what the instruction table says of an instruction, and what comes of it in every mode. */
@Command(
        name = "reference",
        description = "Shows the card of an instruction: its encodings, what privilege makes of it, and what came of"
                + " it in every mode, found by running it. Without a name it lists all cards.",
        footer = {"", "Status: 0 done, 2 bad input."})
final class ReferenceCommand implements Callable<Integer> {
    @ParentCommand
    private RingsideCommand ringside;

    @Mixin
    private Help help;

    @Parameters(arity = "0..1", paramLabel = "NAME", description = "any name of an instruction, such as popf or jz")
    private Optional<String> name;

    @Option(
            names = "--bits",
            paramLabel = "16|32|64",
            description = "code size in which it is run (default: all in which it exists)")
    private Optional<Integer> bits;

    @Option(names = "--json", description = "prints JSON: the card with its cells, or the list of cards without")
    private boolean json;

    private final Reference reference = new Reference(new MatrixTables());

    @Override
    public Integer call() {
        Output output = ringside.output();
        if (name.isPresent()) {
            Card card = reference
                    .card(name.get())
                    .orElseThrow(() -> new BadInput("there is no instruction " + name.get()
                            + " in the table (ringside reference lists all cards)"));
            one(card, output);
        } else {
            all(output);
        }
        output.flush();
        return Status.DONE;
    }

    private static String does(Card card) {
        return Words.in("en").text("card." + card.name());
    }

    private static List<String> traits(Card card) {
        return card.traits().stream().map(ReferenceCommand::lower).toList();
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private void all(Output output) {
        if (json) {
            ArrayNode list = Json.array();
            reference.cards().forEach(card -> add(list.addObject(), card));
            output.line(Json.text(list));
        } else {
            reference
                    .cards()
                    .forEach(card -> output.line(
                            "%-12s %-24s %s".formatted(card.name(), String.join(" ", traits(card)), does(card))));
        }
    }

    private void one(Card card, Output output) {
        List<Integer> sizes = sizes(card);
        if (json) {
            ObjectNode object = Json.object();
            add(object, card);
            ArrayNode cells = object.putArray("cells");
            sizes.forEach(size -> reference
                    .tried(card, size)
                    .forEach(tried -> tried.modes()
                            .forEach(mode -> mode.rings()
                                    .forEach(found -> MatrixCommand.add(cells.addObject(), found.cell())))));
            output.line(Json.text(object));
            return;
        }
        output.line(String.join(" ", card.names()) + "  " + String.join(", ", traits(card)));
        output.line(does(card));
        card.lines()
                .forEach(line ->
                        output.line("  %-24s %-28s %s bits".formatted(line.encoding(), line.syntax(), sizes(line))));
        sizes.forEach(size -> reference.tried(card, size).forEach(tried -> print(tried, size, output)));
    }

    private List<Integer> sizes(Card card) {
        List<Integer> all = Reference.codeSizes(card);
        bits.filter(wanted -> !all.contains(wanted)).ifPresent(wanted -> {
            throw new BadInput(card.name() + " exists in code of "
                    + all.stream().map(String::valueOf).collect(Collectors.joining(", ")) + " bits, not " + wanted);
        });
        return bits.map(List::of).orElse(all);
    }

    private static String sizes(Line line) {
        return ((line.valid16() ? "16 " : "") + (line.valid32() ? "32 " : "") + (line.valid64() ? "64" : "")).strip();
    }

    private static void print(Reference.Tried tried, int bits, Output output) {
        output.line("");
        output.line("%s in %d-bit code: %s".formatted(tried.name(), bits, tried.text()));
        tried.modes()
                .forEach(mode -> mode.rings()
                        .forEach(found -> output.line("  %-20s ring %d  %-28s %s"
                                .formatted(
                                        mode.mode(),
                                        found.cell().ring(),
                                        MatrixCommand.said(found.cell()),
                                        Words.in("en").of(found.why())))));
    }

    private static void add(ObjectNode json, Card card) {
        json.put("name", card.name()).put("does", does(card));
        card.names().forEach(json.putArray("names")::add);
        traits(card).forEach(json.putArray("traits")::add);
        ArrayNode forms = json.putArray("forms");
        card.lines().forEach(line -> add(forms.addObject(), line));
    }

    private static void add(ObjectNode json, Line line) {
        json.put("encoding", line.encoding()).put("syntax", line.syntax()).put("trait", lower(line.trait()));
        ArrayNode sizes = json.putArray("bits");
        if (line.valid16()) {
            sizes.add(16);
        }
        if (line.valid32()) {
            sizes.add(32);
        }
        if (line.valid64()) {
            sizes.add(64);
        }
    }
}
