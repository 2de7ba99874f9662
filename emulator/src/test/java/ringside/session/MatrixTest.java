package ringside.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.CodeSource;
import ringside.isa.Trait;

class MatrixTest {
    private static List<MatrixCell> cells = List.of();

    @BeforeAll
    static void run() {
        cells = Matrix.cells(OptionalInt.empty(), Optional.empty());
    }

    private static MatrixCell cell(String instruction, int bits, int ring, String mode) {
        return cells.stream()
                .filter(cell -> cell.instruction().equals(instruction)
                        && cell.bits() == bits
                        && cell.ring() == ring
                        && cell.mode().equals(mode))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no cell " + instruction + " " + bits + " " + ring + " " + mode));
    }

    private static String place(MatrixCell cell) {
        return cell.mode() + ", " + cell.bits() + " bits, ring " + cell.ring();
    }

    /** By column, ring and code size: which rows nobody has written anything of. */
    @Test
    void everyCellHasAnExpectationThatSomebodyWrote() {
        Map<String, List<String>> missing = new TreeMap<>();
        for (MatrixCell cell : cells) {
            if (MatrixExpectations.of(cell.mode()).of(cell).isEmpty()) {
                missing.computeIfAbsent(place(cell), place -> new ArrayList<>()).add(cell.instruction());
            }
        }
        assertEquals(Map.of(), missing);
    }

    /** Every cell, once: what came of it is what was written of it before. */
    @Test
    void everyCellIsAsTheManualsSay() {
        List<String> wrong = new ArrayList<>();
        for (MatrixCell cell : cells) {
            String expected = MatrixExpectations.of(cell.mode()).of(cell).orElse("nothing");
            if (!MatrixExpectations.told(cell).equals(expected)) {
                wrong.add(cell.instruction() + " in " + place(cell) + ": expected " + expected + ", came "
                        + MatrixExpectations.told(cell));
            }
        }
        assertEquals(List.of(), wrong);
    }

    /** A line that no cell takes anything of is a line about nothing. */
    @Test
    void everyLineThatSomebodyWroteIsAboutACell() {
        cells.forEach(cell -> MatrixExpectations.of(cell.mode()).of(cell));
        assertEquals(
                List.of(),
                Matrix.modes().stream()
                        .flatMap(mode -> MatrixExpectations.of(mode).idle().stream())
                        .toList());
    }

    @Test
    void everyRowIsTriedInEveryModeAndAtEveryRing() {
        for (MatrixRow row : MatrixRow.all()) {
            for (MatrixRow.Place place : row.places()) {
                Matrix.modes().forEach(mode -> cell(row.name(), place.bits(), place.ring(), mode));
            }
        }
    }

    /**
     * Sensitive by an operand that these rows do not have (gates, task selectors, CS and SS) or by a control that no mode sets: SDM 3C, Instructions
     * That Cause VM Exits, for PAUSE, RDRAND, RDSEED, RDTSC and RDTSCP.
     */
    private static final List<String> UNTOUCHED_HERE = List.of(
            "JMP far", "MOV DS,r", "PAUSE", "POP DS", "POP FS", "PUSH DS", "RDRAND", "RDSEED", "RDTSC", "RDTSCP");

    /**
     * What the table says of an instruction's trait is what came of it: on a bare machine at both rings, and in modes that take the kernel's ring
     * away or have hardware for guests. (What the translator replaces it chooses by trait, so that its cells would prove nothing.)
     */
    @ParameterizedTest
    @EnumSource(Trait.class)
    void theTraitsAreWhatTheCellsShow(Trait trait) {
        Map<String, List<MatrixCell>> rows = new TreeMap<>();
        for (MatrixCell cell : cells) {
            boolean plain = !cell.instruction().contains("(")
                    && !cell.text().isEmpty()
                    && !cell.group().equals(MatrixRow.EVENTS)
                    && !cell.mode().equals("binary-translation");
            if (plain && trait(cell) == trait && tried(cell)) {
                rows.computeIfAbsent(cell.instruction(), row -> new ArrayList<>())
                        .add(cell);
            }
        }
        List<String> wrong = new ArrayList<>();
        rows.forEach((row, all) -> {
            boolean faultsOutside = all.stream()
                    .filter(cell -> cell.mode().equals("bare") && cell.ring() == 3)
                    .allMatch(cell -> cell.outcome() == MatrixCell.Outcome.FAULT);
            boolean matters = all.stream()
                    .anyMatch(cell ->
                            cell.outcome() != MatrixCell.Outcome.RUNS && cell.outcome() != MatrixCell.Outcome.REFUSED);
            boolean fits = switch (trait) {
                case PRIVILEGED, IO_SENSITIVE -> faultsOutside;
                case SENSITIVE -> !faultsOutside && matters != UNTOUCHED_HERE.contains(row);
                case INNOCUOUS -> !matters;
            };
            if (!fits) {
                wrong.add(row + " in " + place(all.get(0)));
            }
        });
        assertEquals(List.of(), wrong);
        assertFalse(rows.isEmpty());
    }

    /** Is there a bare machine at ring 0 that performs it, and a ring 3? An instruction that always faults shows nothing. */
    private static boolean tried(MatrixCell cell) {
        List<MatrixCell> bare = cells.stream()
                .filter(other -> other.mode().equals("bare")
                        && other.instruction().equals(cell.instruction())
                        && other.bits() == cell.bits())
                .toList();
        return bare.size() == 2
                && bare.stream().anyMatch(other -> other.ring() == 0 && other.outcome() == MatrixCell.Outcome.RUNS);
    }

