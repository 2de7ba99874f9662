package ringside.inspect;

import static ringside.probe.Inspection.hex;

import java.util.ArrayList;
import java.util.List;
import ringside.mmu.Descriptor;
import ringside.mmu.Rights;
import ringside.probe.Inspection.Term;

/** A gate in words: SDM 3A, Call Gates, and IDT Descriptors. */
final class Gates {
    private Gates() {}

    /**
     * @param low its first eight bytes
     * @param high the next eight, which gates have in IA-32e mode; else 0
     * @param wide the offset has more than 16 bits
     */
    static List<Term> inWords(long low, long high, boolean wide) {
        List<Term> words = new ArrayList<>();
        boolean task = Descriptor.type(low) == Descriptor.TASK_GATE;
        String selector = hex(Descriptor.gateSelector(low));
        long offset = wide ? Descriptor.gateOffset(low) | high << 32 : low & 0xFFFF;
        words.add(Rights.type(Descriptor.rights(low)));
        words.add(task ? Term.of("gate.tss", selector) : Term.of("gate.to", selector, hex(offset)));
        words.add(Term.of("dpl", Descriptor.dpl(low)));
        if (!Descriptor.isPresent(low)) {
            words.add(Term.of("not-present"));
        }
        return words;
    }
}
