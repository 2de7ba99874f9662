package ringside.reference.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The local APIC's registers, priorities and interrupts to itself are what QEMU's and Bochs's are, and the same in every mode. */
class ApicAgreementTest {
    /** The 8259As are masked; nothing is in service; everything is let through. */
    private static final List<String> BEGIN = List.of(
            "mov al, 0xFF",
            "out 0x21, al",
            "out 0xA1, al",
            "mov dword [0xFEE000F0], 0x1FF",
            "mov dword [0xFEE00080], 0",
            "mov dword [0xFEE000B0], 0",
            "mov dword [0xFEE000B0], 0",
            "mov dword [0xFEE000E0], 0xFFFFFFFF");

    private static final int HANDLER = Area.CODE + 0x400;
    private static final int INTERRUPT_HANDLER = HANDLER + 0x100;

    /** Forms of cases in which a reference is not the processor of the manual. */
    private static final Map<String, String> APART = Map.of(
            "qemu: apic: disabled by software",
            "it leaves the table's masks alone; SDM 3A, Local APIC State After It Has Been Software Disabled",
            "qemu: apic: error status",
            "it has no errors, and takes the interrupt; SDM 3A, Error Handling",
            "bochs: apic: NMI by the 8259As at LINT0",
            "its 8259As interrupt the processor past the local APIC; SDM 3A, Local Vector Table: as the table says",
            "bochs: apic: error status",
            "of a self IPI the receiver's error is told alone; SDM 3A, Error Handling: an illegal vector written to"
                    + " the ICR is the sender's too");

    private final List<SystemCase> cases = new ArrayList<>();
    private final List<String> wrong = new ArrayList<>();

    private Draft draft(String... lines) {
        return Draft.protectedMode(0)
                .code(Stream.concat(BEGIN.stream(), Stream.of(lines)).toArray(String[]::new));
    }

    /** A handler for the vectors that counts them in EBX, newest lowest, and ends their service. */
    private Draft handled(Draft draft, int... vectors) {
        int at = HANDLER;
        for (int vector : vectors) {
            draft.patch(Area.IDT + 8 * vector, Area.gate(Area.KERNEL_CODE, at, 0x8E, 0));
            draft.code(at, at, 32, "shl ebx, 8", "mov bl, " + vector, "mov dword [0xFEE000B0], 0", "iret");
            at += 0x40;
        }
        return draft;
    }

