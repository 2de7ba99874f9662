package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Long mode: canonical addresses, system calls, interrupt stack tables, far transfers to and from compatibility mode. */
final class LongCases {
    private static final int STAR_HIGH = 0x1B_0008;

    private LongCases() {}

    static List<SystemCase> all(Random random) {
        var cases = new ArrayList<SystemCase>();
        canonical(random, cases);
        systemCalls(random, cases);
        interrupts(random, cases);
        for (int i = 0; i < 120; i++) {
            cases.add(transfer(random));
        }
        segments(random, cases);
        return cases;
    }

    private static long address(Random random) {
        long[] borders = {
            1L << 47,
            (1L << 47) - 1,
            (1L << 47) - 8,
            -1L << 47,
            (-1L << 47) - 1,
            (-1L << 47) - 4,
            1L << 63,
            1L << 48,
            -1L << 48,
            0x1_0002_1000L << 16
        };
        return borders[random.nextInt(borders.length)] - random.nextInt(3);
    }

    private static void canonical(Random random, List<SystemCase> cases) {
        String[] codes = {
            "mov eax, [rbx]",
            "mov [rbx], eax",
            "mov rax, [rbp]",
            "push qword [rbx]",
            "mov rsp, rbx\npush rax",
            "mov rsp, rbx\npop rax",
            "jmp rbx",
            "push rbx\nret",
            "call rbx",
            "call [rbx]",
            "inc dword [rbx]",
            "lodsb",
            "stosq",
            "mov rsp, rbx\ncall $+5",
            "mov eax, [fs:rbx]",
            "lar eax, [rbx]",
            "cmpxchg16b [rbx]",
            "mov rbp, rbx\nleave",
            "enter 8, 0",
            "movsb",
            "invlpg [rbx]",
            "lgdt [rbx]",
            "sgdt [rbx]",
            "jmp [rbx]",
            "bt [rbx], rax",
            "xlatb"
        };
        for (String code : codes) {
            for (int i = 0; i < 4; i++) {
                int ring = code.contains("lgdt") || code.contains("invlpg") ? 0 : i % 2 * 3;
                long at = address(random);
                cases.add(Draft.longMode(ring)
                        .set("rbx", at)
                        .set("rbp", at)
                        .set("rsi", at)
                        .set("rdi", at)
                        .code(code)
                        .named(
                                "canonical: %s; %x, ring %d",
                                code.replace('\n', ' ').toUpperCase(Locale.ROOT), at, ring));
            }
        }
        for (int register : new int[] {
            0xC000_0100, 0xC000_0101, 0xC000_0102, 0xC000_0082, 0xC000_0083, 0x174, 0x175, 0x176, 0xC000_0084
        }) {
            for (int i = 0; i < 3; i++) {
                long at = address(random);
                cases.add(Draft.longMode(0)
                        .set("rcx", register)
                        .set("rax", at & 0xFFFF_FFFFL)
                        .set("rdx", at >>> 32)
                        .code("wrmsr", "rdmsr")
                        .named("canonical: WRMSR %x; %x", register, at));
            }
        }
    }

    private static String[] msr(int register, long value) {
        return new String[] {
            "mov ecx, 0x%x".formatted(register),
            "mov eax, 0x%x".formatted(value & 0xFFFF_FFFFL),
            "mov edx, 0x%x".formatted(value >>> 32),
            "wrmsr"
        };
    }

    private static String lines(String[] a, String... rest) {
        return String.join("\n", a) + "\n" + String.join("\n", rest);
    }

