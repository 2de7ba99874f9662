package ringside.session;

import java.util.List;
import java.util.Optional;

/**
 * The last exits, each with all that is known of it.
 *
 * @param all latest first
 */
public record Cards(List<Card> all) {
    public Cards {
        all = List.copyOf(all);
    }

    /** @param cost the line of the table of modelled costs that it is charged by */
    public record Card(Views.Left left, CostTable.Line cost) {}

    /**
     * The exit of that number; without one, the last.
     *
     * @param number counts from 1
     */
    public Optional<Card> card(Optional<Long> number) {
        return all.stream()
                .filter(card -> number.isEmpty() || card.left().number() == number.get())
                .findFirst();
    }
}
