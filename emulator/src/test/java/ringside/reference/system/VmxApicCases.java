package ringside.reference.system;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.ArrayList;
import java.util.List;
import ringside.reference.system.VmxDraft.Way;

/** Guests whose task priority is in memory, and whose local APIC is a page that leaves them: SDM 3C, APIC Virtualization and Virtual Interrupts. Bochs stops at a fetch from that page. */
final class VmxApicCases {
    private static final int TPR_SHADOW = 1 << 21;
    private static final int ACCESSES = 1;
    private static final int EPT = 1 << 1;

    /** The virtual-APIC page, and its VTPR. */
    private static final int VIRTUAL = VmxArea.SPARE;

    private static final int VTPR = VIRTUAL + 0x80;

    /** The APIC-access page: none of these cases uses it otherwise. */
    private static final int PAGE = VmxArea.IO_MAP_A;

    private final List<VmxCase> cases = new ArrayList<>();

    private VmxApicCases() {}

    static List<VmxCase> all() {
        var made = new VmxApicCases();
        made.controlRegister();
        made.reads();
        made.writes();
        made.thresholds();
        made.entries();
        made.deliveries();
        made.walks();
        made.checks();
        return made.cases;
    }

    private static VmxDraft shadowed(VmxDraft draft, int priority, int threshold) {
        return draft.primary(TPR_SHADOW)
                .set(VIRTUAL_APIC_PAGE_ADDR, VIRTUAL)
                .set(TPR_THRESHOLD, threshold)
                .patch(VTPR, priority);
    }

    /** With the page, too. @param secondary other secondary controls */
    private static VmxDraft paged(VmxDraft draft, int secondary, int priority, int threshold) {
        return shadowed(draft, priority, threshold)
                .secondary(ACCESSES | secondary, TPR_SHADOW)
                .set(APIC_ACCESS_ADDR, PAGE);
    }

    /** The page without a TPR shadow. */
    private static VmxDraft unshadowed(VmxDraft draft) {
        return draft.secondary(ACCESSES).set(APIC_ACCESS_ADDR, PAGE);
    }

    private void controlRegister() {
        for (int priority : new int[] {0, 0x55, 0x12_34F0}) {
            cases.add(shadowed(VmxDraft.longMode(0), priority, 0)
                    .code("mov rax, cr8", "mov edx, 9", "mov cr8, rdx", "mov rcx, cr8")
                    .named("APIC: CR8 with a shadow; %x", priority));
        }
        for (int control : new int[] {1 << 19, 1 << 20}) {
            cases.add(shadowed(VmxDraft.longMode(0), 0x30, 0)
                    .primary(TPR_SHADOW | control)
                    .set("rdx", 5)
                    .code("mov cr8, rdx", "mov rax, cr8")
                    .named("APIC: CR8 with a shadow; control %x", control));
        }
        cases.add(shadowed(VmxDraft.longMode(0), 0x30, 0)
                .set("rdx", 0x10)
                .code("mov cr8, rdx")
                .named("APIC: CR8 with a shadow, reserved bits"));
        cases.add(
                shadowed(VmxDraft.longMode(3), 0x30, 0).code("mov rdx, cr8").named("APIC: CR8 with a shadow, ring 3"));
        cases.add(shadowed(VmxDraft.longMode(0), 0x50, 4)
                .set("rdx", 3)
                .code("mov cr8, rdx", "mov rax, 1")
                .enter()
                .named("APIC: CR8 below the threshold"));
        cases.add(shadowed(VmxDraft.longMode(0), 0x50, 4)
                .set("rdx", 4)
                .code("mov cr8, rdx", "mov rax, 1")
                .named("APIC: CR8 at the threshold"));
        cases.add(shadowed(VmxDraft.longMode(0), 0x50, 4)
                .set("rdx", 3)
                .code("mov cr8, rdx", "mov rax, 1")
                .enter()
                .set(TPR_THRESHOLD, 0)
                .enter(Way.RESUME)
                .named("APIC: CR8 below the threshold, and on"));
        cases.add(shadowed(VmxDraft.longMode(0), 0x50, 4)
                .set(GUEST_RFLAGS, 0x102)
                .code("mov cr8, rax")
                .named("APIC: CR8 below the threshold, single step"));
        cases.add(shadowed(VmxDraft.longMode(0), 0x50, 4)
                .code("mov rax, 0x10", "mov ss, ax", "mov cr8, rdx")
                .named("APIC: CR8 below the threshold behind MOV SS"));
    }

