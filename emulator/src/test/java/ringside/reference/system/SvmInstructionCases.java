package ringside.reference.system;

import static ringside.cpu.svm.VmcbField.*;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import ringside.cpu.svm.ExitCode;

/** Instructions that have an intercept, with it and without, in every mode: APM 2, Instruction Intercepts. */
final class SvmInstructionCases {
    private static final Map<String, Supplier<SvmDraft>> MODES = new LinkedHashMap<>();

    static {
        MODES.put("real", SvmDraft::realMode);
        MODES.put("virtual-8086", () -> SvmDraft.virtual8086(0));
        MODES.put("virtual-8086, IOPL 3", () -> SvmDraft.virtual8086(3));
        MODES.put("ring 0", () -> SvmDraft.protectedMode(0));
        MODES.put("ring 3", () -> SvmDraft.protectedMode(3));
        MODES.put("64 bits", () -> SvmDraft.longMode(0));
        MODES.put("64 bits, ring 3", () -> SvmDraft.longMode(3));
        MODES.put("compatibility", () -> SvmDraft.compatibility(0));
    }

    private final List<SvmCase> cases = new ArrayList<>();

    private SvmInstructionCases() {}

    static List<SvmCase> all() {
        var made = new SvmInstructionCases();
        made.simple();
        made.controlRegisters();
        made.debugRegisters();
        made.tables();
        made.ports();
        made.registers();
        return made.cases;
    }

    /** One instruction in every mode, with its intercept, and all exceptions intercepted or none. */
    private void everywhere(String form, ExitCode code, String... lines) {
        MODES.forEach((mode, draft) -> {
            String family = mode.startsWith("virtual") ? "virtual-8086, " : "";
            cases.add(draft.get().intercept(code).code(lines).named("%sintercepted: %s; %s", family, form, mode));
            cases.add(draft.get()
                    .intercept(code)
                    .exceptions(6, 13)
                    .code(lines)
                    .named("%sintercepted: %s; %s, exceptions too", family, form, mode));
            cases.add(draft.get().code(lines).named("%slet through: %s; %s", family, form, mode));
        });
    }

    private void simple() {
        everywhere(
                "CPUID",
                ExitCode.CPUID,
                "mov eax, 0x80000000",
                "cpuid",
                "xor eax, eax",
                "xor ebx, ebx",
                "xor ecx, ecx",
                "xor edx, edx");
        everywhere("PAUSE", ExitCode.PAUSE, "pause");
        everywhere("PUSHF", ExitCode.PUSHF, "pushf");
        everywhere("POPF", ExitCode.POPF, "push 2", "popf");
        everywhere("INT n", ExitCode.SWINT, "int 0x30");
        everywhere("INT3", ExitCode.SWINT, "int3");
        everywhere("INT1", ExitCode.ICEBP, "db 0xF1");
        everywhere("RDPMC", ExitCode.RDPMC, "xor ecx, ecx", "rdpmc");
        everywhere("INVD", ExitCode.INVD, "invd");
        everywhere("WBINVD", ExitCode.WBINVD, "wbinvd");
        everywhere("HLT", ExitCode.HLT, "hlt");
        everywhere("INVLPG", ExitCode.INVLPG, "invlpg [0]");
        everywhere("INVLPGA", ExitCode.INVLPGA, "xor eax, eax", "xor ecx, ecx", "invlpga");
        everywhere("MONITOR", ExitCode.MONITOR, "xor eax, eax", "xor ecx, ecx", "xor edx, edx", "monitor");
        everywhere("RSM", ExitCode.RSM, "rsm");
        everywhere("VMRUN", ExitCode.VMMCALL, "mov eax, 0x11000", "vmrun");
        everywhere("VMRUN at no VMCB", ExitCode.VMMCALL, "mov eax, 0x11001", "vmrun");
        everywhere("VMMCALL", ExitCode.VMMCALL, "vmmcall");
        everywhere("VMLOAD", ExitCode.VMLOAD, "mov eax, 0x11000", "vmload");
        everywhere("VMLOAD at no VMCB", ExitCode.VMLOAD, "mov eax, 0x11800", "vmload");
        everywhere("VMSAVE", ExitCode.VMSAVE, "mov eax, 0x11000", "vmsave");
        everywhere("VMSAVE at no VMCB", ExitCode.VMSAVE, "mov eax, 0x11008", "vmsave");
        everywhere("STGI", ExitCode.STGI, "stgi");
        everywhere("CLGI", ExitCode.CLGI, "clgi");
        everywhere("SKINIT", ExitCode.SKINIT, "mov eax, 0x11000", "skinit");
        everywhere("XSETBV", ExitCode.XSETBV, "xor ecx, ecx", "xor edx, edx", "mov eax, 1", "xsetbv");
        // What they read is not compared: the clocks of two machines differ.
        everywhere("RDTSC", ExitCode.RDTSC, "rdtsc", "xor eax, eax", "xor edx, edx");
        everywhere("RDTSCP", ExitCode.RDTSCP, "rdtscp", "xor eax, eax", "xor edx, edx", "xor ecx, ecx");
        for (var mode : MODES.entrySet()) {
            // Without the intercept it would wait for ever.
            cases.add(mode.getValue()
                    .get()
                    .intercept(ExitCode.MWAIT)
                    .code("xor eax, eax", "xor ecx, ecx", "mwait")
                    .named("intercepted: MWAIT; %s", mode.getKey()));
            boolean wide = mode.getKey().startsWith("64");
            String[] back = wide
                    ? new String[] {
                        "mov eax, esp",
                        "push 0x10",
                        "push rax",
                        "push 2",
                        "push 0x30",
                        "push after",
                        "iretq",
                        "after: nop"
                    }
                    : new String[] {"pushf", "push cs", "push after", "iret", "after: nop"};
            cases.add(mode.getValue()
                    .get()
                    .intercept(ExitCode.IRET)
                    .code(back)
                    .named("intercepted: IRET; %s", mode.getKey()));
            cases.add(mode.getValue().get().code(back).named("let through: IRET; %s", mode.getKey()));
        }
    }

