package ringside.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LanesTest {
    private static Lanes lanes(String mode, String source, long time) {
        var file = new GuestFile("guest.asm", source.getBytes(StandardCharsets.UTF_8));
        return (Lanes) new Showing(file, RunOptions.of(mode), new byte[0], time)
                .view(Panel.named("lanes").orElseThrow(), Optional.empty());
    }

    /** KVM's API document, KVM_RUN: the kernel takes the exit, the VMM answers it, and calls the kernel to go on. */
    @Test
    void anExitToUserSpaceLeadsThroughTheKernelAndBack() {
        var last = lanes("kvm", "bits 16\norg 0x1000\nmov al, 0xFF\nout 0x21, al\nnop\nhlt\n", 3)
                .moments();
        assertEquals(List.of(1L, 2L, 3L), last.stream().map(Lanes.Moment::time).toList());
        var exit = last.get(1).exits().get(last.get(1).exits().size() - 1);
        assertEquals("IO_INSTRUCTION", exit.reason());
        assertEquals(1, exit.time());
        assertEquals(Lanes.Way.EXIT, exit.way());
        assertEquals("kvm-kernel", exit.stays().get(0).by());
        assertTrue(exit.stays().contains(new Lanes.Stay(Views.Context.VMM, "kvm-user")), exit::toString);
        assertTrue(last.get(2).exits().isEmpty());
    }

    /** Exits of one boundary stand in their order, and the last of all has the count as its number. */
    @Test
    void exitsAreNumberedUpToTheLast() {
        var moments = lanes("trap-and-emulate", "bits 32\norg 0x1000\ncli\nsti\ncli\njmp $\n", 4)
                .moments();
        var numbers = moments.stream()
                .flatMap(moment -> moment.exits().stream())
                .map(Lanes.Exit::number)
                .toList();
        for (int i = 0; i < numbers.size(); i++) {
            assertEquals(i + 1, numbers.get(i));
        }
        assertTrue(numbers.size() >= 3, numbers::toString);
    }

    /** SDM 3A, Interrupt 6: UD2 raises #UD, which real mode delivers through the vector at 18H; on a bare machine nobody else is entered. */
    @Test
    void whatTheGuestIsDeliveredStandsAtItsBoundary() {
        var moments = lanes("bare", "bits 16\norg 0x1000\nmov word [0x18], here\nud2\nhere: jmp here\n", 2)
                .moments();
        assertTrue(moments.stream().allMatch(moment -> moment.exits().isEmpty()));
        assertEquals(Views.Context.GUEST_KERNEL, moments.get(0).context());
        assertEquals(List.of(), moments.get(0).deliveries());
        assertEquals(
                List.of(6),
                moments.get(1).deliveries().stream().map(Lanes.Delivery::vector).toList());
    }

    @Test
    void atTheStartNobodyHasRun() {
        assertEquals(List.of(), lanes("kvm", "bits 16\norg 0x1000\nhlt\n", 0).moments());
    }
}
