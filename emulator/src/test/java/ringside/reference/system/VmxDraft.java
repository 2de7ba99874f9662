package ringside.reference.system;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import ringside.cpu.vmx.VmcsField;

/** A case of vmx-hypervisor.asm in the making. HLT, VMCALL and a triple fault leave its guest, so that it comes to an end. */
final class VmxDraft {
    /** How a guest is entered. */
    enum Way {
        /** By VMRESUME. */
        RESUME(1),
        /** Behind the instruction that left. */
        SKIP(2),
        /** An interrupt waits in the local APIC. */
        WAITING(4),
        /** With the event in whose delivery the guest was left. */
        AGAIN(8),
        /** MOV SS stands before VMLAUNCH. */
        BLOCKED(16);

        private final int bit;

        Way(int bit) {
            this.bit = bit;
        }
    }

    private static final List<String> GENERAL = List.of("rax", "rcx", "rdx", "rbx", "rbp", "rsi", "rdi");

    // Controls of every VMCS: bits that must be 1, and few others.
    static final int PIN = 0x16;
    static final int PRIMARY = 0x0400_6172 | 1 << 7;
    static final int EXIT = 0x0003_6DFB | 1 << 2 | 1 << 9;
    static final int ENTRY = 0x0000_11FB | 1 << 2;
    private static final long VMXE = 0x2000;
    private static final long PAGE_SIZES = 0x10;

    private final int bits;
    private final boolean flat;
    private final Long[] general = new Long[GENERAL.size()];
    private final VmxScript script = new VmxScript();
    private boolean entered;

    private VmxDraft(int bits, boolean flat) {
        this.bits = bits;
        this.flat = flat;
        Arrays.fill(general, 0L);
    }

    /** The fields that every case finds: those of a guest in ring 0 with 32-bit paging. */
    static VmxScript base() {
        var draft = new VmxDraft(32, true);
        draft.set(PIN_BASED_EXEC_CONTROLS, PIN)
                .set(PROCESSOR_BASED_VMEXEC_CONTROLS, PRIMARY)
                .set(VMEXIT_CONTROLS, EXIT)
                .set(VMENTRY_CONTROLS, ENTRY)
                .set(IO_BITMAP_A, VmxArea.IO_MAP_A)
                .set(IO_BITMAP_B, VmxArea.IO_MAP_B)
                .set(MSR_BITMAPS, VmxArea.MSR_MAP)
                .set(EPT_POINTER, VmxArea.EPT_LEVEL_4 | 3 << 3 | 6)
                .set(GUEST_LINK_POINTER, -1)
                .set(GUEST_CR0, 0x8000_0031L)
                .set(GUEST_CR3, VmxArea.PAGE_DIRECTORY)
                .set(GUEST_CR4, VMXE | PAGE_SIZES)
                .set(CR4_GUEST_HOST_MASK, VMXE)
                .set(GUEST_RFLAGS, 2)
                .set(GUEST_DR7, 0x400)
                .set(GUEST_GDTR_BASE, VmxArea.GDT)
                .set(GUEST_GDTR_LIMIT, VmxArea.GDT_LIMIT)
                .set(GUEST_IDTR_BASE, VmxArea.IDT)
                .set(GUEST_IDTR_LIMIT, 0x1FF);
        draft.ring(0, 0xC09B).task(VmxArea.TASK, VmxArea.TSS);
        draft.segment("LDTR", VmxArea.LOCAL, 0x82, 0x3F, VmxArea.LDT);
        return draft.script;
    }

    /** Ring 0 or 3 with 32-bit paging: one table maps 0 to 4 MiB to themselves. */
    static VmxDraft paged(int ring) {
        var draft = new VmxDraft(32, true);
        return ring == 0 ? draft : draft.ring(ring, 0xC09B);
    }

    /** The same with PAE paging. */
    static VmxDraft pae(int ring) {
        return paged(ring).set(GUEST_CR4, VMXE | 0x20).set(GUEST_CR3, VmxArea.PAE_POINTERS);
    }

    /** Virtual-8086 mode; the code is at 2000:0000. */
    static VmxDraft virtual8086(int iopl) {
        return new VmxDraft(16, false).paragraphs(0xF3, 0xF3).set(GUEST_RFLAGS, 0x2_0002 | iopl << 12);
    }

    /** Real mode, as an unrestricted guest; the code is at 2000:0000. */
    static VmxDraft realMode() {
        return new VmxDraft(16, false)
                .paragraphs(0x93, 0x93)
                .secondary(1 << 1 | 1 << 7)
                .set(GUEST_CR0, 0x30)
                .set(GUEST_IDTR_BASE, VmxArea.VECTORS)
                .set(GUEST_IDTR_LIMIT, 0x3FF);
    }

    /** Protected mode without paging, as an unrestricted guest. */
    static VmxDraft unpaged(int ring) {
        return paged(ring).secondary(1 << 1 | 1 << 7).set(GUEST_CR0, 0x31);
    }

    /** 64-bit mode. */
    static VmxDraft longMode(int ring) {
        var draft = new VmxDraft(64, true).ring(ring, 0xA09B).longTables();
        return draft.set(GUEST_CS_SELECTOR, ring == 0 ? VmxArea.KERNEL_CODE_64 : VmxArea.USER_CODE_64);
    }

    /** Compatibility mode, 32-bit code. */
    static VmxDraft compatibility(int ring) {
        return new VmxDraft(32, true).ring(ring, 0xC09B).longTables();
    }

