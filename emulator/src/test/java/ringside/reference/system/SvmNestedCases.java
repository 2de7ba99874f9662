package ringside.reference.system;

import static ringside.cpu.svm.VmcbField.*;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Faults in nested tables, and what a walk leaves in them: APM 2, Nested Paging. */
final class SvmNestedCases {
    private static final long NO_EXECUTE = 1L << 31;

    private final List<SvmCase> cases = new ArrayList<>();

    private SvmNestedCases() {}

    static List<SvmCase> all() {
        var made = new SvmNestedCases();
        made.data();
        made.tables();
        made.levels();
        return made.cases;
    }

    private static final Map<String, Supplier<SvmDraft>> MODES = new TreeMap<>(Map.of(
            "without paging", () -> SvmDraft.protectedMode(0),
            "32-bit paging", () -> SvmDraft.paged(0),
            "ring 3", () -> SvmDraft.paged(3),
            "PAE paging", () -> SvmDraft.pae(0),
            "64 bits", () -> SvmDraft.longMode(0)));

    private static int entry(int page) {
        return SvmArea.NESTED_TABLE + 8 * (page >>> 12);
    }

    private void data() {
        MODES.forEach((mode, draft) -> {
            for (String line : List.of(
                    "mov eax, [rbx]", "mov [rbx], eax", "call target", "add dword [rbx - 2], 1", "xchg eax, [rbx]")) {
                String code = mode.equals("64 bits") ? line : line.replace("rbx", "ebx");
                for (int rights : new int[] {0, 1, 3, 5, 7, 0x47, 0x67}) {
                    cases.add(draft.get()
                            .nested()
                            .patch(entry(SvmArea.DATA), (long) SvmArea.DATA | rights)
                            .octet(SvmArea.DATA, 0xF4)
                            .set("rbx", SvmArea.DATA)
                            .code(code.replace("target", "0x21000"))
                            .named("nested: %s; rights %x, %s", line, rights, mode));
                }
                cases.add(draft.get()
                        .nested()
                        .patch(entry(SvmArea.DATA) + 4, NO_EXECUTE)
                        .octet(SvmArea.DATA, 0xF4)
                        .set("rbx", SvmArea.DATA)
                        .code(code.replace("target", "0x21000"))
                        .named("nested: %s; execute-disable, %s", line, mode));
                cases.add(draft.get()
                        .nested()
                        .patch(entry(SvmArea.DATA) + 4, 1L << 10)
                        .set("rbx", SvmArea.DATA)
                        .code(code.replace("target", "0x21000"))
                        .named("nested: %s; reserved bit, %s", line, mode));
            }
        });
    }

    /** The pages of the guest's own tables. */
    private void tables() {
        for (int page : new int[] {SvmArea.PAGE_DIRECTORY, SvmArea.PAGE_TABLE}) {
            for (int rights : new int[] {0, 1, 3, 5, 7, 0x67}) {
                cases.add(SvmDraft.paged(0)
                        .nested()
                        .patch(entry(page), (long) page | rights)
                        .code("nop")
                        .named("nested: the guest's tables; 32-bit, %x, rights %x", page, rights));
            }
        }
        for (int page : new int[] {SvmArea.LEVEL_4, SvmArea.POINTERS_64, SvmArea.PAE_DIRECTORY, SvmArea.PAE_TABLE}) {
            for (int rights : new int[] {0, 1, 3, 5, 7, 0x67}) {
                cases.add(SvmDraft.longMode(0)
                        .nested()
                        .patch(entry(page), (long) page | rights)
                        .code("nop")
                        .named("nested: the guest's tables; 64-bit, %x, rights %x", page, rights));
            }
            cases.add(SvmDraft.longMode(0)
                    .nested()
                    .patch(entry(page) + 4, NO_EXECUTE)
                    .code("nop")
                    .named("nested: the guest's tables; 64-bit, %x, execute-disable", page));
        }
        for (int page : new int[] {SvmArea.PAE_DIRECTORY, SvmArea.PAE_TABLE}) {
            for (int rights : new int[] {0, 1, 5, 0x67}) {
                cases.add(SvmDraft.pae(0)
                        .nested()
                        .patch(entry(page), (long) page | rights)
                        .code("nop")
                        .named("nested: the guest's tables; PAE, %x, rights %x", page, rights));
            }
        }
        // A guest's own fault comes to the guest, and its tables' flags are set on the way.
        for (int rights : new int[] {0, 1, 3, 7}) {
            for (int vector : new int[] {14, 31}) {
                cases.add(SvmDraft.paged(3)
                        .nested()
                        .exceptions(vector)
                        .patch(SvmArea.PAGE_TABLE + 4 * (SvmArea.DATA >>> 12), (long) SvmArea.DATA | rights)
                        .code("mov [0x21000], eax")
                        .named("nested: the guest's own page fault; rights %x, intercept %d", rights, vector));
            }
        }
    }

    /** Entries above the nested table. */
    private void levels() {
        level("PML4", SvmArea.NESTED_LEVEL_4, SvmArea.NESTED_LEVEL_3);
        level("PDPT", SvmArea.NESTED_LEVEL_3, SvmArea.NESTED_LEVEL_2);
        level("PD", SvmArea.NESTED_LEVEL_2, SvmArea.NESTED_TABLE);
        for (int rights : new int[] {0x81, 0x83, 0x85, 0x87, 0xE7, 0x2087}) {
            cases.add(SvmDraft.protectedMode(0)
                    .nested()
                    .patch(SvmArea.NESTED_LEVEL_2, rights)
                    .code("mov [0x21000], eax")
                    .named("nested: large page; rights %x", rights));
        }
        cases.add(SvmDraft.protectedMode(0)
                .nested()
                .code("mov eax, [0x210000]")
                .named("nested: beyond what is mapped; read"));
        cases.add(SvmDraft.protectedMode(0)
                .nested()
                .code("mov [0x40001000], eax")
                .named("nested: beyond what is mapped; write"));
        // The data page leads elsewhere.
        cases.add(SvmDraft.protectedMode(0)
                .nested()
                .patch(entry(SvmArea.DATA), SvmArea.SPARE | 7L)
                .patch(SvmArea.SPARE, 0x1234_5678L)
                .code("mov ebx, [0x21000]", "mov [0x21004], ebx")
                .named("nested: another page"));
    }

    private void level(String name, int at, int next) {
        for (int rights : new int[] {0, 1, 2, 3, 5, 7, 0x27}) {
            cases.add(SvmDraft.longMode(0)
                    .nested()
                    .patch(at, (long) next | rights)
                    .code("mov [0x21000], eax")
                    .named("nested: entry of %s; rights %x", name, rights));
        }
    }
}
