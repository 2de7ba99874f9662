package ringside.reference.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The local APIC in x2APIC mode is what Bochs' is, and the same in every mode: SDM 3A, Extended XAPIC (x2APIC). (QEMU translates for processors
 * without it.)
 */
class ExtendedApicAgreementTest {
    /** xAPIC mode: what Bochs is in before it has been in another. */
    private static final List<String> BEGIN = List.of("mov al, 0xFF", "out 0x21, al", "out 0xA1, al");

    /** x2APIC mode, enabled by software too; nothing is in service, everything is let through. */
    private static final List<String> EXTENDED = List.of(
            "mov ecx, 0x1B",
            "rdmsr",
            "or eax, 0x400",
            "wrmsr",
            "mov ecx, 0x80F",
            "mov eax, 0x1FF",
            "xor edx, edx",
            "wrmsr",
            "mov ecx, 0x808",
            "xor eax, eax",
            "wrmsr",
            "mov ecx, 0x80B",
            "wrmsr",
            "wrmsr");

    private static final int HANDLER = Area.CODE + 0x400;

    private static final int[] WRITABLE = {
        0x808, 0x80B, 0x80F, 0x828, 0x830, 0x832, 0x833, 0x834, 0x835, 0x836, 0x837, 0x838, 0x83E, 0x83F
    };

    /** Forms of cases in which Bochs is not the processor of the manual. */
    private static final Map<String, String> APART = Map.of(
            "bochs: x2apic: transition, what it keeps of xAPIC mode",
            "the logical destination stays; SDM 3A, Deriving Logical x2APIC ID from the Local x2APIC ID: it follows from the ID",
            "bochs: x2apic: self shorthand",
            "the command register reads as 0; SDM 3A, ICR Operation in x2APIC Mode: it is read and written",
            "bochs: x2apic: destination",
            "FFH and FFFFH are everybody; SDM 3A, Determining IPI Destination in x2APIC Mode: only FFFFFFFFH is",
            "bochs: x2apic: error status",
            "of a self IPI the receiver's error is told alone, as in xAPIC mode",
            "bochs: x2apic: WRMSR of the table",
            "reserved bits are lost, and bits of the status kept; SDM 3A, Reserved Bit Checking: #GP",
            "bochs: x2apic: WRMSR of 83e",
            "reserved bits are lost; as before",
            "bochs: x2apic: WRMSR of 83f",
            "reserved bits are lost; as before");

    private final List<SystemCase> cases = new ArrayList<>();
    private final List<String> wrong = new ArrayList<>();

    private static Draft draft(List<String> begin, String... lines) {
        return Draft.protectedMode(0)
                .code(Stream.concat(begin.stream(), Stream.of(lines)).toArray(String[]::new));
    }

    private static Draft extended(String... lines) {
        return draft(EXTENDED, lines);
    }

    private static boolean isOfTable(int number) {
        return number >= 0x832 && number <= 0x837;
    }

    private static String[] write(int number, long value) {
        return new String[] {
            "mov ecx, " + number, "mov eax, " + (value & 0xFFFF_FFFFL), "mov edx, " + (value >>> 32), "wrmsr"
        };
    }

    private static String[] lines(String[] first, String... then) {
        return Stream.of(first, then).flatMap(Stream::of).toArray(String[]::new);
    }

    /** A handler that tells its vector in EBX and ends its service. */
    private static Draft handled(Draft draft, int vector) {
        draft.patch(Area.IDT + 8 * vector, Area.gate(Area.KERNEL_CODE, HANDLER, 0x8E, 0));
        draft.code(
                HANDLER,
                HANDLER,
                32,
                lines(new String[] {"shl ebx, 8", "mov bl, " + vector}, lines(write(0x80B, 0), "iret")));
        return draft.set("rbx", 0);
    }

    /** Out of xAPIC mode there is one way. */
    private void before() {
        cases.add(
                draft(BEGIN, "mov eax, 1", "cpuid", "and ecx, 1 << 21", "xor eax, eax", "xor ebx, ebx", "xor edx, edx")
                        .named("x2apic: CPUID"));
        cases.add(draft(BEGIN, "mov ecx, 0x802", "rdmsr").named("x2apic: RDMSR in xAPIC mode"));
        cases.add(draft(BEGIN, write(0x808, 0)).named("x2apic: WRMSR in xAPIC mode"));
        cases.add(draft(BEGIN, "mov ecx, 0x1B", "rdmsr", "and eax, ~0x800", "or eax, 0x400", "wrmsr")
                .named("x2apic: transition, extended but not enabled"));
        cases.add(draft(BEGIN, "mov ecx, 0x1B", "rdmsr", "or eax, 0x200", "wrmsr")
                .named("x2apic: transition, a reserved bit"));
        cases.add(draft(
                        BEGIN,
                        "mov dword [0xFEE000F0], 0x1FF",
                        "mov dword [0xFEE00080], 0x35",
                        "mov dword [0xFEE00350], 0x8731",
                        "mov dword [0xFEE000D0], 0x11000000",
                        "mov ecx, 0x1B",
                        "rdmsr",
                        "or eax, 0x400",
                        "wrmsr",
                        "rdmsr",
                        "mov ebp, eax",
                        "mov ecx, 0x808",
                        "rdmsr",
                        "mov esi, eax",
                        "mov ecx, 0x80D",
                        "rdmsr",
                        "mov edi, eax",
                        "mov ecx, 0x835",
                        "rdmsr")
                .named("x2apic: transition, what it keeps of xAPIC mode"));
        cases.add(extended(lines(write(0x835, 0x1_0000), write(0x836, 0x1_0000)))
                .named("x2apic: LINT0 and LINT1 masked"));
    }

