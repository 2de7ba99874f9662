package ringside.reference.system;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import ringside.cpu.vmx.VmcsField;

/** VM entries that fail, and those that just do not: SDM 3C, Checks on VMX Controls and Host-State Area; Checking the Guest-State Area. */
final class VmxEntryCases {
    private static final long NOT_CANONICAL = 0x8000_0000_0000L;

    private final List<VmxCase> cases = new ArrayList<>();

    private VmxEntryCases() {}

    static List<VmxCase> all() {
        var made = new VmxEntryCases();
        made.controls();
        made.host();
        made.registers();
        made.segments();
        made.others();
        return made.cases;
    }

    private void field(String form, VmcsField field, long... values) {
        for (long value : values) {
            cases.add(VmxDraft.paged(0).set(field, value).code("nop").named("%s; %s %x", form, field, value));
        }
    }

    private void controls() {
        String form = "entry: controls";
        field(form, PIN_BASED_EXEC_CONTROLS, 0, 0x16, 0x14, 0x12, 6, 0x3E, 0x36, 0x116, 1L << 31 | 0x16);
        field(
                form,
                PROCESSOR_BASED_VMEXEC_CONTROLS,
                0,
                VmxDraft.PRIMARY & ~(1 << 1),
                VmxDraft.PRIMARY & ~(1 << 26),
                VmxDraft.PRIMARY | 1,
                VmxDraft.PRIMARY | 1 << 22,
                VmxDraft.PRIMARY & ~(3 << 15));
        field(
                form,
                VMEXIT_CONTROLS,
                0,
                VmxDraft.EXIT & ~1,
                VmxDraft.EXIT | 1 << 22,
                VmxDraft.EXIT & ~(1 << 9),
                VmxDraft.EXIT | 1L << 31);
        field(form, VMENTRY_CONTROLS, 0, VmxDraft.ENTRY & ~1, VmxDraft.ENTRY | 1 << 11, VmxDraft.ENTRY | 1L << 31);
        field("entry: controls, into SMM", VMENTRY_CONTROLS, VmxDraft.ENTRY | 1 << 10);
        field(form, CR3_TARGET_COUNT, 4, 5, 255, 0xFFFF_FFFFL);
        for (long value : new long[] {1, 0x800, 1L << 40, 1L << 52, VmxArea.IO_MAP_A}) {
            for (VmcsField field : List.of(IO_BITMAP_A, IO_BITMAP_B)) {
                cases.add(VmxDraft.paged(0)
                        .primary(1 << 25)
                        .set(field, value)
                        .code("nop")
                        .named("%s; %s %x", form, field, value));
                cases.add(VmxDraft.paged(0)
                        .set(field, value)
                        .code("nop")
                        .named("%s; %s %x, not used", form, field, value));
            }
            cases.add(VmxDraft.paged(0)
                    .primary(1 << 28)
                    .set(MSR_BITMAPS, value)
                    .code("nop")
                    .named("%s; MSR_BITMAPS %x", form, value));
        }
        for (int vpid : new int[] {0, 1, 0xFFFF}) {
            cases.add(VmxDraft.paged(0)
                    .secondary(1 << 5)
                    .set(ringside.cpu.vmx.VmcsField.VPID, vpid)
                    .code("nop")
                    .named("%s; VPID %x", form, vpid));
        }
        cases.add(VmxDraft.paged(0).secondary(1 << 7).code("nop").named("%s; an unrestricted guest without EPT", form));
        cases.add(VmxDraft.paged(0).secondary(1 << 30).code("nop").named("%s; secondary bit 30", form));
        cases.add(VmxDraft.paged(0)
                .set(SECONDARY_VMEXEC_CONTROLS, -1)
                .code("nop")
                .named("%s; secondary ones that are not activated", form));
    }

