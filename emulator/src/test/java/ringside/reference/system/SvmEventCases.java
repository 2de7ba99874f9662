package ringside.reference.system;

import static ringside.cpu.svm.VmcbField.*;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import ringside.cpu.svm.ExitCode;
import ringside.reference.system.SvmDraft.Way;

/** Exceptions, interrupts and task switches of a guest, and what VMRUN injects: APM 2, Exception Intercepts to Event Injection. */
final class SvmEventCases {
    private final List<SvmCase> cases = new ArrayList<>();

    private SvmEventCases() {}

    static List<SvmCase> all() {
        var made = new SvmEventCases();
        made.exceptions();
        made.pageFaults();
        made.doubleFaults();
        made.interruptedDeliveries();
        made.taskSwitches();
        made.injections();
        made.virtualInterrupts();
        made.physicalInterrupts();
        made.debug();
        return made.cases;
    }

    private void exceptions() {
        Map<Integer, String[]> causes = new TreeMap<>();
        causes.put(0, new String[] {"xor ecx, ecx", "div ecx"});
        causes.put(3, new String[] {"int3"});
        causes.put(4, new String[] {"mov al, 0x7F", "inc al", "into"});
        causes.put(5, new String[] {"mov ecx, 9", "bound ecx, [bounds]", "hlt", "bounds: dd 0, 5"});
        causes.put(6, new String[] {"ud2"});
        causes.put(11, new String[] {"mov eax, 0x80", "mov ds, ax"});
        causes.put(12, new String[] {"mov eax, 0x80", "mov ss, ax"});
        causes.put(13, new String[] {"mov eax, 0xF8", "mov ds, ax"});
        causes.forEach((vector, lines) -> {
            for (int ring : new int[] {0, 3}) {
                for (boolean wide : new boolean[] {false, true}) {
                    if (wide && (vector == 4 || vector == 5)) {
                        continue;
                    }
                    Supplier<SvmDraft> draft = () -> wide ? SvmDraft.longMode(ring) : SvmDraft.protectedMode(ring);
                    String place = (wide ? "64 bits" : "32 bits") + ", ring " + ring;
                    cases.add(draft.get()
                            .exceptions(vector)
                            .code(lines)
                            .named("exception: %d, intercepted; %s", vector, place));
                    cases.add(draft.get().code(lines).named("exception: %d, let through; %s", vector, place));
                }
            }
            if (vector < 7) {
                String[] near = vector == 5
                        ? new String[] {"mov cx, 9", "bound cx, [cs:bounds]", "hlt", "bounds: dw 0, 5"}
                        : lines;
                cases.add(SvmDraft.realMode()
                        .exceptions(vector)
                        .code(near)
                        .named("exception: %d, intercepted; real", vector));
                cases.add(SvmDraft.realMode().code(near).named("exception: %d, let through; real", vector));
            }
        });
        for (boolean on : new boolean[] {true, false}) {
            cases.add(SvmDraft.paged(3)
                    .set(CR0, 0x8004_0031L)
                    .set(RFLAGS, 0x4_0002)
                    .exceptions(on ? 17 : 31)
                    .code("mov eax, [0x21001]")
                    .named("exception: 17, alignment; intercept %s", on));
        }
    }

    private void pageFaults() {
        int page = SvmArea.PAGE_TABLE + 4 * (SvmArea.DATA >>> 12);
        int wide = SvmArea.PAE_TABLE + 8 * (SvmArea.DATA >>> 12);
        for (int rights : new int[] {0, 1, 3, 5, 7}) {
            for (int ring : new int[] {0, 3}) {
                for (String line :
                        List.of("mov eax, [0x21008]", "mov [0x21008], eax", "call 0x21000", "add dword [0x20FFE], 1")) {
                    for (int intercept : new int[] {14, 31}) {
                        cases.add(SvmDraft.paged(ring)
                                .patch(page, (long) SvmArea.DATA | rights)
                                .octet(SvmArea.DATA, 0xF4)
                                .exceptions(intercept)
                                .set(CR0, 0x8001_0031L)
                                .code(line)
                                .named(
                                        "page fault: %s; rights %d, ring %d, intercept %d",
                                        line, rights, ring, intercept));
                    }
                }
            }
            cases.add(SvmDraft.pae(0)
                    .patch(wide, (long) SvmArea.DATA | rights)
                    .exceptions(14)
                    .code("mov eax, [0x21008]")
                    .named("page fault: PAE; rights %d", rights));
            cases.add(SvmDraft.longMode(3)
                    .patch(wide, (long) SvmArea.DATA | rights)
                    .patch(wide + 4, 1L << 31)
                    .exceptions(14)
                    .code("mov ebx, 0x21000", "jmp rbx")
                    .named("page fault: execute-disable; rights %d", rights));
            cases.add(SvmDraft.longMode(3)
                    .patch(wide, (long) SvmArea.DATA | rights)
                    .patch(wide + 4, 1L << 19)
                    .exceptions(14)
                    .code("mov eax, [0x21000]")
                    .named("page fault: reserved bit; rights %d", rights));
        }
    }