    private void cases() {
        for (int value : new int[] {0, 0x1F, 0x20, 0x8F, 0xF0, 0xFF, 0x1234}) {
            cases.add(draft("mov dword [0xFEE00080], " + value, "mov eax, [0xFEE00080]", "mov ecx, [0xFEE000A0]")
                    .named("apic: task priority; %x", value));
        }
        cases.add(draft("mov eax, [0xFEE00020]", "mov ecx, [0xFEE00030]", "and ecx, 0xF0")
                .named("apic: identification"));
        for (long value : new long[] {0, 0x0100_0000, 0xFFFF_FFFFL}) {
            cases.add(draft("mov dword [0xFEE000D0], " + value, "mov eax, [0xFEE000D0]")
                    .named("apic: logical destination; %x", value));
            cases.add(draft("mov dword [0xFEE000E0], " + value, "mov eax, [0xFEE000E0]")
                    .named("apic: destination format; %x", value));
        }
        for (int vector : new int[] {0x20, 0x2F, 0x31, 0x3F}) {
            cases.add(draft(
                            "mov dword [0xFEE00300], " + (0x40000 | vector),
                            "mov eax, [0xFEE00210]",
                            "mov ecx, [0xFEE000A0]",
                            "sti",
                            "nop")
                    .named("apic: self IPI; vector %x", vector));
            cases.add(handled(
                            draft(
                                    "mov dword [0xFEE00300], " + (0x40000 | vector),
                                    "sti",
                                    "nop",
                                    "cli",
                                    "mov eax, [0xFEE00210]",
                                    "mov ecx, [0xFEE00110]"),
                            vector)
                    .named("apic: self IPI, handled; vector %x", vector));
        }
        cases.add(handled(
                        draft(
                                "mov dword [0xFEE00300], 0x40021",
                                "mov dword [0xFEE00300], 0x4003A",
                                "mov dword [0xFEE00300], 0x40033",
                                "mov eax, [0xFEE00210]",
                                "sti",
                                "nop",
                                "cli"),
                        0x21,
                        0x33,
                        0x3A)
                .named("apic: several; in order of their priority"));
        for (int priority : new int[] {0x10, 0x20, 0x2F, 0x30, 0xF0}) {
            cases.add(handled(
                            draft(
                                    "mov dword [0xFEE00080], " + priority,
                                    "mov dword [0xFEE00300], 0x40025",
                                    "mov dword [0xFEE00300], 0x40036",
                                    "sti",
                                    "nop",
                                    "nop",
                                    "cli",
                                    "mov eax, ebx",
                                    "mov dword [0xFEE00080], 0",
                                    "sti",
                                    "nop",
                                    "cli"),
                            0x25,
                            0x36)
                    .named("apic: held back by the task priority; %x", priority));
        }
        for (int shorthand = 0; shorthand < 4; shorthand++) {
            for (int destination : new int[] {0, 0xFF}) {
                cases.add(handled(
                                draft(
                                        "mov dword [0xFEE00310], 0x%x".formatted(destination << 24),
                                        "mov dword [0xFEE00300], 0x%x".formatted(shorthand << 18 | 0x25),
                                        "mov eax, [0xFEE00300]",
                                        "sti",
                                        "nop",
                                        "cli"),
                                0x25)
                        .named("apic: shorthand; %d, destination %x", shorthand, destination));
            }
        }
        for (int destination : new int[] {1, 2, 3, 0x10, 0x11, 0x21}) {
            for (int format : new int[] {0, 0xF}) {
                cases.add(handled(
                                draft(
                                        "mov dword [0xFEE000D0], 0x11000000",
                                        "mov dword [0xFEE000E0], 0x%xfffffff".formatted(format),
                                        "mov dword [0xFEE00310], 0x%x".formatted(destination << 24),
                                        "mov dword [0xFEE00300], 0x825",
                                        "sti",
                                        "nop",
                                        "cli"),
                                0x25)
                        .named("apic: logical destination of an IPI; %x, model %x", destination, format));
            }
        }
        cases.add(draft(
                        "mov dword [0xFEE000F0], 0xFF",
                        "mov dword [0xFEE00350], 0x700",
                        "mov eax, [0xFEE00350]",
                        "mov dword [0xFEE000F0], 0x1FF",
                        "mov dword [0xFEE00350], 0x10700",
                        "mov ecx, [0xFEE00350]")
                .named("apic: disabled by software"));
        cases.add(draft(
                        "mov dword [0xFEE003E0], 0xB",
                        "mov dword [0xFEE00320], 0x10031",
                        "mov dword [0xFEE00380], 0",
                        "mov eax, [0xFEE00380]",
                        "mov ecx, [0xFEE00390]",
                        "mov edx, [0xFEE003E0]",
                        "mov ebx, [0xFEE00320]")
                .named("apic: timer; stopped"));
        cases.add(handled(
                        draft(
                                "mov dword [0xFEE003E0], 0xB",
                                "mov dword [0xFEE00320], 0x31",
                                "mov dword [0xFEE00380], 1000",
                                "sti",
                                "wait_for_it: test ebx, ebx",
                                "jz wait_for_it",
                                "cli",
                                "mov ecx, [0xFEE00390]"),
                        0x31)
                .set("rbx", 0)
                .named("apic: timer; one shot"));
        // The references' timers follow the wall clock: how often it fires beyond the third time is not compared.
        Draft periodic = draft(
                "mov dword [0xFEE003E0], 0",
                "mov dword [0xFEE00320], 0x20031",
                "mov dword [0xFEE00380], 1000",
                "sti",
                "wait_for_it: cmp ebx, 0x313131",
                "jne wait_for_it",
                "mov dword [0xFEE00380], 0",
                "mov dword [0xFEE00320], 0x10000",
                "nop",
                "cli");
        periodic.patch(Area.IDT + 8 * 0x31, Area.gate(Area.KERNEL_CODE, HANDLER, 0x8E, 0));
        periodic.code(
                HANDLER,
                HANDLER,
                32,
                "cmp ebx, 0x313131",
                "je enough",
                "shl ebx, 8",
                "mov bl, 0x31",
                "enough: mov dword [0xFEE000B0], 0",
                "iret");
        cases.add(periodic.set("rbx", 0).named("apic: timer; periodic"));
        // Last, for QEMU delivers it.
        cases.add(draft(
                        "mov dword [0xFEE00370], 0x10000",
                        "mov dword [0xFEE00280], 0",
                        "mov dword [0xFEE00280], 0",
                        "mov dword [0xFEE00300], 0x40005",
                        "mov dword [0xFEE00280], 0",
                        "mov eax, [0xFEE00280]",
                        "mov dword [0xFEE00280], 0",
                        "mov ecx, [0xFEE00280]")
                .named("apic: error status; an illegal vector is sent"));
    }

    /** A handler of NMIs that tells in EBX when it begins (1) and ends (2); what it does the first time. */
    private Draft nonMaskable(Draft draft, String... first) {
        draft.patch(Area.IDT + 8 * 2, Area.gate(Area.KERNEL_CODE, HANDLER, 0x8E, 0));
        List<String> lines = new ArrayList<>(List.of("shl ebx, 4", "or ebx, 1", "cmp ebx, 1", "jne again"));
        lines.addAll(List.of(first));
        lines.addAll(List.of("again: shl ebx, 4", "or ebx, 2", "iret"));
        draft.code(HANDLER, HANDLER, 32, lines.toArray(String[]::new));
        return draft.set("rbx", 0);
    }

