package ringside.monitor;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A kernel made by chance, whose instructions make sense: loops, calls, tables of jumps, faults that it survives, interrupts, segment
 * loads, sensitive instructions, and code that it writes itself.
 */
public final class RandomKernel {
    private static final int FRAGMENTS = 24;
    private static final String[] NAMES_16 = {"ax", "cx", "dx", "bx", "si", "di"};
    private static final String[] NAMES_32 = {"eax", "ecx", "edx", "ebx", "esi", "edi"};
    /** CPUID's leaves whose answer is a bare machine's in every mode: leaf 1 says where there is a hypervisor that the guest may know. */
    private static final String[] LEAVES = {
        "0", "2", "4", "5", "6", "7", "11", "13", "0x80000000", "0x80000001", "0x80000008"
    };

    private static final String[] NAMES_64 = {"rax", "rcx", "rdx", "rbx", "rsi", "rdi", "r8", "r11"};

    private final Random random;
    private final int bits;
    private final String[] names;
    private final int word;
    private final List<String> lines = new ArrayList<>();

    /** Has the kernel paging whatever chance says, and reads none of its code? */
    private final boolean forRawMode;

    private RandomKernel(Random random, int bits, boolean forRawMode) {
        this.random = random;
        this.bits = bits;
        this.forRawMode = forRawMode;
        names = bits == 16 ? NAMES_16 : bits == 32 ? NAMES_32 : NAMES_64;
        word = bits / 8;
    }

    public static Guest start(String mode, Options options, long seed) {
        Random random = new Random(seed);
        return new RandomKernel(random, new int[] {16, 32, 64}[random.nextInt(3)], false).start(mode, options);
    }

    /**
     * A 32-bit kernel with paging and CR0.WP, as VirtualBox's raw mode holds it, which never reads its own code: it would find patches there.
     */
    public static Guest startForRawMode(String mode, Options options, long seed) {
        return new RandomKernel(new Random(seed), 32, true).start(mode, options);
    }

    private Guest start(String mode, Options options) {
        write();
        return Guest.of(mode, bits, options, lines.toArray(String[]::new));
    }

    private void write() {
        prologue();
        if (random.nextBoolean()) {
            timer();
        }
        for (int i = 0; i < FRAGMENTS; i++) {
            lines.add("f" + i + ":");
            for (int n = 1 + random.nextInt(5); n > 0; n--) {
                one(i);
            }
            way(i);
        }
        lines.add("jmp f0");
        routines();
        lines.add("align 8");
        lines.add("data: times 16 dq 0x1122334455667788");
        lines.add("table:");
        for (int i = 0; i < FRAGMENTS; i++) {
            lines.add((bits == 16 ? "dw" : bits == 32 ? "dd" : "dq") + " f" + i);
        }
        lines.add("resume: dq f0");
    }

    private void prologue() {
        if (bits == 16) {
            lines.add("mov sp, 0x7000");
            lines.add("xor di, di");
            lines.add("mov cx, 256");
            lines.add("vector: mov word [di], handler");
            lines.add("mov word [di+2], 0");
            lines.add("add di, 4");
            lines.add("loop vector");
            return;
        }
        String esp = bits == 32 ? "esp" : "rsp";
        lines.add("mov " + esp + ", 0x9000");
        lines.add("mov edi, 0x6000");
        lines.add("mov ecx, " + (bits == 32 ? 64 : 64));
        lines.add("vector: mov word [" + address("di") + "], handler");
        lines.add("mov word [" + address("di") + "+2], 8");
        lines.add("mov word [" + address("di") + "+4], 0x8E00");
        lines.add("add edi, " + (bits == 32 ? 8 : 16));
        lines.add("loop vector");
        lines.add("mov word [0x5F00], 0x3FF");
        lines.add("mov dword [0x5F02], 0x6000");
        lines.add("lidt [0x5F00]");
        if (bits == 32 && (random.nextBoolean() || forRawMode)) {
            lines.add("mov dword [0x20000], 0x83");
            lines.add("mov eax, cr4");
            lines.add("or eax, 0x10");
            lines.add("mov cr4, eax");
            lines.add("mov eax, 0x20000");
            lines.add("mov cr3, eax");
            lines.add("mov eax, cr0");
            lines.add("or eax, 0x80010000");
            lines.add("mov cr0, eax");
        }
    }