    /** A gate of #GP that is not present; the second exception, and what the two make together. */
    private void doubleFaults() {
        for (int[] intercepted : new int[][] {{}, {13}, {11}, {8}, {11, 13}, {8, 11}, {8, 13}}) {
            String name = Arrays.toString(intercepted);
            cases.add(SvmDraft.protectedMode(0)
                    .exceptions(intercepted)
                    .octet(SvmArea.IDT + 8 * 13 + 5, 0x0E)
                    .code("mov eax, 0xF8", "mov ds, ax")
                    .named("double fault: gate not present; intercepts %s", name));
            cases.add(SvmDraft.protectedMode(0)
                    .exceptions(intercepted)
                    .octet(SvmArea.IDT + 8 * 13 + 5, 0x0E)
                    .octet(SvmArea.IDT + 8 * 8 + 5, 0x0E)
                    .code("mov eax, 0xF8", "mov ds, ax")
                    .named("double fault: three; intercepts %s", name));
            cases.add(SvmDraft.protectedMode(0)
                    .exceptions(intercepted)
                    .set(IDTR_LIMIT, 0)
                    .code("ud2")
                    .named("double fault: no table; intercepts %s", name));
            cases.add(SvmDraft.longMode(0)
                    .exceptions(intercepted)
                    .octet(SvmArea.IDT64 + 16 * 6 + 5, 0x0E)
                    .code("ud2")
                    .named("double fault: #NP of #UD is none; intercepts %s", name));
        }
    }

    private static final Map<String, String> CAUSES = Map.of(
            "INT n", "int 0x30",
            "INT3", "int3",
            "#UD", "ud2",
            "#GP", "mov ds, bx");

    /** The stack is not there when an event is delivered. */
    private void interruptedDeliveries() {
        int page = SvmArea.PAGE_TABLE + 4 * (SvmArea.STACK >>> 12);
        int nested = SvmArea.NESTED_TABLE + 8 * (SvmArea.STACK >>> 12);
        new TreeMap<>(CAUSES).forEach((name, line) -> {
            for (Way[] ways : new Way[][] {{}, {Way.TWICE}}) {
                cases.add(SvmDraft.paged(0)
                        .patch(page, (long) SvmArea.STACK | 0x66)
                        .exceptions(14)
                        .set("rbx", 0xF8)
                        .enter(ways)
                        .code(line)
                        .named("interrupted delivery: %s; page fault, ways %d", name, ways.length));
                cases.add(SvmDraft.protectedMode(0)
                        .nested()
                        .patch(nested, (long) SvmArea.STACK | 0x66)
                        .set("rbx", 0xF8)
                        .enter(ways)
                        .code(line)
                        .named("interrupted delivery: %s; nested fault, ways %d", name, ways.length));
            }
            int vector = name.equals("INT n") ? 0x30 : name.equals("INT3") ? 3 : name.equals("#UD") ? 6 : 13;
            for (int ring : new int[] {0, 3}) {
                cases.add(SvmDraft.protectedMode(ring)
                        .intercept(ExitCode.TASK_SWITCH)
                        .patch(SvmArea.IDT + 8 * vector, Area.gate(SvmArea.OTHER_TASK, 0, 0xE5, 0))
                        .set("rbx", 0xF8)
                        .code(line)
                        .named("task gate: %s; ring %d", name, ring));
            }
        });
        cases.add(SvmDraft.paged(0)
                .patch(page, (long) SvmArea.STACK | 0x66)
                .exceptions(14)
                .set(RFLAGS, 0x202)
                .set(V_INTR, 0x10_0100L | 0xF0_0000L >>> 4)
                .set(V_INTR_VECTOR, 0x21)
                .code("nop")
                .named("interrupted delivery: virtual interrupt"));
        cases.add(SvmDraft.paged(0)
                .patch(page, (long) SvmArea.STACK | 0x66)
                .exceptions(14)
                .set(RFLAGS, 0x202)
                .enter(Way.PENDING)
                .code("nop")
                .named("interrupted delivery: physical interrupt"));
        for (long event :
                new long[] {0x8000_0021L, 0x8000_0202L, 0x8000_0306L, 0x12_8000_0B0DL, 0x8000_0303L, 0x8000_0430L}) {
            cases.add(SvmDraft.paged(0)
                    .patch(page, (long) SvmArea.STACK | 0x66)
                    .exceptions(14)
                    .set(NRIP, SvmArea.CODE + 2)
                    .set(EVENTINJ, event)
                    .code("nop")
                    .named("interrupted delivery: injected; %x", event));
        }
    }

