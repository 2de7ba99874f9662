package ringside.reference.system;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import ringside.cpu.svm.ExitCode;
import ringside.cpu.svm.VmcbField;

/** A guest of hypervisor.asm in the making. HLT, VMMCALL and shutdown leave it, so that it comes to an end. */
final class SvmDraft {
    /** How VMRUN is performed. */
    enum Way {
        /** An interrupt waits in the local APIC. */
        PENDING(1),
        /** The host's IF is 1. */
        ENABLED(2),
        /** The host's TF is 1. */
        STEPPED(4),
        /** The guest is entered again after its first exit, with EXITINTINFO in EVENTINJ. */
        TWICE(8);

        private final int bit;

        Way(int bit) {
            this.bit = bit;
        }
    }

    private static final List<String> GENERAL = List.of("rcx", "rdx", "rbx", "rbp", "rsi", "rdi");
    private static final int SVME = 0x1000;

    private final int bits;
    private final boolean flat;
    private final long[] general = new long[GENERAL.size()];
    private final List<SystemCase.Patch> patches = new ArrayList<>();
    private int ways;

    private SvmDraft(int bits, boolean flat) {
        this.bits = bits;
        this.flat = flat;
        set(VmcbField.GUEST_ASID, 1).set(VmcbField.RFLAGS, 2).set(VmcbField.EFER, SVME);
        set(VmcbField.DR6, 0xFFFF_0FF0L).set(VmcbField.DR7, 0x400);
        // QEMU keeps translations from case to case otherwise.
        set(VmcbField.TLB_CONTROL, 1);
        set(VmcbField.G_PAT, 0x0007_0406_0007_0406L);
        set(VmcbField.IOPM_BASE_PA, SvmArea.IO_MAP).set(VmcbField.MSRPM_BASE_PA, SvmArea.MSR_MAP);
        set(VmcbField.GDTR_BASE, SvmArea.GDT).set(VmcbField.GDTR_LIMIT, SvmArea.GDT_LIMIT);
        set(VmcbField.INTERCEPTS_60, bit(ExitCode.HLT) | bit(ExitCode.SHUTDOWN));
        set(VmcbField.INTERCEPTS_80, bit(ExitCode.VMRUN) | bit(ExitCode.VMMCALL));
    }

    private static long bit(ExitCode code) {
        return 1L << (code.number() & 0x1F);
    }

    /** Real mode; the code is at 2000:0000. */
    static SvmDraft realMode() {
        return new SvmDraft(16, false)
                .paragraphs()
                .set(VmcbField.CR0, 0x10)
                .set(VmcbField.IDTR_BASE, SvmArea.VECTORS)
                .set(VmcbField.IDTR_LIMIT, 0x3FF);
    }

    private SvmDraft paragraphs() {
        segment("CS", 0x2000, 0x9B, 0xFFFF, SvmArea.CODE);
        segment("SS", 0x2200, 0x93, 0xFFFF, SvmArea.STACK);
        Stream.of("DS", "ES", "FS", "GS").forEach(s -> segment(s, 0x2100, 0x93, 0xFFFF, SvmArea.DATA));
        task(SvmArea.TASK, SvmArea.TSS);
        return set(VmcbField.RIP, 0).set(VmcbField.RSP, 0xF00);
    }

    /** Virtual-8086 mode; the code is at 2000:0000. */
    static SvmDraft virtual8086(int iopl) {
        var draft = new SvmDraft(16, false).paragraphs();
        for (String name : List.of("ES", "CS", "SS", "DS", "FS", "GS")) {
            draft.set(VmcbField.valueOf(name + "_ATTRIB"), 0xF3);
        }
        return draft.protectedTables()
                .set(VmcbField.CR0, 0x31)
                .set(VmcbField.CPL, 3)
                .set(VmcbField.RFLAGS, 0x2_0002 | iopl << 12);
    }

    /** Protected mode of 32 bits without paging. */
    static SvmDraft protectedMode(int ring) {
        return new SvmDraft(32, true).ring(ring, 0xC9B, 0xC93).protectedTables().set(VmcbField.CR0, 0x31);
    }

    /** The same with paging: one table maps 0 to 4 MiB to themselves. */
    static SvmDraft paged(int ring) {
        return protectedMode(ring).set(VmcbField.CR0, 0x8000_0031L).set(VmcbField.CR3, SvmArea.PAGE_DIRECTORY);
    }

    /** The same with PAE paging. */
    static SvmDraft pae(int ring) {
        return paged(ring).set(VmcbField.CR4, 0x20).set(VmcbField.CR3, SvmArea.PAE_POINTERS);
    }

    /** 64-bit mode. */
    static SvmDraft longMode(int ring) {
        var draft = new SvmDraft(64, true).ring(ring, 0xA9B, 0xC93).longTables();
        return draft.set(VmcbField.CS_SELECTOR, ring == 0 ? SvmArea.KERNEL_CODE_64 : SvmArea.USER_CODE_64);
    }

