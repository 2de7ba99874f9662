package ringside.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import ringside.image.ImageOptions;
import ringside.monitor.mode.Modes;

/** One source with the lines of two ports: for a machine, and for a kernel's program. */
class PortedGuestTest {
    static final String SOURCE = """
            %ifdef CONTAINER
                    bits 64
                    org 0x400000
            elf:    db 0x7F, "ELF", 2, 1, 1, 0
                    dq 0
                    dw 2, 62
                    dd 1
                    dq start, programs - elf, 0
                    dd 0
                    dw 64, 56, 1, 64, 0, 0
            programs:
                    dd 1, 7
                    dq 0, elf, elf, end - elf, end - elf, 0x1000
            start:
                    mov edi, 7
            ;@ milestone answered
                    mov eax, 60
                    syscall
            %else
                    bits 32
            start:
                    mov al, 3
            ;@ milestone answered
                    out 0xF4, al
            %endif
            end:
            """;

    private static GuestImages images(String source) {
        return new GuestImages(
                new GuestFile("guest.asm", source.getBytes(StandardCharsets.UTF_8)), ImageOptions.DEFAULT);
    }

    @Test
    void eachModeRunsTheLinesThatWerePortedToIt() {
        GuestFile file = new GuestFile("guest.asm", SOURCE.getBytes(StandardCharsets.UTF_8));
        for (String mode : Modes.names()) {
            if (!Modes.machines().contains(mode) && !mode.equals("container")) {
                continue;
            }
            BatchRun run = new BatchRun(file, RunOptions.of(mode));
            run.run(100, () -> false);
            assertEquals(
                    mode.equals("container") ? "exited" : "debug-exit",
                    run.summary().end(),
                    mode);
            assertEquals(7, run.summary().status(), mode);
        }
    }

    @Test
    void modesWithoutAPortShareTheirImage() {
        GuestImages images = images(SOURCE);
        assertTrue(images.modes().contains("container") && images.modes().containsAll(Modes.machines()));
        assertTrue(images.in("bare") == images.in("kvm"));
        assertNotEquals(images.in("bare"), images.in("container"));
        assertEquals(List.of("container"), images.alike("container"));
        assertEquals(1, images.in("container").milestones().size());
    }

    @Test
    void aSourceThatAsksForNoPortHasOneImage() {
        GuestImages images = images("hlt\n");
        assertTrue(images.in("bare") == images.in("container"));
        assertFalse(images.modes().contains("container"));
    }

    @Test
    void columnsOfDifferentPortsAreNotComparedByTime() {
        try (var sessions = new Sessions(Sessions.Limits.DEFAULT)) {
            var recipe = new Recipe(new GuestChoice.Source(SOURCE), List.of("bare", "container"), 0);
            var session = sessions.open(recipe);
            session.perform(new Command.Step());
            var view = session.view();
            assertEquals(2, view.modes().size());
            view.modes().forEach(mode -> assertTrue(mode.differences().isEmpty()));
        }
    }

    @Test
    void errorsInThePortedLinesOfAShownModeAreTold() {
        try (var sessions = new Sessions(Sessions.Limits.DEFAULT)) {
            var session = sessions.open(new Recipe(new GuestChoice.Source(SOURCE), List.of("container"), 0));
            session.perform(new Command.Assemble(SOURCE.replace("mov edi, 7", "mov edi, nothing")));
            assertEquals(1, session.editor().complaints().size());
            assertEquals(15, session.editor().complaints().get(0).line());
        }
    }

    @Test
    void aModeWithoutItsPortIsRefusedWithTheReason() {
        GuestFile file = new GuestFile("guest.asm", "hlt\n".getBytes(StandardCharsets.UTF_8));
        var refusal = assertThrows(BadInput.class, () -> new BatchRun(file, RunOptions.of("container")));
        assertTrue(refusal.toString().contains("software for a whole machine"), refusal.toString());
    }
}
