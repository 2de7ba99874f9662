package ringside.device;

import java.util.ArrayList;
import java.util.List;

/** A 256-bit register of a local APIC, one bit a vector: IRR, ISR or TMR. Software reads it as eight words of 32 bits. */
final class VectorSet {
    private static final int WORDS = 8;
    private static final int NONE = -1;

    private final int[] words = new int[WORDS];

    void add(int vector) {
        words[vector >>> 5] |= 1 << vector;
    }

    void remove(int vector) {
        words[vector >>> 5] &= ~(1 << vector);
    }

    void set(int vector, boolean member) {
        if (member) {
            add(vector);
        } else {
            remove(vector);
        }
    }

    boolean contains(int vector) {
        return (words[vector >>> 5] & 1 << vector) != 0;
    }

    /** The highest vector, which is the one of highest priority; -1 where there is none. */
    int highest() {
        for (int i = WORDS - 1; i >= 0; i--) {
            if (words[i] != 0) {
                return 32 * i + 31 - Integer.numberOfLeadingZeros(words[i]);
            }
        }
        return NONE;
    }

    int word(int index) {
        return words[index];
    }

    void clear() {
        for (int i = 0; i < WORDS; i++) {
            words[i] = 0;
        }
    }

    List<Integer> save() {
        List<Integer> saved = new ArrayList<>();
        for (int word : words) {
            saved.add(word);
        }
        return List.copyOf(saved);
    }

    void restore(List<Integer> saved) {
        for (int i = 0; i < WORDS; i++) {
            words[i] = saved.get(i);
        }
    }
}