    /** Compatibility mode, 32-bit code. */
    static SvmDraft compatibility(int ring) {
        return new SvmDraft(32, true).ring(ring, 0xC9B, 0xC93).longTables();
    }

    private SvmDraft ring(int ring, int code, int data) {
        int rights = ring << 5;
        segment("CS", ring == 0 ? SvmArea.KERNEL_CODE : SvmArea.USER_CODE, code | rights, -1, 0);
        for (String name : List.of("SS", "DS", "ES", "FS", "GS")) {
            segment(name, ring == 0 ? SvmArea.KERNEL_DATA : SvmArea.USER_DATA, data | rights, -1, 0);
        }
        return set(VmcbField.CPL, ring).set(VmcbField.RIP, SvmArea.CODE).set(VmcbField.RSP, SvmArea.STACK + 0xF00);
    }

    private SvmDraft protectedTables() {
        task(SvmArea.TASK, SvmArea.TSS);
        segment("LDTR", SvmArea.LOCAL, 0x82, 0x3F, SvmArea.LDT);
        return set(VmcbField.IDTR_BASE, SvmArea.IDT).set(VmcbField.IDTR_LIMIT, 0x1FF);
    }

    private SvmDraft longTables() {
        task(SvmArea.TASK_64, SvmArea.TSS64);
        segment("LDTR", SvmArea.LOCAL, 0x82, 0x3F, SvmArea.LDT);
        return set(VmcbField.IDTR_BASE, SvmArea.IDT64)
                .set(VmcbField.IDTR_LIMIT, 0x3FF)
                .set(VmcbField.CR0, 0x8000_0031L)
                .set(VmcbField.CR3, SvmArea.LEVEL_4)
                .set(VmcbField.CR4, 0x20)
                .set(VmcbField.EFER, 0xD01 | SVME);
    }

    private void task(int selector, int base) {
        // QEMU ends where the type says busy.
        segment("TR", selector, 0x89, 0xFF, base);
    }

    /** The guest's memory is what nested tables make of it: 0 to 2 MiB is mapped to itself. */
    SvmDraft nested() {
        return set(VmcbField.NP_ENABLE, 1).set(VmcbField.N_CR3, SvmArea.NESTED_LEVEL_4);
    }

    /** Sets a field of the VMCB. */
    SvmDraft set(VmcbField field, long value) {
        byte[] bytes = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        return patch(SvmArea.field(field), Arrays.copyOf(bytes, field.size()));
    }

    /** A general register but RAX, RSP and R8 to R15, by its 64-bit name. */
    SvmDraft set(String register, long value) {
        general[GENERAL.indexOf(register)] = value;
        return this;
    }

    SvmDraft segment(String name, int selector, int attributes, int limit, long base) {
        set(VmcbField.valueOf(name + "_SELECTOR"), selector);
        set(VmcbField.valueOf(name + "_ATTRIB"), attributes);
        set(VmcbField.valueOf(name + "_LIMIT"), limit);
        return set(VmcbField.valueOf(name + "_BASE"), base);
    }

    /** Sets the intercept of an exit code of 60H or above, beside those of HLT, shutdown, VMRUN and VMMCALL. */
    SvmDraft intercept(ExitCode code) {
        if (code.number() < ExitCode.VMRUN.number()) {
            return set(VmcbField.INTERCEPTS_60, bit(ExitCode.HLT) | bit(ExitCode.SHUTDOWN) | bit(code));
        }
        if (code.number() < ExitCode.INVPCID.number()) {
            return set(VmcbField.INTERCEPTS_80, bit(ExitCode.VMRUN) | bit(ExitCode.VMMCALL) | bit(code));
        }
        return set(VmcbField.INTERCEPTS_A0, bit(code));
    }

    /** Intercepts these exceptions. */
    SvmDraft exceptions(int... vectors) {
        return set(
                VmcbField.EXCEPTION_INTERCEPTS,
                Arrays.stream(vectors).mapToLong(v -> 1L << v).sum());
    }

    SvmDraft enter(Way... how) {
        for (Way way : how) {
            ways |= way.bit;
        }
        return this;
    }

    SvmDraft patch(int address, byte[] bytes) {
        patches.add(new SystemCase.Patch(address, bytes));
        return this;
    }

    SvmDraft octet(int address, int value) {
        return patch(address, new byte[] {(byte) value});
    }

    SvmDraft patch(int address, long doubleword) {
        return patch(address, Area.four(doubleword));
    }

    /** The instructions at CS:RIP; HLT follows. */
    SvmDraft code(String... lines) {
        return patch(SvmArea.CODE, Draft.assemble(bits, flat ? SvmArea.CODE : 0, String.join("\n", lines) + "\nhlt\n"));
    }

    /**
     * The case.
     *
     * @param text a format: its form, and details behind a semicolon
     */
    SvmCase named(String text, Object... parts) {
        String[] name = String.format(Locale.ROOT, text, parts).split("; ", 2);
        return new SvmCase(
                name[0],
                name.length > 1 ? name[1] : "",
                ways,
                Arrays.stream(general).boxed().toList(),
                patches);
    }
}