    private VmxDraft paragraphs(int code, int data) {
        segment("CS", 0x2000, code, 0xFFFF, VmxArea.CODE);
        segment("SS", 0x2200, data, 0xFFFF, VmxArea.STACK);
        Stream.of("DS", "ES", "FS", "GS").forEach(s -> segment(s, 0x2100, data, 0xFFFF, VmxArea.DATA));
        return set(GUEST_RIP, 0).set(GUEST_RSP, 0xF00);
    }

    private VmxDraft ring(int ring, int code) {
        int rights = ring << 5;
        segment("CS", ring == 0 ? VmxArea.KERNEL_CODE : VmxArea.USER_CODE, code | rights, -1, 0);
        for (String name : List.of("SS", "DS", "ES", "FS", "GS")) {
            segment(name, ring == 0 ? VmxArea.KERNEL_DATA : VmxArea.USER_DATA, 0xC093 | rights, -1, 0);
        }
        return set(GUEST_RIP, VmxArea.CODE).set(GUEST_RSP, VmxArea.STACK + 0xF00);
    }

    private VmxDraft longTables() {
        return task(VmxArea.TASK_64, VmxArea.TSS64)
                .set(GUEST_IDTR_BASE, VmxArea.IDT64)
                .set(GUEST_IDTR_LIMIT, 0x3FF)
                .set(GUEST_CR3, VmxArea.LEVEL_4)
                .set(GUEST_CR4, VMXE | 0x20)
                .set(VMENTRY_CONTROLS, ENTRY | 1 << 9);
    }

    private VmxDraft task(int selector, int base) {
        return segment("TR", selector, 0x8B, 0xFF, base);
    }

    VmxDraft segment(String name, int selector, int rights, int limit, long base) {
        set(VmcsField.valueOf("GUEST_" + name + "_SELECTOR"), selector);
        set(VmcsField.valueOf("GUEST_" + name + "_ACCESS_RIGHTS"), rights);
        set(VmcsField.valueOf("GUEST_" + name + "_LIMIT"), limit & 0xFFFF_FFFFL);
        return set(VmcsField.valueOf("GUEST_" + name + "_BASE"), base);
    }

    /** Sets a field of the VMCS. */
    VmxDraft set(VmcsField field, long value) {
        script.field(field, value);
        return this;
    }

    VmxDraft pin(int more) {
        return set(PIN_BASED_EXEC_CONTROLS, PIN | more);
    }

    /** More primary processor-based controls than that of HLT. */
    VmxDraft primary(int more) {
        return set(PROCESSOR_BASED_VMEXEC_CONTROLS, PRIMARY | more);
    }

    /** Secondary controls, and the primary one that activates them. */
    VmxDraft secondary(int controls) {
        return secondary(controls, 0);
    }

    VmxDraft secondary(int controls, int primary) {
        return primary(1 << 31 | primary).set(SECONDARY_VMEXEC_CONTROLS, controls);
    }

    /** The guest's memory is what EPT makes of it: 0 to 2 MiB is mapped to itself. */
    VmxDraft nested() {
        return secondary(1 << 1);
    }

    VmxDraft exit(int more) {
        return set(VMEXIT_CONTROLS, EXIT | more);
    }

    VmxDraft entry(int more) {
        return set(VMENTRY_CONTROLS, ENTRY | more);
    }

    /** These exceptions leave. */
    VmxDraft exceptions(int... vectors) {
        return set(
                EXCEPTION_BITMAP, Arrays.stream(vectors).mapToLong(v -> 1L << v).sum());
    }

    /** A general register but RSP and R8 to R15, by its 64-bit name. */
    VmxDraft set(String register, long value) {
        general[GENERAL.indexOf(register)] = value;
        script.general(List.of(general));
        return this;
    }

    VmxDraft patch(int address, byte[] bytes) {
        script.bytes(address, bytes);
        return this;
    }

    VmxDraft octet(int address, int value) {
        return patch(address, new byte[] {(byte) value});
    }

    VmxDraft patch(int address, long doubleword) {
        return patch(address, Area.four(doubleword));
    }

    /** The instructions at CS:RIP; HLT follows. */
    VmxDraft code(String... lines) {
        return patch(VmxArea.CODE, Draft.assemble(bits, flat ? VmxArea.CODE : 0, String.join("\n", lines) + "\nhlt\n"));
    }

    /** Enters the guest. A case that says nothing of it enters once. */
    VmxDraft enter(Way... how) {
        entered = true;
        script.enter(Arrays.stream(how).mapToInt(way -> way.bit).sum());
        return this;
    }

    /** The hypervisor does this itself, in 64-bit mode. */
    VmxDraft root(String... lines) {
        entered = true;
        String code = Arrays.stream(lines).collect(Collectors.joining("\n", "", "\nret\n"));
        script.bytes(VmxArea.CALLED, Draft.assemble(64, VmxArea.CALLED, code)).call();
        return this;
    }

    VmxScript tables() {
        return script;
    }

    /**
     * The case.
     *
     * @param text a format: its form, and details behind a semicolon
     */
    VmxCase named(String text, Object... parts) {
        if (!entered) {
            enter();
        }
        List<String> name =
                new ArrayList<>(List.of(String.format(Locale.ROOT, text, parts).split("; ", 2)));
        return new VmxCase(name.get(0), name.size() > 1 ? name.get(1) : "", script);
    }
}
