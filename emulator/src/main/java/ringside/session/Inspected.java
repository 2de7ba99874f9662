package ringside.session;

import java.util.List;
import java.util.Optional;

/**
 * Registers or entries of a part, in sections.
 *
 * @param offered there is such a part in this mode
 * @param pair each is had twice: as the guest's monitor keeps it for the guest, and as the processor has it
 */
public record Inspected(boolean offered, boolean pair, List<Section> sections) {
    private static final int LONGEST_QUIET = 10;

    public Inspected {
        sections = List.copyOf(sections);
    }

    /** @param more how many further items there are, which are not told */
    public record Section(Sentence title, List<Item> items, long more) {
        public Section {
            items = List.copyOf(items);
        }

        /** Nothing in it differs between believed and real. */
        public boolean alike() {
            return items.stream().noneMatch(Item::differs);
        }
    }

    /**
     * A register, field or entry.
     *
     * @param name as the manual has it
     * @param place encoding, offset, address; or empty
     * @param believed what the guest believes; where there is no pair, what there is; empty where only the processor has it
     * @param real what the processor has; empty where there is no pair, or only the guest has it
     * @param differs believed and real are not the same
     */
    public record Item(
            String name, String place, Optional<Reading> believed, Optional<Reading> real, boolean differs) {}

    /** @param words what the value means */
    public record Reading(Views.Value value, List<Bit> bits, List<Sentence> words) {
        public Reading {
            bits = List.copyOf(bits);
            words = List.copyOf(words);
        }
    }

    /**
     * A named bit or field of bits.
     *
     * @param bits as manuals write them: {@code 9} or {@code 13:12}
     * @param value hexadecimal digits
     * @param old what it was before the last boundary; empty where it has not changed
     * @param differs it is not the same in believed and real state
     */
    public record Bit(String name, String title, String bits, String value, Optional<String> old, boolean differs) {
        /** Is any of its bits 1? */
        public boolean on() {
            return !value.equals("0");
        }

        /** Has a name so long that it is only worth its room where it is set, or has just changed. */
        public boolean quiet() {
            return name.length() > LONGEST_QUIET && !on() && old.isEmpty();
        }
    }
}