    private void controlRegisters() {
        for (int number : new int[] {0, 2, 3, 4, 8}) {
            for (boolean wide : new boolean[] {false, true}) {
                if (number == 8 && !wide) {
                    continue;
                }
                for (int ring : new int[] {0, 3}) {
                    Supplier<SvmDraft> draft = () -> wide ? SvmDraft.longMode(ring) : SvmDraft.protectedMode(ring);
                    String name = wide ? "rbx" : "ebx";
                    String place = (wide ? "64 bits" : "32 bits") + ", ring " + ring;
                    for (int bit : new int[] {0, 1 << number}) {
                        cases.add(draft.get()
                                .set(CR_READ_INTERCEPTS, bit)
                                .code("mov " + name + ", cr" + number)
                                .named(
                                        "control register: MOV from CR%d; %s, %s",
                                        number, place, bit == 0 ? "let through" : "intercepted"));
                        cases.add(draft.get()
                                .set(CR_WRITE_INTERCEPTS, bit)
                                .set("rbx", value(number, wide))
                                .code("mov cr" + number + ", " + name)
                                .named(
                                        "control register: MOV to CR%d; %s, %s",
                                        number, place, bit == 0 ? "let through" : "intercepted"));
                    }
                }
            }
        }
        for (int bit : new int[] {0, 1, 2}) {
            for (String line : List.of("clts", "lmsw bx", "smsw bx", "lmsw [0x21000]", "smsw [0x21000]")) {
                for (int ring : new int[] {0, 3}) {
                    var draft = SvmDraft.protectedMode(ring).set("rbx", 0xB).set(CR_READ_INTERCEPTS, bit & 1);
                    draft.set(CR_WRITE_INTERCEPTS, bit & 1);
                    if (bit == 2) {
                        draft.intercept(ExitCode.CR0_SEL_WRITE);
                    }
                    cases.add(draft.code(line).named("control register: %s; ring %d, intercepts %d", line, ring, bit));
                }
            }
        }
        for (int change : new int[] {0, 2, 8, 0xA, 4, 0x20, 0x4000_0000, 0x1_0000, 0x8000_0001}) {
            for (int both : new int[] {0, 1}) {
                cases.add(SvmDraft.protectedMode(0)
                        .set("rbx", (0x31 ^ change) & 0xFFFF_FFFFL)
                        .intercept(ExitCode.CR0_SEL_WRITE)
                        .set(CR_WRITE_INTERCEPTS, both)
                        .code("mov cr0, ebx")
                        .named("control register: selective; change %x, both %d", change, both));
            }
        }
    }

