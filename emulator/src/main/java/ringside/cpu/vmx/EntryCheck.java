package ringside.cpu.vmx;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import ringside.cpu.vmx.EntryFailure.Kind;

/**
 * One of the manual's conditions for a VM entry.
 *
 * @param kind how its failure is reported
 * @param qualification exit qualification of its failure
 * @param rule the condition, in words
 * @param holds the condition
 */
record EntryCheck(Kind kind, long qualification, String rule, Predicate<ProposedEntry> holds) {
    static EntryCheck controls(String rule, Predicate<ProposedEntry> holds) {
        return new EntryCheck(Kind.CONTROLS, 0, rule, holds);
    }

    static EntryCheck host(String rule, Predicate<ProposedEntry> holds) {
        return new EntryCheck(Kind.HOST_STATE, 0, rule, holds);
    }

    static EntryCheck guest(String rule, Predicate<ProposedEntry> holds) {
        return guest(0, rule, holds);
    }

    static EntryCheck guest(long qualification, String rule, Predicate<ProposedEntry> holds) {
        return new EntryCheck(Kind.GUEST_STATE, qualification, rule, holds);
    }

    /** The first check that fails. */
    static Optional<EntryFailure> firstFailure(List<EntryCheck> checks, ProposedEntry entry) {
        for (EntryCheck check : checks) {
            if (!check.holds.test(entry)) {
                return Optional.of(new EntryFailure(check.kind, check.qualification, check.rule));
            }
        }
        return Optional.empty();
    }
}
