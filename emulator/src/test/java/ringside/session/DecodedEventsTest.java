package ringside.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What processors report beside a reason, of instructions that were run for the matrix; the fields as the manuals draw them. */
class DecodedEventsTest {
    private static List<MatrixCell> intel = List.of();
    private static List<MatrixCell> amd = List.of();
    private static List<MatrixCell> traps = List.of();

    @BeforeAll
    static void run() {
        intel = Matrix.cells(OptionalInt.of(32), Optional.of("vt-x"));
        amd = Matrix.cells(OptionalInt.of(32), Optional.of("amd-v"));
        traps = Matrix.cells(OptionalInt.of(32), Optional.of("trap-and-emulate"));
    }

    /** The first event of a cell at ring 0, as {@code name=meaning} or {@code name=number}; flags that are off are left out. */
    private static String decoded(List<MatrixCell> cells, String instruction) {
        MatrixCell cell = cells.stream()
                .filter(one -> one.instruction().equals(instruction) && one.ring() == 0)
                .findFirst()
                .orElseThrow();
        return cell.events().get(0).decoded().stream()
                .filter(field -> !field.meaning().equals("no"))
                .map(field -> field.name() + "="
                        + (field.meaning().isEmpty() ? Long.toHexString(field.value()) : field.meaning()))
                .collect(Collectors.joining(", "));
    }

    /** SDM 3C, Exit Qualification for Control-Register Accesses. */
    @Test
    void controlRegisters() {
        assertEquals(
                "control register=CR0, access type=MOV to CR, LMSW operand type=register, general register=RAX,"
                        + " LMSW source data=0",
                decoded(intel, "MOV CR0,r"));
        assertEquals(
                "control register=CR0, access type=LMSW, LMSW operand type=register, general register=RAX,"
                        + " LMSW source data=3",
                decoded(intel, "LMSW r"));
        assertEquals("general register=RAX, MOV=yes", decoded(amd, "MOV CR4,r"));
    }

    /** SDM 3C, Exit Qualification for MOV DR. */
    @Test
    void debugRegisters() {
        assertEquals("debug register=DR7, direction=MOV to DR, general register=RAX", decoded(intel, "MOV DR7,r"));
        assertEquals("debug register=DR0, direction=MOV from DR, general register=RAX", decoded(intel, "MOV r,DR0"));
    }

    /** SDM 3C, Exit Qualification for I/O Instructions; APM 2, IOIO Intercepts. */
    @Test
    void ports() {
        assertEquals(
                "size of access=1 bytes, direction=OUT, operand encoding=immediate, port number=80",
                decoded(intel, "OUT imm8,AL"));
        assertEquals(
                "size of access=1 bytes, direction=IN, string instruction=yes, operand encoding=DX, port number=3fd",
                decoded(intel, "INSB"));
        assertEquals(
                "TYPE=IN, STR: string instruction=yes, SZ8: 8 bits=yes, A32: 32-bit address=yes,"
                        + " SEG: effective segment=ES, PORT=3fd",
                decoded(amd, "INSB"));
        assertEquals("direction=WRMSR", decoded(amd, "WRMSR EFER"));
    }

    /** SDM 3C, Exit Qualification for EPT Violations; APM 2, Nested versus Guest Page Faults. */
    @Test
    void memoryThatIsNotThere() {
        assertEquals(
                "data read=yes, guest linear address valid=yes, translation=of the final address",
                decoded(intel, "no RAM"));
        assertEquals("US: user=yes, of the final physical address=yes", decoded(amd, "no RAM"));
    }

    /** SDM 3C, Exit Qualification for Task Switch. */
    @Test
    void tasks() {
        assertEquals("selector of the new task=30, source=JMP", decoded(intel, "task switch"));
        assertEquals("selector of the new task=30", decoded(amd, "task switch"));
    }

    /** SDM 3A, Error Code; Interrupt 14. */
    @Test
    void errorCodes() {
        assertEquals("IDT=of a gate in the IDT, TI=GDT, index=30", decoded(traps, "INT n"));
        assertEquals("P=page not present, W/R=read, U/S=supervisor, I/D=data", decoded(traps, "no RAM"));
        assertEquals("", decoded(traps, "#UD"));
    }

    /** SDM 3C, Exit Qualification for Debug Exceptions. */
    @Test
    void debugExceptions() {
        assertEquals("B3 to B0=0, BS: single step=yes", decoded(intel, "single step"));
    }
}
