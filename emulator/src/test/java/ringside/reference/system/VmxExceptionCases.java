package ringside.reference.system;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Exceptions of guests, those that leave and those that do not: SDM 3C, Other Causes of VM Exits, Exceptions. */
final class VmxExceptionCases {
    private final List<VmxCase> cases = new ArrayList<>();

    private VmxExceptionCases() {}

    static List<VmxCase> all() {
        var made = new VmxExceptionCases();
        made.exceptions();
        made.pageFaults();
        made.debug();
        made.software();
        return made.cases;
    }

    private static Map<String, Supplier<VmxDraft>> rings() {
        Map<String, Supplier<VmxDraft>> rings = new LinkedHashMap<>();
        for (String mode : List.of("ring 0", "ring 3", "64 bits", "64 bits, ring 3", "real", "virtual-8086")) {
            rings.put(mode, VmxInstructionCases.MODES.get(mode));
        }
        return rings;
    }

    private void exception(String form, int vector, String... lines) {
        rings().forEach((mode, draft) -> {
            if (!mode.startsWith("64") || !form.equals("#BR") && !form.equals("#OF")) {
                cases.add(draft.get().exceptions(vector).code(lines).named("exception: leaves; %s, %s", form, mode));
                cases.add(draft.get().exceptions().code(lines).named("exception: is the guest's; %s, %s", form, mode));
            }
        });
    }

    private void exceptions() {
        exception("#DE", 0, "xor ecx, ecx", "div ecx");
        exception("#UD", 6, "ud2");
        exception("#BP", 3, "int3");
        exception("#OF", 4, "mov al, 0x7F", "add al, 1", "into");
        exception("#BR", 5, "mov ecx, 9", "bound ecx, [0x800]");
        exception("#BP by INT n", 3, "int 3");
        exception("#DB by INT1", 1, "db 0xF1");
        exception("#GP", 13, "mov eax, 0x5000", "mov ds, eax", "hlt");
        for (int ring : new int[] {0, 3}) {
            int code = ring == 0 ? 0 : 3;
            for (boolean leaves : new boolean[] {false, true}) {
                int[] vectors = leaves ? new int[] {8, 10, 11, 12, 13, 17} : new int[0];
                String text = (leaves ? "leaves" : "is the guest's") + ", ring " + ring;
                cases.add(VmxDraft.paged(ring)
                        .exceptions(vectors)
                        .code("mov eax, " + (VmxArea.ABSENT | code), "mov es, eax")
                        .named("exception: #NP; %s", text));
                cases.add(VmxDraft.paged(ring)
                        .exceptions(vectors)
                        .code("mov eax, " + (VmxArea.ABSENT | code), "mov ss, eax")
                        .named("exception: #SS; %s", text));
                cases.add(VmxDraft.paged(ring)
                        .exceptions(vectors)
                        .code("mov eax, 0x1000", "mov es, eax")
                        .named("exception: #GP with an error code; %s", text));
                cases.add(VmxDraft.paged(ring)
                        .exceptions(vectors)
                        .set(GUEST_RFLAGS, 0x4_0002)
                        .set(GUEST_CR0, 0x8005_0031L)
                        .code("mov eax, [0x21001]")
                        .named("exception: #AC; %s", text));
                cases.add(VmxDraft.paged(ring)
                        .exceptions(vectors)
                        .set(GUEST_IDTR_LIMIT, 0x7F)
                        .set("rax", 0x1000)
                        .code("mov es, eax", "int 0x30")
                        .named("exception: #GP, then #GP for its vector; %s, all exceptions beyond the limit", text));
                cases.add(VmxDraft.paged(ring)
                        .exceptions(vectors)
                        .patch(VmxArea.IDT + 8 * 13 + 4, 0)
                        .code("mov eax, 0x1000", "mov es, eax")
                        .named("exception: double fault; %s, no gate for #GP", text));
                cases.add(VmxDraft.paged(ring)
                        .exceptions(leaves ? new int[] {8} : vectors)
                        .patch(VmxArea.IDT + 8 * 13 + 4, 0)
                        .code("mov eax, 0x1000", "mov es, eax")
                        .named("exception: double fault; only it %s", text));
                cases.add(VmxDraft.paged(ring)
                        .exceptions(leaves ? new int[] {11} : vectors)
                        .patch(VmxArea.IDT + 8 * 13 + 4, 0)
                        .code("mov eax, 0x1000", "mov es, eax")
                        .named("exception: #GP, then #NP; only it %s", text));
            }
            cases.add(VmxDraft.paged(ring)
                    .set(GUEST_IDTR_LIMIT, 0)
                    .code("ud2")
                    .named("exception: triple fault; ring %d", ring));
            cases.add(VmxDraft.paged(ring)
                    .exceptions(8)
                    .set(GUEST_IDTR_LIMIT, 0)
                    .code("ud2")
                    .named("exception: triple fault; ring %d, #DF leaves", ring));
            cases.add(VmxDraft.longMode(ring)
                    .set(GUEST_IDTR_LIMIT, 0)
                    .code("ud2")
                    .named("exception: triple fault; 64 bits, ring %d", ring));
        }
        for (int bits : new int[] {0xB, 0x9, 0x6, 0x4}) {
            long cr0 = 0x8000_0031L & ~0xEL | bits & 0xE;
            for (int vector : new int[] {0, 7}) {
                cases.add(VmxDraft.paged(0)
                        .exceptions(vector)
                        .set(GUEST_CR0, cr0)
                        .code("fninit")
                        .named("exception: #NM; FNINIT, CR0 %x, bitmap %d", bits, vector));
            }
        }
    }