    private void reads() {
        String[] reads = {
            "mov al, [0x13080]",
            "mov ax, [0x13080]",
            "mov eax, [0x13080]",
            "mov al, [0x13084]",
            "mov eax, [0x13000]",
            "mov eax, [0x13020]",
            "mov eax, [0x13FFC]",
            "cmp dword [0x13080], 1",
            "test byte [0x13080], 0x50",
            "push dword [0x130F0]",
            "mov eax, [0x13FFE]",
            "mov eax, [0x12FFE]"
        };
        for (String read : reads) {
            boolean pushes = read.startsWith("push");
            for (int secondary : new int[] {0, EPT}) {
                cases.add(paged(VmxDraft.paged(0), secondary, 0x12_3456, 0)
                        .code(read)
                        .named("APIC: read; %s, %x", read, secondary));
                if (!pushes) {
                    cases.add(paged(VmxDraft.longMode(0), secondary, 0x12_3456, 0)
                            .code(read)
                            .named("APIC: read; 64 bits, %s, %x", read, secondary));
                }
            }
            cases.add(unshadowed(VmxDraft.paged(0)).code(read).named("APIC: read without a shadow; %s", read));
        }
        cases.add(paged(VmxDraft.longMode(0), 0, 0x50, 0)
                .code("mov rax, [0x13080]")
                .named("APIC: read, of eight bytes"));
        cases.add(
                paged(VmxDraft.paged(3), 0, 0x50, 0).code("mov eax, [0x13300]").named("APIC: read, ring 3"));
        cases.add(paged(VmxDraft.paged(0), 0, 0x50, 0)
                .patch(VmxArea.PAGE_TABLE + 4 * 0x13, 0)
                .exceptions(14)
                .code("mov eax, [0x13300]")
                .named("APIC: read, a page fault comes first"));
        cases.add(paged(VmxDraft.paged(0), EPT, 0x50, 0)
                .patch(VmxArea.EPT_TABLE + 8 * 0x13, 0)
                .code("mov eax, [0x13300]")
                .named("APIC: read, an EPT violation comes first"));
        cases.add(paged(VmxDraft.paged(0), EPT, 0x50, 0)
                .patch(VmxArea.EPT_TABLE + 8 * 0x50, PAGE | 6 << 3 | 7)
                .code("mov eax, [0x50080]", "mov ebx, [0x50090]")
                .named("APIC: read, by another guest-physical address"));
    }

