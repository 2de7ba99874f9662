package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.monitor.mode.Modes;

/** What a learner can do in a lab, and what it shows. */
class LabTest {
    private static final int ENOUGH_STEPS = 100;

    private final Guests guests = new Guests();
    private final ExecutorService runners = Executors.newSingleThreadExecutor();

    @AfterEach
    void stopRunners() {
        runners.shutdownNow();
    }

    static List<String> allModes() {
        return Modes.names();
    }

    static List<String> modes() {
        return Modes.machines();
    }

    private Session open(String guest, String... modes) {
        return open(new Recipe(new GuestChoice.Sample(guest), List.of(modes), 0), runners);
    }

    private Session open(Recipe recipe, Executor executor) {
        return new Session("test", recipe, guests, executor);
    }

    private Session own(String source) {
        return open(new Recipe(new GuestChoice.Source(source), List.of("bare"), 0), runners);
    }

    private static Views.Lab untilItStops(Session session) throws InterruptedException {
        for (int i = 0; i < 600 && session.view().running(); i++) {
            Thread.sleep(50);
        }
        return session.view();
    }

    @Test
    void whereCodeIsTranslatedTheBlockIsShownAndTheInstructionThatComesNextInIt() {
        var session = open("two-plus-two", "emulation");
        var first = session.view().modes().get(0).translated().orElseThrow();
        assertThat(first.kept()).isFalse();
        session.perform(new Command.Step());
        var block = session.view().modes().get(0).translated().orElseThrow();
        assertThat(block.kept()).isTrue();
        assertThat(block.originals()).hasSameSizeAs(first.originals());
        assertThat(block.originals().stream().map(Views.Original::next).toList())
                .startsWith(false, true, false);
        assertThat(block.originals()).allSatisfy(original -> {
            assertThat(original.text()).isNotEmpty();
            assertThat(original.count()).isEqualTo(original.lines().size());
        });
        assertThat(session.view().modes().get(0).lane().moments())
                .extracting(Views.Moment::context)
                .containsOnly(Views.Context.TRANSLATED);
    }

    @Test
    void aLessonOpensAndLocksViewsAndAPagesControlsDoNotChangeThem() {
        var locked = OpenViews.of(List.of("stack", "code")).lock();
        var recipe = new Recipe(
                new GuestChoice.Sample("two-plus-two"), List.of("bare"), MachineChoice.DEFAULT, Typing.NONE, 0, locked);
        var session = open(recipe, runners);
        session.perform(new Command.Open(OpenViews.of(List.of("memory"))));
        assertThat(session.view().notice()).contains(Sentence.of("notice.locked"));
        assertThat(session.view().views()).isEqualTo(locked);
        assertThat(session.viewWith("memory").views()).isEqualTo(locked);
        assertThat(session.recipe().views()).isEqualTo(locked);

        session.show(OpenViews.of(List.of("code", "exits")).lock());
        assertThat(session.view().views().names()).containsExactly("code", "exits");
        assertThat(session.view().views().locked()).isTrue();
        session.show(OpenViews.USUAL);
        session.perform(new Command.Open(OpenViews.of(List.of("memory"))));
        assertThat(session.view().views().names()).containsExactly("memory");
    }

    @Test
    void anotherSyntaxStaysWhileOtherViewsAreOpened() {
        var session = open("two-plus-two", "bare");
        session.perform(new Command.Write("att"));
        session.perform(new Command.Open(OpenViews.of(List.of("disassembly", "stack"))));
        session.show(OpenViews.of(List.of("disassembly")).lock());
        assertThat(session.view().modes().get(0).disassembly().get(0).text()).isEqualTo("mov $0x2,%al");
        assertThat(session.view().views().syntaxLabel()).isEqualTo("att");
    }

