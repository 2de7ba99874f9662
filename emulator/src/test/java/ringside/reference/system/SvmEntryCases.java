package ringside.reference.system;

import static ringside.cpu.svm.VmcbField.*;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import ringside.cpu.svm.VmcbField;

/** What VMRUN refuses, and what it does not: APM 2, Canonicalization and Consistency Checks. */
final class SvmEntryCases {
    private static final Map<String, Supplier<SvmDraft>> MODES = new TreeMap<>(Map.of(
            "real", SvmDraft::realMode,
            "32 bits", () -> SvmDraft.protectedMode(0),
            "PAE", () -> SvmDraft.pae(0),
            "64 bits", () -> SvmDraft.longMode(0)));

    private final List<SvmCase> cases = new ArrayList<>();

    private SvmEntryCases() {}

    static List<SvmCase> all() {
        var made = new SvmEntryCases();
        MODES.forEach(made::checks);
        made.combinations();
        made.addresses();
        made.moved();
        return made.cases;
    }

    private void add(Supplier<SvmDraft> draft, String form, String mode, VmcbField field, long value) {
        cases.add(draft.get().set(field, value).code("nop").named("entry: %s; %s, %x", form, mode, value));
    }

    private void checks(String mode, Supplier<SvmDraft> draft) {
        boolean wide = mode.equals("64 bits");
        long efer = wide ? 0x1D01 : 0x1000;
        long cr0 = switch (mode) {
            case "real" -> 0x10;
            case "32 bits" -> 0x31;
            default -> 0x8000_0031L;
        };
        long cr4 = mode.equals("PAE") || wide ? 0x20 : 0;
        add(draft, "EFER.SVME", mode, EFER, efer & ~0x1000);
        for (int bit = 0; bit < 64; bit++) {
            // 8 and 10 make another mode; 13 and above are features.
            boolean feature = bit > 12 && bit < 22;
            if (bit != 8 && bit != 10 && bit != 12 && !feature) {
                add(draft, "EFER, reserved bits", mode, EFER, efer ^ 1L << bit);
            }
            if (bit > 30) {
                add(draft, "CR0, high half", mode, CR0, cr0 | 1L << bit & ~0xFFFF_FFFFL);
                add(draft, "DR6, high half", mode, DR6, 0xFFFF_0FF0L | 1L << bit);
                add(draft, "DR7, high half", mode, DR7, 0x400 | 1L << bit & ~0xFFFF_FFFFL);
                add(draft, "CR4, high half", mode, CR4, cr4 | 1L << bit & ~0xFFFF_FFFFL);
            }
        }
        for (long caches : new long[] {0, 0x2000_0000, 0x4000_0000, 0x6000_0000}) {
            add(draft, "CR0.CD and NW", mode, CR0, cr0 | caches);
        }
        for (int bit : new int[] {13, 14, 15, 19, 23, 25, 26, 29, 30, 31}) {
            add(draft, "CR4, reserved bits", mode, CR4, cr4 | 1L << bit);
        }
        for (int bit : new int[] {0, 2, 3, 5, 11, 12, 39, 40, 41, 51, 52, 63}) {
            add(
                    draft,
                    bit < 40 ? "CR3" : "CR3, beyond physical memory",
                    mode,
                    CR3,
                    (wide ? SvmArea.LEVEL_4 : mode.equals("PAE") ? SvmArea.PAE_POINTERS : 0) ^ 1L << bit);
        }
        for (long asid : new long[] {0, 1, 2, 15}) {
            add(draft, "ASID", mode, GUEST_ASID, asid);
        }
        add(draft, "VMRUN not intercepted", mode, INTERCEPTS_80, 2);
        for (long base : new long[] {
            SvmArea.IO_MAP + 0xFFF, 0xFF_FFFF_D000L, 0xFF_FFFF_E000L, 0xFF_FFFF_F000L, 0x100_0000_0000L, -0x1000
        }) {
            add(draft, "I/O map", mode, IOPM_BASE_PA, base);
            add(draft, base == 0xFF_FFFF_E000L ? "MSR map that just fits" : "MSR map", mode, MSRPM_BASE_PA, base);
        }
        for (long control : new long[] {0, 1, 3, 7}) {
            add(draft, "TLB control", mode, TLB_CONTROL, control);
        }
        for (long clean : new long[] {0, 0xFFF}) {
            add(draft, "clean bits", mode, VMCB_CLEAN, clean);
        }
        cases.add(draft.get()
                .nested()
                .set(N_CR3, SvmArea.NESTED_LEVEL_4 | 1L << 45)
                .code("nop")
                .named("entry: N_CR3; %s", mode));
        cases.add(draft.get().nested().set(G_PAT, 0x0202_0202L).code("nop").named("entry: G_PAT; %s", mode));
    }

