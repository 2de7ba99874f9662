package ringside.session;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.ReferenceCard;
import ringside.isa.ReferenceCard.Card;

/** The reference: what the instruction table says of each instruction, and what becomes of it in every mode, found by running it. */
public final class Reference {
    private final ReferenceCard table = new ReferenceCard(InstructionSet.forms());
    private final List<MatrixRow> rows = Stream.concat(MatrixRow.examples().stream(), MatrixRow.all().stream())
            .toList();
    private final MatrixTables tables;

    /** @param tables where rows that were run are kept */
    public Reference(MatrixTables tables) {
        this.tables = tables;
    }

    /**
     * An instruction as it was tried.
     *
     * @param name of the row of the matrix, or of the example
     * @param text the instruction in NASM's syntax
     * @param rings that it was tried at, as the guest believes
     * @param modes what came of it in each mode
     */
    public record Tried(String name, String text, List<Integer> rings, List<InMode> modes) {
        public Tried {
            rings = List.copyOf(rings);
            modes = List.copyOf(modes);
        }
    }

    /** What came of it in one mode, for each of the rings. */
    public record InMode(String mode, List<Found> rings) {
        public InMode {
            rings = List.copyOf(rings);
        }
    }

    /**
     * What came of it at one ring.
     *
     * @param why what happened there, and who answered
     */
    public record Found(MatrixCell cell, Sentence why) {}

    /** All cards, by name. */
    public List<Card> cards() {
        return table.cards();
    }

    /** @param name any name of an instruction, in any case of letters */
    public Optional<Card> card(String name) {
        return table.card(name);
    }

    /** The card of an instruction that a row of the matrix tries; empty where that is an event, or what no processor here knows. */
    public Optional<Card> cardOf(String row) {
        return table.card(row.split("[ (]", 2)[0]);
    }

    /** The code sizes in which the instruction exists: 16, 32, 64. */
    public static List<Integer> codeSizes(Card card) {
        return Matrix.codeSizes().stream()
                .filter(bits -> card.lines().stream()
                        .anyMatch(line -> bits == 16 ? line.valid16() : bits == 32 ? line.valid32() : line.valid64()))
                .toList();
    }

    /**
     * Each way in which the instruction is tried in one code size, run while they are gone through.
     *
     * @param bits one of {@link Matrix#codeSizes}
     */
    public Iterable<Tried> tried(Card card, int bits) {
        Iterable<MatrixTables.Row> found = tables.of(rows(card), bits);
        return () -> {
            Iterator<MatrixTables.Row> all = found.iterator();
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return all.hasNext();
                }

                @Override
                public Tried next() {
                    return tried(all.next());
                }
            };
        };
    }

    /** Of the matrix and the examples, those that try the instruction. */
    List<MatrixRow> rows(Card card) {
        return rows.stream()
                .filter(row -> cardOf(row.name()).filter(card::equals).isPresent())
                .toList();
    }

    private static Tried tried(MatrixTables.Row row) {
        List<MatrixCell> cells = row.cells().stream().flatMap(Optional::stream).toList();
        List<Integer> rings =
                cells.stream().map(MatrixCell::ring).distinct().sorted().toList();
        List<InMode> modes = new ArrayList<>();
        for (String mode : cells.stream().map(MatrixCell::mode).distinct().toList()) {
            modes.add(new InMode(
                    mode,
                    cells.stream()
                            .filter(cell -> cell.mode().equals(mode))
                            .map(cell -> new Found(cell, why(cell)))
                            .toList()));
        }
        return new Tried(row.instruction(), cells.get(0).text(), rings, modes);
    }

    /** What happened there, in a sentence. */
    static Sentence why(MatrixCell cell) {
        return switch (cell.outcome()) {
            case RUNS -> Sentence.of("reference.why.runs");
            case WRONG -> Sentence.of("reference.why.wrong", String.join(", ", cell.differs()));
            case REFUSED -> Sentence.of("reference.why.refused");
            case FAULT -> fault(cell);
            case EXIT, HYPERCALL ->
                left(cell)
                        .map(exit -> Sentence.of(
                                "exit." + exit.kind() + "." + exit.reason(),
                                cell.text(),
                                exit.reason(),
                                Scene.hex(exit.detail())))
                        .orElseThrow();
        };
    }

    private static Sentence fault(MatrixCell cell) {
        String reason = cell.reason().orElseThrow();
        String who = cell.answeredBy().orElseThrow();
        return who.equals("cpu")
                ? Sentence.of("reference.why.fault", reason)
                : Sentence.of("reference.why.passed", reason, Sentence.of("who." + who));
    }

    /** How the guest was left: what a translator asks for to go on is not the instruction's. */
    private static Optional<TraceLine.Happened> left(MatrixCell cell) {
        return cell.events().stream()
                .filter(event -> event.reason().equals(cell.reason().orElse(""))
                        && !event.kind().equals("translation"))
                .findFirst();
    }
}
