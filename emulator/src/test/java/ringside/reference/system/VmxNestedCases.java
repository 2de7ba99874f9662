package ringside.reference.system;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import ringside.reference.system.VmxDraft.Way;

/** Guests under extended page tables: violations, misconfigurations, and what is delivered in their midst: SDM 3C, The Extended Page Table Mechanism. */
final class VmxNestedCases {
    private static final int PAGE = 0x50;
    private static final int MEMORY = 6 << 3;

    private final List<VmxCase> cases = new ArrayList<>();

    private VmxNestedCases() {}

    static List<VmxCase> all() {
        var made = new VmxNestedCases();
        made.violations();
        made.upperLevels();
        made.misconfigurations();
        made.walks();
        made.deliveries();
        made.pointers();
        return made.cases;
    }

    private static int entry(int page) {
        return VmxArea.EPT_TABLE + 8 * page;
    }

    private static int entryOf(int address) {
        return entry(address >> 12);
    }

    private void violations() {
        String[] accesses = {
            "mov eax, [0x50004]",
            "mov [0x50004], eax",
            "add [0x50004], eax",
            "push dword [0x50004]",
            "pop dword [0x50004]",
            "bts dword [0x50004], 3",
            "xchg eax, [0x50004]",
            "cmpxchg [0x50004], eax",
            "mov eax, [0x4FFFE]",
            "mov [0x4FFFE], eax",
            "jmp 0x50000"
        };
        for (int rights : new int[] {0, 1, 3, 4, 5, 7}) {
            for (String access : accesses) {
                cases.add(VmxDraft.paged(0)
                        .nested()
                        .patch(entry(PAGE), PAGE << 12 | MEMORY | rights)
                        .patch(VmxArea.STACK + 0xF00, 0)
                        .octet(PAGE << 12, 0xF4)
                        .code(access)
                        .named("EPT: violation; %s, rights %x", access, rights));
            }
            cases.add(VmxDraft.longMode(0)
                    .nested()
                    .patch(entry(PAGE), PAGE << 12 | MEMORY | rights)
                    .code("mov rax, [0x50000]")
                    .named("EPT: violation; 64 bits, rights %x", rights));
            cases.add(VmxDraft.paged(3)
                    .nested()
                    .patch(entry(PAGE), PAGE << 12 | MEMORY | rights)
                    .code("mov [0x50000], eax")
                    .named("EPT: violation; ring 3, rights %x", rights));
            cases.add(VmxDraft.unpaged(0)
                    .patch(entry(PAGE), PAGE << 12 | MEMORY | rights)
                    .code("mov [0x50000], eax")
                    .named("EPT: violation; without paging, rights %x", rights));
            cases.add(VmxDraft.realMode()
                    .patch(entry(PAGE), PAGE << 12 | MEMORY | rights)
                    .code("mov ax, 0x5000", "mov ds, ax", "mov [0x10], al")
                    .named("EPT: violation; real mode, rights %x", rights));
        }
        for (String line : new String[] {"rep movsb", "rep stosd", "lodsb", "insb", "outsb", "movsd"}) {
            cases.add(VmxDraft.paged(0)
                    .nested()
                    .patch(entry(PAGE), 0)
                    .set("rcx", 8)
                    .set("rdx", 0x80)
                    .set("rsi", 0x4_FFFE)
                    .set("rdi", 0x4_FFFA)
                    .code(line)
                    .named("EPT: violation in a string; %s", line));
            cases.add(VmxDraft.paged(0)
                    .nested()
                    .patch(entry(PAGE), PAGE << 12 | MEMORY | 1)
                    .set("rcx", 8)
                    .set("rdx", 0x80)
                    .set("rsi", 0x5_0000)
                    .set("rdi", 0x5_0000)
                    .code(line)
                    .named("EPT: violation in a string; %s, read-only", line));
        }
        cases.add(VmxDraft.paged(0).nested().code("mov eax, [0x200000]").named("EPT: violation; no table"));
        cases.add(VmxDraft.unpaged(0).code("mov eax, [0x40000000]").named("EPT: violation; no directory"));
    }

