package ringside.isa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class NotationTest {
    @Test
    void oneRowBecomesAFormForEveryOperandSize() {
        var forms =
                Notation.forms(3, "81 /0 iw|id|id", "ADD r/m16|32|64, imm16|32|32", Trait.INNOCUOUS, Attribute.LOCK);
        assertThat(forms.stream().map(Form::toString))
                .containsExactly("ADD r/m16, imm16", "ADD r/m32, imm32", "ADD r/m64, imm32");
        assertThat(forms.stream().map(Form::operandSize)).containsExactly(16, 32, 64);
        assertThat(forms)
                .allMatch(f ->
                        f.row() == 3 && f.has(Attribute.LOCK) && f.encoding().modRm() == 0);
    }

    @Test
    void aConditionCodeBecomesSixteenForms() {
        var forms = Notation.forms(0, "70+cc cb", "Jcc rel8", Trait.INNOCUOUS, Attribute.F64);
        assertThat(forms).hasSize(16);
        assertThat(forms.get(4).mnemonic()).isEqualTo("JZ");
        assertThat(forms.get(4).encoding().opcode()).isEqualTo(0x74);
    }

    @Test
    void mnemonicsMayDependOnTheOperandSize() {
        assertThat(names("98", "CBW|CWDE|CDQE")).containsExactly("CBW", "CWDE", "CDQE");
        assertThat(names("60", "PUSHA|PUSHAD")).containsExactly("PUSHA", "PUSHAD");
    }

    @Test
    void anAlternativeOfLettersStandsForTheWholeOperand() {
        assertThat(names("A1 moffs", "MOV AX|EAX|RAX, moffs16|32|64"))
                .containsExactly("MOV AX, moffs16", "MOV EAX, moffs32", "MOV RAX, moffs64");
        assertThat(names("62 /r", "BOUND r16|32, m16&16|m32&32"))
                .containsExactly("BOUND r16, m16&16", "BOUND r32, m32&32");
        assertThat(names("8C /r", "MOV r16|32|64/m16, Sreg"))
                .containsExactly("MOV r16/m16, Sreg", "MOV r32/m16, Sreg", "MOV r64/m16, Sreg");
    }

    @Test
    void aFarPointerInMemoryHasTheSizeOfSelectorAndOffset() {
        var forms = Notation.forms(0, "FF /3", "CALL m16:16|32|64", Trait.SENSITIVE);
        assertThat(forms.stream().map(f -> f.operands().get(0).bits())).containsExactly(32, 48, 80);
        assertThat(forms).allMatch(f -> f.has(Attribute.MEM));
    }

    @Test
    void aModRmByteMayBelongToTheOpcode() {
        var form = Notation.forms(0, "0F 01 F8", "SWAPGS", Trait.PRIVILEGED, Attribute.O64)
                .get(0);
        assertThat(form.encoding().map()).isEqualTo(1);
        assertThat(form.encoding().opcode()).isEqualTo(0x01);
        assertThat(form.encoding().modRm()).isEqualTo(Encoding.FIXED + 0xF8);
        assertThat(form.valid64()).isTrue();
        assertThat(form.valid32()).isFalse();
    }

    @Test
    void prefixesMayBelongToTheOpcode() {
        assertThat(Notation.forms(0, "F3 90", "PAUSE", Trait.SENSITIVE)
                        .get(0)
                        .encoding()
                        .prefix())
                .isEqualTo(0xF3);
        assertThat(Notation.forms(0, "NP 0F C7 /6", "VMPTRLD m64", Trait.PRIVILEGED)
                        .get(0)
                        .encoding()
                        .prefix())
                .isEqualTo(Encoding.NO_PREFIX);
        assertThat(Notation.forms(0, "REX.W 0F 07", "SYSRET", Trait.PRIVILEGED)
                        .get(0)
                        .encoding()
                        .rexW())
                .isTrue();
    }

    @Test
    void formsThatAlwaysHave64BitsHaveNo32BitsIn64BitCode() {
        var push = Notation.forms(0, "50+r", "PUSH r16|32|64", Trait.INNOCUOUS, Attribute.D64);
        assertThat(push.stream().map(Form::valid64)).containsExactly(true, false, true);
        assertThat(push.stream().map(Form::valid32)).containsExactly(true, true, false);
        var call = Notation.forms(0, "E8 cw|cd|cd", "CALL rel16|32|32", Trait.INNOCUOUS, Attribute.F64);
        assertThat(call.stream().map(Form::valid64)).containsExactly(false, false, true);
    }

    @Test
    void aRowThatIsNotInTheNotationIsRefusedWithItsText() {
        assertThatThrownBy(() -> Notation.forms(0, "81 /9", "ADD r/m8, imm8", Trait.INNOCUOUS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'/9'");
        assertThatThrownBy(() -> Notation.forms(0, "81 /0 iw|id", "ADD r/m16|32|64, imm16|32", Trait.INNOCUOUS))
                .hasMessageContaining("sizes");
        assertThatThrownBy(() -> Notation.forms(0, "90", "NOP foo", Trait.INNOCUOUS))
                .hasMessageContaining("'foo'");
    }

    private static List<String> names(String encoding, String syntax) {
        return Notation.forms(0, encoding, syntax, Trait.INNOCUOUS).stream()
                .map(Form::toString)
                .toList();
    }
}
