package ringside.isa;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReferenceCardTest {
    private final ReferenceCard reference = new ReferenceCard(TestTable.forms());

    @Test
    void everyFormStandsOnTheCardOfItsName() {
        for (Form form : TestTable.forms()) {
            var card = reference.card(form.mnemonic()).orElseThrow();
            assertThat(card.names()).contains(form.mnemonic());
            assertThat(card.lines())
                    .anyMatch(l -> l.syntax().equals(form.toString())
                            && l.encoding().equals(form.encoding().toString()));
        }
    }

    @Test
    void namesOfOneRowShareACard() {
        var card = reference.card("popf").orElseThrow();
        assertThat(card.names()).containsExactly("POPF", "POPFD", "POPFQ");
        assertThat(card.lines().get(0).encoding()).isEqualTo("9D");
        assertThat(card.lines().get(0).trait()).isEqualTo(Trait.SENSITIVE);
        assertThat(reference.card("POPFQ")).contains(card);
    }

    @Test
    void secondNamesLeadToTheSameCard() {
        assertThat(reference.card("JE")).isEqualTo(reference.card("JZ"));
        assertThat(reference.card("SAL")).isEqualTo(reference.card("SHL"));
        assertThat(reference.card("setnae")).isEqualTo(reference.card("SETC"));
        assertThat(reference.card("nonsense")).isEmpty();
    }

    @Test
    void aCardTellsWhereAFormExists() {
        var lines = reference.card("MOV").orElseThrow().lines();
        var load = lines.stream()
                .filter(l -> l.syntax().equals("MOV CRn, r64"))
                .findFirst()
                .orElseThrow();
        assertThat(load.encoding()).isEqualTo("0F 22 /r");
        assertThat(load.valid64()).isTrue();
        assertThat(load.valid32()).isFalse();
        assertThat(reference.card("MOV").orElseThrow().traits())
                .containsExactlyInAnyOrder(Trait.INNOCUOUS, Trait.SENSITIVE, Trait.PRIVILEGED);
    }

    @Test
    void encodingsAreWrittenAsTheManualWritesThem() {
        assertThat(Notation.forms(0, "81 /0 iw|id|id", "ADD r/m16|32|64, imm16|32|32", Trait.INNOCUOUS)
                        .get(1)
                        .encoding())
                .hasToString("81 /0 id");
        assertThat(Notation.forms(0, "NP 0F C7 /6", "VMPTRLD m64", Trait.PRIVILEGED)
                        .get(0)
                        .encoding())
                .hasToString("NP 0F C7 /6");
        assertThat(Notation.forms(0, "0F C8+r", "BSWAP r16|32|64", Trait.INNOCUOUS)
                        .get(0)
                        .encoding())
                .hasToString("0F C8+r");
    }
}