    private static void systemCalls(Random random, List<SystemCase> cases) {
        String setup = lines(msr(0xC000_0081, (long) STAR_HIGH << 32), "")
                + lines(msr(0xC000_0082, Area.TARGET), "")
                + lines(msr(0xC000_0084, 0x4_0700), "");
        for (int i = 0; i < 24; i++) {
            boolean wide = i % 2 == 0;
            int flags = random.nextInt(0x4_0000) & 0xFD5 | 2;
            cases.add(Draft.longMode(0)
                    .code(
                            setup,
                            "mov rcx, user",
                            "mov r11d, 0x%x".formatted(flags & ~0x300 | random.nextInt(4) << 12),
                            wide ? "o64 sysret" : "mov ecx, user\nsysret",
                            "align 16",
                            "user: "
                                    + (wide
                                            ? "inc ebx\nsyscall"
                                            : random.nextBoolean() ? "nop\nint3" : "inc ecx\nint3"))
                    .code(Area.TARGET, Area.TARGET, 64, "mov rsi, r11", "mov rdi, rsp", i % 3 == 0 ? "swapgs" : "nop")
                    .named("system call: SYSRET o%d; flags %x", wide ? 64 : 32, flags));
        }
        for (int ring = 0; ring < 4; ring += 3) {
            for (String code :
                    List.of("syscall", "sysret", "o64 sysret", "swapgs", "sysexit", "o64 sysexit", "sysenter")) {
                cases.add(Draft.longMode(ring)
                        .set("rcx", Area.TARGET)
                        .patch(Area.TARGET, new byte[] {(byte) 0xCC})
                        .code(code)
                        .named("system call: %s without preparation; ring %d", code.toUpperCase(Locale.ROOT), ring));
                if (!code.contains("o64")) {
                    cases.add(Draft.compatibility(ring)
                            .code(code)
                            .named(
                                    "system call: %s in compatibility mode; ring %d",
                                    code.toUpperCase(Locale.ROOT), ring));
                    cases.add(Draft.protectedMode(ring)
                            .code(code)
                            .named("system call: %s in protected mode; ring %d", code.toUpperCase(Locale.ROOT), ring));
                }
            }
        }
        for (int i = 0; i < 6; i++) {
            long at = address(random);
            cases.add(Draft.longMode(0)
                    .set("rdi", at)
                    .code(setup, "mov rcx, rdi", "mov r11d, 2", "o64 sysret")
                    .named("system call: SYSRET to a bad address; %x", at));
        }
        for (int i = 0; i < 4; i++) {
            cases.add(Draft.longMode(0)
                    .code(
                            lines(msr(0xC000_0102, 0x1234_5678_0000L * (i + 1)), ""),
                            lines(msr(0xC000_0101, 0x1111_0000L * i), ""),
                            "swapgs",
                            i > 1 ? "swapgs" : "nop")
                    .named("system call: SWAPGS; %d", i));
        }
    }

    private static void interrupts(Random random, List<SystemCase> cases) {
        for (int i = 0; i < 100; i++) {
            int ring = random.nextInt(2) * 3;
            boolean compatible = random.nextInt(3) == 0;
            int stack = random.nextInt(4);
            int type = random.nextInt(8) == 0 ? random.nextInt(32) : 14 + random.nextInt(2);
            int present = random.nextInt(10) == 0 ? 0 : 0x80;
            int dpl = random.nextInt(4) == 0 ? random.nextInt(4) : 3;
            int selector = new int[] {0x30, 0x30, 0x30, 0x33, Area.USER_CODE_64, 8, 0, Area.FREE}[random.nextInt(8)];
            long where = random.nextInt(10) == 0 ? address(random) : Area.TARGET;
            boolean badStack = random.nextInt(6) == 0;
            boolean odd = random.nextInt(3) == 0;
            var draft = (compatible ? Draft.compatibility(ring) : Draft.longMode(ring))
                    .describe(Area.FREE, Area.descriptor(0, 0xF_FFFF, random.nextBoolean() ? 0x9E : 0x1A, 0xA))
                    .patch(Area.IDT64 + 16 * 0x31, Area.gate64(selector, where, present | dpl << 5 | type, stack))
                    .code(Area.TARGET, Area.TARGET, 64, "inc ebx", "mov rdi, rsp")
                    .code("int 0x31");
            if (badStack) {
                long bad = address(random);
                draft.patch(Area.TSS64 + 4, Area.eight(bad)).patch(Area.TSS64 + 0x2C, Area.eight(bad));
            }
            if (odd) {
                draft.set("rsp", Area.STACK_3 - 0x203);
            }
            cases.add(draft.named(
                    "long interrupt: INT n; gate type %x, P=%d, DPL %d, ring %d%s, code %x at %x, IST %d%s",
                    type,
                    present >> 7,
                    dpl,
                    ring,
                    compatible ? " compatibility" : "",
                    selector,
                    where,
                    stack,
                    badStack ? ", bad stacks" : ""));
        }
        for (String code : List.of(
                "into",
                "bound eax, [0x21000]",
                "pushad",
                "popad",
                "daa",
                "aam",
                "push cs",
                "pop ds",
                "les eax, [0x21000]",
                "jmp 8:0",
                "arpl ax, cx",
                "salc",
                "int1",
                "int 0x80",
                "lahf")) {
            byte[] bytes = code.startsWith("salc") ? new byte[] {(byte) 0xD6} : Draft.assemble(32, Area.CODE, code);
            cases.add(Draft.longMode(3)
                    .set("flags", 0x802)
                    .patch(Area.CODE, bytes)
                    .patch(Area.CODE + bytes.length, new byte[] {(byte) 0xCC})
                    .named("long interrupt: %s of 32-bit code", code.toUpperCase(Locale.ROOT)));
        }
    }