    @Test
    void whereInstructionsRunAsTheyStandThereIsNoTranslation() {
        assertThat(open("two-plus-two", "kvm").view().modes().get(0).translated())
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("modes")
    void stepsToTheHaltAndPrintsFourInEveryMode(String mode) {
        var session = open("two-plus-two", mode);
        for (int i = 0; i < ENOUGH_STEPS && !session.view().ended(); i++) {
            session.perform(new Command.Step());
        }
        var lab = session.view();
        assertThat(lab.ended()).isTrue();
        assertThat(lab.time()).isEqualTo(9);
        assertThat(lab.modes().get(0).console().text()).isEqualTo("4\n");
        assertThat(lab.modes().get(0).ending().orElseThrow().key()).isEqualTo("ending.halt");
        assertThat(lab.incident()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("modes")
    void showsTheSameAfterGoingBackToTheStartAndForwardAgain(String mode) {
        var session = open("two-plus-two", mode);
        var start = session.view();
        for (int i = 0; i < 6; i++) {
            session.perform(new Command.Step());
        }
        var there = session.view();
        for (int i = 0; i < 6; i++) {
            session.perform(new Command.Back());
        }
        assertThat(session.view()).isEqualTo(start);
        for (int i = 0; i < 6; i++) {
            session.perform(new Command.Step());
        }
        assertThat(session.view()).isEqualTo(there);
    }

    @Test
    void showsTheSameForARecipeAsForTheWayThatLedThere() {
        var walked = open("popf-hole", "trap-and-emulate", "bare");
        for (int i = 0; i < 7; i++) {
            walked.perform(new Command.Step());
        }
        assertThat(open(walked.recipe(), runners).view()).isEqualTo(walked.view());
    }

    @Test
    void changedValuesAreThoseOfTheLastInstruction() {
        var session = open("two-plus-two", "bare");
        session.perform(new Command.Step());
        var changed = session.view().modes().get(0).state().general().stream()
                .filter(register -> register.value().old().isPresent())
                .map(register -> register.id() + " " + register.value().old().get() + " "
                        + register.value().now())
                .toList();
        assertThat(changed).containsExactly("rax 0x0 0x2", "rip 0x1000 0x1002");
    }

    @Test
    void aSentenceAboutFlagsSaysTheValuesThatThePanelsShow() {
        var session = open("popf-hole", "bare", "trap-and-emulate");
        session.perform(new Command.Seek(9));
        var modes = session.view().modes();
        var flags = modes.stream()
                .map(mode -> mode.state().general().stream()
                        .filter(register -> register.id().equals("rflags"))
                        .findFirst()
                        .orElseThrow()
                        .value()
                        .now())
                .toList();
        assertThat(flags).containsExactly("0x46", "0x202");
        assertThat(modes.get(1).differences().get(0).sentences())
                .contains(Sentence.of("difference.value", "EFLAGS", "0x46", "0x202"));
    }

    @Test
    void ofAVeryLongLineTheBeginningIsShown() {
        var session = own("bits 16\nstart: nop ;" + "x".repeat(100_000) + "\nhlt\n");
        var line = session.view().modes().get(0).code().lines().get(1);
        assertThat(line.text() + line.comment())
                .startsWith("start: nop ;xxx")
                .endsWith("\u2026")
                .hasSizeLessThan(500);
    }

    @Test
    void saysThatNobodyWasToldWherePopfKeepsTheInterruptFlag() {
        var session = open("popf-hole", "bare", "trap-and-emulate");
        session.perform(new Command.NextDifference());
        var deprivileged = session.view().modes().get(1);
        var alarm = deprivileged.differences().stream()
                .filter(Views.Difference::alarming)
                .findFirst()
                .orElseThrow();
        assertThat(alarm.sentences())
                .containsExactly(
                        Sentence.of("difference.value", "IF", "0", "1"),
                        Sentence.of("difference.culprit.silent", "popf", 1));
        var row = deprivileged.state().system().stream()
                .filter(each -> each.id().equals("if"))
                .findFirst()
                .orElseThrow();
        assertThat(row.differs()).isTrue();
        assertThat(row.bare()).contains("0");
        assertThat(session.view().modes().get(0).differences()).isEmpty();
    }

    @Test
    void saysTheSameWithoutABareColumnBeside() {
        var session = open("popf-hole", "trap-and-emulate");
        session.perform(new Command.NextDifference());
        assertThat(session.view().modes().get(0).differences()).anyMatch(Views.Difference::alarming);
    }

    @Test
    void runsOnFromADifferenceAndSaysThatThereIsNoOther() throws InterruptedException {
        var session = open("popf-hole", "bare", "trap-and-emulate");
        session.perform(new Command.NextDifference());
        session.perform(new Command.NextDifference());
        var lab = untilItStops(session);
        assertThat(lab.notice()).contains(Sentence.of("notice.samedifference"));
        assertThat(lab.modes().get(0).ending().orElseThrow().key()).isEqualTo("ending.halt");
        assertThat(lab.modes().get(1).ending().orElseThrow().key()).isEqualTo("ending.idle");
        assertThat(lab.modes().get(1).console().text()).isEqualTo("IF=1\n");
    }

    @Test
    @SuppressWarnings("NullAway") // The only way to make our own code fail from outside: what no caller may do.
    void anErrorOfOursStopsThisLabOnlyAndShowsWhatToReport() {
        var session = open("two-plus-two", "bare");
        var other = open("two-plus-two", "bare");
        session.perform(new Command.Look(null));
        var lab = session.view();
        assertThat(lab.incident().orElseThrow().arguments().get(0).toString()).contains("NullPointerException");
        assertThat(lab.ended()).isTrue();
        session.perform(new Command.Step());
        assertThat(session.view()).isEqualTo(lab);
        other.perform(new Command.Step());
        assertThat(other.view().time()).isEqualTo(1);
        assertThat(other.view().incident()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("allModes")
    void noSampleGuestStopsALabInAnyMode(String mode) throws InterruptedException {
        for (String guest : SampleGuests.names()) {
            if (!guests.modes(new GuestChoice.Sample(guest), MachineChoice.DEFAULT)
                    .contains(mode)) {
                continue;
            }
            var session = open(guest, mode);
            session.perform(new Command.Run());
            var end = untilItStops(session);
            assertThat(end.ended()).as(guest).isTrue();
            session.perform(new Command.Back());
            session.perform(new Command.Step());
            assertThat(session.view().incident()).as(guest).isEmpty();
            assertThat(session.view().modes()).as(guest).isEqualTo(end.modes());
        }
    }

    @Test
    void findsNoDifferenceUnderHardwareVirtualization() throws InterruptedException {
        var session = open("popf-hole", "vt-x");
        session.perform(new Command.NextDifference());
        var lab = untilItStops(session);
        assertThat(lab.ended()).isTrue();
        assertThat(lab.notice()).contains(Sentence.of("notice.nodifference"));
    }

    @Test
    void runsToTheNextExitOfEitherColumnAndKeepsBothTogether() {
        var session = open("two-plus-two", "vt-x", "kvm");
        session.perform(new Command.NextExit());
        var lab = session.view();
        assertThat(lab.modes().get(1).exits().get(0).reason()).isEqualTo("EPT_VIOLATION");
        assertThat(lab.modes().get(0).time()).isEqualTo(lab.modes().get(1).time());
        session.perform(new Command.NextExit());
        lab = session.view();
        assertThat(lab.modes().get(0).exits().get(0).reason()).isEqualTo("IO_INSTRUCTION");
        assertThat(lab.modes().get(0).exits().get(0).fresh()).isTrue();
        assertThat(lab.modes().get(1).exits().get(0).answeredBy()).isEqualTo("kvm-user");
    }

    @Test
    void countsExitsAtTheirLine() {
        var session = open("two-plus-two", "vt-x");
        session.perform(new Command.Run());
        var lines = session.view().modes().get(0).code().lines();
        var left = lines.stream()
                .filter(line -> line.exits() > 0)
                .map(line -> line.text().strip());
        assertThat(left).containsExactly("out dx, al", "out dx, al", "hlt");
    }

    @Test
    void pausesAnEndlessLoopAndGoesOn() throws InterruptedException {
        var session = own("bits 16\norg 0x1000\nagain: inc ax\njmp again\n");
        session.perform(new Command.Run());
        assertThat(session.view().running()).isTrue();
        session.perform(new Command.Pause());
        var paused = session.view();
        assertThat(paused.running()).isFalse();
        assertThat(paused.time()).isPositive();
        session.perform(new Command.Step());
        assertThat(session.view().time()).isEqualTo(paused.time() + 1);
        session.perform(new Command.Back());
        assertThat(session.view().modes().get(0).state())
                .isEqualTo(paused.modes().get(0).state());
    }

    @Test
    void aGuestThatOverwritesItselfShowsItsNewCode() {
        var session = own("bits 16\norg 0x1000\nmov byte [there], 0xf4\nthere: nop\nnop\n");
        session.perform(new Command.Step());
        var next = session.view().modes().get(0).disassembly().stream()
                .filter(Views.Instruction::next)
                .findFirst()
                .orElseThrow();
        assertThat(next.text()).isEqualTo("hlt");
        session.perform(new Command.Step());
        assertThat(session.view().modes().get(0).ending().orElseThrow().key()).isEqualTo("ending.halt");
    }

    @Test
    void aTripleFaultIsAnEnding() {
        var session = own("bits 32\norg 0x1000\nint3\n");
        session.perform(new Command.Run());
        var lab = session.view();
        assertThat(lab.ended()).isTrue();
        assertThat(lab.modes().get(0).ending().orElseThrow().key()).isEqualTo("ending.triple-fault");
        session.perform(new Command.Back());
        assertThat(session.view().incident()).isEmpty();
    }

    @Test
    void aSourceWithErrorsLeavesTheGuestBeforeInPlace() {
        var session = open("two-plus-two", "bare");
        session.perform(new Command.Step());
        session.perform(new Command.Assemble("mov ax, 1\nnonsense 3\n"));
        assertThat(session.editor().complaints()).hasSize(1);
        assertThat(session.editor().complaints().get(0).line()).isEqualTo(2);
        assertThat(session.view().guest()).contains("two-plus-two");
        assertThat(session.view().time()).isEqualTo(1);
    }

    @Test
    void tenThousandErrorsAreCountedNotListed() {
        var session = open("two-plus-two", "bare");
        session.perform(new Command.Assemble("nonsense\n".repeat(10_000)));
        assertThat(session.editor().complaints()).hasSizeLessThanOrEqualTo(50).isNotEmpty();
        assertThat(session.editor().more()).isPositive();
    }

    @Test
    void aSourceThatWantsTooMuchIsRefusedAtItsLine() {
        var session = open("two-plus-two", "bare");
        session.perform(new Command.Assemble("nop\ntimes 1000000000 db 0\n"));
        assertThat(session.editor().complaints()).isNotEmpty();
        assertThat(session.editor().complaints().get(0).line()).isEqualTo(2);
    }

    @Test
    void memoryIsShownWhereARegisterSegmentOrSymbolPoints() {
        var session = open("popf-hole", "bare");
        session.perform(new Command.Look("start"));
        assertThat(session.view().modes().get(0).memory().rows().get(0).address())
                .isEqualTo("1000");
        session.perform(new Command.Step());
        session.perform(new Command.Look("ss:esp"));
        assertThat(session.view().modes().get(0).memory().rows().get(0).address())
                .isEqualTo("8000");
        session.perform(new Command.Look("<script>"));
        assertThat(session.view().notice()).contains(Sentence.of("notice.address", "<script>"));
        assertThat(session.view().memoryAddress()).isEqualTo("ss:esp");
    }

    @Test
    void consoleTextShowsControlCharactersAsPictures() {
        var session = own("bits 16\norg 0x1000\nmov dx, 0x3f8\nmov al, 27\nout dx, al\nmov al, '<'\nout dx, al\nhlt\n");
        session.perform(new Command.Run());
        assertThat(session.view().modes().get(0).console().text()).isEqualTo("\u241B<");
        session.perform(new Command.Assemble("bits 16\norg 0x1000\nmov al, 'x'\nout 0xe9, al\nhlt\n"));
        session.perform(new Command.Run());
        assertThat(session.view().modes().get(0).console().debug()).isEqualTo("x");
    }

    private static final String ECHO = """
            bits 16
            org 0x1000
            again: mov dx, 0x3fd
            in al, dx
            test al, 1
            jz again
            mov dx, 0x3f8
            in al, dx
            out dx, al
            jmp again
            """;

    private Session echo(String... modes) {
        return open(new Recipe(new GuestChoice.Source(ECHO), List.of(modes), 0), runners);
    }

    private static String serial(Session session, int column) {
        return session.view().modes().get(column).console().text();
    }

    @Test
    void whatIsTypedReachesEveryColumnAndComesAgain() {
        var session = echo("vt-x", "trap-and-emulate");
        session.perform(new Command.Seek(100));
        session.perform(new Command.Type("hey", false, false));
        session.perform(new Command.Seek(500));
        assertThat(serial(session, 0)).isEqualTo("hey");
        assertThat(serial(session, 1)).isEqualTo("hey");
        assertThat(session.view().modes().get(0).differences()).noneMatch(Views.Difference::alarming);
        session.perform(new Command.Reset());
        assertThat(serial(session, 0)).isEmpty();
        session.perform(new Command.Seek(500));
        assertThat(serial(session, 1)).isEqualTo("hey");
        var recipe = session.recipe();
        assertThat(recipe.typing().text()).isEqualTo("100.68,100.65,100.79");
        var again = new Recipe(
                recipe.guest(),
                List.of("kvm"),
                recipe.machine(),
                Typing.read(recipe.typing().text()),
                recipe.time());
        assertThat(serial(open(again, runners), 0)).isEqualTo("hey");
    }

    @Test
    void whatWasTypedLaterIsOnlyLostWhereALearnerSaysSo() {
        var session = echo("bare");
        session.perform(new Command.Seek(100));
        session.perform(new Command.Type("ab", false, false));
        session.perform(new Command.Seek(50));
        session.perform(new Command.Type("c", false, false));
        var refused = session.view();
        assertThat(refused.notice()).contains(Sentence.of("notice.typing.later", 2L, 100L));
        assertThat(refused.draft()).isEqualTo("c");
        assertThat(refused.later()).contains(new Views.Later(2, 100));
        session.perform(new Command.Type("c", false, true));
        assertThat(session.view().later()).isEmpty();
        assertThat(session.view().draft()).isEmpty();
        session.perform(new Command.Seek(500));
        assertThat(serial(session, 0)).isEqualTo("c");
    }

    @Test
    void aGuestThatRunsReadsWhatIsTypedAndGoesOn() throws InterruptedException {
        var session = echo("bare");
        session.perform(new Command.Run());
        session.perform(new Command.Type("x", true, false));
        assertThat(session.view().running()).isTrue();
        for (int i = 0; i < 200 && serial(session, 0).isEmpty(); i++) {
            Thread.sleep(20);
        }
        session.perform(new Command.Pause());
        assertThat(serial(session, 0)).startsWith("x");
        assertThat(session.recipe().typing().keys())
                .extracting(Typing.Key::value)
                .containsExactly((int) 'x', 13);
    }

    @Test
    void whatIsNoByteOrTooMuchIsNotTyped() {
        var session = echo("bare");
        session.perform(new Command.Type("5 \u20AC", false, false));
        assertThat(session.view().notice()).contains(Sentence.of("notice.typing.characters"));
        session.perform(new Command.Type("x".repeat(65_537), false, false));
        assertThat(session.view().notice()).contains(Sentence.of("notice.typing.full", 65_536));
        assertThat(session.recipe().typing()).isEqualTo(Typing.NONE);
        for (String bad : List.of("1", "5.6", "7.41,3.41", "x.41", "1.41,")) {
            assertThatThrownBy(() -> Typing.read(bad)).isInstanceOf(Refusal.class);
        }
    }

    @Test
    void unknownGuestsAndModesAreRefusedWithTheListOfThoseThatExist() {
        assertThatThrownBy(() -> open("nobody", "bare"))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("two-plus-two");
        assertThatThrownBy(() -> open("two-plus-two", "magic"))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("trap-and-emulate");
        assertThatThrownBy(() -> open("two-plus-two", "bare", "bare", "bare", "bare", "bare"))
                .isInstanceOf(Refusal.class);
    }
}
