package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From one place of a run to another, forwards and backwards. */
class TravelsTest {
    /** A procedure that calls another, copies five bytes, and is called twice; an interrupt of its own, and a fault. */
    private static final String CALLS = """
            bits 16
            org 0x1000
            start: mov word [0x80 * 4], handler
            mov word [0x80 * 4 + 2], 0
            mov word [0], divided
            mov word [2], 0
            mov sp, 0x3000
            call outer
            ;@ milestone middle
            int 0x80
            call outer
            div bh
            ;@ milestone end
            cli
            hlt
            outer: push ax
            call inner
            mov cx, 5
            mov si, start
            mov di, 0x2000
            rep movsb
            pop ax
            ret
            inner: inc dx
            ret
            handler: inc bp
            iret
            divided: mov bh, 1
            iret
            """;

    private final Guests guests = new Guests();
    private final ExecutorService runners = Executors.newSingleThreadExecutor();

    @AfterEach
    void stopRunners() {
        runners.shutdownNow();
    }

    private Session open(GuestChoice guest, String... modes) {
        return new Session("test", new Recipe(guest, List.of(modes), 0), guests, runners);
    }

    private Session calls(String... modes) {
        return open(new GuestChoice.Source(CALLS), modes);
    }

    private static Views.Lab after(Session session, Command command) {
        session.perform(command);
        for (int i = 0; i < 1200 && session.view().running(); i++) {
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        var lab = session.view();
        assertThat(lab.incident()).isEmpty();
        return lab;
    }

    private static String next(Views.Lab lab) {
        return lab.modes().get(0).disassembly().stream()
                .filter(Views.Instruction::next)
                .findFirst()
                .orElseThrow()
                .text();
    }

    /** Every place that a command leads to before the guest has ended. */
    private static List<Long> times(Session session, Supplier<Command> command) {
        List<Long> times = new ArrayList<>();
        for (var lab = after(session, command.get()); !lab.ended(); lab = after(session, command.get())) {
            times.add(lab.time());
        }
        return times;
    }

    private static List<Long> timesBack(Session session, Supplier<Command> command) {
        List<Long> times = new ArrayList<>();
        long time = session.view().time();
        for (var lab = after(session, command.get()); lab.time() < time; lab = after(session, command.get())) {
            time = lab.time();
            times.add(0, time);
        }
        return times;
    }

    @ParameterizedTest
    @ValueSource(strings = {"bare", "emulation", "trap-and-emulate", "binary-translation", "vt-x", "amd-v", "kvm"})
    void stepOverGoesOverProceduresHandlersFaultsAndIterations(String mode) {
        var session = calls(mode);
        List<String> texts = new ArrayList<>();
        for (var lab = session.view(); !lab.ended(); lab = after(session, new Command.Over(false))) {
            texts.add(next(lab).replaceAll("\\s.*", ""));
        }
        assertThat(texts)
                .containsExactly("mov", "mov", "mov", "mov", "mov", "call", "int", "call", "div", "cli", "hlt");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bare", "emulation", "trap-and-emulate", "vt-x", "kvm"})
    void stepOverBackwardsLeadsToTheSamePlaces(String mode) {
        var session = calls(mode);
        var forwards = times(session, () -> new Command.Over(false));
        after(session, new Command.Seek(forwards.get(forwards.size() - 1)));
        var backwards = timesBack(session, () -> new Command.Over(true));
        // The fault of DIV was gone over with DIV; on the way back its handler is a thing of its own.
        var faults = forwards.subList(0, forwards.size() - 1);
        assertThat(backwards).startsWith(0L).containsAll(faults.subList(0, 7));
    }

    @Test
    void stepOutLeadsBehindTheCallAndBackwardsBeforeIt() {
        var session = calls("bare");
        after(session, new Command.RunTo("inner", false, false));
        assertThat(next(session.view())).startsWith("inc dx");
        var inner = session.view().time();
        assertThat(next(after(session, new Command.Out(false)))).startsWith("mov cx");
        assertThat(next(after(session, new Command.Out(false)))).startsWith("int");
        after(session, new Command.Seek(inner));
        assertThat(next(after(session, new Command.Out(true)))).startsWith("call");
        assertThat(next(after(session, new Command.Out(true)))).startsWith("call");
        var lab = after(session, new Command.Out(true));
        assertThat(lab.notice()).contains(Sentence.of("notice.nocaller"));
        assertThat(next(lab)).startsWith("call");
    }

    @Test
    void stepOutOfAHandlerLeadsToWhereItInterrupted() {
        var session = calls("kvm", "bare");
        after(session, new Command.RunTo("handler", false, false));
        assertThat(next(after(session, new Command.Out(false)))).startsWith("call");
        after(session, new Command.RunTo("divided", false, false));
        assertThat(next(after(session, new Command.Out(false)))).startsWith("div");
    }

    @Test
    void iterationsAreGoneOverBackwardsAtOnce() {
        var session = calls("bare");
        after(session, new Command.RunTo("inner", false, false));
        after(session, new Command.Out(false));
        for (int i = 0; i < 4; i++) {
            after(session, new Command.Over(false));
        }
        assertThat(next(session.view())).startsWith("pop");
        assertThat(next(after(session, new Command.Over(true)))).startsWith("rep movsb");
        assertThat(next(after(session, new Command.Over(true)))).startsWith("mov di");
    }

    @ParameterizedTest
    @EnumSource(value = Aim.class)
    void whatIsNextForwardsIsPreviousBackwards(Aim aim) {
        var guest = aim == Aim.DIFFERENCE
                ? "popf-hole"
                : aim == Aim.INTERRUPT ? "timer" : aim == Aim.FAULT ? "paging" : "system-calls";
        var session = open(new GuestChoice.Sample(guest), "bare", "trap-and-emulate");
        var forwards = times(session, () -> new Command.Next(aim));
        after(session, new Command.Run());
        assertThat(timesBack(session, () -> new Command.Previous(aim)))
                .isEqualTo(forwards)
                .isNotEmpty();
        assertThat(session.view().notice())
                .contains(Sentence.of("notice.noprevious", Sentence.of("aim." + aim.text())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bare", "kvm", "trap-and-emulate"})
    void milestonesAndTheCursorAreComeToFromBothSides(String mode) {
        var session = calls(mode);
        assertThat(next(after(session, new Command.Next(Aim.MILESTONE)))).startsWith("int");
        assertThat(session.view().notice()).contains(Sentence.of("met.milestone", "middle"));
        after(session, new Command.RunTo("28", true, false));
        assertThat(next(session.view())).startsWith("mov bh");
        assertThat(session.view().notice()).contains(Sentence.of("met.line", "28"));
        assertThat(next(after(session, new Command.RunTo("11", true, true)))).startsWith("call outer");
        assertThat(next(after(session, new Command.RunTo("start", false, true))))
                .startsWith("mov word");
        assertThat(session.view().time()).isZero();
    }

    @Test
    void aPlaceThatNobodyKnowsIsRefusedWithASentence() {
        var lab = after(calls("bare"), new Command.RunTo("4711", true, false));
        assertThat(lab.time()).isZero();
        assertThat(lab.notice()).contains(Sentence.of("notice.noplace", "4711"));
    }

    @Test
    void aSystemCallOfAContainerIsOneInstruction() {
        var session = open(new GuestChoice.Sample("linux-program"), "container");
        var first = after(session, new Command.Next(Aim.SYSTEM_CALL)).time();
        long before = after(session, new Command.Over(true)).time();
        after(session, new Command.Seek(first));
        assertThat(after(session, new Command.Back()).time()).isEqualTo(before);
        assertThat(after(session, new Command.Over(false)).time()).isEqualTo(first);
    }

    @Test
    void backwardsWithoutAnythingThatStopsItLeadsToTheStart() {
        var session = calls("bare", "vt-x");
        after(session, new Command.Run());
        assertThat(after(session, new Command.RunBack()).time()).isZero();
    }
}
