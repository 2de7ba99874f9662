package ringside.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.CodeSource;
import ringside.isa.Decoder;
import ringside.isa.Form;

/** The cases that are compared with the host are what they claim to be. */
class RandomInstructionsTest {
    private static final int EACH = 8;

    private final Decoder decoder = InstructionSet.decoder();

    @Test
    void theSameFormAndNumberGiveTheSameCase() {
        for (Form form : InstructionSet.forms()) {
            byte[] first = RandomInstructions.of(decoder, form, 3).toBytes();
            byte[] second = RandomInstructions.of(decoder, form, 3).toBytes();
            assertThat(second).as(Forms.name(form)).isEqualTo(first);
        }
    }

    @Test
    void everyCaseHoldsItsForm() {
        for (Form form : InstructionSet.forms()) {
            for (int i = 0; i < EACH; i++) {
                Case drawn = RandomInstructions.of(decoder, form, i);
                assertThat(decoder.decode(CodeSource.of(drawn.code(), 0), drawn.bits()).form)
                        .isSameAs(form);
            }
        }
    }

    @Test
    void aFormIsDrawnInEveryCodeSizeInWhichItExists() {
        for (Form form : InstructionSet.forms()) {
            Set<Integer> sizes = new HashSet<>();
            for (int i = 0; i < EACH; i++) {
                sizes.add(RandomInstructions.of(decoder, form, i).bits());
            }
            assertThat(sizes.contains(16)).as(Forms.name(form)).isEqualTo(form.valid16());
            assertThat(sizes.contains(32)).as(Forms.name(form)).isEqualTo(form.valid32());
            assertThat(sizes.contains(64)).as(Forms.name(form)).isEqualTo(form.valid64());
        }
    }

    @Test
    void aCaseReadsBackFromItsBytes() {
        for (Form form : InstructionSet.forms()) {
            byte[] bytes = RandomInstructions.of(decoder, form, 0).toBytes();
            assertThat(Case.fromBytes(bytes).toBytes()).isEqualTo(bytes);
        }
    }

    @Test
    void formsHaveNamesOfTheirOwn() {
        Set<String> names =
                InstructionSet.forms().stream().map(Forms::name).collect(Collectors.toCollection(TreeSet::new));
        assertThat(names).hasSameSizeAs(InstructionSet.forms());
    }

    @Test
    void whatIsNotComparedIsInTheTable() {
        Set<String> mnemonics =
                InstructionSet.forms().stream().map(Form::mnemonic).collect(Collectors.toSet());
        assertThat(mnemonics).containsAll(Forms.APART.keySet());
    }
}
