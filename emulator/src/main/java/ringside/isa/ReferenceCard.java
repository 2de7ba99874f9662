package ringside.isa;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The instruction table as a reader looks things up: by mnemonic, with all encodings. Names that stand in one row (POPF, POPFD
 * and POPFQ; all of Jcc) share a card.
 */
public final class ReferenceCard {
    /**
     * What the card says of one instruction.
     *
     * @param name the name of the card: that of its first form
     * @param names all names of its forms, in the order of the table
     * @param lines its forms, in the order of the table
     */
    public record Card(String name, List<String> names, List<Line> lines) {
        /** The traits of its forms: MOV is privileged in some of them only. */
        public Set<Trait> traits() {
            var traits = new LinkedHashSet<Trait>();
            lines.forEach(line -> traits.add(line.trait()));
            return traits;
        }
    }

    /**
     * One form.
     *
     * @param encoding its bytes in the manual's notation, for example {@code 0F 22 /r}
     * @param syntax its operands in the manual's notation, for example {@code MOV CRn, r32}
     * @param trait what privilege makes of it
     * @param valid16 whether it exists in 16-bit code
     * @param valid32 whether it exists in 32-bit code
     * @param valid64 whether it exists in 64-bit code
     * @param attributes what else its row says
     */
    public record Line(
            String encoding,
            String syntax,
            Trait trait,
            boolean valid16,
            boolean valid32,
            boolean valid64,
            Set<Attribute> attributes) {}

    private final Map<String, Card> byName = new TreeMap<>();
    private final List<Card> cards;

    /** The card of a table. */
    public ReferenceCard(List<Form> table) {
        var groups = new LinkedHashMap<String, List<Form>>();
        var groupOf = new LinkedHashMap<String, String>();
        for (Form form : table) {
            var group = groupOf.computeIfAbsent(form.mnemonic(), name -> groupOfRow(table, form.row(), groupOf, name));
            groups.computeIfAbsent(group, name -> new ArrayList<>()).add(form);
        }
        var all = new ArrayList<Card>();
        groups.forEach((name, forms) -> all.add(card(name, forms)));
        all.sort((a, b) -> a.name().compareTo(b.name()));
        cards = List.copyOf(all);
        for (Card card : cards) {
            card.names().forEach(name -> byName.put(name, card));
        }
        MnemonicTable.otherNames(table)
                .forEach((other, name) -> card(name).ifPresent(c -> byName.putIfAbsent(other, c)));
    }

    /** The group that another name of the same row already has, or a new one. */
    private static String groupOfRow(List<Form> table, int row, Map<String, String> groupOf, String name) {
        return table.stream()
                .filter(f -> f.row() == row && groupOf.containsKey(f.mnemonic()))
                .map(f -> groupOf.get(f.mnemonic()))
                .findFirst()
                .orElse(name);
    }

    private static Card card(String name, List<Form> forms) {
        var names = new LinkedHashSet<String>();
        var lines = new ArrayList<Line>();
        for (Form form : forms) {
            names.add(form.mnemonic());
            lines.add(new Line(
                    form.encoding().toString(),
                    form.toString(),
                    form.trait(),
                    form.valid16(),
                    form.valid32(),
                    form.valid64(),
                    form.attributes()));
        }
        return new Card(name, List.copyOf(names), List.copyOf(lines));
    }

    /** All cards, by name. */
    public List<Card> cards() {
        return cards;
    }

    /**
     * The card of an instruction.
     *
     * @param name one of its names, in any case of letters; second names such as JE and SAL count too
     */
    public Optional<Card> card(String name) {
        return Optional.ofNullable(byName.get(name.toUpperCase(Locale.ROOT)));
    }
}
