package ringside.isa;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import ringside.isa.MnemonicTable.Candidate;
import ringside.isa.Operand.Memory;
import ringside.isa.Operand.Register;

/** Finds out why no form of an instruction takes its operands. */
final class Refusal {
    private static final int FORMS_SHOWN = 4;

    private final Token name;
    private final List<Operand> operands;
    private final List<Candidate> candidates;
    private final int bits;

    Refusal(Token name, List<Operand> operands, List<Candidate> candidates, int bits) {
        this.name = name;
        this.operands = operands;
        this.candidates = candidates;
        this.bits = bits;
    }

    SourceError error() {
        var upper = name.text().toUpperCase(Locale.ROOT);
        if (candidates.stream().noneMatch(c -> c.form().validIn(bits))) {
            boolean only64 = candidates.stream().anyMatch(c -> c.form().validIn(64));
            return new SourceError(
                    name.column(),
                    SourceWording.NOT_IN_BITS.with(upper, bits),
                    only64 ? SourceWording.PUT_BITS_64.with() : Message.NONE);
        }
        var counts = candidates.stream()
                .map(c -> c.form().operands().size())
                .distinct()
                .sorted()
                .toList();
        if (!counts.contains(operands.size())) {
            return new SourceError(name.column(), countWanted(upper, counts), forms());
        }
        for (Operand operand : operands) {
            if (operand instanceof Register r
                    && bits != 64
                    && (r.register().bits() == 64
                            || r.register().number() >= 8
                            || r.register().needsRex())) {
                return new SourceError(
                        r.at().column(),
                        SourceWording.REGISTER_64_ONLY.with(r.at().text()),
                        SourceWording.PUT_BITS_64.with());
            }
        }
        return sizesOrForms(upper);
    }

    private SourceError sizesOrForms(String upper) {
        if (operands.stream().filter(o -> o instanceof Memory).count() > 1) {
            return new SourceError(
                    name.column(), SourceWording.TWO_IN_MEMORY.with(), SourceWording.TWO_IN_MEMORY_HINT.with());
        }
        if (operands.size() == 2
                && operands.get(0) instanceof Register a
                && operands.get(1) instanceof Register b
                && a.register().kind() == NamedRegister.Kind.GENERAL
                && b.register().kind() == NamedRegister.Kind.GENERAL) {
            if (a.register().bits() != b.register().bits()) {
                return new SourceError(
                        a.at().column(),
                        SourceWording.UNLIKE_OPERANDS.with(
                                a.at().text(),
                                a.register().bits(),
                                b.at().text(),
                                b.register().bits()));
            }
            if (a.register().high() || b.register().high()) {
                return new SourceError(a.at().column(), SourceWording.HIGH_BYTE_AND_REX.with());
            }
        }
        return new SourceError(
                operands.isEmpty() ? name.column() : operands.get(0).at().column(),
                SourceWording.OPERANDS_TAKEN_NOT.with(upper),
                forms());
    }

    private Message countWanted(String upper, List<Integer> counts) {
        if (counts.equals(List.of(1))) {
            return SourceWording.OPERAND_COUNT_SINGLE.with(upper, operands.size());
        }
        Object wanted = counts.get(0);
        for (Integer other : counts.subList(1, counts.size())) {
            wanted = SourceWording.EITHER_COUNT.with(wanted, other);
        }
        return SourceWording.OPERAND_COUNT.with(upper, wanted, operands.size());
    }

    private Message forms() {
        return SourceWording.FORMS.with(candidates.stream()
                .map(Candidate::form)
                .filter(f -> f.validIn(bits))
                .map(Form::toString)
                .distinct()
                .limit(FORMS_SHOWN)
                .collect(Collectors.joining("; ")));
    }
}
