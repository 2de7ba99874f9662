package ringside.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Page walks with the manual's names. The tables of 64-bit guests at the start: the contract's identity map at 70000H, 2 MiB pages. */
class WalksTest {
    /** Linear 400000H by a PDE and a PTE of its own; 401000H read-only, 402000H the kernel's, 403000H not to be run, 404000H absent. */
    private static final String FOUR_LEVELS = """
            bits 64
            org 0x1000
                    mov qword [0x20000], 0x5007
                    mov qword [0x20008], 0x6005
                    mov qword [0x20010], 0x7003
                    mov rax, 0x8000000000008007
                    mov [0x20018], rax
                    mov qword [0x20020], 0x9006
                    mov qword [0x72010], 0x20007
                    or qword [0x70000], 4
                    or qword [0x71000], 4
                    mov ecx, 0xC0000080
                    rdmsr
                    or eax, 0x800
                    wrmsr
                    mov rax, cr3
                    mov cr3, rax
                    mov eax, [0x400000]
            here:   jmp here
            """;

    private static final int AFTER = 16;

    /** 32-bit paging by a PDE at 10000H with one 4 MiB page, and a second directory entry for tables at 11000H. */
    private static final String TWO_LEVELS = """
            bits 32
            org 0x1000
                    mov dword [0x10000], 0x83
                    mov dword [0x10004], 0x11003
                    mov dword [0x11000], 0x5003
                    mov eax, 0x10
                    mov cr4, eax
                    mov eax, 0x10000
                    mov cr3, eax
                    mov eax, 0x80000001
                    mov cr0, eax
            here:   jmp here
            """;

    private static Walks walks(String mode, String source, long time, String address, Walks.Access access) {
        var file = new GuestFile("guest.asm", source.getBytes(StandardCharsets.UTF_8));
        return new Showing(file, RunOptions.of(mode), new byte[0], time).walks(Optional.of(address), access);
    }

    private static Walks.Walk walk(String mode, String source, long time, String address, Walks.Access access) {
        return walks(mode, source, time, address, access).walks().get(0);
    }

    private static List<String> names(Walks.Walk walk) {
        return walk.references().stream().map(Walks.Reference::name).toList();
    }

    private static String set(Walks.Reference one) {
        return one.flags().stream().filter(Walks.Flag::on).map(Walks.Flag::name).collect(Collectors.joining(" "));
    }

    @Test
    void fourLevelsHaveTheManualsNamesIndexesAndBits() {
        var walk = walk("bare", FOUR_LEVELS, AFTER, "400123", Walks.Access.READ);
        assertEquals("four-level", walk.paging());
        assertEquals(List.of("PML4E", "PDPTE", "PDE", "PTE"), names(walk));
        assertEquals(
                List.of(0, 0, 2, 0),
                walk.references().stream().map(Walks.Reference::index).toList());
        assertEquals("P RW US A", set(walk.references().get(3)));
        assertEquals(0x5000, walk.references().get(3).frame());
        assertEquals(OptionalLong.of(0x5123), walk.page());
        assertEquals("walk.verdict.good", walk.verdict().key());
    }

    /** SDM 3A, 32-Bit Paging: bits 31:22 choose the PDE; with CR4.PSE and PS it maps 4 MiB. */
    @Test
    void aLargePageEndsTheWalkAtItsDirectoryEntry() {
        var walk = walk("bare", TWO_LEVELS, 9, "123456", Walks.Access.READ);
        assertEquals("two-level", walk.paging());
        assertEquals(List.of("PDE"), names(walk));
        assertTrue(walk.references().get(0).has("PS"));
        assertEquals(OptionalLong.of(0x123456), walk.physical());
        var small = walk("bare", TWO_LEVELS, 9, "400010", Walks.Access.READ);
        assertEquals(List.of("PDE", "PTE"), names(small));
        assertEquals(1, small.references().get(0).index());
        assertEquals(OptionalLong.of(0x5010), small.physical());
    }

