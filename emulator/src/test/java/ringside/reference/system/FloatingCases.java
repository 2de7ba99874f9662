package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;

/** Who may use the state of x87 and SSE: CR0.EM, TS, MP and NE, CR4.OSFXSR and OSXSAVE, alignment, and reserved bits. */
final class FloatingCases {
    private static final int EMULATION = 4;
    private static final int TASK_SWITCHED = 8;
    private static final int OSFXSR = 1 << 9;
    private static final int OSXSAVE = 1 << 18;

    /** MXCSR_MASK is each processor's own: it is no part of the case. */
    private static final String FORGET_MASK = "mov dword [0x2101c], 0";

    private static final List<List<String>> PROGRAMS = List.of(
            List.of("fninit", "fnstsw ax"),
            List.of("fnstsw [0x21000]"),
            List.of("fnstcw [0x21000]"),
            List.of("fldcw [0x21000]"),
            List.of("wait"),
            List.of("fxsave [0x21000]", FORGET_MASK),
            List.of("fxrstor [0x21000]"));

    private FloatingCases() {}

    static List<SystemCase> all() {
        var cases = new ArrayList<SystemCase>();
        for (List<String> program : PROGRAMS) {
            String name = program.get(0).split(" ")[0].toUpperCase(java.util.Locale.ROOT);
            for (int bits = 0; bits < 8; bits++) {
                int control = 0x31 | bits << 1;
                boolean used = (control & (EMULATION | TASK_SWITCHED)) == 0;
                List<String> code = new ArrayList<>(program);
                if (used) {
                    code.add(0, "fninit");
                }
                cases.add(Draft.protectedMode(0)
                        .set("cr0", control)
                        .code(code.toArray(String[]::new))
                        .named("floating: %s; CR0 %x", name, control));
            }
        }
        pending(cases);
        areas(cases);
        components(cases);
        return cases;
    }

    /** An exception that is flagged and not masked; its report by #MF, which CR0.NE asks for. */
    private static void pending(List<SystemCase> cases) {
        for (String next : List.of("wait", "fldcw [0x21200]", "fnstsw ax", "fnstcw [0x21200]", "fninit")) {
            for (int masks : new int[] {0x37F, 0x37E, 0x340}) {
                cases.add(Draft.protectedMode(0)
                        .patch(Area.DATA, new byte[512])
                        .patch(Area.DATA, masks | 1L << 16)
                        .set("cr4", OSFXSR)
                        .patch(Area.DATA + 24, 0x1F80)
                        .code("fxrstor [0x21000]", next, "fninit")
                        .named("floating: pending, %s; control %x", next, masks));
            }
        }
    }

    private static void areas(List<SystemCase> cases) {
        for (String instruction : List.of("fxsave", "fxrstor")) {
            for (int offset : new int[] {0, 1, 8, 16}) {
                cases.add(Draft.protectedMode(0)
                        .patch(Area.DATA, new byte[1024])
                        .set("cr4", OSFXSR)
                        .code(
                                "fninit",
                                instruction + " [0x21000 + " + offset + "]",
                                FORGET_MASK,
                                "mov dword [0x2102c], 0")
                        .named("floating: %s, alignment; %d", instruction, offset));
            }
        }
        for (long reserved : new long[] {0, 0xFFFF, 0x1_0000, 0x8000_0000L}) {
            for (int vectors : new int[] {0, OSFXSR}) {
                cases.add(Draft.protectedMode(0)
                        .patch(Area.DATA, new byte[512])
                        .patch(Area.DATA + 24, reserved)
                        .set("cr4", vectors)
                        .code("fxrstor [0x21000]", "fninit")
                        .named("floating: FXRSTOR, MXCSR, OSFXSR=%d; %x", vectors >> 9, reserved));
            }
        }
    }

    /** XCR0 and what goes by it. */
    private static void components(List<SystemCase> cases) {
        for (int value : new int[] {0, 1, 2, 3}) {
            cases.add(Draft.protectedMode(0)
                    .set("cr4", OSXSAVE)
                    .set("rax", value)
                    .set("rcx", 0)
                    .set("rdx", 0)
                    .code("xsetbv", "xgetbv", "mov ebx, eax", "mov eax, 1", "xsetbv", "mov eax, ebx")
                    .named("xsave: XSETBV; %x", value));
        }
        for (long register : new long[] {1, 2, 0xFFFF_FFFFL}) {
            cases.add(Draft.protectedMode(0)
                    .set("cr4", OSXSAVE)
                    .set("rax", 1)
                    .set("rcx", register)
                    .set("rdx", 0)
                    .code("xsetbv")
                    .named("xsave: XSETBV, another register; %x", register));
        }
        cases.add(Draft.protectedMode(0)
                .set("cr4", OSXSAVE)
                .set("rax", 1)
                .set("rcx", 0)
                .set("rdx", 0x4000_0000)
                .code("xsetbv")
                .named("xsave: XSETBV; a component that there is not"));
        for (String instruction : List.of("xgetbv", "xsetbv", "xsave [0x21000]", "xrstor [0x21000]")) {
            for (int control : new int[] {0x31, 0x35, 0x39, 0x3B}) {
                for (int enabled : new int[] {0, OSXSAVE}) {
                    cases.add(Draft.protectedMode(0)
                            .patch(Area.DATA, new byte[1024])
                            .set("cr0", control)
                            .set("cr4", enabled)
                            .set("rax", 1)
                            .set("rcx", 0)
                            .set("rdx", 0)
                            .code((control & (EMULATION | TASK_SWITCHED)) == 0 ? "fninit" : "nop", instruction)
                            .named("xsave: %s; CR0 %x, CR4 %x", instruction.split(" ")[0], control, enabled));
                }
            }
        }
        for (int ring : new int[] {0, 3}) {
            cases.add(Draft.protectedMode(ring)
                    .set("cr4", OSXSAVE)
                    .set("rax", 1)
                    .set("rcx", 0)
                    .set("rdx", 0)
                    .code("xgetbv", "xsetbv")
                    .named("xsave: XSETBV; ring %d", ring));
        }
        headers(cases);
    }

    private static void headers(List<SystemCase> cases) {
        for (String instruction : List.of("xsave", "xrstor")) {
            for (int offset : new int[] {0, 1, 16, 32, 64}) {
                cases.add(Draft.protectedMode(0)
                        .patch(Area.DATA, new byte[1024])
                        .set("cr4", OSXSAVE)
                        .set("rax", 1)
                        .set("rdx", 0)
                        .code("fninit", instruction + " [0x21000 + " + offset + "]")
                        .named("xsave: %s, alignment; %d", instruction, offset));
            }
        }
        for (int word : new int[] {512, 516, 520, 524, 528, 532, 536}) {
            for (long value : new long[] {1, 2, 0x8000_0000L}) {
                cases.add(Draft.protectedMode(0)
                        .patch(Area.DATA, new byte[1024])
                        .patch(Area.DATA + word, value)
                        .set("cr4", OSXSAVE)
                        .set("rax", 1)
                        .set("rdx", 0)
                        .code("xrstor [0x21000]", "fninit")
                        .named("xsave: XRSTOR, header; %d, %x", word, value));
            }
        }
    }
}
