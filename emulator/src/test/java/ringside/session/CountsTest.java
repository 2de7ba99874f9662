package ringside.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CountsTest {
    private static final String SOURCE = "bits 32\norg 0x1000\ncpuid\ncpuid\nmov al, 1\nout 0x21, al\nhlt\n";

    private static Showing showing(String mode, long time) {
        var file = new GuestFile("guest.asm", SOURCE.getBytes(StandardCharsets.UTF_8));
        return new Showing(file, RunOptions.of(mode), new byte[0], time);
    }

    private static Object view(String name, String mode, long time) {
        return showing(mode, time).view(Panel.named(name).orElseThrow(), Optional.empty());
    }

    /** SDM 3C: CPUID leaves a VT-x guest each time; 1,062 cycles each on hardware of today, by the table of costs. */
    @Test
    void exitsAreCountedByReasonAndTheirCyclesByWhoAnswered() {
        var counts = (Counts) view("counts", "vt-x", 2);
        assertEquals(2, counts.exits());
        assertEquals(
                List.of(new Counts.Reason(
                        "vm-exit", "CPUID", 10, "monitor", Views.Context.HYPERVISOR, "", 2, 2 * 1062)),
                counts.reasons());
        assertEquals(
                List.of(
                        new Counts.Place("monitor", Views.Context.HYPERVISOR, 2124),
                        new Counts.Place("guest", Views.Context.GUEST_KERNEL, 2)),
                counts.places());
        assertEquals(2126, counts.cycles());
    }

    @ParameterizedTest
    @ValueSource(strings = {"bare", "kvm", "amd-v", "trap-and-emulate", "binary-translation", "emulation", "xen-hvm"})
    void thePlacesSumUpToAll(String mode) {
        var counts = (Counts) view("counts", mode, 5);
        assertEquals(
                counts.cycles(),
                counts.places().stream().mapToLong(Counts.Place::cycles).sum());
        assertEquals(
                counts.exits(),
                counts.reasons().stream().mapToLong(Counts.Reason::count).sum());
        assertTrue(counts.places().stream().allMatch(place -> place.cycles() > 0));
    }

    @Test
    void everyExitHasACardWithTheLineOfItsCost() {
        var cards = (Cards) view("exit", "kvm", 4);
        var last = cards.card(Optional.empty()).orElseThrow();
        assertEquals("IO_INSTRUCTION", last.left().reason());
        assertEquals("VM exit answered in user space", last.cost().event());
        assertEquals(last.left().cycles(), last.cost().cycles());
        assertEquals("0x21", last.left().fields().get(5).value());
        assertTrue(cards.card(Optional.of(1L)).isPresent());
        assertTrue(cards.card(Optional.of(99L)).isEmpty());
    }

    /** A deprivileged guest's CPUID runs; other machines say so, and are not asked where it takes too long. */
    @Test
    void otherMachinesAreTriedWithinBounds() {
        var guest = new GuestChoice.Source(SOURCE);
        var remedies =
                OtherMachines.at(guest, "vt-x", MachineChoice.DEFAULT, false, 1).orElseThrow();
        assertTrue(
                remedies.stream()
                        .anyMatch(one -> one.avoids()
                                && one.option().equals("mode")
                                && one.value().equals("trap-and-emulate")),
                remedies::toString);
        assertTrue(
                OtherMachines.at(guest, "vt-x", MachineChoice.DEFAULT, true, 1).isEmpty());
        assertTrue(OtherMachines.at(guest, "vt-x", MachineChoice.DEFAULT, false, OtherMachines.MOST_TIME + 1)
                .isEmpty());
    }
}
