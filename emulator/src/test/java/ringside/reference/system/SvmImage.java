package ringside.reference.system;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import ringside.cpu.instruction.InstructionSet;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.isa.Assembler;
import ringside.isa.Source;

/** The hypervisor of the comparison with cases behind it: as a guest for Ringside, and as the firmware that QEMU starts with. */
final class SvmImage {
    private static final long LOAD = 0x10_0000;
    private static final int HEAD = 56;
    private static final int MEMORY = 8 << 20;
    private static final int VECTORS = 64;

    private final byte[] body;

    SvmImage(List<SvmCase> cases) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(hypervisor());
        out.writeBytes(record(tables()));
        cases.forEach(c -> out.writeBytes(record(c)));
        out.writeBytes(new byte[HEAD]);
        body = out.toByteArray();
    }

    private static byte[] hypervisor() {
        try (var in = SvmImage.class.getResourceAsStream("hypervisor.asm")) {
            if (in == null) {
                throw new AssertionError("hypervisor.asm is missing");
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            var result = new Assembler(InstructionSet.forms()).assemble(Source.of("hypervisor.asm", text));
            return result.program()
                    .orElseThrow(() -> new AssertionError("hypervisor.asm: " + result.errors()))
                    .bytes()
                    .toArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** On a processor with SVM. */
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
                Set.of(GuestImage.Extension.SVM),
                plain.program(),
                plain.xenKernel());
    }

    byte[] firmware() {
        return SystemImage.firmware(body, LOAD, "jmp [0x10001c]");
    }

    private static byte[] record(SvmCase given) {
        var out = new ByteArrayOutputStream();
        for (var patch : given.patches()) {
            byte[] bytes = patch.bytes();
            out.writeBytes(Area.four(patch.address()));
            out.writeBytes(Area.four(bytes.length));
            out.writeBytes(bytes);
            out.writeBytes(new byte[-bytes.length & 3]);
        }
        var record = ByteBuffer.allocate(HEAD + out.size()).order(ByteOrder.LITTLE_ENDIAN);
        record.putInt(HEAD + out.size()).putInt(given.ways());
        given.general().forEach(record::putLong);
        return record.put(out.toByteArray()).array();
    }

    /** Descriptor tables, task states and page tables, as every case finds them. */
    private static SvmCase tables() {
        var draft = SvmDraft.realMode();
        byte[] handler = Draft.assemble(32, 0, "vmmcall\nhlt");
        for (int vector = 0; vector < VECTORS; vector++) {
            int at = SvmArea.HANDLERS + 4 * vector;
            int rights = vector == 3 || vector == 4 || vector == 0x30 ? 0xEE : 0x8E;
            draft.patch(at, handler);
            draft.patch(SvmArea.VECTORS + 4 * vector, 0x2400L << 16 | 4L * vector);
            draft.patch(SvmArea.IDT + 8 * vector, Area.gate(SvmArea.KERNEL_CODE, at, rights, 0));
            draft.patch(SvmArea.IDT64 + 16 * vector, Area.gate64(SvmArea.KERNEL_CODE_64, at, rights, 0));
        }
        segments(draft);
        pages(draft);
        return draft.named("tables: as every case finds them");
    }

    private static void segments(SvmDraft draft) {
        describe(draft, SvmArea.KERNEL_CODE, Area.descriptor(0, 0xF_FFFF, 0x9B, 0xC));
        describe(draft, SvmArea.KERNEL_DATA, Area.descriptor(0, 0xF_FFFF, 0x93, 0xC));
        describe(draft, SvmArea.USER_CODE, Area.descriptor(0, 0xF_FFFF, 0xFB, 0xC));
        describe(draft, SvmArea.USER_DATA, Area.descriptor(0, 0xF_FFFF, 0xF3, 0xC));
        describe(draft, SvmArea.USER_CODE_64, Area.descriptor(0, 0xF_FFFF, 0xFB, 0xA));
        describe(draft, SvmArea.KERNEL_CODE_64, Area.descriptor(0, 0xF_FFFF, 0x9B, 0xA));
        describe(draft, SvmArea.TASK, Area.descriptor(SvmArea.TSS, 0xFF, 0x8B, 0));
        describe(draft, SvmArea.LOCAL, Area.descriptor(SvmArea.LDT, 0x3F, 0x82, 0));
        describe(draft, SvmArea.OTHER_TASK, Area.descriptor(SvmArea.OTHER_TSS, 0xFF, 0x89, 0));
        describe(draft, SvmArea.TASK_64, Area.descriptor(SvmArea.TSS64, 0xFF, 0x8B, 0));
        describe(draft, SvmArea.TASK_GATE, Area.gate(SvmArea.OTHER_TASK, 0, 0xE5, 0));
        describe(draft, SvmArea.ABSENT, Area.descriptor(0, 0xF_FFFF, 0x13, 0xC));
        describe(draft, SvmArea.ABSENT_TASK, Area.descriptor(SvmArea.OTHER_TSS, 0xFF, 0x09, 0));
        draft.patch(SvmArea.TSS + 4, SvmArea.STACK_0 + 0xF00L).patch(SvmArea.TSS + 8, SvmArea.KERNEL_DATA);
        draft.patch(SvmArea.TSS + 0x64, 0x68L << 16).patch(SvmArea.TSS64 + 0x64, 0x68L << 16);
        draft.patch(SvmArea.TSS + 0xFC, 0xFF00_0000L).patch(SvmArea.TSS64 + 0xFC, 0xFF00_0000L);
        draft.patch(SvmArea.TSS64 + 4, SvmArea.STACK_0 + 0xF00L);
        // The task that gates and jumps lead to: EIP, EFLAGS, ESP, its segments.
        int other = SvmArea.OTHER_TSS;
        draft.patch(other + 0x20, SvmArea.HANDLERS)
                .patch(other + 0x24, 2)
                .patch(other + 0x38, SvmArea.STACK_0 + 0xE00L);
        draft.patch(other + 0x4C, SvmArea.KERNEL_CODE).patch(other + 0x50, SvmArea.KERNEL_DATA);
        draft.patch(other + 0x54, SvmArea.KERNEL_DATA).patch(other + 0x48, SvmArea.KERNEL_DATA);
    }

    private static void describe(SvmDraft draft, int selector, byte[] descriptor) {
        draft.patch(SvmArea.GDT + (selector & ~7), descriptor);
    }

    /** 0 to 2 or 4 MiB is mapped to itself, already accessed and dirty, also by the nested tables. */
    private static void pages(SvmDraft draft) {
        var low = ByteBuffer.allocate(0x1000).order(ByteOrder.LITTLE_ENDIAN);
        var wide = ByteBuffer.allocate(0x1000).order(ByteOrder.LITTLE_ENDIAN);
        for (int page = 0; page < 1024; page++) {
            low.putInt(page << 12 | 0x67);
            if (page < 512) {
                wide.putLong((long) page << 12 | 0x67);
            }
        }
        draft.patch(SvmArea.PAGE_TABLE, low.array()).patch(SvmArea.PAGE_DIRECTORY, SvmArea.PAGE_TABLE | 0x27);
        draft.patch(SvmArea.PAE_TABLE, wide.array()).patch(SvmArea.NESTED_TABLE, wide.array());
        draft.patch(SvmArea.PAE_POINTERS, SvmArea.PAE_DIRECTORY | 1)
                .patch(SvmArea.PAE_DIRECTORY, SvmArea.PAE_TABLE | 0x27);
        draft.patch(SvmArea.LEVEL_4, SvmArea.POINTERS_64 | 0x27)
                .patch(SvmArea.POINTERS_64, SvmArea.PAE_DIRECTORY | 0x27);
        draft.patch(SvmArea.NESTED_LEVEL_4, SvmArea.NESTED_LEVEL_3 | 0x27);
        draft.patch(SvmArea.NESTED_LEVEL_3, SvmArea.NESTED_LEVEL_2 | 0x27);
        draft.patch(SvmArea.NESTED_LEVEL_2, SvmArea.NESTED_TABLE | 0x27);
    }
}
