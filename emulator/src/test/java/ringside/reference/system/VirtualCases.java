package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Virtual-8086 mode: what IOPL allows, interrupts that leave it, and returns into it. */
final class VirtualCases {
    // spotless:off
    private static final String[] CODES = {
        "int 0x31", "int3", "into", "cli", "sti", "pushf", "popf", "iret", "hlt", "in al, 0x80\nxor ax, ax", "out 0x80, al", "pushfd", "popfd",
        "iretd", "retf", "o32 retf", "ret", "jmp 0x2100:0x10", "call 0x2100:0x10", "mov ax, 0x1234\nmov ds, ax", "mov ss, ax", "mov cx, fs",
        "pop es", "lds bx, [0]", "les bx, [0]", "mov eax, cr0", "mov cr3, eax", "mov eax, dr6", "lgdt [0]", "sgdt [0x20]", "sidt [0x20]",
        "arpl ax, cx", "sldt ax", "str ax", "lar ax, cx", "lsl ax, cx", "verr ax", "lldt ax", "ltr ax", "smsw ax", "lmsw ax", "clts", "invlpg [0]",
        "wrmsr", "rdmsr", "sysenter", "sysexit", "db 0x0f, 5", "push ax", "push sp\npop cx", "pusha\npopa", "enter 4, 0\nleave", "movsw",
        "lock inc word [0]", "lock nop", "ud2", "div dl", "bound ax, [0]", "int 0x32", "db 0xf1", "mov sp, 0\npush ax", "db 0x8e, 0xc8"
    };

    private static final String[] BEYOND_LIMITS = {
        "mov ax, [0xffff]", "mov [0xffff], ax", "mov ax, [bp+0xffff]", "mov eax, [ebx]", "mov sp, 1\npush ax", "mov sp, 0xffff\npop ax"
    };
    // spotless:on

    /** RF, AC and ID. QEMU keeps VIF and VIP until the next such IRET, and so into the cases that follow. */
    private static final int[] RARE = {1 << 16, 1 << 18, 1 << 21};

    private VirtualCases() {}

    static List<SystemCase> all(Random random) {
        var cases = new ArrayList<SystemCase>();
        for (int iopl = 0; iopl < 4; iopl += 3) {
            for (int i = 0; i < 2; i++) {
                for (String code : CODES) {
                    cases.add(one(random, "virtual-8086: " + lastOf(code), code, iopl));
                }
                for (String code : BEYOND_LIMITS) {
                    cases.add(one(random, "access: virtual-8086 mode", code, iopl));
                }
            }
        }
        for (int i = 0; i < 40; i++) {
            cases.add(gate(random));
        }
        for (int i = 0; i < 40; i++) {
            cases.add(enter(random));
        }
        return cases;
    }

    private static String lastOf(String code) {
        String last = code.substring(code.lastIndexOf('\n') + 1);
        return (last.startsWith("db") || last.startsWith("o32") ? last : last.split(" ")[0]).toUpperCase(Locale.ROOT);
    }

    private static SystemCase one(Random random, String form, String code, int iopl) {
        boolean wide = code.equals("iretd") || code.equals("o32 retf");
        int flags = random.nextInt() & ~0x100;
        int at = 0x2_2F00;
        var draft = Draft.virtual8086(iopl)
                .set("rax", random.nextInt(0x10000))
                .set("rbx", random.nextInt(2) == 0 ? 0xFFFD : 0x1_0000)
                .set("rcx", 0x2100)
                .set("rdx", random.nextInt(4))
                .set(
                        "flags",
                        0x2_0002
                                | iopl << 12
                                | (random.nextBoolean() ? 0x800 : 0)
                                | (random.nextBoolean() ? 0x200 : 0));
        // A frame for returns, to 2100:0010, where INC BX and INT3 are; and for RET to 2000:0010, with the same.
        draft.patch(at, wide ? 0x10 : 0x2100_0010L).patch(at + 4, wide ? 0x5555_2100L : flags);
        if (wide) {
            draft.patch(at + 8, flags);
        }
        return draft.patch(Area.DATA, 0x2300_0010L)
                .patch(Area.DATA + 0x10, new byte[] {0x43, (byte) 0xCC})
                .code(code)
                .patch(Area.CODE + 0x10, new byte[] {0x43, (byte) 0xCC})
                .named(form + "; %s, IOPL %d, flags %x", code.replace('\n', ' '), iopl, flags);
    }

    /** INT n at IOPL 3 needs a gate to non-conforming code of ring 0. */
    private static SystemCase gate(Random random) {
        int type = new int[] {14, 15, 14, 15, 6, 7}[random.nextInt(6)];
        int dpl = random.nextInt(5) == 0 ? random.nextInt(4) : 3;
        int ring = random.nextInt(3) == 0 ? random.nextInt(4) : 0;
        int code = random.nextInt(4) == 0 ? 0x1F : 0x1B;
        boolean narrow = type < 8;
        return Draft.virtual8086(3)
                .set("flags", 0x2_3202)
                .describe(Area.FREE, Area.descriptor(narrow ? 0x2_0000 : 0, 0x2_7FFF, 0x80 | ring << 5 | code, 4))
                .patch(
                        Area.IDT + 8 * 0x31,
                        Area.gate(Area.FREE, narrow ? 0x7000 : Area.TARGET, 0x80 | dpl << 5 | type, 0))
                .code(
                        Area.TARGET,
                        narrow ? 0x7000 : Area.TARGET,
                        32,
                        "inc ebx",
                        "mov ecx, ds",
                        "mov edx, gs",
                        "mov edi, esp")
                .code("int 0x31")
                .named(
                        "virtual-8086: INT n by a gate%s; type %x, DPL %d, code type %x of ring %d",
                        ring == 1 || ring == 2 ? " to ring 1 or 2" : "", type, dpl, code, ring);
    }

    /** IRET into virtual-8086 mode from rings 0 and 3. */
    private static SystemCase enter(Random random) {
        int ring = random.nextInt(4) == 0 ? 3 : 0;
        int flags = 0x2_0002
                | random.nextInt(0x10000) & ~0x100
                | (random.nextInt(4) == 0 ? RARE[random.nextInt(RARE.length)] : 0);
        int ip = random.nextInt(5) == 0 ? 0x1_0010 : 0x10;
        var draft = Draft.protectedMode(ring);
        int at = draft.get("rsp");
        int[] frame = {ip, 0x2100, flags, 0xF00, 0x2200, 0x1111, 0x2222, 0x3333, 0x4444};
        for (int i = 0; i < frame.length; i++) {
            draft.patch(at + 4 * i, frame[i] | (i > 3 && random.nextInt(4) == 0 ? 0x5555_0000L : 0));
        }
        if (ring == 3) {
            draft.patch(at + 4, Area.USER_CODE).patch(at, Area.TARGET).patch(Area.TARGET, new byte[] {(byte) 0xCC});
        }
        boolean virtual = (flags & 0x2_0000) != 0;
        String kind = virtual && ring == 3 ? " from ring 3" : virtual && ip > 0xFFFF ? ", EIP above FFFFH" : "";
        return draft.patch(Area.DATA + 0x10, new byte[] {0x43, (byte) 0xCC})
                .code("iretd")
                .named("virtual-8086: IRETD into it%s; flags %x, IP %x", kind, flags, ip);
    }
}
