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
                    upper + " does not exist in " + bits + "-bit code",
                    only64 ? "put 'bits 64' above" : "");
        }
        var counts = candidates.stream()
                .map(c -> c.form().operands().size())
                .distinct()
                .sorted()
                .toList();
        if (!counts.contains(operands.size())) {
            return new SourceError(
                    name.column(),
                    upper + " takes " + counts.stream().map(String::valueOf).collect(Collectors.joining(" or "))
                            + (counts.equals(List.of(1)) ? " operand" : " operands") + ", not " + operands.size(),
                    forms());
        }
        for (Operand operand : operands) {
            if (operand instanceof Register r
                    && bits != 64
                    && (r.register().bits() == 64
                            || r.register().number() >= 8
                            || r.register().needsRex())) {
                return new SourceError(
                        r.at().column(), "'" + r.at().text() + "' exists only in 64-bit code", "put 'bits 64' above");
            }
        }
        return sizesOrForms(upper);
    }

    private SourceError sizesOrForms(String upper) {
        if (operands.stream().filter(o -> o instanceof Memory).count() > 1) {
            return new SourceError(
                    name.column(), "only one operand may be in memory", "move one of them to a register first");
        }
        if (operands.size() == 2
                && operands.get(0) instanceof Register a
                && operands.get(1) instanceof Register b
                && a.register().kind() == NamedRegister.Kind.GENERAL
                && b.register().kind() == NamedRegister.Kind.GENERAL) {
            if (a.register().bits() != b.register().bits()) {
                return new SourceError(
                        a.at().column(),
                        "the operands have different sizes: " + a.at().text() + " has "
                                + a.register().bits() + " bits, " + b.at().text() + " has "
                                + b.register().bits(),
                        "");
            }
            if (a.register().high() || b.register().high()) {
                return new SourceError(
                        a.at().column(), "AH, BH, CH and DH cannot stand in an instruction with a REX prefix");
            }
        }
        return new SourceError(
                operands.isEmpty() ? name.column() : operands.get(0).at().column(),
                upper + " does not take these operands",
                forms());
    }

    private String forms() {
        return candidates.stream()
                .map(Candidate::form)
                .filter(f -> f.validIn(bits))
                .map(Form::toString)
                .distinct()
                .limit(FORMS_SHOWN)
                .collect(Collectors.joining("; ", "it may look like ", ""));
    }
}