    /** Interrupts 20H, as often as the PIT can. */
    private void timer() {
        String[] values = {
            "0x11, 0x20", "0x20, 0x21", "4, 0x21", "1, 0x21", "0xFE, 0x21", "0x34, 0x43", "2, 0x40", "0, 0x40"
        };
        for (String value : values) {
            String[] parts = value.split(", ");
            lines.add("mov al, " + parts[0]);
            lines.add("out " + parts[1] + ", al");
        }
    }

    private String address(String low) {
        return (bits == 32 ? "e" : bits == 64 ? "r" : "") + low;
    }

    private String register() {
        return names[random.nextInt(names.length)];
    }

    private String memory() {
        int offset = random.nextInt(120);
        return switch (random.nextInt(bits == 64 ? 3 : 2)) {
            case 0 -> "[data+" + offset + "]";
            case 1 -> "[0x7100+" + offset + "]";
            default -> "[rel data+" + offset + "]";
        };
    }

    private void one(int fragment) {
        String r = register();
        String s = register();
        switch (random.nextInt(34)) {
            case 0 -> lines.add("add " + r + ", " + s);
            case 1 -> lines.add("sbb " + r + ", " + random.nextInt(100));
            case 2 -> lines.add("xor " + r + ", " + memory());
            case 3 -> lines.add("add " + memory() + ", " + r);
            case 4 -> lines.add("mov " + r + ", " + random.nextInt(30_000));
            case 5 -> lines.add("inc byte " + memory());
            case 6 -> lines.add("push " + r);
            case 7 -> lines.add("pop " + r);
            case 8 -> lines.add("pushf");
            case 9 -> lines.add("popf");
            case 10 -> {
                lines.add("push " + (random.nextInt(1 << 12) & ~0x100 | 2));
                lines.add("popf");
            }
            case 11 -> lines.add(random.nextBoolean() ? "sti" : "cli");
            case 12 -> {
                lines.add("mov ax, " + (random.nextBoolean() ? "ds" : "cs"));
                lines.add("and ax, 0x10");
                lines.add("mov es, ax");
            }
            case 13 -> lines.add("sgdt [0x7200]");
            case 14 -> lines.add("smsw ax");
            case 15 -> {
                if (bits == 16) {
                    lines.add("mov eax, " + LEAVES[random.nextInt(LEAVES.length)]);
                    lines.add("cpuid");
                } else {
                    lines.add(random.nextBoolean() ? "str ax" : "sldt ax");
                }
            }
            case 16 -> lines.add(bits == 16 ? "rdtsc" : "lar eax, edx");
            case 17 -> lines.add("in al, 0x61");
            case 18 -> {
                lines.add("mov al, 'x'");
                lines.add("mov dx, 0x3f8");
                lines.add("out dx, al");
            }
            case 19 -> patch(fragment);
            case 20 ->
                lines.add(
                        forRawMode
                                ? "mov " + r + ", [cs:data]"
                                : bits == 64
                                        ? "mov " + r + ", [rel f0]"
                                        : "mov " + r + ", [cs:f0+" + random.nextInt(9) + "]");
            case 21 -> risky("ud2");
            case 22 -> risky("int " + random.nextInt(32));
            case 23 -> risky("div " + r);
            case 24 -> {
                lines.add("mov " + address("si") + ", data");
                lines.add("mov " + address("di") + ", 0x7300");
                lines.add("mov " + address("cx") + ", " + random.nextInt(6));
                lines.add("cld");
                lines.add("rep movsb");
            }
            case 25 -> lines.add("call routine" + random.nextInt(4));
            case 26 -> {
                lines.add("mov " + address("bx") + ", routine" + random.nextInt(4));
                lines.add("call " + address("bx"));
            }
            case 27 -> lines.add("lahf");
            case 28 -> lines.add("cmp " + r + ", " + s);
            case 29 -> lines.add(bits == 64 ? "lea " + r + ", [rel data+7]" : "lea " + r + ", [data+7]");
            case 30 -> lines.add(bits == 16 ? "xlatb" : "mov " + r + ", " + random.nextInt());
            case 31 -> {
                if (bits == 32) {
                    lines.add("mov eax, cr3");
                    lines.add("mov cr3, eax");
                } else {
                    lines.add("mov eax, 5");
                }
            }
            case 32 -> {
                lines.add("push 0x102");
                lines.add("popf");
                lines.add("inc " + address("ax"));
                lines.add("push 2");
                lines.add("popf");
            }
            default -> lines.add("test " + r + ", " + s);
        }
    }