    /** Far transfers between 64-bit and compatibility mode. */
    private static SystemCase transfer(Random random) {
        int ring = random.nextInt(2) * 3;
        boolean compatible = random.nextInt(3) == 0;
        int rpl = random.nextInt(4) == 0 ? random.nextInt(4) : ring;
        int dpl = random.nextInt(4) == 0 ? random.nextInt(4) : rpl;
        int type = random.nextInt(8) == 0 ? random.nextInt(32) : random.nextInt(3) == 0 ? 0x1E : 0x1A;
        int size = random.nextInt(10) == 0 ? 0xE : random.nextBoolean() ? 0xA : 0xC;
        String name = List.of("retf", "o64 retf", "iretq", "jmp", "call", "call gate")
                .get(random.nextInt(compatible ? 1 : 6));
        if (compatible) {
            name = List.of("retf", "iretd", "jmp", "call gate").get(random.nextInt(4));
        }
        var draft = (compatible ? Draft.compatibility(ring) : Draft.longMode(ring))
                .describe(Area.FREE, Area.descriptor(0, 0xF_FFFF, 0x80 | dpl << 5 | type, size))
                .describe(Area.FREE + 16, Area.gate(Area.FREE, Area.TARGET, 0xEC, 0))
                .describe(Area.FREE + 24, new byte[8]);
        int selector = Area.FREE | rpl;
        int width = compatible || name.equals("retf") ? 4 : 8;
        int at = draft.get("rsp");
        draft.patch(Area.TARGET, new byte[] {(byte) 0x90, (byte) 0xCC});
        draft.patch(at, Area.TARGET).patch(at + width, selector);
        int stack = random.nextInt(8) == 0 ? random.nextInt(4) : rpl == 3 ? Area.USER_DATA : Area.KERNEL_DATA;
        if (name.startsWith("iret")) {
            draft.patch(at + 2 * width, 0x246)
                    .patch(at + 3 * width, Area.STACK_3 - 0x800)
                    .patch(at + 4 * width, stack);
        } else {
            draft.patch(at + 2 * width, Area.STACK_3 - 0x800).patch(at + 3 * width, stack);
        }
        draft.patch(Area.DATA, Area.TARGET).patch(Area.DATA + 4, name.equals("call gate") ? Area.FREE + 16 : selector);
        return draft.code(
                        name.equals("jmp") || name.startsWith("call")
                                ? name.replace(" gate", "") + " far [0x21000]"
                                : name)
                .named(
                        "long transfer: %s%s; code type %x, DPL %d, RPL %d, G D L AVL %x, ring %d, stack %x",
                        name.toUpperCase(Locale.ROOT),
                        compatible ? " in compatibility mode" : "",
                        type,
                        dpl,
                        rpl,
                        size,
                        ring,
                        stack);
    }

    /** Null and other selectors, and accesses that 64-bit mode does not check. */
    private static void segments(Random random, List<SystemCase> cases) {
        for (int i = 0; i < 80; i++) {
            int ring = random.nextInt(2) * 3;
            String register = List.of("ds", "es", "fs", "gs", "ss").get(random.nextInt(5));
            int type = random.nextInt(3) == 0 ? random.nextInt(32) : 0x12;
            int dpl = random.nextInt(4) == 0 ? random.nextInt(4) : ring;
            int selector = random.nextInt(4) == 0 ? random.nextInt(4) : Area.FREE | ring;
            cases.add(Draft.longMode(ring)
                    .describe(Area.FREE, Area.descriptor(0x2_0000, 0xFF, 0x80 | dpl << 5 | type, 4))
                    .set("rax", selector)
                    .set("rbx", 0x1000)
                    .code(
                            "mov " + register + ", eax",
                            register.equals("ss") ? "nop" : "mov ecx, [" + register + ":rbx]")
                    .named(
                            "long segment: MOV %s; selector %x, type %x, DPL %d, ring %d",
                            register, selector, type, dpl, ring));
        }
    }
}
