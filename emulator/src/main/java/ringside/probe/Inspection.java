package ringside.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a part holds, told by the part itself for whoever looks: registers or table entries in groups, each with its value, its bits by the
 * manual's names, and words for what they mean. Making one changes nothing.
 */
public record Inspection(List<Group> groups) {
    public Inspection {
        groups = List.copyOf(groups);
    }

    /**
     * Registers or entries that stand together.
     *
     * @param title a text's name
     * @param items in the manual's order
     * @param more how many further ones are not told, so that the answer stays bounded
     */
    public record Group(Term title, List<Item> items, long more) {
        public Group {
            items = List.copyOf(items);
        }

        /** All of them. */
        public static Group of(String title, List<Item> items) {
            return new Group(Term.of(title), items, 0);
        }
    }

    /**
     * A register, field or entry.
     *
     * @param name as the manual has it
     * @param place where it is found: an encoding, an offset, an address, a selector; or empty
     * @param value as people read it
     * @param bits of the value that have names, highest first
     * @param words what it means
     */
    public record Item(String name, String place, String value, List<Bit> bits, List<Term> words) {
        public Item {
            bits = List.copyOf(bits);
            words = List.copyOf(words);
        }

        /** A number, with what it means. */
        public static Item of(String name, long value, Term... words) {
            return new Item(name, "", hex(value), List.of(), List.of(words));
        }

        /** Something that is no number. */
        public static Item text(String name, String value, Term... words) {
            return new Item(name, "", value, List.of(), List.of(words));
        }

        /** The same, found there. */
        public Item at(String found) {
            return new Item(name, found, value, bits, words);
        }

        /** The same, with further words. */
        public Item saying(List<Term> more) {
            List<Term> all = new ArrayList<>(words);
            all.addAll(more);
            return new Item(name, place, value, bits, all);
        }

        /** The same, with the bits of its value that a table names. */
        public Item with(BitNames names, long number) {
            return new Item(name, place, value, names.of(number), words);
        }
    }

    /**
     * A named field of a value, most often one bit.
     *
     * @param name short, as manuals print it in drawings
     * @param title in full, or empty
     * @param low its lowest bit
     * @param width in bits
     */
    public record Bit(String name, String title, int low, int width, long value) {}

    /**
     * Something said in words of the reader's language.
     *
     * @param name of the text
     * @param arguments strings and numbers for its gaps
     */
    public record Term(String name, List<Object> arguments) {
        public Term {
            arguments = List.copyOf(arguments);
        }

        public static Term of(String name, Object... arguments) {
            return new Term(name, List.of(arguments));
        }
    }

    /** The names of a register's bits. */
    public record BitNames(List<Bit> named) {
        public BitNames {
            named = List.copyOf(named);
        }

        /** No names yet. */
        public static BitNames none() {
            return new BitNames(List.of());
        }

        /** One bit more. */
        public BitNames bit(int number, String name, String title) {
            return field(number, 1, name, title);
        }

        /** A field of several bits more. */
        public BitNames field(int low, int width, String name, String title) {
            List<Bit> all = new ArrayList<>(named);
            all.add(new Bit(name, title, low, width, 0));
            return new BitNames(all);
        }

        /** The bits of a value. */
        public List<Bit> of(long value) {
            return named.stream()
                    .map(bit ->
                            new Bit(bit.name, bit.title, bit.low, bit.width, value >>> bit.low & (1L << bit.width) - 1))
                    .toList();
        }
    }

    /** As manuals of the emulator write numbers: lower case, not padded. */
    public static String hex(long value) {
        return "0x" + Long.toHexString(value).toLowerCase(Locale.ROOT);
    }
}