    private void upperLevels() {
        int[] tables = {VmxArea.EPT_LEVEL_4, VmxArea.EPT_LEVEL_3, VmxArea.EPT_LEVEL_2};
        int[] next = {VmxArea.EPT_LEVEL_3, VmxArea.EPT_LEVEL_2, VmxArea.EPT_TABLE};
        for (int i = 0; i < 3; i++) {
            for (int rights : new int[] {0, 1, 3, 5}) {
                cases.add(VmxDraft.unpaged(0)
                        .patch(tables[i], next[i] | rights)
                        .code("mov [0x50000], eax")
                        .named("EPT: rights of a table; level %d, %x", 4 - i, rights));
            }
        }
        for (int rights : new int[] {1, 3, 5, 7}) {
            cases.add(VmxDraft.unpaged(0)
                    .patch(VmxArea.EPT_LEVEL_2 + 8, 0x40_0080L | MEMORY | rights)
                    .code("mov [0x300000], eax", "mov eax, [0x300000]")
                    .named("EPT: large page; %x", rights));
        }
    }

    private void misconfigurations() {
        long[] entries = {
            2,
            6,
            0x50_0000_0000_0007L,
            PAGE << 12 | 2 << 3 | 7,
            PAGE << 12 | 3 << 3 | 7,
            PAGE << 12 | 7 << 3 | 7,
            PAGE << 12 | 7,
            PAGE << 12 | 4 << 3 | 7,
            PAGE << 12 | 5 << 3 | 7,
            PAGE << 12 | 1 << 3 | 7,
            PAGE << 12 | MEMORY | 2,
            PAGE << 12 | MEMORY | 6,
            PAGE << 12 | MEMORY | 1 << 6 | 7,
            PAGE << 12 | MEMORY | 0xF00 | 7,
            PAGE << 12 | MEMORY | 4
        };
        for (long entry : entries) {
            for (String line : new String[] {"mov eax, [0x50000]", "mov [0x50000], eax"}) {
                cases.add(VmxDraft.paged(0)
                        .nested()
                        .patch(entry(PAGE), Area.eight(entry))
                        .code(line)
                        .named("EPT: leaf; %x, %s", entry, line));
            }
        }
        for (long bits : new long[] {1 << 3, 1 << 4, 1 << 6, 1 << 7, 1L << 50, 2, 0x100}) {
            cases.add(VmxDraft.unpaged(0)
                    .patch(VmxArea.EPT_LEVEL_3, Area.eight(VmxArea.EPT_LEVEL_2 | 7 | bits))
                    .code("nop")
                    .named("EPT: directory pointer; with %x", bits));
            cases.add(VmxDraft.unpaged(0)
                    .patch(VmxArea.EPT_LEVEL_4, Area.eight(VmxArea.EPT_LEVEL_3 | 7 | bits))
                    .code("nop")
                    .named("EPT: level 4; with %x", bits));
            cases.add(VmxDraft.unpaged(0)
                    .patch(VmxArea.EPT_LEVEL_2 + 8, Area.eight(0x40_0087L | MEMORY | bits << 12))
                    .code("mov eax, [0x200000]")
                    .named("EPT: large page; with %x", bits << 12));
        }
    }

