package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.image.GuestImage;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;
import ringside.replay.Guests;
import ringside.trace.Account;
import ringside.trace.Answer;

/** Every exit of every guest in every mode has its steps: from the way out of the guest to the way back. */
class StepsTest {
    private static final long ENOUGH = 1_000_000;
    private static final long PROBE = 3_000;

    /** A cell of the matrix, as a guest. */
    private record Cell(String name, GuestImage image) {}

    private static final List<Cell> CELLS = MatrixRow.all().stream()
            .flatMap(row -> row.places().stream()
                    .map(place -> new Cell(
                            row.name() + place, MatrixProbe.of(row, place).image())))
            .toList();

    private static RunOptions with(String mode, String... changes) {
        RunOptions options = RunOptions.of(mode);
        for (int i = 0; i < changes.length; i += 2) {
            options = options.with(changes[i], changes[i + 1]);
        }
        return options;
    }

    static Stream<RunOptions> machines() {
        return Stream.concat(
                Modes.names().stream().map(RunOptions::of),
                Stream.of(
                        with("kvm", "irqchip", "kernel", "hardware", "amd-v"),
                        with("kvm", "irqchip", "split", "generation", "2005"),
                        with("kvm-pv", "irqchip", "kernel"),
                        with("vt-x", "paging", "shadow"),
                        with("amd-v", "paging", "shadow"),
                        with("xen-hvm", "hardware", "amd-v"),
                        with("binary-translation", "translator", "virtualbox"),
                        with("binary-translation", "translator", "kqemu")));
    }

    private static GuestFile sample(String name) {
        return new GuestFile(
                "guest.asm", Guests.text(name, "guest.asm").getBytes(StandardCharsets.UTF_8), SampleGuests::file);
    }

    private static List<Account.Told> run(GuestFile file, RunOptions options) {
        var account = new Account();
        GuestStart.start(file, options, account).run(ENOUGH);
        return account.take();
    }

