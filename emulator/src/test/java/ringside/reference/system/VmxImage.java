package ringside.reference.system;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import ringside.cpu.instruction.InstructionSet;
import ringside.cpu.vmx.VmcsField;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.isa.Assembler;
import ringside.isa.Source;

/** vmx-hypervisor.asm with cases behind it: as a guest for Ringside, and as the firmware that Bochs starts with. */
final class VmxImage {
    private static final long LOAD = 0x10_0000;
    private static final int MEMORY = 8 << 20;
    private static final int VECTORS = 64;

    /** What a line tells of, where an exit may write it. */
    private static final Set<VmcsField> NOT_PRINTED = Set.of(
            VmcsField.GUEST_INTERRUPT_STATUS,
            VmcsField.GUEST_PML_INDEX,
            VmcsField.GUEST_IA32_PERF_GLOBAL_CTRL,
            VmcsField.GUEST_IA32_BNDCFGS,
            VmcsField.GUEST_PREEMPTION_TIMER_VALUE,
            // Undefined but under PAE paging with EPT, where cases read them.
            VmcsField.GUEST_IA32_PDPTE0,
            VmcsField.GUEST_IA32_PDPTE1,
            VmcsField.GUEST_IA32_PDPTE2,
            VmcsField.GUEST_IA32_PDPTE3);

    private final byte[] body;

