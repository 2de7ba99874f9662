package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Breakpoints and watchpoints, bookmarks, speeds, step numbers, and the actions of whoever answers. */
class StopsTest {
    private static final String COUNTER = """
            bits 16
            org 0x1000
            start: mov sp, 0x8000
            mov cx, 4
            again: inc byte [number]
            mov al, [number]
            add al, '0'
            mov dx, 0x3f8
            out dx, al
            loop again
            mov byte [number], 4
            cli
            hlt
            number: db 0
            """;

    private final Guests guests = new Guests();
    private final ExecutorService runners = Executors.newSingleThreadExecutor();

    @AfterEach
    void stopRunners() {
        runners.shutdownNow();
    }

    private Session open(String... modes) {
        return new Session("test", new Recipe(new GuestChoice.Source(COUNTER), List.of(modes), 0), guests, runners);
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

    private static Command set(Stop stop) {
        return new Command.SetStop(
                stop.number(), stop.kind().text(), stop.what(), stop.access().text(), stop.condition());
    }

    private static Session with(Session session, String... stops) {
        for (String stop : stops) {
            assertThat(after(session, set(Stop.read(0, stop))).notice()).isEmpty();
        }
        return session;
    }

    /** What is said at every place where a run stops. */
    private static List<String> said(Session session, Command command) {
        List<String> said = new ArrayList<>();
        for (var lab = after(session, command); lab.notice().isPresent(); lab = after(session, command)) {
            said.add(text(lab.notice().get()));
        }
        return said;
    }

    private static String text(Sentence sentence) {
        return sentence.key() + " "
                + String.join(
                        " ",
                        sentence.arguments().stream()
                                .map(each -> each instanceof Sentence inner ? text(inner) : each.toString())
                                .toList());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"bare", "emulation", "trap-and-emulate", "binary-translation", "vt-x", "amd-v", "kvm", "xen-hvm"
            })
    void everyKindStopsInEveryModeAtTheSamePlaces(String mode) {
        assertThat(said(with(open(mode), "address again"), new Command.Run()))
                .hasSize(4)
                .containsOnly("stop.address 1 again");
        assertThat(said(with(open(mode), "line 9"), new Command.Run())).hasSize(4);
        assertThat(said(with(open(mode), "port 3f8"), new Command.Run()))
                .containsExactly(
                        "stop.port.write 1 0x3f8 0x31 0x1012",
                        "stop.port.write 1 0x3f8 0x32 0x1012",
                        "stop.port.write 1 0x3f8 0x33 0x1012",
                        "stop.port.write 1 0x3f8 0x34 0x1012");
        assertThat(said(with(open(mode), "memory number write"), new Command.Run()))
                .hasSize(5)
                .startsWith("stop.memory.write 1 0x101c 0x00 0x01 0x1006")
                .endsWith("stop.memory.write 1 0x101c 0x04 0x04 0x1015");
        assertThat(said(with(open(mode), "memory number read"), new Command.Run()))
                .contains("stop.memory.read 1 0x101c 0x01 0x100a");
        assertThat(said(with(open(mode), "value cl == 2"), new Command.Run())).containsExactly("stop.value 1 cl == 2");
        assertThat(said(with(open(mode), "value cx"), new Command.Run()))
                .startsWith("stop.register 1 cx 0x0 0x4")
                .hasSize(5);
    }

    @Test
    void backwardsItStopsAtTheSamePlacesInTheOtherOrder() {
        for (String stop :
                List.of("line 9", "port 3f8 write", "memory number write", "value cx", "address again if cl < 4")) {
            var session = with(open("bare", "kvm"), stop);
            List<Long> forwards = new ArrayList<>();
            for (var lab = after(session, new Command.Run()); !lab.ended(); lab = after(session, new Command.Run())) {
                forwards.add(lab.time());
            }
            List<Long> backwards = new ArrayList<>();
            for (var lab = after(session, new Command.RunBack());
                    lab.time() > 0;
                    lab = after(session, new Command.RunBack())) {
                assertThat(lab.notice()).isPresent();
                backwards.add(0, lab.time());
            }
            assertThat(backwards).as(stop).isEqualTo(forwards).isNotEmpty();
        }
    }

    @Test
    void aConditionASwitchAndAHitCount() {
        var session = with(open("bare"), "address again if al == '2' && !zf");
        assertThat(said(session, new Command.Run())).hasSize(1);
        assertThat(session.view().travel().stops().get(0).hits()).isEqualTo(1);
        after(session, new Command.Reset());
        after(session, new Command.SwitchStop(1, false));
        assertThat(after(session, new Command.Run()).ended()).isTrue();
        after(session, new Command.RemoveStop(1));
        assertThat(session.view().travel().stops()).isEmpty();
    }

    @Test
    void exitsStopByReasonOrNumber() {
        assertThat(said(with(open("kvm"), "exit io_instruction"), new Command.Run()))
                .hasSize(4);
        assertThat(said(with(open("kvm"), "exit 12"), new Command.Run())).containsExactly("stop.exit 1 HLT 12");
    }

    @Test
    void stepsOverAndOutStopAtThem() {
        var session = with(open("bare"), "memory number write");
        assertThat(after(session, new Command.Next(Aim.FAULT))
                        .notice()
                        .orElseThrow()
                        .key())
                .isEqualTo("stop.memory.write");
    }

