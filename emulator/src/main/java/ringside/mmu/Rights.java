package ringside.mmu;

import java.util.ArrayList;
import java.util.List;
import ringside.probe.Inspection.Term;

/** The rights of a segment in words: SDM 3A, Code- and Data-Segment Descriptor Types, and System-Segment Descriptor Types. */
public final class Rights {
    private static final String[] SYSTEM = {
        "reserved", "tss-16", "ldt", "tss-16-busy", "call-gate-16", "task-gate", "interrupt-gate-16", "trap-gate-16",
        "reserved", "tss-32", "reserved", "tss-32-busy", "call-gate-32", "reserved", "interrupt-gate-32", "trap-gate-32"
    };

    private Rights() {}

    /** @param rights as in {@link SegmentRegister} */
    public static List<Term> inWords(int rights) {
        List<Term> words = new ArrayList<>();
        boolean memory = (rights & SegmentRegister.CODE_OR_DATA) != 0;
        words.add(type(rights));
        words.add(Term.of("dpl", rights >>> 5 & 3));
        if ((rights & SegmentRegister.PRESENT) == 0) {
            words.add(Term.of("not-present"));
        }
        if (memory) {
            words.add(size(rights));
            if ((rights & SegmentRegister.ACCESSED) != 0) {
                words.add(Term.of("accessed"));
            }
        }
        if ((rights & SegmentRegister.GRANULARITY) != 0) {
            words.add(Term.of("granularity"));
        }
        return words;
    }

    private static Term size(int rights) {
        if ((rights & SegmentRegister.LONG) != 0 && (rights & SegmentRegister.CODE) != 0) {
            return Term.of("code-64");
        }
        return Term.of((rights & SegmentRegister.BIG) != 0 ? "size-32" : "size-16");
    }

    /** Type and S in words. */
    public static Term type(int rights) {
        if ((rights & SegmentRegister.CODE_OR_DATA) == 0) {
            return Term.of("system." + SYSTEM[rights & SegmentRegister.TYPE]);
        }
        boolean second = (rights & SegmentRegister.EXPAND_DOWN_OR_CONFORMING) != 0;
        boolean first = (rights & SegmentRegister.WRITABLE_OR_READABLE) != 0;
        boolean code = (rights & SegmentRegister.CODE) != 0;
        String kind = code
                ? "code-" + (first ? "readable" : "execute-only") + (second ? "-conforming" : "")
                : "data-" + (first ? "writable" : "read-only") + (second ? "-expand-down" : "");
        return Term.of("segment." + kind);
    }
}