    VmxImage(List<VmxCase> cases) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(hypervisor());
        List<VmcsField> fields =
                Arrays.stream(VmcsField.values()).filter(VmxImage::isPrinted).toList();
        out.writeBytes(Area.four(fields.size()));
        fields.forEach(field -> out.writeBytes(Area.four(field.encoding())));
        out.writeBytes(tables().finished());
        out.writeBytes(VmxDraft.base().finished());
        cases.forEach(c -> out.writeBytes(c.script().finished()));
        out.writeBytes(Area.four(0));
        body = out.toByteArray();
    }

    private static boolean isPrinted(VmcsField field) {
        boolean guest = (field.encoding() >>> 10 & 3) == 2 && field != VmcsField.valueOf("GUEST_SMBASE");
        boolean changes = field == VmcsField.VMENTRY_CONTROLS || field == VmcsField.VMENTRY_INTERRUPTION_INFO;
        boolean report = field.isReadOnly() && !field.name().startsWith("IO_");
        return (guest || changes || report) && !NOT_PRINTED.contains(field);
    }

    private static byte[] hypervisor() {
        try (var in = VmxImage.class.getResourceAsStream("vmx-hypervisor.asm")) {
            if (in == null) {
                throw new AssertionError("vmx-hypervisor.asm is missing");
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            var result = new Assembler(InstructionSet.forms()).assemble(Source.of("vmx-hypervisor.asm", text));
            return result.program()
                    .orElseThrow(() -> new AssertionError("vmx-hypervisor.asm: " + result.errors()))
                    .bytes()
                    .toArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** On a processor with VMX. */
    GuestImage guest() {
        GuestImage plain = Images.recognize(body, "cases", ImageOptions.DEFAULT.withMemory(MEMORY));
        return new GuestImage(
                plain.name(),
                plain.memory(),
                plain.segments(),
                plain.start(),
                plain.symbols(),
                plain.source(),
                plain.lines(),
                plain.milestones(),
                Set.of(GuestImage.Extension.VMX),
                plain.program(),
                plain.xenKernel());
    }

    byte[] firmware() {
        return SystemImage.firmware(body, LOAD);
    }

    /** Descriptor tables, task states and page tables, as every case finds them. */
    private static VmxScript tables() {
        var draft = VmxDraft.paged(0);
        byte[] handler = Draft.assemble(32, 0, "vmcall\nhlt");
        for (int vector = 0; vector < VECTORS; vector++) {
            int at = VmxArea.HANDLERS + 4 * vector;
            int rights = vector == 3 || vector == 4 || vector == 0x30 ? 0xEE : 0x8E;
            draft.patch(at, handler);
            draft.patch(VmxArea.VECTORS + 4 * vector, 0x2400L << 16 | 4L * vector);
            draft.patch(VmxArea.IDT + 8 * vector, Area.gate(VmxArea.KERNEL_CODE, at, rights, 0));
            draft.patch(VmxArea.IDT64 + 16 * vector, Area.gate64(VmxArea.KERNEL_CODE_64, at, rights, 0));
        }
        segments(draft);
        pages(draft);
        nestedPages(draft);
        return draft.tables();
    }

    private static void segments(VmxDraft draft) {
        describe(draft, VmxArea.KERNEL_CODE, flat(0x9B, 0xC));
        describe(draft, VmxArea.KERNEL_DATA, flat(0x93, 0xC));
        describe(draft, VmxArea.USER_CODE, flat(0xFB, 0xC));
        describe(draft, VmxArea.USER_DATA, flat(0xF3, 0xC));
        describe(draft, VmxArea.USER_CODE_64, flat(0xFB, 0xA));
        describe(draft, VmxArea.KERNEL_CODE_64, flat(0x9B, 0xA));
        describe(draft, VmxArea.TASK, Area.descriptor(VmxArea.TSS, 0xFF, 0x8B, 0));
        describe(draft, VmxArea.LOCAL, Area.descriptor(VmxArea.LDT, 0x3F, 0x82, 0));
        describe(draft, VmxArea.OTHER_TASK, Area.descriptor(VmxArea.OTHER_TSS, 0xFF, 0x89, 0));
        describe(draft, VmxArea.TASK_64, Area.descriptor(VmxArea.TSS64, 0xFF, 0x8B, 0));
        describe(draft, VmxArea.TASK_GATE, Area.gate(VmxArea.OTHER_TASK, 0, 0xE5, 0));
        describe(draft, VmxArea.ABSENT, flat(0x13, 0xC));
        draft.patch(VmxArea.TSS + 4, VmxArea.STACK_0 + 0xF00L).patch(VmxArea.TSS + 8, VmxArea.KERNEL_DATA);
        draft.patch(VmxArea.TSS64 + 4, VmxArea.STACK_0 + 0xF00L);
        draft.patch(VmxArea.TSS + 0x64, 0x68L << 16).patch(VmxArea.TSS64 + 0x64, 0x68L << 16);
        draft.patch(VmxArea.TSS + 0xFC, 0xFF00_0000L).patch(VmxArea.TSS64 + 0xFC, 0xFF00_0000L);
        draft.patch(VmxArea.OTHER_TSS + 0x64, 0x68L << 16);
    }

    private static byte[] flat(int rights, int flags) {
        return Area.descriptor(0, 0xF_FFFF, rights, flags);
    }

    private static void describe(VmxDraft draft, int selector, byte[] descriptor) {
        draft.patch(VmxArea.GDT + (selector & 0xFFF8), descriptor);
    }

    private static void pages(VmxDraft draft) {
        draft.patch(VmxArea.PAGE_DIRECTORY, VmxArea.PAGE_TABLE | 0x67L);
        draft.patch(VmxArea.PAGE_DIRECTORY + 4 * 0x3FB, 0xFEC0_00E7L);
        draft.patch(VmxArea.PAE_POINTERS, VmxArea.PAE_DIRECTORY | 1L)
                .patch(VmxArea.PAE_POINTERS + 24, VmxArea.HIGH_DIRECTORY | 1L);
        draft.patch(VmxArea.PAE_DIRECTORY, VmxArea.PAE_TABLE | 0x67L);
        draft.patch(VmxArea.HIGH_DIRECTORY + 8 * 0x1F7, 0xFEE0_00E7L);
        draft.patch(VmxArea.LEVEL_4, VmxArea.POINTERS_64 | 0x67L);
        draft.patch(VmxArea.POINTERS_64, VmxArea.PAE_DIRECTORY | 0x67L);
        draft.patch(VmxArea.POINTERS_64 + 24, VmxArea.HIGH_DIRECTORY | 0x67L);
        for (int page = 0; page < 512; page++) {
            draft.patch(VmxArea.PAGE_TABLE + 4 * page, page << 12 | 0x67L);
            draft.patch(VmxArea.PAE_TABLE + 8 * page, page << 12 | 0x67L);
        }
    }

    private static void nestedPages(VmxDraft draft) {
        draft.patch(VmxArea.EPT_LEVEL_4, VmxArea.EPT_LEVEL_3 | 7L);
        draft.patch(VmxArea.EPT_LEVEL_3, VmxArea.EPT_LEVEL_2 | 7L)
                .patch(VmxArea.EPT_LEVEL_3 + 24, VmxArea.EPT_HIGH | 7L);
        draft.patch(VmxArea.EPT_LEVEL_2, VmxArea.EPT_TABLE | 7L);
        draft.patch(VmxArea.EPT_HIGH + 8 * 0x1F7, 0xFEE0_0087L);
        for (int page = 0; page < 512; page++) {
            draft.patch(VmxArea.EPT_TABLE + 8 * page, page << 12 | 6 << 3 | 7L);
        }
    }
}
