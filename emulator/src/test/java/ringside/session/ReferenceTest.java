package ringside.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.isa.ReferenceCard.Card;
import ringside.isa.Trait;
import ringside.session.MatrixCell.Outcome;

/** Every instruction of the table has a card with a probe, and what is called innocuous is so in every mode. */
class ReferenceTest {
    private static final boolean LONG = Boolean.getBoolean("ringside.long");

    /** Of the examples, those that are tried in each code size by default: every so many. */
    private static final int SAMPLE = 8;

    /** Always #UD (SDM 2, UD), and a division by zero: their fault is what they mean. */
    private static final Set<String> FAULTS = Set.of("UD0", "UD1", "UD2", "DIV (by zero)");

    /** At ring 0 a translator writes a callout for them: where RET leads shows only when it runs, and what is no instruction is looked at again. */
    private static final Set<String> CALLED_OUT = Set.of("RET", "UD0", "UD1", "UD2");

    private final Reference reference = new Reference(new MatrixTables());

    @Test
    void everyCardHasAProbeInEveryCodeSizeInWhichTheInstructionExists() {
        List<String> without = new ArrayList<>();
        for (Card card : reference.cards()) {
            for (int bits : Reference.codeSizes(card)) {
                boolean tried = reference.rows(card).stream()
                        .anyMatch(row -> row.places().stream().anyMatch(place -> place.bits() == bits));
                if (!tried) {
                    without.add(card.name() + " " + bits);
                }
            }
        }
        assertEquals(List.of(), without);
    }

    @Test
    void everyExampleBelongsToACard() {
        assertEquals(
                List.of(),
                MatrixRow.examples().stream()
                        .map(MatrixRow::name)
                        .filter(name -> reference.cardOf(name).isEmpty())
                        .toList());
    }

    /** The trait is checked against what runs, not the other way round. */
    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void whatIsInnocuousMeansTheSameInEveryModeAtEveryRing(int bits) {
        List<String> others = new ArrayList<>();
        int count = 0;
        List<MatrixRow> examples = MatrixRow.examples();
        for (int i = 0; i < examples.size(); i++) {
            MatrixRow row = examples.get(i);
            boolean innocuous =
                    reference.cardOf(row.name()).orElseThrow().traits().contains(Trait.INNOCUOUS);
            boolean turn = LONG || (i + bits / 16) % SAMPLE == 0;
            if (!innocuous || !turn || row.places().stream().noneMatch(place -> place.bits() == bits)) {
                continue;
            }
            for (MatrixCell cell : Matrix.row(row, bits, Matrix.modes())) {
                count++;
                if (cell.outcome() != expected(row, cell) && cell.outcome() != Outcome.REFUSED) {
                    others.add(row.name() + " " + cell.mode() + " ring " + cell.ring() + ": " + cell.outcome() + " "
                            + cell.reason().orElse("") + cell.differs());
                }
            }
        }
        assertTrue(count > 50, "cells: " + count);
        assertEquals(List.of(), others);
    }

    private static Outcome expected(MatrixRow row, MatrixCell cell) {
        if (cell.mode().equals("binary-translation") && cell.ring() == 0 && CALLED_OUT.contains(row.name())) {
            return Outcome.EXIT;
        }
        return FAULTS.contains(row.name()) ? Outcome.FAULT : Outcome.RUNS;
    }

    @Test
    void whatRealModeDoesNotKnowIsInvalidThere() {
        MatrixRow vmxon = MatrixRow.examples().stream()
                .filter(row -> row.name().equals("VMXON (real mode)"))
                .findFirst()
                .orElseThrow();
        MatrixCell bare = Matrix.row(vmxon, 16, List.of("bare")).get(0);
        assertEquals("INVALID_OPCODE", bare.reason().orElseThrow());
    }

    @Test
    void aCellSaysWhy() {
        Card popf = reference.card("popfd").orElseThrow();
        Reference.Tried tried = reference.tried(popf, 32).iterator().next();
        assertEquals("POPF", tried.name());
        assertEquals(List.of(0, 3), tried.rings());
        Reference.InMode trapped = tried.modes().stream()
                .filter(mode -> mode.mode().equals("trap-and-emulate"))
                .findFirst()
                .orElseThrow();
        assertEquals("reference.why.wrong", trapped.rings().get(0).why().key());
    }

    /** What cards say of rings and faults, held by what runs on a bare machine. */
    @ParameterizedTest
    @CsvSource({
        "SGDT, 3, RUNS, ''",
        "SIDT, 3, RUNS, ''",
        "SMSW, 3, RUNS, ''",
        "POPF, 3, RUNS, ''",
        "RDTSC, 3, RUNS, ''",
        "RDPMC, 3, FAULT, GENERAL_PROTECTION",
        "RSM, 0, FAULT, INVALID_OPCODE",
        "GETSEC, 0, FAULT, INVALID_OPCODE",
        "HLT, 3, FAULT, GENERAL_PROTECTION"
    })
    void whatACardSaysOfRingsIsWhatRuns(String name, int ring, Outcome outcome, String reason) {
        Card card = reference.card(name).orElseThrow();
        MatrixCell cell = reference.rows(card).stream()
                .filter(row -> row.places().contains(new MatrixRow.Place(32, ring)))
                .filter(row -> !row.group().equals(MatrixRow.VIRTUAL_8086))
                .flatMap(row -> Matrix.row(row, 32, List.of("bare")).stream())
                .filter(one -> one.ring() == ring)
                .findFirst()
                .orElseThrow();
        assertEquals(outcome, cell.outcome());
        assertEquals(reason, cell.reason().orElse(""));
    }

    /** Every card's probe is a guest of the lab, and stands there before its instruction. */
    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void theProbesOfACardAreGuestsOfTheLab(int bits) {
        List<Card> cards = reference.cards();
        int tried = 0;
        for (int i = 0; i < cards.size(); i++) {
            boolean turn = LONG || (i + bits / 16) % (3 * SAMPLE) == 0;
            if (turn && Reference.codeSizes(cards.get(i)).contains(bits)) {
                for (MatrixRow row : reference.rows(cards.get(i))) {
                    for (MatrixCell cell : Matrix.row(row, bits, List.of("bare", "vt-x"))) {
                        MatrixLabTest.opens(cell);
                        tried++;
                    }
                }
            }
        }
        assertTrue(tried > 5, "probes: " + tried);
    }
}