    /** NMIs are looked at between translated blocks, on QEMU: a jump ends one. */
    private void nonMaskableCases() {
        String send = "mov dword [0xFEE00300], 0x400";
        cases.add(nonMaskable(draft(send, "jmp there", "there: mov eax, [0xFEE00300]"))
                .named("apic: NMI to itself"));
        cases.add(nonMaskable(draft("mov dword [0xFEE00310], 0x1000000", send, "jmp there", "there: nop"))
                .named("apic: NMI to nobody"));
        cases.add(nonMaskable(draft("mov dword [0xFEE000F0], 0xFF", send, "jmp there", "there: nop"))
                .named("apic: NMI to an APIC that software has disabled"));
        cases.add(nonMaskable(draft("mov dword [0xFEE00080], 0xFF", "cli", send, "jmp there", "there: nop"))
                .named("apic: NMI past the task priority and IF"));
        cases.add(nonMaskable(draft(send, "jmp there", "there: nop"), send, "jmp here", "here: nop")
                .named("apic: NMI in its handler; one waits for IRET"));
        cases.add(nonMaskable(draft(send, "jmp there", "there: nop"), send, send, send, "jmp here", "here: nop")
                .named("apic: NMI in its handler; several are one"));
        cases.add(beforeInterrupt().named("apic: NMI before an interrupt"));
        cases.add(byPic().named("apic: NMI by the 8259As at LINT0"));
    }

    /**
     * Behind the instruction that STI lets pass, both wait. The NMI's handler adds 4 where it has interrupted that of the interrupt, which had
     * come before it then; the interrupt's tells 3.
     */
    private Draft beforeInterrupt() {
        Draft draft = nonMaskable(
                draft(
                        "mov dword [0xFEE00300], 0x40025",
                        "sti",
                        "mov dword [0xFEE00300], 0x400",
                        "jmp there",
                        "there: nop",
                        "cli"),
                "cmp dword [esp], " + INTERRUPT_HANDLER,
                "jne again",
                "or ebx, 4");
        draft.patch(Area.IDT + 8 * 0x25, Area.gate(Area.KERNEL_CODE, INTERRUPT_HANDLER, 0x8E, 0));
        draft.code(
                INTERRUPT_HANDLER,
                INTERRUPT_HANDLER,
                32,
                "shl ebx, 4",
                "or ebx, 3",
                "mov dword [0xFEE000B0], 0",
                "iret");
        return draft;
    }

    /** COM1, whose transmitter is empty, requests an interrupt of the 8259As; their output is at LINT0, until the NMI has come. */
    private Draft byPic() {
        return nonMaskable(
                draft(
                        "mov dword [0xFEE00350], 0x400",
                        "mov al, 0x11",
                        "out 0x20, al",
                        "mov al, 0x20",
                        "out 0x21, al",
                        "mov al, 4",
                        "out 0x21, al",
                        "mov al, 1",
                        "out 0x21, al",
                        "mov al, 0xEF",
                        "out 0x21, al",
                        "mov dx, 0x3FC",
                        "mov al, 8",
                        "out dx, al",
                        "mov dx, 0x3F9",
                        "mov al, 2",
                        "out dx, al",
                        "jmp there",
                        "there: mov al, 0",
                        "out dx, al",
                        "mov dx, 0x3FC",
                        "out dx, al",
                        "mov al, 0xFF",
                        "out 0x21, al",
                        "mov dword [0xFEE00350], 0x10700"),
                "mov dword [0xFEE00350], 0x10400");
    }

    @Test
    void everyCaseEndsAsOnQemuAndBochsAndTheSameInEveryMode() {
        nonMaskableCases();
        cases();
        var image = new SystemImage(cases);
        List<String> bare = Machines.ringside("bare", image);
        assertThat(bare).hasSameSizeAs(cases);
        compare("qemu", bare, Machines.qemu(image));
        compare("bochs", bare, Machines.bochs(image));
        for (String mode : List.of("emulation", "binary-translation", "vt-x", "amd-v", "kvm")) {
            compare(mode, bare, Machines.ringside(mode, image));
        }
        assertThat(wrong).as("cases that differ, bare / the other").isEmpty();
    }

    private void compare(String who, List<String> ours, List<String> theirs) {
        assertThat(theirs).as(who).hasSameSizeAs(ours);
        for (int i = 0; i < ours.size(); i++) {
            SystemCase given = cases.get(i);
            String difference = new Outcome(ours.get(i)).differenceFrom(new Outcome(theirs.get(i)));
            String form = who + ": " + given.toString().split("; ", 2)[0];
            if (!difference.isEmpty() && !APART.containsKey(form)) {
                wrong.add(who + ": " + given + ": " + difference);
            }
        }
    }
}