    /** LME, PG, PE, PAE, CS.L and CS.D in every combination that ends by itself. */
    private void combinations() {
        for (int bits = 0; bits < 64; bits++) {
            if ((bits & 7) == 1) {
                // QEMU does not come back from real mode with EFER.LME.
                continue;
            }
            boolean lme = (bits & 1) != 0;
            boolean pg = (bits & 2) != 0;
            boolean pe = (bits & 4) != 0;
            boolean pae = (bits & 8) != 0;
            int attributes = (bits & 16) != 0 ? 0x29B : 0x9B;
            attributes |= (bits & 32) != 0 ? 0xC00 : 0x800;
            long tables =
                    pg && lme && pae ? SvmArea.LEVEL_4 : pg && pae ? SvmArea.PAE_POINTERS : SvmArea.PAGE_DIRECTORY;
            cases.add(SvmDraft.protectedMode(0)
                    .set(EFER, lme ? pg ? 0x1500 : 0x1100 : 0x1000)
                    .set(CR0, 0x10 | (pg ? 1L << 31 : 0) | (pe ? 1 : 0))
                    .set(CR4, pae ? 0x20 : 0)
                    .set(CR3, tables)
                    .segment("CS", SvmArea.KERNEL_CODE, attributes, -1, SvmArea.CODE)
                    .set(RIP, 0)
                    .set(IDTR_BASE, pe ? SvmArea.IDT : SvmArea.VECTORS)
                    .code("nop")
                    .named("entry: long mode; LME %s, PG %s, PE %s, PAE %s, CS %x", lme, pg, pe, pae, attributes));
        }
        for (long pointer : new long[] {0, 1, 3, 5, 0x21, 0x101, 0x1E1, 0x201}) {
            for (boolean nested : new boolean[] {false, true}) {
                var draft = SvmDraft.pae(0)
                        .patch(SvmArea.PAE_POINTERS + 8, pointer == 0 ? 0 : SvmArea.PAE_DIRECTORY | pointer);
                cases.add((nested ? draft.nested() : draft)
                        .code("nop")
                        .named("entry: PAE pointers%s; %x", nested ? ", nested" : "", pointer));
            }
        }
        cases.add(SvmDraft.compatibility(0).set(EFER, 0x1901).code("nop").named("entry: long mode without EFER.LMA"));
        for (int cpl = 0; cpl < 4; cpl++) {
            cases.add(SvmDraft.realMode().set(CPL, cpl).code("nop").named("entry: CPL; real, %d", cpl));
            cases.add(SvmDraft.virtual8086(3).set(CPL, cpl).code("pushf").named("entry: CPL; virtual-8086, %d", cpl));
            cases.add(SvmDraft.protectedMode(0).set(CPL, cpl).code("nop").named("entry: CPL; 32 bits, %d", cpl));
        }
        for (long flags : new long[] {0, 8, 0x20, 0x8000, 0x2_0000, 0x40_0000, 0x1_0000_0000L, -1}) {
            cases.add(SvmDraft.longMode(0)
                    .set(RFLAGS, flags & ~0x4300)
                    .code("nop")
                    .named("entry: RFLAGS; 64 bits, %x", flags));
            if ((flags & 0x2_0000) == 0) {
                cases.add(SvmDraft.protectedMode(0)
                        .set(RFLAGS, flags)
                        .code("nop")
                        .named("entry: RFLAGS; 32 bits, %x", flags));
                cases.add(SvmDraft.realMode().set(RFLAGS, flags).code("nop").named("entry: RFLAGS; real, %x", flags));
            }
        }
    }

