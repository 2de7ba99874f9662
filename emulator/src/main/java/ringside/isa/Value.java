package ringside.isa;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The value of an expression: a number, and how many times section starts and registers are in it.
 *
 * @param number the number
 * @param sections section starts by the number of the section
 * @param registers registers by their names, with what they are multiplied by, in the order of the source
 * @param notBase a register that was written with a factor: it is wanted as index
 * @param unknown whether it depends on a symbol that is not yet known
 */
record Value(long number, Map<Integer, Long> sections, Map<String, Long> registers, String notBase, boolean unknown) {
    static Value of(long number) {
        return new Value(number, Map.of(), Map.of(), "", false);
    }

    static Value unknownValue() {
        return new Value(0, Map.of(), Map.of(), "", true);
    }

    static Value inSection(int section, long offset) {
        return new Value(offset, Map.of(section, 1L), Map.of(), "", false);
    }

    static Value register(String name) {
        return new Value(0, Map.of(), Map.of(name, 1L), "", false);
    }

    /** Whether it is a plain number. */
    boolean isNumber() {
        return sections.isEmpty() && registers.isEmpty();
    }

    /** Whether it is an address: one section start and a number. */
    boolean isAddress() {
        return registers.isEmpty() && sections.size() == 1 && sections.containsValue(1L);
    }

    Value plus(Value other) {
        return new Value(
                number + other.number,
                sum(sections, other.sections),
                sum(registers, other.registers),
                notBase.isEmpty() ? other.notBase : notBase,
                unknown || other.unknown);
    }

    Value times(long factor) {
        var scaledRegisters = scaled(registers, factor);
        return new Value(number * factor, scaled(sections, factor), scaledRegisters, notBase, unknown);
    }

    Value wantedAsIndex() {
        return registers.isEmpty()
                ? this
                : new Value(
                        number,
                        sections,
                        registers,
                        registers.keySet().iterator().next(),
                        unknown);
    }

    Value with(long newNumber) {
        return new Value(newNumber, Map.of(), Map.of(), "", unknown);
    }

    private static <K> Map<K, Long> sum(Map<K, Long> a, Map<K, Long> b) {
        if (b.isEmpty()) {
            return a;
        }
        if (a.isEmpty()) {
            return b;
        }
        var all = new LinkedHashMap<K, Long>(a);
        b.forEach((key, count) -> all.merge(key, count, (x, y) -> x + y));
        all.values().removeIf(count -> count == 0);
        return all;
    }

    private static <K> Map<K, Long> scaled(Map<K, Long> terms, long factor) {
        if (terms.isEmpty() || factor == 1) {
            return terms;
        }
        var all = new LinkedHashMap<K, Long>();
        if (factor != 0) {
            terms.forEach((key, count) -> all.put(key, count * factor));
        }
        return all;
    }
}
