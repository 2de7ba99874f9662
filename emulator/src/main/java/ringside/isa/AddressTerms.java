package ringside.isa;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import ringside.isa.Operand.Memory;

/** Chooses which register of an address is the base and which the index. */
final class AddressTerms {
    private static final int STACK_POINTER = 4;

    private final Memory memory;
    private int base = -1;
    private int index = -1;
    private long scale = 1;

    AddressTerms(Memory memory) {
        this.memory = memory;
        var terms = List.copyOf(memory.value().registers().entrySet());
        if (terms.size() == 1) {
            one(number(terms.get(0)), terms.get(0).getValue());
        } else if (terms.size() == 2) {
            two(new ArrayList<>(terms));
        } else {
            throw wrong();
        }
        if (index == STACK_POINTER && scale == 1) {
            int swapped = base;
            base = index;
            index = swapped;
        }
        if (index == STACK_POINTER || scale != 1 && scale != 2 && scale != 4 && scale != 8) {
            throw wrong();
        }
    }

    /** {@code [eax*3]} is {@code [eax+eax*2]}, and {@code [eax*2]} the shorter {@code [eax+eax]}. */
    private void one(int register, long factor) {
        if (factor == 1) {
            base = register;
        } else if (factor == 3 || factor == 5 || factor == 9 || factor == 2 && !memory.noSplit()) {
            base = register;
            index = register;
            scale = factor - 1;
        } else {
            index = register;
            scale = factor;
        }
    }

    private void two(List<Map.Entry<String, Long>> terms) {
        var first = terms.get(0);
        boolean wantsIndex = first.getValue() != 1
                || terms.get(1).getValue() == 1 && memory.value().notBase().equals(first.getKey());
        var wanted = wantsIndex ? first : terms.get(1);
        var other = wantsIndex ? terms.get(1) : first;
        if (other.getValue() != 1) {
            throw wrong();
        }
        base = number(other);
        index = number(wanted);
        scale = wanted.getValue();
    }

    private static int number(Map.Entry<String, Long> term) {
        return NamedRegister.of(term.getKey()).orElseThrow().number();
    }

    private SourceError wrong() {
        return new SourceError(
                memory.at().column(), SourceWording.NO_ADDRESS.with(), SourceWording.NO_ADDRESS_HINT.with());
    }

    int base() {
        return base;
    }

    int index() {
        return index;
    }

    int scaleBits() {
        return Long.numberOfTrailingZeros(scale);
    }
}