    /** SDM 3A, Determination of Access Rights, and Interrupt 14: bits P, W/R, U/S and I/D of the error code. */
    @ParameterizedTest
    @CsvSource({
        "401000, WRITE, true,  7,  walk.verdict.write",
        "402000, READ,  true,  5,  walk.verdict.user",
        "403000, FETCH, false, 17, walk.verdict.execute",
        "404000, WRITE, false, 2,  walk.verdict.absent",
        "404000, READ,  true,  4,  walk.verdict.absent"
    })
    void theReasonOfAPageFaultIsTheEntryThatWithholdsTheRight(
            String address, Walks.Kind kind, boolean program, int code, String why) {
        var walk = walk("bare", FOUR_LEVELS, AFTER, address, new Walks.Access(kind, program));
        assertEquals(OptionalInt.of(code), walk.errorCode());
        assertEquals(why, walk.verdict().key());
        assertEquals(OptionalInt.of(3), walk.culprit());
        assertTrue(walk.page().isEmpty());
    }

    /** EPT's entries have R, W and X in their lowest bits (SDM 3C); AMD's nested tables are ordinary ones (APM 2, Nested Paging). */
    @ParameterizedTest
    @CsvSource({"vt-x, EPT PTE, R W X", "amd-v, nPTE, P RW US A D"})
    void nestedEntriesAreReadAsTheirHardwareHasThem(String mode, String name, String bits) {
        var walk = walk(mode, FOUR_LEVELS, AFTER, "400123", Walks.Access.READ);
        assertTrue(walk.nested());
        assertEquals(24, walk.references().size());
        assertEquals(name, walk.references().get(3).name());
        assertEquals(bits, set(walk.references().get(3)).replaceFirst("^R W X.*", "R W X"));
        assertEquals(OptionalLong.of(0x5123), walk.page());
    }

    @Test
    void whereKvmHasNotMappedAPageTheNestedEntryIsTheReason() {
        var walk = walk("kvm", FOUR_LEVELS, AFTER, "600000", Walks.Access.READ);
        assertEquals(Optional.of("EPT_VIOLATION"), walk.exit());
        assertEquals("walk.verdict.exit", walk.verdict().key());
        assertEquals(OptionalInt.of(walk.references().size() - 1), walk.culprit());
    }

    /** Of what a processor has walked it keeps the translation, until it is dropped (SDM 3A, Caching Translation Information). */
    @Test
    void theTlbHoldsWhatWasReadAndIsStaleOnceTheTablesSayOtherwise() {
        var held =
                walks("bare", FOUR_LEVELS, AFTER, "400123", Walks.Access.READ).buffer();
        var asked = held.held().stream().filter(Walks.Held::asked).toList();
        assertEquals(1, asked.size());
        assertEquals(0x5000, asked.get(0).page());
        assertTrue(asked.get(0).writable() && asked.get(0).user());
        assertFalse(held.stale());
        var changed = FOUR_LEVELS.replace("here:   jmp here", "mov qword [0x20000], 0x6007\nhere: jmp here");
        assertTrue(walks("bare", changed, AFTER + 1, "400123", Walks.Access.READ)
                .buffer()
                .stale());
        assertFalse(walks("bare", changed, AFTER + 1, "401000", Walks.Access.READ)
                .buffer()
                .stale());
    }

    @Test
    void underShadowPagingBothWalksLeadToTheSameByte() {
        var both = walks("trap-and-emulate", FOUR_LEVELS, AFTER, "400123", Walks.Access.READ)
                .walks();
        assertEquals(
                List.of("guest", "shadow"),
                both.stream().map(Walks.Walk::tables).toList());
        assertEquals(both.get(0).physical(), both.get(1).physical());
    }

    @Test
    void aLookLeavesNoTrace() {
        assertEquals(
                walks("amd-v", FOUR_LEVELS, AFTER, "400123", Walks.Access.READ),
                walks("amd-v", FOUR_LEVELS, AFTER, "400123", Walks.Access.READ));
    }
}
