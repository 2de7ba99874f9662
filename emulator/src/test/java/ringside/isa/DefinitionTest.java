package ringside.isa;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Macros that are there before the first line: one source holds the lines of several ports. */
class DefinitionTest {
    private static final String PORTED = """
            %ifdef XEN_PV
                    mov al, XEN_PV
            ;@ milestone begun
                    nop
            %else
                    mov ax, 1
            ;@ milestone begun
                    hlt
            ;@ milestone halted
            %endif
            """;

    private static AssembledProgram assembled(Definition... definitions) {
        return new Assembler(TestTable.forms())
                .assemble(new Source("guest.asm", PORTED, SourceFolder.NONE, 16, 0, List.of(definitions)))
                .get();
    }

    @Test
    void choosesTheLinesOfAPort() {
        assertThat(assembled().bytes().toArray()).containsExactly(0xB8, 1, 0, 0xF4);
        assertThat(assembled(new Definition("XEN_PV", "64")).bytes().toArray()).containsExactly(0xB0, 64, 0x90);
    }

    /** The place behind the last milestone of the other port has none of its own: nothing follows it. */
    @Test
    void milestonesOfLinesThatAreLeftOutAreNone() {
        assertThat(assembled().milestones()).containsExactly(new AssembledProgram.Milestone("begun", 3, 7));
        assertThat(assembled(new Definition("XEN_PV", "64")).milestones())
                .containsExactly(new AssembledProgram.Milestone("begun", 2, 3));
    }

    @Test
    void isReadAsOnACommandLine() {
        assertThat(Definition.read("XEN_PV")).isEqualTo(Optional.of(new Definition("XEN_PV", "")));
        assertThat(Definition.read("SIZE=2 + 3")).isEqualTo(Optional.of(new Definition("SIZE", "2 + 3")));
        assertThat(Definition.of("XEN_PV")).isEqualTo(new Definition("XEN_PV", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "=1", "1A", "A B", "A=\"", "eax", "%x", "A;"})
    void isRefusedWhereItIsNone(String text) {
        assertThat(Definition.read(text)).isEmpty();
    }
}