    private static long value(int number, boolean wide) {
        return switch (number) {
            case 0 -> wide ? 0x8000_003BL : 0x3B;
            case 3 -> wide ? SvmArea.LEVEL_4 : 0x5000;
            case 4 -> wide ? 0xA0 : 0x80;
            case 8 -> 5;
            default -> 0x1234;
        };
    }

    private void debugRegisters() {
        for (int number = 0; number < 8; number++) {
            for (int ring : new int[] {0, 3}) {
                for (int bit : new int[] {0, 1}) {
                    for (long cr4 : new long[] {0, 8}) {
                        cases.add(SvmDraft.protectedMode(ring)
                                .set(CR4, cr4)
                                .set(DR_READ_INTERCEPTS, (long) bit << number)
                                .code("mov ebx, dr" + number)
                                .named(
                                        "debug register: MOV from DR%d; ring %d, intercept %d, CR4 %x",
                                        number, ring, bit, cr4));
                        cases.add(SvmDraft.protectedMode(ring)
                                .set(CR4, cr4)
                                .set(DR_WRITE_INTERCEPTS, (long) bit << number)
                                .set("rbx", number < 4 ? 0x5678 : number % 2 == 0 ? 0xFFFF_0FF0L : 0x400)
                                .code("mov dr" + number + ", ebx")
                                .named(
                                        "debug register: MOV to DR%d; ring %d, intercept %d, CR4 %x",
                                        number, ring, bit, cr4));
                    }
                }
            }
        }
        cases.add(SvmDraft.protectedMode(0)
                .set(DR7, 0x2400)
                .set(DR_READ_INTERCEPTS, 0xFF)
                .exceptions(1)
                .code("mov ebx, dr0")
                .named("debug register: general detect"));
    }

    private void tables() {
        Map<String, ExitCode> lines = Map.of(
                "sidt [0x21000]", ExitCode.IDTR_READ,
                "sgdt [0x21000]", ExitCode.GDTR_READ,
                "sldt [0x21000]", ExitCode.LDTR_READ,
                "str [0x21000]", ExitCode.TR_READ,
                "lidt [0x21000]", ExitCode.IDTR_WRITE,
                "lgdt [0x21000]", ExitCode.GDTR_WRITE,
                "lldt bx", ExitCode.LDTR_WRITE,
                "ltr bx", ExitCode.TR_WRITE);
        new TreeMap<>(lines).forEach((line, code) -> {
            String name = line.substring(0, line.indexOf(' ')).toUpperCase(Locale.ROOT);
            for (int ring : new int[] {0, 3}) {
                for (boolean on : new boolean[] {true, false}) {
                    for (boolean wide : new boolean[] {false, true}) {
                        var draft = wide ? SvmDraft.longMode(ring) : SvmDraft.protectedMode(ring);
                        draft.patch(SvmArea.DATA, 0x1FFL | 0x8000L << 16).patch(SvmArea.DATA + 4, 1);
                        draft.set("rbx", name.equals("LTR") ? SvmArea.OTHER_TASK : SvmArea.LOCAL);
                        if (on) {
                            draft.intercept(code);
                        }
                        cases.add(draft.code(line)
                                .named(
                                        "descriptor table: %s; ring %d, %s, %s",
                                        name, ring, wide ? "64 bits" : "32 bits", on ? "intercepted" : "let through"));
                    }
                }
            }
            cases.add(SvmDraft.realMode()
                    .intercept(code)
                    .exceptions(6)
                    .code(line.replace("0x21000", "0"))
                    .named("descriptor table: %s; real", name));
        });
    }