    /** RIP beyond its limit, bases that are not canonical: no reason to refuse. */
    private void addresses() {
        for (long base :
                new long[] {0x8000_0000_0000L, 0x1234_8000_0000_0000L, 0xFFFF_0000_0000_0000L, 0x7FFF_FFFF_F000L}) {
            for (VmcbField field : List.of(ES_BASE, DS_BASE, FS_BASE, GS_BASE, LDTR_BASE, TR_BASE, KERNEL_GS_BASE)) {
                cases.add(
                        SvmDraft.longMode(0).set(field, base).code("nop").named("entry: base of %s; %x", field, base));
            }
        }
        for (long rip : new long[] {0x8000_0000_0000L, -1L << 63, 0x1_0002_0000L}) {
            cases.add(SvmDraft.longMode(0)
                    .set(RIP, rip)
                    .exceptions(13)
                    .code("nop")
                    .named("entry: RIP; 64 bits, %x", rip));
        }
        cases.add(SvmDraft.realMode()
                .set(RIP, 0x1_0000)
                .exceptions(13)
                .code("nop")
                .named("entry: RIP beyond the limit; real"));
        cases.add(SvmDraft.protectedMode(0)
                .set(CS_LIMIT, 0x1_FFFF)
                .exceptions(13)
                .code("nop")
                .named("entry: RIP beyond the limit; 32 bits"));
    }

    /** What VMRUN and VMLOAD load, the guest has; what VMSAVE and #VMEXIT save, it had. */
    private void moved() {
        cases.add(SvmDraft.longMode(0)
                .set(FS_BASE, 0x1234_5678L)
                .set(GS_BASE, 0x2345_6789L)
                .set(KERNEL_GS_BASE, 0x3456_789AL)
                .set(CR2, 0x1111)
                .set(RAX, 0x2222_3333_4444L)
                .code("swapgs", "mov rcx, cr2", "mov rbx, rax")
                .named("moved: GS and CR2"));
        for (Map.Entry<Long, VmcbField> msr : new TreeMap<>(Map.of(
                        0xC000_0081L,
                        STAR,
                        0xC000_0082L,
                        LSTAR,
                        0xC000_0083L,
                        CSTAR,
                        0xC000_0084L,
                        SFMASK,
                        0x174L,
                        SYSENTER_CS,
                        0x175L,
                        SYSENTER_ESP,
                        0x176L,
                        SYSENTER_EIP))
                .entrySet()) {
            cases.add(SvmDraft.longMode(0)
                    .set(msr.getValue(), 0x1234_5678L)
                    .set("rcx", msr.getKey())
                    .code("rdmsr", "mov ebx, eax")
                    .named("moved: %s", msr.getValue()));
        }
        for (long flags : new long[] {2, 0xAD7}) {
            cases.add(SvmDraft.protectedMode(0)
                    .set(RFLAGS, flags)
                    .code("pushfd", "pop ebx")
                    .named("moved: RFLAGS; %x", flags));
        }
        cases.add(SvmDraft.protectedMode(0)
                .set(DR6, 0xFFFF_0FF3L)
                .set(DR7, 0x700)
                .code("mov ebx, dr6", "mov ecx, dr7")
                .named("moved: DR6 and DR7"));
        cases.add(SvmDraft.protectedMode(0)
                .code(
                        "mov eax, 0x1111",
                        "mov cr2, eax",
                        "mov eax, 0x500",
                        "mov dr7, eax",
                        "mov eax, 0xFFFF0FF1",
                        "mov dr6, eax",
                        "lldt [zero]",
                        "mov fs, [zero]",
                        "mov ds, [zero]",
                        "hlt",
                        "zero: dw 0")
                .named("moved: what the guest sets"));
    }
}