    private void pageFaults() {
        String[] accesses = {
            "mov eax, [0x50004]",
            "mov [0x50004], eax",
            "add [0x50004], eax",
            "push dword [0x50004]",
            "mov eax, [0x500000]"
        };
        for (int ring : new int[] {0, 3}) {
            for (String access : accesses) {
                for (int page : new int[] {0, 1, 5, 7}) {
                    cases.add(VmxDraft.paged(ring)
                            .exceptions(14)
                            .patch(VmxArea.PAGE_TABLE + 4 * 0x50, 0x5_0000 | page)
                            .code(access)
                            .named("page fault: leaves; %s, entry %x, ring %d", access, page, ring));
                }
            }
            for (int[] mask :
                    new int[][] {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 2}, {3, 2}, {4, 4}, {7, 6}, {-1, 2}, {-1, -1}}) {
                for (int bit : new int[] {0, 14}) {
                    cases.add(VmxDraft.paged(ring)
                            .exceptions(bit)
                            .set(PAGE_FAULT_ERR_CODE_MASK, mask[0] & 0xFFFF_FFFFL)
                            .set(PAGE_FAULT_ERR_CODE_MATCH, mask[1] & 0xFFFF_FFFFL)
                            .patch(VmxArea.PAGE_TABLE + 4 * 0x50, 0)
                            .code("mov [0x50008], eax")
                            .named("page fault: mask and match; %x, %x, bit %d, ring %d", mask[0], mask[1], bit, ring));
                }
            }
            cases.add(VmxDraft.longMode(ring)
                    .exceptions(14)
                    .code("mov rax, [0x300000]")
                    .named("page fault: leaves; 64 bits, ring %d", ring));
            cases.add(VmxDraft.longMode(ring)
                    .exceptions(14)
                    .code("mov eax, 0x300000", "jmp rax")
                    .named("page fault: leaves; fetch, 64 bits, ring %d", ring));
            cases.add(VmxDraft.paged(ring)
                    .exceptions(14)
                    .code("mov eax, 0x600000", "jmp eax")
                    .named("page fault: leaves; fetch, ring %d", ring));
        }
        cases.add(VmxDraft.longMode(0)
                .exceptions(14)
                .code("mov rax, 0xFFFF800000001234", "mov al, [rax]")
                .named("page fault: leaves; an address of 64 bits"));
        cases.add(VmxDraft.pae(0)
                .exceptions(14)
                .code("mov eax, [0x40000000]")
                .named("page fault: leaves; PAE, no pointer"));
        cases.add(VmxDraft.pae(0)
                .exceptions(14)
                .patch(VmxArea.PAE_TABLE + 8 * 0x50 + 4, 0x7000_0000)
                .code("mov eax, [0x50000]")
                .named("page fault: leaves; PAE, reserved bits"));
    }

    /** SDM 3C, Exit Qualification for Debug Exceptions. */
    private void debug() {
        for (boolean leaves : new boolean[] {false, true}) {
            int[] vectors = leaves ? new int[] {1} : new int[0];
            String text = leaves ? "leaves" : "is the guest's";
            for (int ring : new int[] {0, 3}) {
                cases.add(VmxDraft.paged(ring)
                        .exceptions(vectors)
                        .set(GUEST_RFLAGS, 0x102)
                        .code("nop", "nop")
                        .named("debug: single step; %s, ring %d", text, ring));
                cases.add(VmxDraft.longMode(ring)
                        .exceptions(vectors)
                        .set(GUEST_RFLAGS, 0x102)
                        .code("nop", "nop")
                        .named("debug: single step; %s, 64 bits, ring %d", text, ring));
                cases.add(VmxDraft.paged(ring)
                        .exceptions(vectors)
                        .set(GUEST_RFLAGS, 0x102)
                        .code("cpuid")
                        .named("debug: single step of CPUID; %s, ring %d", text, ring));
                cases.add(VmxDraft.paged(ring)
                        .exceptions(vectors)
                        .set(GUEST_RFLAGS, 0x102)
                        .code("int 0x30")
                        .named("debug: single step of INT n; %s, ring %d", text, ring));
                cases.add(VmxDraft.paged(ring)
                        .exceptions(vectors)
                        .set(GUEST_RFLAGS, 0x102)
                        .set("rcx", 2)
                        .set("rsi", VmxArea.DATA)
                        .code("rep lodsb")
                        .named("debug: single step of REP; %s, ring %d", text, ring));
            }
            for (int kind : new int[] {0, 1, 3}) {
                for (int number = 0; number < 4; number++) {
                    long dr7 = 0x400 | 2L << 2 * number | (long) kind << 16 + 4 * number;
                    String at = kind == 0 ? "0x2000C + " + number : "0x21008";
                    cases.add(VmxDraft.paged(0)
                            .exceptions(vectors)
                            .code(
                                    "mov eax, " + at,
                                    "mov dr" + number + ", eax",
                                    "mov eax, " + dr7,
                                    "mov dr7, eax",
                                    "nop",
                                    "nop",
                                    "nop",
                                    "nop",
                                    "mov [0x21008], al",
                                    "mov al, [0x21008]",
                                    "nop")
                            .named("debug: breakpoint; DR%d, kind %d, %s", number, kind, text));
                }
            }
            cases.add(VmxDraft.paged(0)
                    .exceptions(vectors)
                    .set(GUEST_RFLAGS, 0x102)
                    .code("mov eax, ss", "mov ss, eax", "nop", "nop")
                    .named("debug: single step behind MOV SS; %s", text));
            cases.add(VmxDraft.paged(0)
                    .exceptions(vectors)
                    .set(GUEST_RFLAGS, 0x102)
                    .set("rax", VmxArea.KERNEL_DATA)
                    .code("mov ss, eax", "cpuid")
                    .named("debug: single step held by MOV SS before CPUID; %s", text));
            cases.add(VmxDraft.paged(0)
                    .exceptions(vectors)
                    .set(GUEST_RFLAGS, 0x102)
                    .set("rax", VmxArea.KERNEL_DATA)
                    .code("mov ss, eax", "hlt")
                    .named("debug: single step held by MOV SS before HLT; %s", text));
            cases.add(VmxDraft.paged(0)
                    .exceptions(vectors)
                    .patch(VmxArea.STACK + 0xE00, VmxArea.KERNEL_DATA)
                    .code(
                            "mov eax, 0x22E00",
                            "mov dr0, eax",
                            "mov eax, 0xF0402",
                            "mov dr7, eax",
                            "mov esp, 0x22E00",
                            "pop ss",
                            "cpuid")
                    .named("debug: data breakpoint held by POP SS before CPUID; %s", text));
            for (long pending : new long[] {0x4000, 0x1001, 1, 0x1008, 0x5002}) {
                cases.add(VmxDraft.paged(0)
                        .exceptions(vectors)
                        .set(GUEST_PENDING_DBG_EXCEPTIONS, pending)
                        .code("nop")
                        .named("debug: pending at entry; %x, %s", pending, text));
                cases.add(VmxDraft.paged(0)
                        .exceptions(vectors)
                        .set(GUEST_PENDING_DBG_EXCEPTIONS, pending)
                        .set(GUEST_RFLAGS, (pending & 0x4000) == 0 ? 2 : 0x102)
                        .set(GUEST_INTERRUPTIBILITY_STATE, 2)
                        .code("nop", "nop")
                        .named("debug: pending at entry behind MOV SS; %x, %s", pending, text));
            }
        }
    }

    private void software() {
        rings().forEach((mode, draft) -> {
            cases.add(draft.get()
                    .set(EXCEPTION_BITMAP, 0xFFFF_FFFFL)
                    .set("rax", 0)
                    .code("int 0x30")
                    .named(
                            "software interrupt: never leaves%s; %s",
                            mode.startsWith("virtual") ? ", IOPL 0" : "", mode));
            cases.add(draft.get()
                    .exceptions(13)
                    .code("int 0x31")
                    .named(
                            "software interrupt: gate of ring 0%s; #GP leaves, %s",
                            mode.startsWith("virtual") ? ", IOPL 0" : "", mode));
        });
        cases.add(VmxDraft.virtual8086(3)
                .code("int 0x30")
                .named("software interrupt: never leaves; virtual-8086, IOPL 3"));
    }
}