    private static List<Account.Told> source(String mode, String... lines) {
        var file = new GuestFile("guest.asm", String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
        return run(file, with(mode));
    }

    private static List<String> steps(Account.Told told) {
        return told.steps().stream()
                .map(step -> step.by() + " " + step.deed().text())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("machines")
    void everyExitIsAnsweredFromTheWayOutToTheWayBack(RunOptions options) {
        for (String name : Guests.samples()) {
            List<Account.Told> exits;
            try {
                exits = exits(run(sample(name), options));
            } catch (BadInput refused) {
                continue;
            }
            for (int i = 0; i < exits.size(); i++) {
                check(name, exits.get(i), i + 1 < exits.size() && !comesBetween(exits.get(i + 1)));
            }
        }
    }

    private static List<Account.Told> exits(List<Account.Told> told) {
        return told.stream()
                .filter(one -> one.event() instanceof Event.Exit exit && exit.isAnswered())
                .toList();
    }

    /** Before the guest goes on Xen gives the processor to another domain, ends this one, or meets an interrupt that is due. */
    private static boolean comesBetween(Account.Told told) {
        var exit = (Event.Exit) told.event();
        return Set.of("xen-schedule", "domain-crash").contains(exit.kind())
                || exit.kind().equals("xen-trap") && exit.reason().equals("EXTERNAL_INTERRUPT");
    }

    private static void check(String name, Account.Told told, boolean goesOn) {
        var exit = (Event.Exit) told.event();
        String what = name + ": " + exit + " " + steps(told);
        List<Answer.Step> steps = told.steps();
        assertThat(steps).as(what).isNotEmpty();
        // Where domain 0 is a guest, what it does for another one's exit is told as its own instructions and exits.
        boolean byGuest = exit.answeredBy().equals("dom0") && !exit.domain().isEmpty();
        assertThat(steps.stream().map(Answer.Step::by)).as(what).contains(byGuest ? "xen" : exit.answeredBy());
        assertThat(steps.subList(1, steps.size()))
                .as(what)
                .noneMatch(step -> step.deed().isFirst());
        assertThat(steps.subList(0, steps.size() - 1))
                .as(what)
                .noneMatch(step -> step.deed().isLast());
        boolean other = Set.of("signal", "xen-schedule", "domain-crash").contains(exit.kind());
        assertThat(steps.get(0).deed().isFirst() || other).as(what).isTrue();
        if (goesOn) {
            assertThat(steps.get(steps.size() - 1).deed().isLast()).as(what).isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("machines")
    void soIsEveryExitOfTheMatrix(RunOptions options) {
        for (Cell cell : CELLS) {
            exits(run(cell.image, options)).forEach(exit -> check(cell.name, exit, false));
        }
    }

    private static List<Account.Told> run(GuestImage image, RunOptions options) {
        var account = new Account();
        if (Modes.misfit(options.mode(), image).isEmpty()) {
            Modes.start(options.mode(), image, GuestStart.machine(options), account)
                    .orElseThrow()
                    .run(PROBE);
        }
        return account.take();
    }

    /** Linux, arch/x86/kvm: handle_io, complete_userspace_io; QEMU, kvm_cpu_exec. */
    @Test
    void aPortOfUserSpaceGoesThroughKernelAndUserSpaceAndBack() {
        var told = source("kvm", "bits 16", "org 0x1000", "mov dx, 0x3F8", "out dx, al", "nop", "hlt");
        var exit = told.stream()
                .filter(one -> one.event().reason().equals("IO_INSTRUCTION"))
                .findFirst()
                .orElseThrow();
        assertThat(steps(exit))
                .containsExactly(
                        "cpu vm-exit",
                        "kvm-kernel handle-io",
                        "kvm-kernel fill-run-page",
                        "kvm-kernel return-to-user",
                        "kvm-user handle-run-exit",
                        "kvm-user access-device",
                        "kvm-user call-kvm-run",
                        "kvm-kernel complete-access",
                        "kvm-kernel emulate-instruction",
                        "kvm-user call-kvm-run",
                        "cpu vm-entry");
        assertThat(exit.steps().get(2).detail()).isEqualTo(0x3F8);
        assertThat(exit.steps().get(3).detail()).as("KVM_EXIT_IO").isEqualTo(2);
    }

    /** Robin and Irvine: a privileged instruction traps, the monitor emulates it, and looks for virtual interrupts before it returns. */
    @Test
    void aPrivilegedInstructionTrapsIsEmulatedAndTheMonitorLooksForInterrupts() {
        var told = source("trap-and-emulate", "bits 32", "org 0x1000", "nop", "cli", "nop", "cli", "hlt");
        var exits = told.stream()
                .filter(one -> one.event().reason().equals("GENERAL_PROTECTION"))
                .toList();
        assertThat(steps(exits.get(0)))
                .containsExactly(
                        "cpu exception-entry",
                        "monitor read-guest-state",
                        "monitor handle-trap",
                        "monitor emulate-instruction",
                        "monitor check-interrupts",
                        "monitor return-to-guest");
        assertThat(exits.get(0).steps().get(0).detail()).isEqualTo(13);
    }

    /** The steps of a lab's log are the same wherever the lab came from. */
    @Test
    void goingBackAndForthGivesTheSameSteps() {
        var timeline = new ringside.replay.Timeline(Guests.start(Guests.sample("timer"), "kvm"));
        timeline.run(400, () -> false);
        long time = timeline.time();
        var straight = new ArrayList<>(timeline.log());
        for (int i = 0; i < 30; i++) {
            timeline.back();
        }
        while (timeline.time() < time) {
            timeline.forward();
        }
        assertThat(new ArrayList<>(timeline.log())).isEqualTo(straight);
        assertThat(straight).hasSizeGreaterThan(9);
        assertThat(straight.get(5).steps()).hasSizeGreaterThan(9);
    }

    @Test
    void theTraceHasTheWayBackInTheLineOfItsExit() {
        var file = sample("timer");
        var lines = new ArrayList<TraceLine>();
        new BatchRun(file, with("vt-x")).run(1000, () -> false, lines::add);
        var halts = lines.stream()
                .flatMap(line -> line.events().stream())
                .filter(event -> event.reason().equals("HLT"))
                .toList();
        var steps = halts.get(0).steps();
        assertThat(steps.get(steps.size() - 1).name()).isEqualTo("vm-entry");
        assertThat(steps).anyMatch(step -> step.name().equals("inject-interrupt") && step.detail() == 0x20);
    }
}
