package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Objects;
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
                name.equals("memory")
                        ? memory
                        : Objects.requireNonNull(MachineChoice.DEFAULT.parts().get(name))));
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
        assertThat(session.view().modes()).isEqualTo(there.modes());
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

    @Test
    void exitsAtOneGuestTimeStandInOneRowAndNoneIsLeftOut() {
        var session = open("popf-hole", "bare", "trap-and-emulate", "vt-x", "kvm");
        session.perform(new Command.Seek(14));
        var lab = session.view();
        var together = lab.together().orElseThrow();
        assertThat(together.exits()).extracting(Together.Row::time).isSortedAccordingTo((a, b) -> Long.compare(b, a));
        for (int i = 0; i < 4; i++) {
            int column = i;
            assertThat(together.exits().stream().flatMap(row -> row.cells().get(column).exits().stream()))
                    .containsExactlyInAnyOrderElementsOf(lab.modes().get(i).exits());
        }
        assertThat(together.exits())
                .anySatisfy(row -> assertThat(row.cells())
                        .filteredOn(cell -> !cell.exits().isEmpty())
                        .hasSizeGreaterThan(1));
    }

    @Test
    void whereAModeHasMoreExitsThanAreKeptTheTableBeginsWhereAllAreComplete() {
        var session = open("interrupt-storm", "vt-x", "kvm");
        session.perform(new Command.Run());
        var lab = session.view();
        var together = lab.together().orElseThrow();
        assertThat(lab.modes()).anyMatch(mode -> mode.earlierExits() > 0);
        assertThat(together.since()).isPositive();
        assertThat(together.exits()).allMatch(row -> row.time() >= together.since());
    }

    @Test
    void totalsAreThoseOfTheColumns() {
        var session = open("popf-hole", "bare", "trap-and-emulate", "kvm");
        session.perform(new Command.Run());
        var lab = session.view();
        var totals = lab.together().orElseThrow().totals();
        for (int i = 0; i < lab.modes().size(); i++) {
            var mode = lab.modes().get(i);
            int column = i;
            assertThat(of(totals, "exits").amounts().get(i).count()).isEqualTo(mode.exitCount());
            assertThat(of(totals, "cycles").amounts().get(i).count()).isEqualTo(mode.cycles());
            assertThat(sum(totals, Together.Group.REASON, column, Together.Amount::count))
                    .isEqualTo(mode.exitCount());
            assertThat(sum(totals, Together.Group.PLACE, column, Together.Amount::cycles))
                    .isEqualTo(mode.cycles());
        }
    }

    private static Together.Total of(List<Together.Total> totals, String name) {
        return totals.stream()
                .filter(total -> total.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static long sum(
            List<Together.Total> totals,
            Together.Group group,
            int column,
            java.util.function.ToLongFunction<Together.Amount> what) {
        return totals.stream()
                .filter(total -> total.group() == group)
                .mapToLong(total -> what.applyAsLong(total.amounts().get(column)))
                .sum();
    }

    @Test
    void theFirstDivergenceOfAnyTwoColumnsIsFoundAndTheLabStandsBehindIt() throws InterruptedException {
        var session = open("popf-hole", "vt-x", "trap-and-emulate", "xen-pv", "kvm");
        session.perform(new Command.Seek(14));
        for (List<String> two : List.of(List.of("a", "b"), List.of("b", "d"), List.of("d", "b"))) {
            session.perform(new Command.Part(two.get(0), two.get(1)));
            var lab = untilItStops(session);
            var parting = lab.together().orElseThrow().parting().orElseThrow();
            var there = parting.divergence().orElseThrow();
            assertThat(parting.modes()).contains("trap-and-emulate");
            assertThat(there.text()).isEqualTo("popf");
            assertThat(there.differs()).extracting(Alignment.Differs::name).contains("rflags");
            assertThat(lab.time()).isEqualTo(there.time() + 1);
            assertThat(lab.modes().get(1).differences()).isNotEmpty();
        }
        session.perform(new Command.Part("a", "d"));
        assertThat(untilItStops(session)
                        .together()
                        .orElseThrow()
                        .parting()
                        .orElseThrow()
                        .divergence())
                .isEmpty();
    }

    @Test
    void portsPartWhereTheirMilestonesOrOutputDo() throws InterruptedException {
        var session = open("popf-hole", "xen-pv", "bare");
        session.perform(new Command.Part("a", "b"));
        var parting = untilItStops(session).together().orElseThrow().parting().orElseThrow();
        assertThat(parting.ports()).isTrue();
        assertThat(parting.looked()).isPositive();
        assertThat(parting.divergence()).isEmpty();
    }

    @Test
    void aModeDoesNotPartFromItself() {
        var session = open("popf-hole", "bare", "kvm");
        session.perform(new Command.Part("a", "a"));
        assertThat(session.view().notice().orElseThrow().key()).isEqualTo("notice.parting.same");
    }

    private static Views.Lab untilItStops(Session session) throws InterruptedException {
        for (int i = 0; i < 600 && session.view().running(); i++) {
            Thread.sleep(50);
        }
        return session.view();
    }
}
