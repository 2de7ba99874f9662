package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** What each ring may do to the flags, ports by IOPL and bitmap, traps and their shadows, alignment. */
final class FlagCases {
    private FlagCases() {}

    static List<SystemCase> all(Random random) {
        var cases = new ArrayList<SystemCase>();
        for (int i = 0; i < 200; i++) {
            cases.add(flags(random));
        }
        for (int i = 0; i < 120; i++) {
            cases.add(port(random));
        }
        for (int i = 0; i < 120; i++) {
            cases.add(trap(random));
        }
        for (int i = 0; i < 60; i++) {
            cases.add(alignment(random));
        }
        return cases;
    }

    /** A ring, or 4 for virtual-8086 mode. */
    private static Draft ring(int ring, int iopl, Random random) {
        if (ring == 4) {
            return Draft.virtual8086(iopl);
        }
        var draft =
                random.nextInt(4) == 0 && (ring == 0 || ring == 3) ? Draft.longMode(ring) : Draft.protectedMode(ring);
        return draft.set("flags", 2 | iopl << 12);
    }

    private static SystemCase flags(Random random) {
        int ring = random.nextInt(5);
        int iopl = random.nextInt(4);
        int value = random.nextInt() & ~0x100;
        boolean wide = random.nextBoolean();
        var draft = ring(ring, iopl, random).set("rax", value);
        boolean sixtyFour = draft.get("efer") != 0;
        draft.set("flags", draft.get("flags") | (random.nextBoolean() ? 0x200 : 0) | random.nextInt(2) << 18);
        String push = sixtyFour ? "push rax" : "push eax";
        String code = switch (random.nextInt(6)) {
            case 0 -> "cli";
            case 1 -> "sti";
            case 2 -> wide ? "pushf\npop ax" : "pushfd\npop eax";
            case 3 -> ring == 4 || sixtyFour ? "cli" : "iretd";
            default -> wide ? "push ax\npopf" : push + "\npopf" + (sixtyFour ? "q" : "d");
        };
        if (sixtyFour) {
            code = code.replace("pushfd\npop eax", "pushfq\npop rax");
        }
        if (code.equals("iretd")) {
            int at = draft.get("rsp");
            draft.patch(at, Area.TARGET).patch(at + 4, draft.get("cs")).patch(at + 8, value & ~0x2_4000);
            draft.patch(Area.TARGET, new byte[] {(byte) 0xCC});
        }
        return draft.code(code)
                .named(
                        "flags: %s%s; EAX %x, IOPL %d, ring %d",
                        code.replace('\n', ' ').toUpperCase(Locale.ROOT),
                        ring == 4 ? " in virtual-8086 mode" : sixtyFour ? " in 64-bit mode" : "",
                        value,
                        iopl,
                        ring);
    }

    private static SystemCase port(Random random) {
        int ring = random.nextInt(5);
        int iopl = random.nextInt(4);
        var draft = ring(ring, iopl, random);
        // The bitmap holds ports 0 to 1FFH in the TSS; port 80H is the diagnostic port, 21H the mask of the interrupt
        // controller.
        int size = 1 << random.nextInt(3);
        int port = random.nextInt(3) == 0 ? 0x4BF + random.nextInt(3) : 0x80 + random.nextInt(4);
        int task = draft.get("efer") != 0 ? Area.TSS64 : Area.TSS;
        draft.patch(task + 0x68 + 0x10, random.nextInt(2) == 0 ? 0 : 1 << random.nextInt(8));
        int base = random.nextInt(5) == 0 ? 0xFF + random.nextInt(3) - 0x14 : 0x68;
        draft.patch(task + 0x64, base << 16);
        String register = size == 1 ? "al" : size == 2 ? "ax" : "eax";
        String code = random.nextInt(3) == 0 ? "out dx, " + register : "in " + register + ", dx\nxor eax, eax";
        return draft.set("rdx", port)
                .code(code)
                .named(
                        "ports: %s%s; port %x, IOPL %d, ring %d, bitmap at %x",
                        code.replaceFirst("\n.*", "").toUpperCase(Locale.ROOT),
                        ring == 4 ? " in virtual-8086 mode" : task == Area.TSS64 ? " in 64-bit mode" : "",
                        port,
                        iopl,
                        ring,
                        base);
    }