    private void host() {
        String form = "entry: host";
        long cr0 = 0x8000_0031L;
        field(form, HOST_CR0, 0, cr0 & ~1, cr0 & ~0x20, cr0 & ~(1L << 31), cr0 | 1L << 32, cr0 | 8);
        field(form, HOST_CR4, 0, 0x20, 0x2000, 0x20A0 | 1 << 15, 0x20A0 | 1L << 32, 0x20A0 | 1 << 31);
        field(form, HOST_CR3, 1L << 40, 1L << 52, -1);
        for (VmcsField field : List.of(
                HOST_ES_SELECTOR,
                HOST_CS_SELECTOR,
                HOST_SS_SELECTOR,
                HOST_DS_SELECTOR,
                HOST_FS_SELECTOR,
                HOST_GS_SELECTOR,
                HOST_TR_SELECTOR)) {
            for (int value : new int[] {1, 2, 3, 4, 0x1B, 0x14}) {
                field(form, field, value);
            }
        }
        field(form, HOST_CS_SELECTOR, 0);
        field(form, HOST_TR_SELECTOR, 0);
        for (VmcsField field : List.of(
                HOST_FS_BASE,
                HOST_GS_BASE,
                HOST_TR_BASE,
                HOST_GDTR_BASE,
                HOST_IDTR_BASE,
                HOST_IA32_SYSENTER_ESP_MSR,
                HOST_IA32_SYSENTER_EIP_MSR,
                HOST_RIP)) {
            field(form, field, NOT_CANONICAL, 1L << 63);
        }
        for (long efer : new long[] {0, 0x500, 0xD01, 0xD00, 0x400, 0x100, 0x502, 1L << 32 | 0x500}) {
            if (efer == 0 || (efer & 0x500) != 0x500 || efer > 0xFFFF || efer == 0x502) {
                cases.add(VmxDraft.paged(0)
                        .exit(1 << 21)
                        .set(HOST_IA32_EFER, efer)
                        .code("nop")
                        .named("%s; EFER %x", form, efer));
            }
        }
        for (long pat : new long[] {2, 3, 8, 0x0700_0000_0000_0002L, -1}) {
            cases.add(VmxDraft.paged(0)
                    .exit(1 << 19)
                    .set(HOST_IA32_PAT, pat)
                    .code("nop")
                    .named("%s; PAT %x", form, pat));
        }
    }