    private void taskSwitches() {
        String other = "0x%x:0".formatted(SvmArea.OTHER_TASK);
        String gate = "0x%x:0".formatted(SvmArea.TASK_GATE);
        String absent = "0x%x:0".formatted(SvmArea.ABSENT_TASK);
        for (String line : List.of("jmp " + other, "call " + other, "jmp " + gate, "call " + gate, "jmp " + absent)) {
            for (boolean on : new boolean[] {true, false}) {
                var draft = SvmDraft.protectedMode(0).exceptions(10, 11, 13);
                if (on) {
                    draft.intercept(ExitCode.TASK_SWITCH);
                }
                cases.add(draft.code(line)
                        .named(
                                "task switch%s: %s; %s",
                                on ? " intercepted" : "", line.substring(0, 4).trim(), line));
            }
        }
        for (boolean busy : new boolean[] {true, false}) {
            for (boolean on : new boolean[] {true, false}) {
                var draft = SvmDraft.protectedMode(0).exceptions(10, 11, 13).set(RFLAGS, 0x4002);
                draft.patch(SvmArea.TSS, SvmArea.OTHER_TASK);
                draft.octet(SvmArea.GDT + SvmArea.OTHER_TASK + 5, (busy ? 0x8B : 0x89));
                if (on) {
                    draft.intercept(ExitCode.TASK_SWITCH);
                }
                cases.add(draft.code("iretd").named("task switch%s: IRET; busy %s", on ? " intercepted" : "", busy));
            }
        }
    }

    private void injections() {
        Map<String, Supplier<SvmDraft>> modes = new TreeMap<>(Map.of(
                "real", SvmDraft::realMode,
                "virtual-8086", () -> SvmDraft.virtual8086(3),
                "ring 0", () -> SvmDraft.protectedMode(0),
                "ring 3", () -> SvmDraft.protectedMode(3),
                "64 bits", () -> SvmDraft.longMode(0),
                "64 bits, ring 3", () -> SvmDraft.longMode(3)));
        modes.forEach((mode, draft) -> {
            for (int type : new int[] {0, 1, 2, 3, 4, 5, 6, 7}) {
                for (int vector :
                        new int[] {0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 13, 14, 17, 18, 20, 30, 31, 32, 0x30, 0x3F}) {
                    boolean one = type == 1 || type > 4 || type == 2;
                    if (one && vector > 2 && vector != 0x30) {
                        continue;
                    }
                    boolean coded = type == 3 && (vector == 8 || vector >= 10 && vector <= 14 || vector == 17);
                    long event = 1L << 31 | type << 8 | vector | (coded ? 1L << 11 | 0x1234L << 32 : 0);
                    long rip = mode.startsWith("real") || mode.startsWith("virt") ? 0 : SvmArea.CODE;
                    String form = type == 3 ? "exception " + vector : "type " + type;
                    cases.add(draft.get()
                            .set(EVENTINJ, event)
                            .set(NRIP, rip + 1)
                            .set(RFLAGS, mode.startsWith("virt") ? 0x2_3202 : 0x202)
                            .code("nop", "nop")
                            .named("injected: %s; vector %d, %s", form, vector, mode));
                }
            }
            cases.add(draft.get()
                    .set(EVENTINJ, 0x8000_0306L)
                    .exceptions(6)
                    .code("nop")
                    .named("injected: not intercepted; %s", mode));
            cases.add(draft.get()
                    .set(EVENTINJ, 0x8000_0300L | 13)
                    .code("nop")
                    .named("injected: without the error code; %s", mode));
            cases.add(draft.get()
                    .set(EVENTINJ, 0x5_8000_0B06L)
                    .code("nop")
                    .named("injected: with an error code of none; %s", mode));
            cases.add(draft.get().set(EVENTINJ, 0x7FFF_0B0DL).code("nop").named("injected: not valid; %s", mode));
            cases.add(draft.get()
                    .set(EVENTINJ, 0x8000_0020L)
                    .set(INTERRUPT_SHADOW, 1)
                    .code("nop")
                    .named("injected: in the shadow; %s", mode));
        });
    }

