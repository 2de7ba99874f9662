package ringside.reference.system;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.Assembler;
import ringside.isa.Source;

/** The kernel with cases behind it: as a multiboot file for Ringside, and as the firmware that the others start with. */
final class SystemImage {
    private static final int RECORD = 144;
    private static final int ROM_UNIT = 0x1_0000;
    private static final int LOADER = 0x100;

    private final byte[] body;

    SystemImage(List<SystemCase> cases) {
        var kernel = new Assembler(InstructionSet.forms()).assemble(Source.of("kernel.asm", source()));
        var program = kernel.program().orElseThrow(() -> new AssertionError("kernel.asm: " + kernel.errors()));
        var out = new ByteArrayOutputStream();
        out.writeBytes(program.bytes().toArray());
        out.writeBytes(record(tables(program.symbols())));
        cases.forEach(c -> out.writeBytes(record(c)));
        out.writeBytes(new byte[RECORD]);
        body = out.toByteArray();
    }

    private static String source() {
        try (var in = SystemImage.class.getResourceAsStream("kernel.asm")) {
            if (in == null) {
                throw new AssertionError("kernel.asm is missing");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    byte[] multiboot() {
        return body.clone();
    }

    /** A ROM below 4 GiB that copies the kernel to 1 MiB and enters it as multiboot would. */
    byte[] firmware() {
        return firmware(body, 0x10_0000, "jmp [0x10001c]");
    }

    /** A ROM that copies a program to its place and enters it there as a flat guest of 32 bits. */
    static byte[] firmware(byte[] program, long address) {
        return firmware(program, address, "mov eax, " + address + "\njmp eax");
    }

    /** The same, with COM1 set to eight bits and its FIFO on before, so that a program may write some bytes without waiting. */
    static byte[] firmwareWithSerial(byte[] program, long address) {
        String serial = """
            mov dx, 0x3fb
            mov al, 3
            out dx, al
            mov dl, 0xfa
            mov al, 7
            out dx, al
            """;
        return firmware(program, address, serial + "mov eax, " + address + "\njmp eax");
    }

    static byte[] firmware(byte[] body, long address, String entry) {
        int size = (body.length + LOADER + ROM_UNIT - 1) / ROM_UNIT * ROM_UNIT;
        long base = 0x1_0000_0000L - size;
        String loader = """
            bits 16
            org 0xff00
            begin:  cli
                    o32 lgdt [cs:table]
                    mov eax, 0x11
                    mov cr0, eax
                    jmp dword 8:0xffffff00 + (flat - begin)
            table:  dw 23
                    dd 0xffffff00 + (gdt - begin)
            gdt:    dq 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
            bits 32
            flat:   mov ax, 16
                    mov ds, ax
                    mov es, ax
                    mov ss, ax
                    mov fs, ax
                    mov gs, ax
                    cld
                    mov esi, %d
                    mov edi, %d
                    mov ecx, %d
                    rep movsb
                    %s
            bits 16
                    times 0xf0-($-$$) db 0
                    jmp 0xf000:0xff00
            """.formatted(base, address, body.length, entry);
        byte[] code = Draft.assemble(16, 0xFF00, loader.replace("bits 16\norg 0xff00\n", ""));
        return ByteBuffer.allocate(size)
                .put(body)
                .position(size - LOADER)
                .put(code)
                .array();
    }

    private static byte[] record(SystemCase given) {
        var out = new ByteArrayOutputStream();
        for (var patch : given.patches()) {
            byte[] bytes = patch.bytes();
            out.writeBytes(Area.four(patch.address()));
            out.writeBytes(Area.four(bytes.length));
            out.writeBytes(bytes);
            out.writeBytes(new byte[-bytes.length & 3]);
        }
        var record = ByteBuffer.allocate(RECORD + out.size()).order(ByteOrder.LITTLE_ENDIAN);
        record.putInt(RECORD + out.size()).putInt(given.inLongMode() ? 1 : 0);
        for (int word : given.words()) {
            record.putInt(word);
        }
        return record.put(out.toByteArray()).array();
    }

    /** Descriptor tables, task state and page tables, as every case finds them. */
    private static SystemCase tables(Map<String, Long> symbols) {
        var draft = Draft.protectedMode(0);
        long stubs = symbol(symbols, "stubs");
        long stubs64 = symbol(symbols, "stubs64");
        for (int vector = 0; vector < 64; vector++) {
            int rights = vector == 3 || vector == 4 ? 0xEE : 0x8E;
            draft.patch(Area.IDT + 8 * vector, Area.gate(Area.KERNEL_CODE, stubs + 16L * vector, rights, 0));
            draft.patch(Area.IDT64 + 16 * vector, Area.gate64(Area.KERNEL_CODE_64, stubs64 + 16L * vector, rights, 1));
        }
        segments(draft);
        taskState(draft);
        pages(draft);
        // Where the 16-bit entry is, for cases that make a gate to it.
        draft.patch(Area.TARGET + 0xFFC, symbol(symbols, "stub16") - 0x10_0000);
        return draft.named("tables: as every case finds them");
    }

    static long symbol(Map<String, Long> symbols, String name) {
        Long value = symbols.get(name);
        if (value == null) {
            throw new AssertionError("kernel.asm has no label " + name);
        }
        return value;
    }

    private static void segments(Draft draft) {
        draft.describe(Area.KERNEL_CODE, flat(0x9B, 0xC))
                .describe(Area.KERNEL_DATA, flat(0x93, 0xC))
                .describe(Area.USER_CODE, flat(0xFB, 0xC))
                .describe(Area.USER_DATA, flat(0xF3, 0xC))
                .describe(Area.USER_CODE_64, flat(0xFB, 0xA))
                .describe(Area.KERNEL_CODE_64, flat(0x9B, 0xA))
                .describe(Area.TASK, Area.descriptor(Area.TSS, 0xFF, 0x89, 0))
                .describe(Area.LOCAL, Area.descriptor(Area.LDT, Area.LDT_LIMIT, 0x82, 0))
                .describe(Area.IMAGE_CODE, Area.descriptor(0x10_0000, 0xFFFF, 0x9B, 4))
                .describe(Area.TASK_64, Area.descriptor(Area.TSS64, 0xFF, 0x89, 0))
                .describe(Area.OTHER_TASK, Area.descriptor(Area.OTHER_TSS, 0xFF, 0x89, 0))
                .describe(Area.FAULT_TASK, Area.descriptor(Area.FAULT_TSS, 0xFF, 0x89, 0))
                .describe(Area.CODE_1, flat(0xBB, 0xC))
                .describe(Area.DATA_1, flat(0xB3, 0xC))
                .describe(Area.CODE_2, flat(0xDB, 0xC))
                .describe(Area.DATA_2, flat(0xD3, 0xC))
                .describe(Area.CONFORMING, flat(0x9F, 0xC));
    }

    private static byte[] flat(int rights, int flags) {
        return Area.descriptor(0, 0xF_FFFF, rights, flags);
    }

    private static void taskState(Draft draft) {
        draft.patch(Area.TSS + 4, Area.STACK_0).patch(Area.TSS + 8, Area.KERNEL_DATA);
        draft.patch(Area.TSS + 12, Area.STACK_1).patch(Area.TSS + 16, Area.DATA_1);
        draft.patch(Area.TSS + 20, Area.STACK_2).patch(Area.TSS + 24, Area.DATA_2);
        draft.patch(Area.TSS + 0x64, 0x68 << 16).patch(Area.TSS + 0xFC, 0xFF00_0000L);
        for (int stack = 0; stack < 3; stack++) {
            draft.patch(Area.TSS64 + 4 + 8 * stack, Area.STACK_0 + 0x1000 * stack);
        }
        draft.patch(Area.TSS64 + 0x24, Area.STACK_IST).patch(Area.TSS64 + 0x2C, Area.STACK_IST - 0x800);
        draft.patch(Area.TSS64 + 0x64, 0x68 << 16).patch(Area.TSS64 + 0xFC, 0xFF00_0000L);
    }

    /** 0 to 4 MiB is mapped to itself, already accessed and dirty. */
    private static void pages(Draft draft) {
        var low = ByteBuffer.allocate(0x1000).order(ByteOrder.LITTLE_ENDIAN);
        var pae = ByteBuffer.allocate(0x2000).order(ByteOrder.LITTLE_ENDIAN);
        for (int page = 0; page < 1024; page++) {
            low.putInt(page << 12 | 0x67);
            pae.putLong((long) page << 12 | 0x67);
        }
        draft.patch(Area.LOW_TABLE, low.array()).patch(Area.PAE_LOW_TABLE, pae.array());
        draft.patch(Area.PAGE_DIRECTORY, Area.LOW_TABLE | 0x27).patch(Area.PAGE_DIRECTORY + 4, Area.TESTED_TABLE | 7);
        draft.patch(Area.PAE_POINTERS, Area.PAE_DIRECTORY | 1);
        draft.patch(Area.PAE_DIRECTORY, Area.PAE_LOW_TABLE | 0x27)
                .patch(Area.PAE_DIRECTORY + 8, Area.PAE_SECOND_TABLE | 0x27)
                .patch(Area.PAE_DIRECTORY + 16, Area.PAE_TESTED_TABLE | 7);
        draft.patch(Area.LEVEL_4, Area.POINTERS_64 | 0x27).patch(Area.POINTERS_64, Area.PAE_DIRECTORY | 0x27);
    }

    /** The cases in images of at most {@code size}. */
    static List<List<SystemCase>> divide(List<SystemCase> cases, int size) {
        var parts = new ArrayList<List<SystemCase>>();
        for (int from = 0; from < cases.size(); from += size) {
            parts.add(cases.subList(from, Math.min(cases.size(), from + size)));
        }
        return parts;
    }
}