    private void registers() {
        String form = "entry: guest";
        long cr0 = 0x8000_0031L;
        field(
                form,
                GUEST_CR0,
                0,
                cr0 & ~1,
                cr0 & ~0x20,
                cr0 & ~(1L << 31),
                cr0 | 1L << 32,
                cr0 | 8,
                cr0 | 1 << 30,
                cr0 | 1 << 29);
        field(form, GUEST_CR4, 0, 0x10, 0x2010 | 1 << 15, 0x2010 | 1L << 32, 0x2010 | 1 << 31, 0x2010 | 1 << 14);
        field(form, GUEST_CR3, 1L << 40 | VmxArea.PAGE_DIRECTORY, 1L << 52, VmxArea.PAGE_DIRECTORY | 0xFFF);
        field(form, GUEST_DR7, 1L << 32 | 0x400, 0xC000, 0);
        field("entry: guest, DR7 with reserved bits", GUEST_DR7, 0xD800);
        field("entry: guest, debug control", GUEST_IA32_DEBUGCTL, 1, 2, 4, 1L << 32);
        field(form, GUEST_IA32_SYSENTER_ESP_MSR, NOT_CANONICAL, 1L << 63, 0x1234);
        field(form, GUEST_IA32_SYSENTER_EIP_MSR, NOT_CANONICAL, 1L << 63);
        field(form, GUEST_RIP, 1L << 32 | VmxArea.CODE);
        field(form, GUEST_RSP, 1L << 32 | VmxArea.STACK);
        field(
                form,
                GUEST_RFLAGS,
                0,
                6,
                0xA,
                0x22,
                0x8002,
                0x40_0002L,
                1L << 32 | 2,
                0x3002,
                0x4002,
                0x24_0002L,
                0x1_0002L);
        field(form, GUEST_GDTR_BASE, NOT_CANONICAL, 1L << 63);
        field(form, GUEST_IDTR_BASE, NOT_CANONICAL);
        field(form, GUEST_GDTR_LIMIT, 0x1_0000, 0xFFFF);
        field(form, GUEST_IDTR_LIMIT, 0x1_0000, 0xFFFF);
        for (int cr0Bits : new int[] {0x30, 0x31, 0x10, 0x20}) {
            cases.add(VmxDraft.paged(0)
                    .secondary(1 << 1 | 1 << 7)
                    .set(GUEST_CR0, 1L << 31 | cr0Bits)
                    .code("nop")
                    .named("%s; unrestricted, CR0 %x", form, 1L << 31 | cr0Bits));
            cases.add(VmxDraft.unpaged(0)
                    .set(GUEST_CR0, cr0Bits & ~1)
                    .set(GUEST_RFLAGS, 0x2_0002)
                    .code("nop")
                    .named("%s; unrestricted, VM, CR0 %x", form, cr0Bits & ~1));
        }
        for (long efer : new long[] {0, 0x100, 0x400, 0x500, 0x800, 1, 2, 1L << 32}) {
            cases.add(VmxDraft.paged(0)
                    .entry(1 << 15)
                    .set(GUEST_IA32_EFER, efer)
                    .code("nop")
                    .named("%s; EFER %x", form, efer));
            cases.add(VmxDraft.longMode(0)
                    .set(VMENTRY_CONTROLS, VmxDraft.ENTRY | 1 << 9 | 1 << 15)
                    .set(GUEST_IA32_EFER, efer)
                    .code("nop")
                    .named("%s; EFER %x, IA-32e mode", form, efer));
        }
        for (long pat : new long[] {2, 3, 8, 0x0700_0000_0000_0002L, 0x0007_0406_0007_0406L}) {
            cases.add(VmxDraft.paged(0)
                    .entry(1 << 14)
                    .set(GUEST_IA32_PAT, pat)
                    .code("nop")
                    .named("%s; PAT %x", form, pat));
        }
        cases.add(VmxDraft.longMode(0).set(GUEST_CR4, 0x2000).code("nop").named("%s; IA-32e mode without PAE", form));
        cases.add(VmxDraft.longMode(0).set(GUEST_CR0, 0x31).code("nop").named("%s; IA-32e mode without paging", form));
        cases.add(VmxDraft.longMode(0)
                .set(GUEST_RIP, NOT_CANONICAL)
                .code("nop")
                .named("entry: guest, RIP; behind the lower half"));
        cases.add(VmxDraft.longMode(0)
                .set(GUEST_RIP, 1L << 48)
                .code("nop")
                .named("entry: guest, RIP; of more than 48 bits"));
        cases.add(VmxDraft.longMode(0)
                .set(GUEST_RIP, -1L << 48)
                .code("nop")
                .named("entry: guest, RIP; before the upper half"));
        cases.add(VmxDraft.longMode(0).set(GUEST_RFLAGS, 0x2_0002).code("nop").named("%s; VM in IA-32e mode", form));
        cases.add(VmxDraft.compatibility(0)
                .set(GUEST_RIP, 1L << 32)
                .code("nop")
                .named("%s; RIP beyond 32 bits in compatibility mode", form));
        cases.add(VmxDraft.longMode(0)
                .set(GUEST_CS_ACCESS_RIGHTS, 0xE09B)
                .code("nop")
                .named("%s; CS.L and CS.D", form));
        for (int bits : new int[] {0, 1, 2, 3, 0x1E0, 0x63, 0x21}) {
            cases.add(VmxDraft.pae(0)
                    .patch(VmxArea.PAE_POINTERS, VmxArea.PAE_DIRECTORY & (bits == 0 ? 0 : -1) | bits)
                    .exceptions(14)
                    .code("nop")
                    .named("%s; PAE pointer with %x", form, bits));
            cases.add(VmxDraft.pae(0)
                    .nested()
                    .set(GUEST_IA32_PDPTE0, VmxArea.PAE_DIRECTORY & (bits == 0 ? 0 : -1) | bits)
                    .exceptions(14)
                    .code("nop")
                    .named("%s; PAE pointer with %x, nested", form, bits));
        }
    }