    private static SystemCase trap(Random random) {
        int ring = random.nextInt(2) * 3;
        String[] codes = {
            "nop",
            "mov ss, ecx\nnop\nnop",
            "push ecx\npop ss\nnop",
            "rep movsb",
            "int 0x31",
            "pushfd\npopfd\nnop",
            "int3",
            "into",
            "ud2",
            "jmp $+2",
            "push dword 2\npopfd\nnop\nnop",
            "mov eax, [0x21000]",
            "mov [0x21001], al",
            "push dword [0x21000]",
            "xor al, [0x21003]",
            "mov ss, ecx\nmov eax, [0x21000]\nnop",
            "mov ds, ecx\nnop",
            "sti\nnop\nnop",
            "movsd\nnop",
            "mov [0x21004], eax\nnop"
        };
        String code = codes[random.nextInt(codes.length)];
        boolean step = random.nextInt(2) == 0;
        boolean resume = random.nextInt(4) == 0;
        boolean watch = random.nextInt(3) > 0;
        int kind = random.nextInt(4);
        int length = new int[] {0, 1, 3}[random.nextInt(3)];
        int at = kind == 0 ? Area.CODE + random.nextInt(3) : Area.DATA + random.nextInt(2) * 4;
        if (kind == 2) {
            kind = 3;
        }
        if (kind == 0) {
            length = 0;
        }
        at &= ~length;
        var draft = Draft.protectedMode(ring)
                .set("rcx", ring == 0 ? Area.KERNEL_DATA : Area.USER_DATA)
                .set("rsi", Area.DATA)
                .set("rdi", Area.DATA + 0x40)
                .set("flags", 0x3802 | (step ? 0x100 : 0) | (resume ? 0x1_0000 : 0))
                .describe(Area.FREE, Area.descriptor(0, 0xF_FFFF, 0x9A, 0xC))
                .patch(Area.IDT + 8 * 0x31, Area.gate(Area.KERNEL_CODE, Area.TARGET, 0xEE, 0))
                .code(Area.TARGET, Area.TARGET, 32, "nop");
        if (watch) {
            draft.set("dr0", at).set("dr7", 0x402 | kind << 16 | length << 18);
        }
        return draft.code(code)
                .named(
                        "trap: %s%s%s; TF=%d, RF=%d, ring %d, breakpoint %s",
                        code.replace('\n', ' ').toUpperCase(Locale.ROOT),
                        step ? ", stepped" : "",
                        watch ? kind == 0 ? ", code breakpoint" : ", data breakpoint" : "",
                        step ? 1 : 0,
                        resume ? 1 : 0,
                        ring,
                        watch ? kind + " at " + Integer.toHexString(at) + " length " + length : "none");
    }

    private static SystemCase alignment(Random random) {
        int ring = random.nextInt(4);
        boolean mask = random.nextInt(4) != 0;
        boolean check = random.nextInt(4) != 0;
        int offset = random.nextInt(9);
        String code = List.of(
                        "mov eax, [ebx]",
                        "mov [ebx], ax",
                        "inc dword [ebx]",
                        "mov al, [ebx]",
                        "push dword [ebx]",
                        "fs lodsd",
                        "cmpxchg8b [ebx]",
                        "movsw",
                        "mov esp, ebx\npop eax",
                        "les ecx, [ebx]",
                        "sgdt [ebx]",
                        "bound eax, [ebx]",
                        "pop word [ebx]",
                        "lock xadd [ebx], eax")
                .get(random.nextInt(14));
        return Draft.protectedMode(ring)
                .set("cr0", mask ? 0x4_0031 : 0x31)
                .set("flags", check ? 0x4_0002 : 2)
                .set("rbx", Area.DATA + offset)
                .set("rsi", Area.DATA + offset)
                .set("rdi", Area.DATA + 0x40)
                .patch(Area.DATA + 4, Area.four(0x7FFF_FFFF))
                .code(code)
                .named(
                        "alignment: %s; offset %d, AM=%d, AC=%d, ring %d",
                        code.replace('\n', ' ').toUpperCase(Locale.ROOT), offset, mask ? 1 : 0, check ? 1 : 0, ring);
    }
}
