package ringside.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

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
}
