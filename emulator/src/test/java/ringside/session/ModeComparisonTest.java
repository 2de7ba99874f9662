package ringside.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.monitor.mode.Modes;
import ringside.replay.Guests;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class ModeComparisonTest {
    private static final long LIMIT = 200_000;

    static Stream<Arguments> guestsAndModes() {
        return Guests.samples().stream()
                .flatMap(guest -> Modes.machines().stream()
                        .filter(mode -> !mode.equals("bare"))
                        .filter(mode -> expected(guest).path("modes").has(mode))
                        .map(mode -> Arguments.of(guest, mode)));
    }

    private static JsonNode expected(String guest) {
        return new ObjectMapper().readTree(Guests.text(guest, "expected.json"));
    }

    private static GuestFile sample(String guest) {
        return new GuestFile(guest + ".asm", Guests.text(guest, "guest.asm").getBytes(StandardCharsets.UTF_8));
    }

    private static GuestFile source(String... lines) {
        return new GuestFile("guest.asm", String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
    }

    private static Alignment compare(GuestFile guest, String... modes) {
        return new ModeComparison(guest, RunOptions.of("bare"), List.of(modes)).run(LIMIT, () -> false);
    }

    /** Each guest is compared once for both: it takes the time of several runs. */
    @ParameterizedTest(name = "{0} in {1}")
    @MethodSource("guestsAndModes")
    void aGuestPartsFromTheBareMachineWhereExpectedAndItsExitsEndAndTimesAreThoseOfARun(String guest, String mode) {
        Alignment compared = compare(sample(guest), "bare", mode);
        partsWhereExpected(guest, mode, compared.divergence());
        isAsInARun(guest, mode, compared.sides().get(1));
    }

    private static void partsWhereExpected(String guest, String mode, Optional<Alignment.Divergence> divergence) {
        List<String> named = new ArrayList<>();
        expected(guest)
                .path("modes")
                .path(mode)
                .path("differs")
                .forEach(one -> named.add(one.get("instruction").asString().toLowerCase(Locale.ROOT)));
        assertEquals(!named.isEmpty(), divergence.isPresent(), divergence.toString());
        divergence.ifPresent(found -> assertTrue(
                named.stream().anyMatch(name -> name.startsWith(found.text().split(" ", 2)[0])), found.toString()));
    }

    @Test
    void popfAtRingOneKeepsTheInterruptFlagAndTellsNobody() {
        var found = compare(sample("popf-hole"), "bare", "trap-and-emulate", "vt-x")
                .divergence()
                .orElseThrow();
        assertEquals(3, found.time());
        assertEquals(0x1008, found.rip());
        assertEquals("popf", found.text());
        assertEquals(List.of(List.of(), List.of(), List.of()), found.events());
        assertEquals(List.of(new Alignment.Differs("rflags", List.of("0x2", "0x202", "0x2"))), found.differs());
    }

    private static void isAsInARun(String guest, String mode, Alignment.Side side) {
        var run = new BatchRun(sample(guest), RunOptions.of(mode));
        List<TraceLine> lines = new ArrayList<>();
        run.run(LIMIT, () -> false, lines::add);
        List<String> traced = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            for (TraceLine.Happened event : lines.get(i).events()) {
                if (isExit(event, lines.get(i))) {
                    boolean last = i + 1 == lines.size();
                    traced.add(told(event, lines.get(i), last ? Optional.empty() : Optional.of(lines.get(i + 1))));
                }
            }
        }
        Summary summary = run.summary();
        assertEquals(summary.end(), side.end());
        assertEquals(summary.steps(), side.steps());
        assertEquals(summary.time(), side.time());
        Map<String, Long> counts = side.exits().stream()
                .collect(Collectors.groupingBy(left -> left.event().reason(), Collectors.counting()));
        summary.exits().stream()
                .collect(Collectors.groupingBy(Summary.Exits::reason, Collectors.summingLong(Summary.Exits::count)))
                .forEach((reason, count) -> assertEquals(count, counts.get(reason), reason));
        List<Alignment.Left> told = side.exits();
        assertEquals(traced.size(), told.size());
        for (int i = 0; i < traced.size(); i++) {
            String here = traced.get(i);
            Alignment.Left left = told.get(i);
            // Where an interrupt comes, a trace has no text, and the instruction that waits is told here.
            if (!here.endsWith(" of ")) {
                assertEquals(
                        here,
                        left.event().reason()
                                + (here.contains(" before ") ? " before " + left.rip() : " of " + left.text()));
            }
        }
    }

    /** A request to a device model belongs to an exit, and so does a hypercall by VMCALL. */
    private static boolean isExit(TraceLine.Happened event, TraceLine line) {
        boolean byExit = line.events().stream().anyMatch(one -> one.reason().endsWith("MCALL"));
        return !event.answeredBy().equals("cpu")
                && !event.kind().equals("ioreq")
                && !(byExit && event.kind().equals("hypercall"));
    }

    /** A physical interrupt stands in the line of the instruction after which it came; the guest is left before the next. */
    private static String told(TraceLine.Happened event, TraceLine line, Optional<TraceLine> next) {
        boolean physical = Set.of("EXTERNAL_INTERRUPT", "INTR").contains(event.reason());
        return physical && !line.text().isEmpty() && next.isPresent()
                ? event.reason() + " before " + next.get().rip()
                : event.reason() + " of " + line.text();
    }

    @Test
    void statesThatMeetAgainHaveStillParted() {
        // PUSHF shows what POPF lost; then all is overwritten, and the ends are equal.
        var guest = source(
                "bits 32",
                "mov esp, 0x8000",
                "sti",
                "mov ecx, 3000",
                "loop $",
                "push 2",
                "popfd",
                "sti",
                "mov dword [0x7ffc], 0",
                "mov ecx, 30000",
                "loop $",
                "cli",
                "hlt");
        var alignment = compare(guest, "bare", "trap-and-emulate");
        assertEquals("popf", alignment.divergence().orElseThrow().text());
        assertEquals(3004, alignment.divergence().orElseThrow().time());
        assertEquals(alignment.sides().get(0).end(), alignment.sides().get(1).end());
    }

    @Test
    void aDifferenceInMemoryAloneIsFoundFarIntoARun() {
        var guest = source(
                "bits 32",
                "mov ecx, 20000",
                "loop $",
                "str [0x9000]",
                "sgdt [0x9008]",
                "mov ecx, 20000",
                "loop $",
                "cli",
                "hlt");
        var found = compare(guest, "bare", "trap-and-emulate").divergence().orElseThrow();
        assertTrue(found.text().startsWith("str"), found.text());
        assertTrue(found.differs().stream().allMatch(one -> one.name().startsWith("[900")), found.toString());
    }

    @Test
    void endsThatDifferAreADivergence() {
        var guest = source("bits 32", "mov esp, 0x8000", "sti", "push 2", "popfd", "hlt");
        var alignment = compare(guest, "bare", "trap-and-emulate");
        assertEquals(
                List.of("halt", "idle"),
                alignment.sides().stream().map(Alignment.Side::end).toList());
    }

    @Test
    void aGuestWithoutEndIsComparedUpToTheLimit() {
        var alignment = new ModeComparison(source("jmp $"), RunOptions.of("bare"), List.of("bare", "vt-x", "kvm"))
                .run(70_001, () -> false);
        assertTrue(alignment.divergence().isEmpty());
        alignment.sides().forEach(side -> {
            assertEquals("limit", side.end());
            assertEquals(70_001, side.steps());
        });
    }

    @Test
    void moreExitsThanCanBeToldAreCounted() {
        var guest = source("mov cx, 12000", "again: in al, 0x80", "loop again", "cli", "hlt");
        var side = compare(guest, "bare", "vt-x").sides().get(1);
        assertEquals(10_000, side.exits().size());
        assertEquals(2_001, side.moreExits(), "and the HLT");
    }

    @Test
    void aComparisonWantsTwoModesOrMoreAndEachOnce() {
        assertThrows(BadInput.class, () -> compare(source("hlt"), "bare"));
        assertThrows(BadInput.class, () -> compare(source("hlt"), "bare", "bare"));
        assertThrows(BadInput.class, () -> compare(source("hlt"), "bare", "nowhere"));
    }

    /** The port of the sample guest paging asks by hypercalls for what the native one writes into its tables. */
    @Test
    void portsAreAlignedByTheMilestonesOfTheirSource() {
        var found = compare(sample("paging"), "bare", "xen-pv");
        assertEquals(Optional.empty(), found.divergence());
        assertEquals(
                List.of("", "paging-on", "stale", "fresh", "unmapped", "recovered"),
                found.segments().stream().map(Alignment.Segment::from).toList());
        var last = found.segments().get(5);
        assertEquals("", last.to());
        assertEquals(
                List.of("A\n", "A\n"),
                last.parts().stream().map(Alignment.Part::serial).toList());
        var fresh = found.segments().get(2);
        assertEquals(List.of(), fresh.parts().get(0).exits());
        assertEquals("mmuext_op", fresh.parts().get(1).exits().get(0).reason());
        long counted = found.segments().stream()
                .flatMap(segment -> segment.parts().get(1).exits().stream())
                .mapToLong(Summary.Exits::count)
                .sum();
        assertEquals(found.sides().get(1).exits().size(), counted);
    }

    /** A guest with a port that is a Linux program; each port has lines of its own behind the first milestone. */
    private static GuestFile ported(String native_, String ofProgram) {
        return source(
                "%ifdef CONTAINER",
                "bits 64",
                "org 0x400000",
                "head: db 0x7F, 'ELF', 2, 1, 1, 0",
                "dq 0",
                "dw 2, 62",
                "dd 1",
                "dq start, program - head, 0",
                "dd 0",
                "dw 64, 56, 1, 64, 0, 0",
                "program: dd 1, 7",
                "dq 0, head, head, end - head, end - head, 0x1000",
                "start: mov eax, 1",
                "mov edi, 1",
                "mov esi, letter",
                "mov edx, 1",
                ";@ milestone one",
                "syscall",
                ofProgram,
                "mov eax, 60",
                "xor edi, edi",
                "syscall",
                "letter: db 'x'",
                "end:",
                "%else",
                "bits 32",
                "org 0x1000",
                "mov dx, 0x3F8",
                "mov al, 'x'",
                ";@ milestone one",
                "out dx, al",
                native_,
                "hlt",
                "%endif");
    }

    @Test
    void portsThatComeToOtherMilestonesPartThere() {
        assertEquals(
                Optional.empty(), compare(ported("", ""), "bare", "container").divergence());
        var found = compare(ported(";@ milestone two", ";@ milestone three"), "bare", "container");
        var divergence = found.divergence().orElseThrow();
        assertEquals(List.of(new Alignment.Differs("milestone", List.of("two", "three"))), divergence.differs());
        assertEquals("out dx,al", divergence.text());
        assertEquals(List.of(), divergence.events().get(0));
        assertEquals("write", divergence.events().get(1).get(0).reason());
        assertEquals(2, found.segments().size());
    }

    @Test
    void portsThatPrintSomethingElsePartBehindTheLastMilestoneTheyShare() {
        var more = String.join("\n", "mov al, 'y'", "out dx, al", ";@ milestone two", "nop");
        var found = compare(ported(more, ";@ milestone two\nnop"), "bare", "container");
        var divergence = found.divergence().orElseThrow();
        assertEquals(List.of(new Alignment.Differs("serial", List.of("xy", "x"))), divergence.differs());
        assertEquals("two", found.segments().get(2).from());
        var lost = compare(ported("ud2", ""), "bare", "container").divergence().orElseThrow();
        assertEquals(List.of(new Alignment.Differs("end", List.of("triple-fault", "exited"))), lost.differs());
    }
}