    private void writes() {
        String[] writes = {
            "mov [0x13080], al",
            "mov [0x13080], ax",
            "mov [0x13080], eax",
            "mov [0x13081], al",
            "mov [0x130B0], eax",
            "mov dword [0x13300], 0x4041",
            "mov [0x13FFE], eax",
            "pop dword [0x13080]",
            "pop dword [0x130B0]",
            "mov [0x12FFE], eax"
        };
        for (String write : writes) {
            for (int secondary : new int[] {0, EPT}) {
                cases.add(paged(VmxDraft.paged(0), secondary, 0x50, 0)
                        .set("rax", 0x1234_5678)
                        .patch(VmxArea.STACK + 0xF00, 0x1020_3040)
                        .code(write, "mov ebx, [0x13080]")
                        .named("APIC: write; %s, %x", write, secondary));
            }
            cases.add(unshadowed(VmxDraft.paged(0)).code(write).named("APIC: write without a shadow; %s", write));
        }
        String[] both = {
            "add dword [0x13080], 0x10",
            "or byte [0x13080], 0x81",
            "xchg eax, [0x13080]",
            "inc byte [0x13080]",
            "lock bts dword [0x13080], 3"
        };
        for (String access : both) {
            cases.add(paged(VmxDraft.paged(0), 0, 0x50, 0)
                    .set("rax", 0x77)
                    .code(access)
                    .named("APIC: read and write; %s", access));
        }
        for (String access : new String[] {"add dword [0x130F0], 0x10", "xchg eax, [0x130F0]", "inc byte [0x130F0]"}) {
            cases.add(paged(VmxDraft.paged(0), 0, 0x50, 0)
                    .code(access)
                    .named("APIC: read and write of what leaves; %s", access));
        }
        cases.add(paged(VmxDraft.paged(0), 0, 0x50, 0)
                .set("rsi", VmxArea.DATA)
                .set("rdi", PAGE + 0x78)
                .set("rcx", 5)
                .code("rep movsd")
                .named("APIC: write, by REP MOVS"));
        cases.add(paged(VmxDraft.paged(0), 0, 0x50, 0)
                .set("rsi", PAGE + 0x80)
                .set("rdi", VmxArea.DATA)
                .set("rcx", 5)
                .code("rep movsd")
                .named("APIC: read, by REP MOVS"));
    }

    private void thresholds() {
        for (int value : new int[] {0x3F, 0x40, 0x30}) {
            for (int secondary : new int[] {0, EPT}) {
                cases.add(paged(VmxDraft.paged(0), secondary, 0x50, 4)
                        .set("rax", value)
                        .code("mov [0x13080], eax", "mov ebx, 1", "mov ecx, 1")
                        .named("APIC: threshold; %x, %x", value, secondary));
            }
        }
        cases.add(paged(VmxDraft.paged(0), 0, 0x50, 4)
                .set("rsi", VmxArea.DATA)
                .set("rdi", PAGE + 0x80)
                .set("rcx", 5)
                .code("rep movsd")
                .named("APIC: threshold, in REP MOVS"));
        cases.add(paged(VmxDraft.paged(0), 0, 0x50, 4)
                .set(GUEST_RFLAGS, 0x102)
                .code("mov [0x13080], eax")
                .named("APIC: threshold, single step"));
        cases.add(paged(VmxDraft.paged(0), 0, 0x50, 4)
                .set(GUEST_RFLAGS, 0x202)
                .pin(1)
                .code("mov [0x13080], eax", "nop")
                .enter(Way.WAITING)
                .named("APIC: threshold, an interrupt waits"));
        cases.add(paged(VmxDraft.paged(0), 0, 0x50, 4)
                .code("sti", "mov [0x13080], eax")
                .named("APIC: threshold, behind STI"));
    }

    private void entries() {
        for (int priority : new int[] {0x30, 0x3F, 0x40}) {
            cases.add(paged(VmxDraft.paged(0), 0, priority, 4)
                    .code("mov ebx, 1")
                    .named("APIC: entry below the threshold; %x", priority));
        }
        cases.add(paged(VmxDraft.paged(0), 0, 0x30, 4)
                .set(GUEST_ACTIVITY_STATE, 1)
                .code("nop")
                .named("APIC: entry below the threshold, in HLT"));
        cases.add(paged(VmxDraft.paged(0), 0, 0x30, 4)
                .set(GUEST_RFLAGS, 0x202)
                .set(VMENTRY_INTERRUPTION_INFO, 0x8000_0020L)
                .code("nop")
                .named("APIC: entry below the threshold, with an interrupt"));
        cases.add(paged(VmxDraft.paged(0), 0, 0x30, 4)
                .set(GUEST_INTERRUPTIBILITY_STATE, 2)
                .code("nop")
                .named("APIC: entry below the threshold, behind MOV SS"));
        cases.add(paged(VmxDraft.paged(0), 0, 0x30, 4)
                .set(GUEST_PENDING_DBG_EXCEPTIONS, 1 << 14)
                .set(GUEST_RFLAGS, 0x102)
                .code("nop")
                .named("APIC: entry below the threshold, a step pending"));
        cases.add(shadowed(VmxDraft.paged(0), 0x30, 4)
                .code("nop")
                .named("APIC: entry below the threshold, without the page"));
        cases.add(paged(VmxDraft.paged(0), 0, 0xABCD_E020, 1).code("nop").named("APIC: entry, the rest of VTPR"));
    }