    private void segments() {
        String form = "entry: segment";
        Map<String, Supplier<VmxDraft>> modes = new TreeMap<>(VmxInstructionCases.MODES);
        modes.forEach((mode, draft) -> {
            for (String name : List.of("CS", "SS", "DS", "FS", "TR", "LDTR")) {
                VmcsField rights = valueOf("GUEST_" + name + "_ACCESS_RIGHTS");
                int size = mode.startsWith("64") && name.equals("CS") ? 0xA000 : 0xC000;
                int privilege = mode.contains("ring 3") ? 3 << 5 : 0;
                for (int type : new int[] {
                    0x80, 0x82, 0x83, 0x8B, 0x89, 0x90, 0x91, 0x92, 0x93, 0x95, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9D,
                    0x9F, 0xF3, 0x13, 0x1_0000, 0x1_0093, 0xD3
                }) {
                    boolean table = name.equals("TR") || name.equals("LDTR");
                    int value = table ? type : type | size | (type < 0xD0 ? privilege : 0);
                    cases.add(draft.get()
                            .set(rights, value)
                            .code("cpuid")
                            .named("%s; %s %x, %s", form, name, value, mode));
                }
            }
        });
        for (String mode : List.of("ring 0", "ring 3", "64 bits", "virtual-8086", "real")) {
            Supplier<VmxDraft> draft = Objects.requireNonNull(VmxInstructionCases.MODES.get(mode));
            for (String name : List.of("ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR")) {
                for (long base : new long[] {1L << 32, NOT_CANONICAL, 0x1234}) {
                    if (base == 0x1234 && name.equals("CS")) {
                        // What would run there?
                        continue;
                    }
                    cases.add(draft.get()
                            .set(valueOf("GUEST_" + name + "_BASE"), base)
                            .code("cpuid")
                            .named("%s; base of %s %x, %s", form, name, base, mode));
                }
                for (long limit : new long[] {0xFFFF, 0x1234, 0xF_FFFFL, 0x10_0000L, 0xFFFF_F000L}) {
                    cases.add(draft.get()
                            .set(valueOf("GUEST_" + name + "_LIMIT"), limit)
                            .code("cpuid")
                            .named("%s; limit of %s %x, %s", form, name, limit, mode));
                }
                for (int selector : new int[] {0, 3, 4, 7, 0x13}) {
                    cases.add(draft.get()
                            .set(valueOf("GUEST_" + name + "_SELECTOR"), selector)
                            .code("cpuid")
                            .named("%s; selector of %s %x, %s", form, name, selector, mode));
                }
            }
        }
    }

    private void others() {
        String form = "entry: state";
        for (int activity : new int[] {4, 5, 0x100}) {
            field(form, GUEST_ACTIVITY_STATE, activity);
        }
        cases.add(VmxDraft.paged(3).set(GUEST_ACTIVITY_STATE, 1).code("nop").named("%s; HLT in ring 3", form));
        for (int blocking : new int[] {1, 2, 3, 4, 8, 0x10, 0x20, 0xC}) {
            for (int flags : new int[] {2, 0x202}) {
                cases.add(VmxDraft.paged(0)
                        .set(GUEST_INTERRUPTIBILITY_STATE, blocking)
                        .set(GUEST_RFLAGS, flags)
                        .code("nop")
                        .named("%s; interruptibility %x, flags %x", form, blocking, flags));
            }
            if ((blocking & 3) != 0) {
                cases.add(VmxDraft.paged(0)
                        .set(GUEST_INTERRUPTIBILITY_STATE, blocking)
                        .set(GUEST_ACTIVITY_STATE, 1)
                        .set(GUEST_RFLAGS, 0x202)
                        .code("nop")
                        .named("%s; interruptibility %x, HLT", form, blocking));
            }
        }
        field(form, GUEST_PENDING_DBG_EXCEPTIONS, 0x10, 0x2000, 0x8000, 1 << 16);
        field("entry: state, upper half of the pending debug exceptions", GUEST_PENDING_DBG_EXCEPTIONS, 1L << 32);
        for (long pending : new long[] {0, 0x4000}) {
            for (int flags : new int[] {2, 0x102, 0x302}) {
                cases.add(VmxDraft.paged(0)
                        .set(GUEST_INTERRUPTIBILITY_STATE, 2)
                        .set(GUEST_PENDING_DBG_EXCEPTIONS, pending)
                        .set(GUEST_RFLAGS, flags)
                        .code("cpuid")
                        .named("%s; pending %x, flags %x", form + ", MOV SS holds a step", pending, flags));
            }
        }
        field(form, GUEST_LINK_POINTER, 0, 1, VmxArea.SPARE, VmxArea.VMCS, 1L << 40, -2);
    }
}
