package ringside.replay;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.monitor.Monitor;
import ringside.monitor.mode.Modes;
import ringside.probe.Probe;

/** A guest sees the same at every guest time, whatever it runs on, until an instruction that expected.json names. */
class LockstepTest {
    static Stream<Arguments> guestsAndModes() {
        return Guests.samples().stream()
                .filter(guest -> Modes.misfit("bare", Guests.sample(guest)).isEmpty())
                .flatMap(guest -> Modes.holding(Guests.sample(guest)).stream()
                        .filter(mode -> !mode.equals("bare"))
                        .filter(mode -> !isBesideDomain0(guest, mode))
                        .map(mode -> Arguments.of(guest, mode)));
    }

    /** Two domains share the machine's processor and time, so that no boundary is the guest's alone: those go by instructions. */
    private static boolean isBesideDomain0(String guest, String mode) {
        return mode.equals("xen-hvm") && Guests.sample(guest).domain0().isPresent();
    }

    @ParameterizedTest(name = "{0} in {1}")
    @MethodSource("guestsAndModes")
    void everyBoundaryIsTheBareMachines(String guest, String mode) {
        Monitor bare = Guests.start(Guests.sample(guest), "bare").apply(Probe.NONE);
        Monitor other = Guests.start(Guests.sample(guest), mode).apply(Probe.NONE);
        new Lockstep(bare, other).untilOneOf(Lockstep.named(guest, mode));
    }

    static Stream<String> guestsBesideDomain0() {
        return Guests.machines().stream()
                .filter(guest -> Guests.sample(guest).domain0().isPresent());
    }

    @ParameterizedTest
    @MethodSource("guestsBesideDomain0")
    void besideDomain0EveryInstructionDoesAsOnTheBareMachine(String guest) {
        Monitor bare = Guests.start(Guests.sample(guest), "bare").apply(Probe.NONE);
        Monitor other = Guests.start(Guests.sample(guest), "xen-hvm").apply(Probe.NONE);
        new Lockstep(bare, other).byInstructions("domU");
    }
}
