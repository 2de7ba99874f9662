package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Up to four modes in one lab, moved together and compared. */
class SideBySideTest {
    private final Guests guests = new Guests();
    private final ExecutorService runners = Executors.newSingleThreadExecutor();

    @AfterEach
    void stopRunners() {
        runners.shutdownNow();
    }

    private Session open(String guest, MachineChoice machine, String... modes) {
        var recipe = new Recipe(new GuestChoice.Sample(guest), List.of(modes), machine, Typing.NONE, 0);
        return new Session("test", recipe, guests, runners);
    }

    private Session open(String guest, String... modes) {
        return open(guest, MachineChoice.DEFAULT, modes);
    }

    private static MachineChoice withMemory(String memory) {
        return MachineChoice.read(name -> java.util.Optional.of(
                name.equals("memory") ? memory : MachineChoice.DEFAULT.parts().get(name)));
    }

    @Test
    void fourModesGoTogetherByGuestTimeForwardsAndBack() {
        var session = open("popf-hole", "bare", "trap-and-emulate", "vt-x", "kvm");
        session.perform(new Command.Step());
        var there = session.view();
        assertThat(there.modes()).extracting(Views.Mode::letter).containsExactly("a", "b", "c", "d");
        assertThat(there.modes()).extracting(Views.Mode::time).containsOnly(1L);
        session.perform(new Command.Step());
        session.perform(new Command.Back());
        assertThat(session.view()).isEqualTo(there);
        session.perform(new Command.Run());
        assertThat(session.view().modes()).extracting(Views.Mode::ending).allMatch(java.util.Optional::isPresent);
    }

    @Test
    void moreThanFourAreRefused() {
        assertThatThrownBy(() -> open("popf-hole", "bare", "emulation", "trap-and-emulate", "vt-x", "kvm"))
                .isInstanceOf(Refusal.class);
    }

    @Test
    void aColumnIsComparedWithABareMachineWhereverItStands() {
        for (List<String> modes : List.of(
                List.of("xen-pv", "bare", "trap-and-emulate", "vt-x"),
                List.of("trap-and-emulate", "vt-x", "xen-pv", "bare"),
                List.of("vt-x", "xen-pv", "kvm", "trap-and-emulate"))) {
            var session = open("popf-hole", modes.toArray(String[]::new));
            session.perform(new Command.Seek(8));
            session.view()
                    .modes()
                    .forEach(mode -> assertThat(mode.differences().stream().anyMatch(Views.Difference::alarming))
                            .as("%s of %s", mode.name(), modes)
                            .isEqualTo(mode.name().equals("trap-and-emulate")));
        }
    }

    @Test
    void theNextDifferenceIsThatOfAnyColumn() {
        var session = open("popf-hole", "xen-pv", "vt-x", "trap-and-emulate");
        session.perform(new Command.NextDifference());
        var alone = open("popf-hole", "trap-and-emulate");
        alone.perform(new Command.NextDifference());
        assertThat(session.view().time()).isEqualTo(alone.view().time()).isPositive();
    }

    @Test
    void theMachinesOfALabHaveBoundedMemoryTogether() {
        assertThat(open("popf-hole", withMemory("128M"), "vt-x", "kvm").view().modes())
                .hasSize(2);
        assertThat(open("popf-hole", withMemory("64M"), "vt-x", "kvm", "amd-v", "emulation")
                        .view()
                        .modes())
                .hasSize(4);
        assertThatThrownBy(() -> open("popf-hole", withMemory("128M"), "vt-x", "kvm", "amd-v"))
                .isInstanceOfSatisfying(
                        Refusal.class,
                        refusal -> assertThat(refusal.sentence().key()).isEqualTo("refused.memory.together"));
    }

    @Test
    void whatFourColumnsTakeIsCounted() {
        var one = open("interrupt-storm", "bare");
        var four = open("interrupt-storm", "bare", "vt-x", "kvm", "emulation");
        one.perform(new Command.Run());
        four.perform(new Command.Run());
        assertThat(four.memory()).isGreaterThan(3 * one.memory());
    }
}
