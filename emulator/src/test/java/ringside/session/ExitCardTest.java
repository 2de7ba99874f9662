package ringside.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ExitCardTest {
    private static ExitCard card(String mode, long time, String source) {
        var file = new GuestFile("guest.asm", source.getBytes(StandardCharsets.UTF_8));
        return ExitCard.at(file, RunOptions.of(mode), new byte[0], time);
    }

    private static List<String> avoiding(ExitCard card) {
        return card.remedies().stream()
                .filter(ExitCard.Remedy::avoids)
                .map(remedy -> remedy.option() + " " + remedy.value())
                .toList();
    }

    /** The controller of KVM_CREATE_IRQCHIP is in the kernel: the port still leaves the guest, but not to user space. */
    @Test
    void anAccessToThePicStaysInTheKernelWhereThatHasIt() {
        var card = card("kvm", 1, "bits 16\norg 0x1000\nmov al, 0xFF\nout 0x21, al\nhlt\n");
        assertEquals("out 0x21, al", card.text().replace(",al", ", al"));
        var told = card.events().get(card.events().size() - 1);
        assertEquals("kvm-user", told.event().answeredBy());
        assertEquals("VM exit answered in user space", told.cost().event());
        assertTrue(told.cost().source().contains("inl from QEMU"), told::toString);
        var kernel = card.remedies().stream()
                .filter(remedy -> remedy.value().equals("kernel"))
                .findFirst()
                .orElseThrow();
        assertFalse(kernel.avoids());
        assertEquals("kvm-kernel", kernel.events().get(0).answeredBy());
    }

    /** SDM 3C: CPUID exits unconditionally; a deprivileged guest's runs. */
    @Test
    void cpuidIsAnsweredByNobodyWhereNoHardwareAsksFor() {
        var card = card("vt-x", 1, "bits 32\norg 0x1000\ncpuid\ncpuid\nhlt\n");
        assertEquals("CPUID", card.events().get(0).event().reason());
        assertTrue(
                avoiding(card).contains("mode trap-and-emulate"),
                () -> avoiding(card).toString());
        assertFalse(avoiding(card).contains("mode amd-v"));
        assertTrue(card.remedies().stream().anyMatch(remedy -> remedy.value().equals("amd-v")));
    }

    @Test
    void whereNobodyWasEnteredThereIsNothingToAvoid() {
        var card = card("vt-x", 0, "bits 32\norg 0x1000\nnop\nhlt\n");
        assertEquals(List.of(), card.events());
        assertEquals(List.of(), card.remedies());
    }

    private static ExitCard card(RunOptions options, long time, String source) {
        var file = new GuestFile("guest.asm", source.getBytes(StandardCharsets.UTF_8));
        return ExitCard.at(file, options, new byte[0], time);
    }

    private static RunOptions with(String mode, String option, String value) {
        return RunOptions.of(mode).with(option, value);
    }

    static Stream<Arguments> remedies() {
        RunOptions shadow = with("vt-x", "paging", "shadow");
        RunOptions shadowOfAmd = with("amd-v", "paging", "shadow");
        RunOptions old = with("vt-x", "generation", "2005");
        String paging = "bits 32\norg 0x1000\nmov eax, cr3\nmov cr3, eax\ninvlpg [0x2000]\nhlt\n";
        String real = "bits 16\norg 0x1000\nnop\nmov eax, cr0\nhlt\n";
        return Stream.of(
                // SDM 3C: with EPT the guest's own tables are walked, so that nobody has to see what it does to them.
                Arguments.of(shadow, 2L, paging, "INVLPG", "paging nested"),
                Arguments.of(shadow, 1L, paging, "CR_ACCESS", "paging nested"),
                Arguments.of(
                        shadow,
                        3L,
                        "bits 32\norg 0x1000\nnop\nnop\nnop\nmov [0x3000000], eax\nhlt\n",
                        "EXCEPTION_OR_NMI",
                        "paging nested"),
                Arguments.of(shadowOfAmd, 2L, paging, "INVLPG", "paging nested"),
                // Unrestricted guests came in 2010: real mode needs no virtual-8086 mode in its place.
                Arguments.of(old, 1L, real, "EXCEPTION_OR_NMI", "generation 2010"),
                // kqemu's kernel code is emulated and asks nobody.
                Arguments.of(
                        RunOptions.of("binary-translation"),
                        1L,
                        "bits 32\norg 0x1000\nnop\nin al, 0x21\nhlt\n",
                        "CALLOUT",
                        "translator kqemu"));
    }

    /** The feature is turned on, and the guest runs on without being left. */
    @ParameterizedTest
    @MethodSource("remedies")
    void theRemedyIsAnOptionThatWasTried(RunOptions options, long time, String source, String reason, String remedy) {
        var card = card(options, time, source);
        assertTrue(
                card.events().stream().anyMatch(told -> told.event().reason().equals(reason)),
                () -> card.events().toString());
        assertTrue(avoiding(card).contains(remedy), () -> avoiding(card).toString());
        String[] words = remedy.split(" ");
        var there = card(options.with(words[0], words[1]), time, source);
        assertEquals(card.text(), there.text());
        assertFalse(there.events().stream()
                .anyMatch(told -> !told.event().answeredBy().equals("cpu")));
        assertTrue(there.remedies().isEmpty());
    }

    @Test
    void theStepsOfAnExitAreInItsCard() {
        var card = card("vt-x", 1, "bits 32\norg 0x1000\ncpuid\ncpuid\nhlt\n");
        assertEquals(
                List.of("vm-exit", "handle-intercept", "emulate-instruction", "vm-entry"),
                card.events().get(0).event().steps().stream()
                        .map(TraceLine.Happened.Step::name)
                        .toList());
    }
}