    /** Out of x2APIC mode the way is to be disabled, from which Bochs does not come back. */
    private void after() {
        for (String change : List.of("and eax, ~0x400", "and eax, ~0x800", "or eax, 0x400")) {
            cases.add(extended("mov ecx, 0x1B", "rdmsr", change, "wrmsr", "rdmsr")
                    .named("x2apic: transition, from x2APIC mode; %s", change));
        }
        cases.add(extended("mov ecx, 0x1B", "rdmsr", "and eax, ~0xC00", "wrmsr", "rdmsr", "mov ecx, 0x808", "rdmsr")
                .named("x2apic: transition, disabled"));
    }

    private void registers() {
        for (int number = 0x800; number <= 0x840; number++) {
            if (number != 0x803 && number != 0x82F) {
                cases.add(extended("mov ecx, " + number, "rdmsr").named("x2apic: RDMSR; %x", number));
            }
        }
        cases.add(extended("mov ecx, 0x803", "rdmsr", "and eax, 0xF0").named("x2apic: RDMSR; 803"));
    }

    private void writes() {
        for (int number : new int[] {0x800, 0x802, 0x803, 0x80A, 0x80D, 0x80E, 0x810, 0x820, 0x831, 0x839, 0x840}) {
            cases.add(extended(write(number, 0)).named("x2apic: WRMSR; of what is read-only or absent, %x", number));
        }
        long[] values = {0, 0x0B, 0x55, 0x100, 0x1FF, 0x300, 0x1000, 0x4000, 0x1_0000, 0x2_0000, 0x1000_0000, 1L << 32};
        for (int number : WRITABLE) {
            for (long value : values) {
                if (number != 0x830) {
                    boolean reads = number != 0x80B && number != 0x83F;
                    cases.add(extended(lines(write(number, value), reads ? new String[] {"rdmsr"} : new String[0]))
                            .named(
                                    "x2apic: WRMSR of %s; %x, %x",
                                    isOfTable(number) ? "the table" : Integer.toHexString(number), number, value));
                }
            }
        }
        cases.add(extended("mov eax, [0xFEE00020]").named("x2apic: its page is not there"));
    }

    private void interrupts() {
        for (int vector : new int[] {0x20, 0x31, 0x3F}) {
            cases.add(handled(extended(lines(write(0x83F, vector), "sti", "nop", "cli")), vector)
                    .named("x2apic: SELF IPI; %x", vector));
            cases.add(handled(
                            extended(lines(
                                    write(0x830, 0x40000 | vector), "sti", "nop", "cli", "mov ecx, 0x830", "rdmsr")),
                            vector)
                    .named("x2apic: self shorthand; %x", vector));
        }
        for (long destination : new long[] {0, 1, 0xFF, 0xFFFF, 0xFFFF_FFFFL}) {
            cases.add(handled(extended(lines(write(0x830, destination << 32 | 0x25), "sti", "nop", "cli")), 0x25)
                    .named("x2apic: destination; %x", destination));
        }
        for (long destination : new long[] {0, 1, 2, 3, 0x8001, 0x1_0001, 0xFFFF, 0xFFFF_FFFFL}) {
            cases.add(handled(extended(lines(write(0x830, destination << 32 | 0x825), "sti", "nop", "cli")), 0x25)
                    .named("x2apic: logical destination; %x", destination));
        }
        for (int priority : new int[] {0x10, 0x20, 0x2F, 0x30}) {
            String[] held = lines(write(0x808, priority), lines(write(0x83F, 0x25), "sti", "nop", "nop", "cli"));
            String[] seen = {
                "mov ecx, 0x821", "rdmsr", "mov esi, eax", "mov ecx, 0x80A", "rdmsr", "mov edi, eax", "mov ebp, ebx"
            };
            String[] let = lines(write(0x808, 0), "sti", "nop", "cli");
            cases.add(handled(extended(lines(lines(held, seen), let)), 0x25)
                    .named("x2apic: held back by the task priority; %x", priority));
        }
        cases.add(handled(extended(lines(write(0x830, 0x400), "jmp there", "there: nop")), 2)
                .named("x2apic: NMI to itself"));
        String[] errors = lines(write(0x828, 0), lines(write(0x83F, 5), lines(write(0x828, 0), "rdmsr")));
        cases.add(extended(errors).named("x2apic: error status; SELF IPI of an illegal vector"));
    }

    @Test
    void everyCaseEndsAsOnBochsAndTheSameInEveryMode() {
        before();
        registers();
        interrupts();
        writes();
        after();
        var image = new SystemImage(cases);
        List<String> bare = Machines.ringside("bare", image);
        assertThat(bare).hasSameSizeAs(cases);
        compare(
                "bochs",
                bare,
                Machines.bochs(image.firmware(), String.join("\n", bare).length()));
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