    private void virtualInterrupts() {
        for (int flag : new int[] {0, 0x200}) {
            for (int shadow : new int[] {0, 1}) {
                for (boolean intercepted : new boolean[] {false, true}) {
                    for (long priority : new long[] {0, 4, 5, 6, 15}) {
                        for (int ignored : new int[] {0, 1}) {
                            for (int masking : new int[] {0, 1}) {
                                var draft = SvmDraft.protectedMode(0)
                                        .set(RFLAGS, 2 | flag)
                                        .set(INTERRUPT_SHADOW, shadow)
                                        .set(V_INTR, 5 | 1 << 8 | priority << 16 | ignored << 20 | masking << 24)
                                        .set(V_INTR_VECTOR, 0x21);
                                if (intercepted) {
                                    draft.intercept(ExitCode.VINTR);
                                }
                                String when = priority == 5 && ignored == 0 ? "of the task priority" : "at once";
                                String form = "virtual interrupt: " + (shadow == 0 ? when : "in the shadow");
                                cases.add(draft.code("nop", "nop")
                                        .named(
                                                "%s; IF %x, %s, priority %d, ignored %d, masking %d",
                                                form, flag, intercepted, priority, ignored, masking));
                            }
                        }
                    }
                    for (String line : List.of("sti", "mov ss, bx", "popfd")) {
                        var draft = SvmDraft.protectedMode(0)
                                .set(RFLAGS, line.equals("mov ss, bx") ? 2 | flag : 2)
                                .set("rbx", SvmArea.KERNEL_DATA)
                                .set(RSP, SvmArea.DATA)
                                .patch(SvmArea.DATA, 0x202)
                                .set(V_INTR, 1 << 8 | 5 << 16)
                                .set(V_INTR_VECTOR, 0x21);
                        if (intercepted) {
                            draft.intercept(ExitCode.VINTR);
                        }
                        if (flag == 0 || line.equals("mov ss, bx")) {
                            cases.add(draft.code(line, "nop", "nop")
                                    .named(
                                            "virtual interrupt: %s; IF %x, shadow %d, intercepted %s",
                                            line, flag, shadow, intercepted));
                        }
                    }
                }
            }
        }
        for (int masking : new int[] {0, 1}) {
            for (int value : new int[] {0, 4, 5, 6}) {
                cases.add(SvmDraft.longMode(0)
                        .set(RFLAGS, 0x202)
                        .set(V_INTR, 7 | masking << 24)
                        .code("mov rbx, cr8", "mov eax, " + value, "mov cr8, rax", "nop", "mov rcx, cr8")
                        .named("virtual interrupt: CR8; masking %d, value %d", masking, value));
            }
        }
        cases.add(SvmDraft.protectedMode(0)
                .set(V_INTR, 1 << 8 | 5 << 16)
                .code("in al, 0x80", "ud2")
                .exceptions(6)
                .named("virtual interrupt: still pending"));
    }

    private void physicalInterrupts() {
        for (int flag : new int[] {0, 0x200}) {
            for (int masking : new int[] {0, 1}) {
                for (boolean host : new boolean[] {false, true}) {
                    for (boolean intercepted : new boolean[] {false, true}) {
                        for (int shadow : new int[] {0, 1}) {
                            for (int virtual : new int[] {0, 1}) {
                                var draft = SvmDraft.protectedMode(0)
                                        .set(RFLAGS, 2 | flag)
                                        .set(INTERRUPT_SHADOW, shadow)
                                        .set(V_INTR, masking << 24 | virtual << 8 | 5 << 16)
                                        .set(V_INTR_VECTOR, 0x21)
                                        .enter(Way.PENDING);
                                if (host) {
                                    draft.enter(Way.ENABLED);
                                }
                                if (intercepted) {
                                    draft.intercept(ExitCode.INTR);
                                }
                                String form = "physical interrupt: " + (shadow == 0 ? "at once" : "in the shadow");
                                cases.add(draft.code("nop", "nop")
                                        .named(
                                                "%s; IF %x, masking %d, host's IF %s, intercepted %s, virtual %d",
                                                form, flag, masking, host, intercepted, virtual));
                            }
                        }
                    }
                }
            }
        }
    }

    private void debug() {
        for (int vectors : new int[] {1, 31}) {
            for (String line : List.of("nop", "inc eax", "int 0x30", "hlt")) {
                cases.add(SvmDraft.protectedMode(0)
                        .set(RFLAGS, 0x102)
                        .exceptions(vectors)
                        .code(line, "nop", "nop")
                        .named("debug: single step; %s, intercept %d", line, vectors));
            }
            for (int flag : new int[] {0, 0x1_0000}) {
                cases.add(SvmDraft.protectedMode(0)
                        .set(RFLAGS, 2 | flag)
                        .set(DR7, 0x402)
                        .exceptions(vectors)
                        .code("mov eax, 0x20009", "mov dr0, eax", "nop", "nop")
                        .named("debug: instruction breakpoint; RF %x, intercept %d", flag, vectors));
            }
        }
        cases.add(SvmDraft.protectedMode(0).enter(Way.STEPPED).code("nop").named("debug: the host's single step; HLT"));
        cases.add(SvmDraft.protectedMode(0)
                .set(GUEST_ASID, 0)
                .enter(Way.STEPPED)
                .code("nop")
                .named("debug: the host's single step; refused"));
    }
}