    @Test
    void watchingChangesNothingThatTheGuestSees() {
        for (String mode : List.of("bare", "trap-and-emulate", "vt-x")) {
            var plain =
                    new Session("a", new Recipe(new GuestChoice.Sample("paging"), List.of(mode), 0), guests, runners);
            var watched =
                    new Session("b", new Recipe(new GuestChoice.Sample("paging"), List.of(mode), 0), guests, runners);
            // It can never hold, and every access is told all the same.
            with(watched, "memory 0x1000+65536 read if cpl == 7");
            assertThat(after(watched, new Command.Run()).modes())
                    .isEqualTo(after(plain, new Command.Run()).modes());
        }
    }

    @Test
    void theGutterSetsAndRemoves() {
        var session = open("bare");
        after(session, new Command.ToggleStop("5", true));
        var gutter = session.view().travel().gutter("a");
        assertThat(gutter.line(5)).isEqualTo("on");
        assertThat(gutter.address("1006")).isEqualTo("on");
        assertThat(gutter.line(6)).isEmpty();
        after(session, new Command.ToggleStop("5", true));
        assertThat(session.view().travel().stops()).isEmpty();
        assertThat(after(session, new Command.ToggleStop("4711", true)).travel().stops())
                .hasSize(1)
                .noneMatch(Travel.Shown::known);
    }

    @Test
    void breakpointsBookmarksAndSpeedAreInTheRecipe() {
        var session = with(open("bare"), "port 3f8-3ff write if cf", "memory number+2 read", "exit");
        after(session, new Command.SwitchStop(1, false));
        after(session, new Command.Seek(7));
        after(session, new Command.Mark("half way"));
        after(session, new Command.SetPace(Pace.STRIDE));
        var again = new Session("b", session.recipe(), guests, runners);
        assertThat(again.view().travel()).isEqualTo(session.view().travel());
        var kept = session.recipe().plans();
        assertThat(Plans.read(
                        kept.stops().stream().map(Stop::text).toList(),
                        kept.bookmarks().stream().map(Bookmark::text).toList(),
                        "3"))
                .isEqualTo(kept);
        after(session, new Command.Unmark(7));
        assertThat(session.view().travel().bookmarks()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense 4",
                "line x",
                "port 10000",
                "port 9-3",
                "value ax ==",
                "value (ax",
                "value zx",
                "value ''",
                "address again if",
                "address x if ax = 4"
            })
    void whatCannotBeWatchedIsRefusedWithASentence(String text) {
        assertThatThrownBy(() -> {
                    var stop = Stop.read(0, text);
                    var lab = after(open("bare"), set(stop));
                    throw new Refusal(lab.notice().orElseThrow());
                })
                .isInstanceOf(Refusal.class);
    }

    @Test
    void expressionsNestOnlySoDeep() {
        assertThatThrownBy(() -> Expression.read("(".repeat(100) + "ax" + ")".repeat(99)))
                .isInstanceOf(Refusal.class);
        assertThatThrownBy(() -> Expression.read("ax + ".repeat(100) + "1")).isInstanceOf(Refusal.class);
    }

    @Test
    void aWatchedRunGoesStretchByStretchAndStops() {
        var session = with(open("bare"), "line 9");
        session.perform(new Command.SetPace(Pace.WALK));
        session.perform(new Command.Run());
        assertThat(session.view().running()).isTrue();
        assertThat(session.view().time()).isEqualTo(1);
        while (session.view().running()) {
            session.perform(new Command.Stretch());
        }
        assertThat(session.view().notice().orElseThrow().key()).isEqualTo("stop.line");
        long there = session.view().time();
        session.perform(new Command.RunBack());
        assertThat(session.view().time()).isEqualTo(there - 1);
        session.perform(new Command.Pause());
        assertThat(session.view().running()).isFalse();
        session.perform(new Command.Stretch());
        assertThat(session.view().time()).isEqualTo(there - 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bare", "kvm"})
    void stepNumbersLeadToTheFirstPlaceWithSoManySteps(String mode) {
        var session =
                new Session("test", new Recipe(new GuestChoice.Sample("timer"), List.of(mode), 0), guests, runners);
        var forwards = after(session, new Command.SeekStep(60));
        assertThat(forwards.travel().step()).isEqualTo(60);
        assertThat(forwards.time()).isGreaterThanOrEqualTo(60);
        after(session, new Command.Run());
        assertThat(after(session, new Command.SeekStep(60)).time()).isEqualTo(forwards.time());
        assertThat(after(session, new Command.Back()).travel().step()).isLessThanOrEqualTo(60);
        assertThat(after(session, new Command.SeekStep(1L << 50)).notice()).isPresent();
    }

    @Test
    void whoAnsweredIsFollowedActionByAction() {
        var session = open("kvm", "vt-x");
        after(session, new Command.NextExit());
        var before = session.view();
        var actions = Objects.requireNonNull(before.travel().actions().get("a"));
        assertThat(actions.at()).isZero();
        assertThat(actions.count()).isPositive();
        List<String> steps = new ArrayList<>();
        for (int i = 0; i < actions.count(); i++) {
            var lab = after(session, new Command.Action(false));
            assertThat(lab.modes()).isEqualTo(before.modes());
            steps.add(Objects.requireNonNull(lab.travel().actions().get("a"))
                    .done()
                    .orElseThrow()
                    .step()
                    .name());
        }
        assertThat(steps).startsWith("vm-exit").endsWith("vm-entry");
        var last = after(session, new Command.Action(false));
        assertThat(Objects.requireNonNull(last.travel().actions().get("a")).at())
                .isEqualTo(actions.count());
        after(session, new Command.Step());
        assertThat(session.view().travel().actions().values()).noneMatch(each -> each.at() > 0);
    }
}