    /** Changes a number in an instruction that may come next, or not. */
    private void patch(int fragment) {
        String label = "p" + fragment + "_" + lines.size();
        String other = random.nextInt(3) == 0 ? label : "routine" + random.nextInt(4);
        lines.add("inc byte [" + other + "+1]");
        lines.add(label + ": mov al, 1");
    }

    private void risky(String instruction) {
        String label = "after" + lines.size();
        lines.add((bits == 16 ? "mov word" : "mov dword") + " [resume], " + label);
        lines.add(instruction);
        lines.add(label + ":");
    }

    private void way(int fragment) {
        int to = random.nextInt(FRAGMENTS);
        switch (random.nextInt(7)) {
            case 0 -> lines.add("jz f" + to);
            case 1 -> lines.add("jc near f" + to);
            case 2 -> {
                lines.add("mov " + address("cx") + ", " + (1 + random.nextInt(3)));
                String label = "l" + fragment;
                lines.add(label + ": inc byte [data]");
                lines.add((random.nextBoolean() ? "loop " : "loopne ") + label);
            }
            case 3 -> lines.add("jmp f" + to);
            case 4 -> {
                lines.add("mov " + address("bx") + ", table+" + to * word);
                lines.add("jmp [" + address("bx") + "]");
            }
            case 5 -> {
                lines.add((bits == 16 ? "jcxz" : bits == 32 ? "jecxz" : "jrcxz") + " e" + fragment);
                lines.add("dec " + address("cx"));
                lines.add("e" + fragment + ":");
            }
            default -> lines.add("jns f" + to);
        }
    }

    private void routines() {
        for (int i = 0; i < 4; i++) {
            lines.add("routine" + i + ": mov dl, " + i);
            lines.add(i == 2 ? "pushf" : "nop");
            lines.add(i == 2 ? "popf" : "inc " + address("dx"));
            lines.add("ret");
        }
        // Whatever led here: the program goes on where it said before, or, for a trap, where it was.
        lines.add("handler:");
        String flags = random.nextBoolean() ? "push 2" : "push 0x202";
        lines.add("mov al, 0x20");
        lines.add("out 0x20, al");
        if (bits == 16) {
            lines.add("mov sp, 0x6F00");
            lines.add(flags);
            lines.add("push 0");
            lines.add("push word [resume]");
            lines.add("iret");
        } else if (bits == 32) {
            lines.add("mov esp, 0x8F00");
            lines.add(flags);
            lines.add("push 8");
            lines.add("push dword [resume]");
            lines.add("iret");
        } else {
            lines.add("mov rsp, 0x8F00");
            lines.add("push 0x10");
            lines.add("push 0x8F80");
            lines.add(flags);
            lines.add("push 8");
            lines.add("push qword [resume]");
            lines.add("iretq");
        }
    }
}