    /** The guest's own tables are read, and written where accessed and dirty flags are set. */
    private void walks() {
        for (int rights : new int[] {0, 1, 3, 7}) {
            for (String line : new String[] {"mov eax, [0x50000]", "mov [0x50000], eax"}) {
                cases.add(VmxDraft.paged(0)
                        .nested()
                        .patch(VmxArea.PAGE_TABLE + 4 * PAGE, PAGE << 12 | 7)
                        .patch(entryOf(VmxArea.PAGE_TABLE), VmxArea.PAGE_TABLE | MEMORY | rights)
                        .code(line)
                        .named(
                                "EPT: walk%s; page table, rights %x, %s",
                                rights == 1 ? " in a read-only table" : "", rights, line));
                cases.add(VmxDraft.paged(0)
                        .nested()
                        .patch(VmxArea.PAGE_DIRECTORY, VmxArea.PAGE_TABLE | 7)
                        .patch(entryOf(VmxArea.PAGE_DIRECTORY), VmxArea.PAGE_DIRECTORY | MEMORY | rights)
                        .code(line)
                        .named(
                                "EPT: walk%s; page directory, rights %x, %s",
                                rights == 1 ? " in a read-only table" : "", rights, line));
                cases.add(VmxDraft.pae(0)
                        .nested()
                        .set(GUEST_IA32_PDPTE0, VmxArea.PAE_DIRECTORY | 1)
                        .patch(entryOf(VmxArea.PAE_DIRECTORY), VmxArea.PAE_DIRECTORY | MEMORY | rights)
                        .code(line)
                        .named("EPT: walk; PAE directory, rights %x, %s", rights, line));
                cases.add(VmxDraft.longMode(0)
                        .nested()
                        .patch(entryOf(VmxArea.LEVEL_4), VmxArea.LEVEL_4 | MEMORY | rights)
                        .code(line)
                        .named("EPT: walk; level 4, rights %x, %s", rights, line));
            }
        }
        for (Supplier<VmxDraft> draft :
                List.<Supplier<VmxDraft>>of(() -> VmxDraft.paged(0), () -> VmxDraft.longMode(0))) {
            boolean wide = draft.get() != null && cases.size() % 2 == 0;
            cases.add(draft.get()
                    .nested()
                    .exceptions(14)
                    .code("mov eax, [0x600000]")
                    .named("EPT: the guest's own page fault; %s", wide ? "a" : "b"));
        }
        cases.add(VmxDraft.pae(0)
                .nested()
                .set(GUEST_IA32_PDPTE0, VmxArea.PAE_DIRECTORY | 1)
                .code("mov eax, cr3", "mov cr3, eax")
                .enter()
                .root("mov edx, 0x280A", "vmread rax, rdx", "mov edx, 0x2810", "vmread rcx, rdx")
                .named("EPT: MOV to CR3 loads pointers; PAE"));
        cases.add(VmxDraft.pae(0)
                .nested()
                .set(GUEST_IA32_PDPTE0, VmxArea.PAE_DIRECTORY | 1)
                .patch(entryOf(VmxArea.PAE_POINTERS), 0)
                .code("mov eax, cr3", "mov cr3, eax")
                .named("EPT: MOV to CR3 loads pointers; violation"));
        cases.add(VmxDraft.pae(0)
                .nested()
                .set(GUEST_IA32_PDPTE0, VmxArea.PAE_DIRECTORY | 1)
                .patch(VmxArea.PAE_POINTERS, VmxArea.PAE_DIRECTORY | 3)
                .exceptions(13)
                .code("mov eax, cr3", "mov cr3, eax")
                .named("EPT: MOV to CR3 loads pointers; reserved bits"));
        cases.add(VmxDraft.pae(0)
                .nested()
                .set(GUEST_IA32_PDPTE0, 0)
                .exceptions(14)
                .code("nop")
                .named("EPT: no pointer; PAE"));
    }