    private void deliveries() {
        for (int secondary : new int[] {0, EPT}) {
            cases.add(paged(VmxDraft.paged(0), secondary, 0x50, 0)
                    .set(GUEST_RSP, PAGE + 0xF00)
                    .code("ud2")
                    .named("APIC: delivery; to a stack on the page, %x", secondary));
            cases.add(paged(VmxDraft.paged(0), secondary, 0x50, 0)
                    .set(GUEST_RSP, PAGE + 0xF00)
                    .code("int 0x30")
                    .named("APIC: delivery; of INT to a stack on the page, %x", secondary));
            cases.add(paged(VmxDraft.paged(0), secondary, 0x50, 0)
                    .set(GUEST_IDTR_BASE, PAGE)
                    .code("ud2")
                    .named("APIC: delivery; by a table on the page, %x", secondary));
            cases.add(paged(VmxDraft.longMode(0), secondary, 0x50, 0)
                    .set(GUEST_IDTR_BASE, PAGE)
                    .set(VMENTRY_INTERRUPTION_INFO, 0x8000_0306L)
                    .code("nop")
                    .named("APIC: delivery; injected, by a table on the page, %x", secondary));
            cases.add(paged(VmxDraft.paged(0), secondary, 0x50, 4)
                    .set(GUEST_RSP, PAGE + 0x84)
                    .set(GUEST_RFLAGS, 0x2)
                    .code("ud2")
                    .named("APIC: delivery; its first push is VTPR, %x", secondary));
        }
    }

    private void walks() {
        cases.add(paged(VmxDraft.paged(0), EPT, 0x50, 0)
                .patch(VmxArea.PAGE_DIRECTORY + 4, PAGE | 0x67)
                .code("mov eax, [0x400000]")
                .named("APIC: a page table on the page"));
        cases.add(paged(VmxDraft.paged(0), EPT, 0x50, 0)
                .patch(VmxArea.PAGE_DIRECTORY + 4, PAGE | 0x67)
                .set(GUEST_RSP, 0x400800)
                .code("ud2")
                .named("APIC: a page table on the page, in a delivery"));
    }

    private void checks() {
        for (long address : new long[] {VIRTUAL | 8, 1L << 40, VIRTUAL}) {
            cases.add(shadowed(VmxDraft.paged(0), 0x50, 0)
                    .set(VIRTUAL_APIC_PAGE_ADDR, address)
                    .code("nop")
                    .named("APIC: check; virtual-APIC page %x", address));
            cases.add(unshadowed(VmxDraft.paged(0))
                    .set(APIC_ACCESS_ADDR, address)
                    .code("nop")
                    .named("APIC: check; APIC-access page %x", address));
        }
        for (int threshold : new int[] {5, 6, 0x10, 0x80_0000}) {
            cases.add(shadowed(VmxDraft.paged(0), 0x50, threshold)
                    .code("nop")
                    .named("APIC: check; threshold %x", threshold));
            cases.add(paged(VmxDraft.paged(0), 0, 0x50, threshold)
                    .code("nop")
                    .named("APIC: check; threshold %x, with the page", threshold));
            cases.add(VmxDraft.paged(0)
                    .set(TPR_THRESHOLD, threshold)
                    .code("nop")
                    .named("APIC: check; threshold %x, without a shadow", threshold));
        }
    }
}