    private void ports() {
        List<String> lines = List.of(
                "in al, 0x80",
                "in ax, 0x80",
                "in eax, 0x80",
                "in al, dx",
                "in ax, dx",
                "in eax, dx",
                "out 0x80, al",
                "out 0x80, ax",
                "out 0x80, eax",
                "out dx, al",
                "out dx, ax",
                "out dx, eax",
                "insb",
                "insw",
                "insd",
                "outsb",
                "outsw",
                "outsd",
                "rep insb",
                "rep outsb",
                "rep outsd",
                "es outsb",
                "rep gs outsw",
                "ss outsd");
        for (String line : lines) {
            for (boolean wide : new boolean[] {false, true}) {
                var draft = wide ? SvmDraft.longMode(0) : SvmDraft.protectedMode(0);
                cases.add(draft.intercept(ExitCode.IOIO)
                        .octet(SvmArea.IO_MAP + 0x80 / 8, 1)
                        .set("rdx", 0x80)
                        .set("rcx", 3)
                        .set("rsi", SvmArea.DATA)
                        .set("rdi", SvmArea.DATA + 0x100)
                        .code(line)
                        .named("port: %s; %d bits", line, wide ? 64 : 32));
            }
            for (boolean virtual : new boolean[] {false, true}) {
                var draft = virtual ? SvmDraft.virtual8086(0) : SvmDraft.realMode();
                draft.patch(SvmArea.TSS + 0x68, new byte[0x60]);
                cases.add(draft.intercept(ExitCode.IOIO)
                        .octet(SvmArea.IO_MAP + 0x80 / 8, 1)
                        .set("rdx", 0x80)
                        .set("rcx", 3)
                        .set("rsi", 0x10)
                        .set("rdi", 0x100)
                        .code(line)
                        .named("port: %s; %s", line, virtual ? "virtual-8086, let by the TSS" : "real"));
            }
        }
        // One bit is enough where an access has several bytes; the last port's go beyond the map's 65,536 bits.
        for (int port : new int[] {0x7D, 0x7E, 0x7F, 0x80, 0x81, 0xFFFD, 0xFFFE, 0xFFFF}) {
            for (int size : new int[] {1, 2, 4}) {
                int marked = port < 0x100 ? 0x80 : 0x1_0000;
                String register = size == 1 ? "al" : size == 2 ? "ax" : "eax";
                cases.add(SvmDraft.protectedMode(0)
                        .intercept(ExitCode.IOIO)
                        .octet(SvmArea.IO_MAP + marked / 8, 1)
                        .set("rdx", port)
                        .code("out dx, " + register, "xor eax, eax")
                        .named("port: several bytes; port %x, size %d", port, size));
            }
        }
        for (int ring : new int[] {0, 3}) {
            cases.add(SvmDraft.protectedMode(ring)
                    .intercept(ExitCode.IOIO)
                    .octet(SvmArea.IO_MAP + 0x80 / 8, 1)
                    .code("out 0x80, al")
                    .named("port: IOPL; ring %d", ring));
        }
    }

    private void registers() {
        for (long msr : new long[] {
            0x10,
            0x174,
            0x1FFF,
            0x2000,
            0x4000_0000,
            0xC000_0080L,
            0xC000_1FFFL,
            0xC000_2000L,
            0xC001_0114L,
            0xC001_0117L,
            0xC001_1FFFL,
            0xC001_2000L
        }) {
            for (boolean write : new boolean[] {false, true}) {
                for (int way = 0; way < 3; way++) {
                    var draft = SvmDraft.protectedMode(0).set("rcx", msr).exceptions(13);
                    int index = (int) (msr & 0x1FFF);
                    int part = msr >>> 16 == 0xC000 ? 0x800 : msr >>> 16 == 0xC001 ? 0x1000 : 0;
                    int bit = 2 * index + (write ? 1 : 0);
                    if (way > 0) {
                        draft.intercept(ExitCode.MSR);
                    }
                    if (way > 1) {
                        draft.octet(SvmArea.MSR_MAP + part + bit / 8, (1 << bit % 8));
                    }
                    boolean changes = write && way < 2 || msr == 0x10;
                    if (!changes || msr == 0x174) {
                        cases.add(draft.code(write ? "wrmsr" : "rdmsr")
                                .named("MSR: %s; %x, way %d", write ? "WRMSR" : "RDMSR", msr, way));
                    }
                }
            }
        }
        cases.add(SvmDraft.protectedMode(3)
                .intercept(ExitCode.MSR)
                .set("rcx", 0x174)
                .exceptions(13)
                .code("rdmsr")
                .named("MSR: RDMSR; ring 3"));
        cases.add(SvmDraft.protectedMode(3)
                .intercept(ExitCode.MSR)
                .set("rcx", 0x174)
                .exceptions(13)
                .code("wrmsr")
                .named("MSR: WRMSR; ring 3"));
    }
}