    /** SDM 3C, Information for VM Exits During Event Delivery. */
    private void deliveries() {
        for (String line : new String[] {"int 0x30", "int3", "ud2", "mov es, eax", "db 0xF1"}) {
            for (int[] page : new int[][] {
                {VmxArea.STACK_0, 0},
                {VmxArea.STACK_0, 1},
                {VmxArea.IDT, 0},
                {VmxArea.GDT, 0},
                {VmxArea.GDT, 1},
                {VmxArea.TSS, 0}
            }) {
                cases.add(VmxDraft.paged(3)
                        .nested()
                        .set("rax", 0x1000)
                        .octet(VmxArea.GDT + VmxArea.KERNEL_CODE + 5, 0x9A)
                        .patch(VmxArea.IDT + 8, Area.gate(VmxArea.KERNEL_CODE, VmxArea.HANDLERS + 4, 0xEE, 0))
                        .patch(entryOf(page[0]), page[1] == 0 ? 0 : page[0] | MEMORY | page[1])
                        .code(line)
                        .named("EPT: delivery; %s, page %x, rights %x", line, page[0], page[1]));
            }
            cases.add(VmxDraft.longMode(3)
                    .nested()
                    .set("rax", 0x1000)
                    .patch(entryOf(VmxArea.STACK_0), 0)
                    .code(line)
                    .named("EPT: delivery; %s, 64 bits", line));
            cases.add(VmxDraft.paged(3)
                    .nested()
                    .set("rax", 0x1000)
                    .patch(entryOf(VmxArea.STACK_0), 0)
                    .code(line)
                    .enter()
                    .patch(entryOf(VmxArea.STACK_0), VmxArea.STACK_0 | MEMORY | 7)
                    .root("mov eax, 2", "invept rax, [0x32100]")
                    .enter(Way.RESUME, Way.AGAIN)
                    .named("EPT: delivery again; %s", line));
        }
        cases.add(VmxDraft.paged(3)
                .nested()
                .set(GUEST_RFLAGS, 0x202)
                .patch(entryOf(VmxArea.STACK_0), 0)
                .code("nop")
                .enter(Way.WAITING)
                .named("EPT: delivery; an external interrupt"));
        cases.add(VmxDraft.paged(3)
                .nested()
                .set(VMENTRY_INTERRUPTION_INFO, 0x8000_0202L)
                .patch(entryOf(VmxArea.STACK_0), 0)
                .code("nop")
                .named("EPT: delivery; an injected NMI"));
        cases.add(VmxDraft.paged(3)
                .nested()
                .set(VMENTRY_INTERRUPTION_INFO, 0x8000_0430L)
                .set(VMENTRY_INSTRUCTION_LENGTH, 2)
                .patch(entryOf(VmxArea.STACK_0), 0)
                .code("nop")
                .named("EPT: delivery; an injected INT n"));
        cases.add(VmxDraft.paged(3)
                .nested()
                .set(VMENTRY_INTERRUPTION_INFO, 0x8000_0B0EL)
                .set(VMENTRY_EXCEPTION_ERR_CODE, 5)
                .patch(entryOf(VmxArea.STACK_0), 0)
                .code("nop")
                .named("EPT: delivery; an injected #PF"));
        cases.add(VmxDraft.paged(0)
                .nested()
                .patch(entryOf(VmxArea.GDT), 0)
                .code("mov eax, 0x10", "mov ds, eax")
                .named("EPT: violation; a descriptor"));
        cases.add(VmxDraft.paged(0)
                .nested()
                .patch(entryOf(VmxArea.GDT), VmxArea.GDT | MEMORY | 1)
                .octet(VmxArea.GDT + VmxArea.KERNEL_DATA + 5, 0x92)
                .code("mov eax, 0x10", "mov ds, eax")
                .named("EPT: violation; a descriptor's accessed bit"));
        cases.add(VmxDraft.paged(3)
                .nested()
                .patch(entryOf(VmxArea.TSS), 0)
                .code("in al, 0x80")
                .named("EPT: violation; the I/O permission bitmap"));
        cases.add(VmxDraft.paged(0)
                .nested()
                .patch(entryOf(VmxArea.CODE), 0)
                .code("nop")
                .named("EPT: violation; the first fetch"));
    }

    private void pointers() {
        for (long value : new long[] {
            0x17, 0x1E, 0x1F, 0x1C, 0x18, 0x19, 0x0E, 0x16, 0x26, 0x9E, 1L << 40 | 0x1E, 1L << 52 | 0x1E, 0x11E, 0xF9E
        }) {
            long pointer = VmxArea.EPT_LEVEL_4 | value;
            cases.add(VmxDraft.paged(0)
                    .nested()
                    .set(EPT_POINTER, pointer)
                    .code("nop")
                    .named("EPT: pointer; %x", value));
        }
        cases.add(VmxDraft.paged(0)
                .nested()
                .set(EPT_POINTER, VmxArea.EPT_LEVEL_4 | 0x18)
                .code("nop")
                .named("EPT: pointer; uncacheable tables"));
    }
}