    private static Trait trait(MatrixCell cell) {
        byte[] image = HexFormat.of().parseHex(cell.image());
        return InstructionSet.decoder()
                .decode(CodeSource.of(image, (int) (cell.rip() - MatrixProbe.LOAD)), cell.bits())
                .form
                .trait();
    }

    @Test
    void everySilentlyWrongCellIsOfAModeThatDeprivileges() {
        var modes = new TreeSet<String>();
        cells.stream()
                .filter(cell -> cell.outcome() == MatrixCell.Outcome.WRONG)
                .forEach(cell -> modes.add(cell.mode()));
        modes.removeAll(List.of("trap-and-emulate", "binary-translation", "xen-pv"));
        assertEquals(new TreeSet<>(), modes);
    }

    @Test
    void whatAModeRefusesItRefusesFromTheCommandLineToo() {
        MatrixCell cell = cell("CLI", 16, 0, "xen-pv");
        assertEquals(MatrixCell.Outcome.REFUSED, cell.outcome());
        var file = new GuestFile("probe.bin", HexFormat.of().parseHex(cell.image()));
        assertThrows(BadInput.class, () -> new BatchRun(file, RunOptions.of("xen-pv")));
    }

    /** What a kernel for Xen does in an instruction's place: the numbers are those of Xen's public header xen.h. */
    @ParameterizedTest
    @CsvSource({
        "HLT,              sched_op 29,         sched_op 29",
        "CLTS,             fpu_taskswitch 5,    fpu_taskswitch 5",
        "'MOV CR0,r (TS)', fpu_taskswitch 5,    fpu_taskswitch 5",
        "'MOV CR3,r',      mmuext_op 26,        mmuext_op 26",
        "'MOV DR0,r',      set_debugreg 8,      set_debugreg 8",
        "'MOV r,DR0',      get_debugreg 9,      get_debugreg 9",
        "'MOV DR7,r',      set_debugreg 8,      set_debugreg 8",
        "'MOV r,DR7',      get_debugreg 9,      get_debugreg 9",
        "LGDT,             set_gdt 2,           set_gdt 2",
        "LIDT,             set_trap_table 0,    set_trap_table 0",
        "LLDT,             mmuext_op 26,        mmuext_op 26",
        "LTR,              stack_switch 3,      stack_switch 3",
        "INVLPG,           mmuext_op 26,        mmuext_op 26",
        "INVPCID,          mmuext_op 26,        mmuext_op 26",
        "SWAPGS,           ,                    set_segment_base 25",
        "SYSRET,           ,                    iret 23",
        "SYSEXIT,          iret 23,             iret 23",
        "IRET,             iret 23,             iret 23",
        "IRET (to ring 3), iret 23,             iret 23",
        "PAUSE,            sched_op 29,         sched_op 29",
        "CPUID,            INVALID_OPCODE 6,    INVALID_OPCODE 6",
        "CLI,              'mov byte [dword 0x6001],0x1', 'mov byte [0x6001],0x1'",
        "STI,              'mov byte [dword 0x6001],0x0', 'mov byte [0x6001],0x0'",
        "POPF,             'mov byte [dword 0x6001],0x0', 'mov byte [0x6001],0x0'",
        "PUSHF,            'movzx eax,byte [dword 0x6001]', 'movzx eax,byte [0x6001]'",
        "'MOV r,CR2',      'mov eax,[0x6008]',  'mov rax,[0x6010]'"
    })
    void aPortedKernelAsksXenInstead(String instruction, String in32Bits, String in64Bits) {
        if (in32Bits != null) {
            assertEquals(in32Bits, instead(cell(instruction, 32, 0, "xen-pv")));
        }
        assertEquals(in64Bits, instead(cell(instruction, 64, 0, "xen-pv")));
    }

    private static String instead(MatrixCell cell) {
        return cell.instead().orElseThrow().said();
    }

    @Test
    void runningTheImageOfACellMakesItAgain() {
        for (int i = 0; i < cells.size(); i += 37) {
            MatrixCell cell = cells.get(i);
            if (cell.group().equals(MatrixRow.EVENTS) || cell.outcome() == MatrixCell.Outcome.REFUSED) {
                continue;
            }
            var options = RunOptions.of(cell.mode());
            var run = new BatchRun(
                    new GuestFile("probe.bin", HexFormat.of().parseHex(cell.image())),
                    new RunOptions(
                            cell.mode(),
                            cell.isPorted() ? OptionalInt.empty() : OptionalInt.of(cell.bits()),
                            cell.isPorted() ? OptionalLong.empty() : OptionalLong.of(MatrixProbe.LOAD),
                            OptionalLong.empty(),
                            options.memory(),
                            options.irqchip(),
                            options.hardware(),
                            options.generation(),
                            options.paging(),
                            options.translator()));
            List<TraceLine> lines = new ArrayList<>();
            run.run(10_000, () -> false, lines::add);
            var line = lines.stream()
                    .filter(one -> one.time() == cell.time() && one.rip() == cell.rip())
                    .findFirst()
                    .orElseThrow();
            assertEquals(cell.text(), line.text());
            assertEquals(cell.events(), line.events(), cell.toString());
        }
    }
}
