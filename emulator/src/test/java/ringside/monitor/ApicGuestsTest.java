package ringside.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.monitor.Options.Irqchip;
import ringside.monitor.Options.Translator;
import ringside.monitor.Options.Virtualization;
import ringside.monitor.mode.Modes;
import ringside.replay.GuestState;
import ringside.replay.StateHash;

/** Guests of the APICs see the same in every mode, wherever their controllers are. */
class ApicGuestsTest {
    private static final int MOST_BOUNDARIES = 10_000;

    private static final String EQUATES = """
            APIC equ 0xFEE00000
            IOAPIC equ 0xFEC00000
            TPR equ APIC + 0x80
            PPR equ APIC + 0xA0
            EOI equ APIC + 0xB0
            SVR equ APIC + 0xF0
            ESR equ APIC + 0x280
            ICR equ APIC + 0x300
            LVT_TIMER equ APIC + 0x320
            LVT_LINT0 equ APIC + 0x350
            LVT_ERROR equ APIC + 0x370
            INITIAL equ APIC + 0x380
            CURRENT equ APIC + 0x390
            DIVIDE equ APIC + 0x3E0
            IOREGSEL equ IOAPIC
            IOWIN equ IOAPIC + 0x10
            """;

    /** Vectors 30H to 7FH lead to handlers that count in EBX, EBP and ESI, and end their interrupts. */
    private static final String TABLE_32 = """
            mov esp, 0x9000
            mov edi, 0x2000 + 0x30 * 8
            .fill: mov word [edi], handler
            mov word [edi + 2], 8
            mov dword [edi + 4], 0x8E00
            add edi, 8
            cmp edi, 0x2000 + 0x80 * 8
            jb .fill
            mov word [0x2000 + 0x40 * 8], second
            mov word [0x2000 + 0x28 * 8], eighth
            mov word [0x2000 + 0x28 * 8 + 2], 8
            mov dword [0x2000 + 0x28 * 8 + 4], 0x8E00
            lidt [table]
            xor ebx, ebx
            xor ebp, ebp
            xor esi, esi
            jmp begin
            align 8
            table: dw 0x3FF
            dd 0x2000
            handler: inc ebx
            mov dword [EOI], 0
            iret
            second: inc ebp
            cmp ebp, 3
            jb .end
            push eax
            push edx
            mov dx, 0x3F9
            xor eax, eax
            out dx, al
            pop edx
            pop eax
            .end: mov dword [EOI], 0
            iret
            eighth: inc esi
            push eax
            mov al, 0x20
            out 0x20, al
            pop eax
            iret
            """;

    private static final String PIC = """
            mov al, 0x11
            out 0x20, al
            mov al, 0x28
            out 0x21, al
            mov al, 4
            out 0x21, al
            mov al, 1
            out 0x21, al
            mov al, 0xFE
            out 0x21, al
            """;

    private static final String PIT = """
            mov al, 0x34
            out 0x43, al
            mov al, 2
            out 0x40, al
            mov al, 0
            out 0x40, al
            """;

    private enum Program {
        PERIODIC_TIMER(32, TABLE_32, """
            begin: mov dword [DIVIDE], 0xB
            mov dword [LVT_TIMER], 0x20031
            mov dword [INITIAL], 50000
            sti
            .wait: hlt
            cmp ebx, 5
            jb .wait
            cli
            mov eax, [CURRENT]
            hlt"""),
        STORM(32, TABLE_32, """
            begin: mov dword [DIVIDE], 0
            mov dword [LVT_TIMER], 0x20031
            mov dword [INITIAL], 20
            sti
            .work: inc edx
            mov ecx, [CURRENT]
            cmp ebx, 40
            jb .work
            mov dword [LVT_TIMER], 0x10000
            cli
            hlt"""),
        TASK_PRIORITY(32, TABLE_32, """
            begin: mov dword [TPR], 0x40
            sti
            mov dword [ICR], 0x40031
            mov dword [ICR], 0x40045
            mov eax, [APIC + 0x210]
            or dword [TPR], 0x20
            mov ecx, [PPR]
            mov dword [ICR], 0x40065
            xor dword [TPR], 0x70
            nop
            and dword [TPR], 0
            nop
            mov edx, [APIC + 0x210]
            cli
            hlt"""),
        BOTH_CONTROLLERS(32, TABLE_32, "controllers:", PIC, PIT, """
            jmp begin2
            begin: jmp near controllers
            begin2: mov dword [DIVIDE], 0xB
            mov dword [LVT_TIMER], 0x20031
            mov dword [INITIAL], 131
            sti
            .work: inc edx
            cmp ebx, 15
            jb .work
            .wait: hlt
            cmp ebx, 30
            jb .wait
            cli
            hlt"""),
        IO_APIC(32, TABLE_32, "controllers:", PIT, """
            jmp begin2
            begin: mov dword [LVT_LINT0], 0x10000
            jmp near controllers
            begin2: mov dword [IOREGSEL], 0x15
            mov dword [IOWIN], 0
            dec dword [IOREGSEL]
            mov dword [IOWIN], 0x31
            mov dword [IOREGSEL], 0x18
            mov dword [IOWIN], 0x8040
            mov dx, 0x3F9
            mov al, 2
            out dx, al
            add dx, 3
            mov al, 0xB
            out dx, al
            sti
            .work: inc ecx
            cmp ebx, 3
            jb .work
            cmp ebp, 3
            jb .work
            mov eax, [IOWIN]
            or dword [IOWIN], 0x10000
            cli
            hlt"""),
        ERRORS(32, TABLE_32, """
            begin: mov dword [LVT_ERROR], 0x32
            sti
            mov dword [ICR], 0x40003
            mov dword [APIC + 0x3F0], 1
            mov dword [ESR], 0
            mov eax, [ESR]
            mov byte [SVR + 1], 0
            mov dword [SVR], 0xFF
            mov dword [ICR], 0x40031
            mov ecx, [LVT_ERROR]
            mov edx, [APIC + 0x30]
            cli
            hlt"""),
        WITHOUT(32, TABLE_32, "controllers:", PIC, PIT, """
            jmp begin2
            begin: mov eax, 1
            cpuid
            mov [0x5000], edx
            mov ecx, 0x1B
            rdmsr
            btr eax, 11
            wrmsr
            mov eax, [APIC + 0x30]
            mov [0x5004], eax
            mov eax, 1
            cpuid
            mov [0x5008], edx
            jmp near controllers
            begin2: sti
            .wait: hlt
            cmp esi, 3
            jb .wait
            cli
            hlt"""),
        ODD_ACCESSES(32, TABLE_32, """
            begin: mov esp, APIC + 0x84
            push dword 0x30
            mov esp, 0x9000
            mov esi, APIC + 0x80
            mov edi, IOAPIC
            movsd
            mov esi, IOAPIC
            mov edi, APIC + 0x80
            mov ecx, 3
            rep movsd
            mov eax, 0x40
            xchg eax, [TPR]
            mov ecx, [APIC + 0x31]
            mov edx, [APIC + 0xFFE]
            mov edx, [APIC - 2]
            mov dword [APIC - 2], 0x12345678
            pushad
            mov edi, APIC + 0x80
            mov eax, 0x50
            cmpxchg [edi], eax
            mov eax, [edi]
            mov dword [APIC + 0x380], 0x9090F4FA
            mov ebx, APIC + 0x380
            jmp ebx"""),
        DEADLINES(64, """
            mov rsp, 0x9000
            mov rdi, 0x2000 + 0x31 * 16
            mov word [rdi], handler
            mov word [rdi + 2], 8
            mov dword [rdi + 4], 0x8E00
            mov rdi, 0x2000 + 0x51 * 16
            mov word [rdi], handler
            mov word [rdi + 2], 8
            mov dword [rdi + 4], 0x8E00
            lidt [table]
            xor ebx, ebx
            mov rbp, APIC
            mov dword [rbp + 0x320], 0x40031
            sti
            mov ecx, 0x6E0
            mov r8d, 4
            .again: rdtsc
            add eax, 200
            mov ecx, 0x6E0
            wrmsr
            rdmsr
            hlt
            dec r8d
            jnz .again
            mov eax, 5
            mov cr8, rax
            mov dword [rbp + 0x300], 0x40051
            mov r9d, [rbp + 0x80]
            mov dword [rbp + 0x80], 0x62
            mov r10, cr8
            mov eax, 4
            mov cr8, rax
            nop
            mov rcx, cr8
            mov eax, 1
            mov cr8, rax
            mov ecx, 0x10
            xor edx, edx
            mov eax, 5000000
            wrmsr
            mov ecx, 0x6E0
            mov eax, 5000100
            wrmsr
            hlt
            cli
            hlt
            align 8
            table: dw 0xFFF
            dq 0x2000
            handler: inc ebx
            mov dword [rbp + 0xB0], 0
            iretq""");

        private final int bits;
        private final String[] lines;

        Program(int bits, String... parts) {
            this.bits = bits;
            this.lines = Stream.concat(Stream.of(EQUATES), Arrays.stream(parts))
                    .flatMap(String::lines)
                    .toArray(String[]::new);
        }
    }

    private static final Options USER = Options.DEFAULT;

    private record Way(String mode, Options options) {
        /** Leaf 1 of CPUID says that there is a hypervisor. */
        boolean tellsOfItself() {
            return Set.of("kvm-pv", "xen-hvm").contains(mode);
        }

        @Override
        public String toString() {
            return mode + ", irqchip " + options.irqchip() + ", " + options.virtualization() + ", "
                    + options.translator();
        }
    }

    private static List<Way> ways() {
        return Stream.concat(
                        Modes.machines().stream()
                                .filter(mode -> !mode.equals("bare"))
                                .map(mode -> new Way(mode, USER)),
                        Stream.of(
                                new Way("kvm", USER.withIrqchip(Irqchip.KERNEL)),
                                new Way("kvm", USER.withIrqchip(Irqchip.SPLIT)),
                                new Way("kvm", USER.withVirtualization(Virtualization.AMD_V)),
                                new Way(
                                        "kvm",
                                        USER.withVirtualization(Virtualization.AMD_V)
                                                .withIrqchip(Irqchip.SPLIT)),
                                new Way("binary-translation", USER.withTranslator(Translator.KQEMU))))
                .toList();
    }

    static Stream<Arguments> programsAndWays() {
        return Arrays.stream(Program.values())
                .flatMap(program -> ways().stream()
                        .filter(way -> program != Program.WITHOUT || !way.tellsOfItself())
                        .map(way -> Arguments.of(program, way)));
    }

    @ParameterizedTest(name = "{0} in {1}")
    @MethodSource("programsAndWays")
    void everyBoundaryIsTheBareMachines(Program program, Way way) {
        Monitor bare = Guest.of("bare", program.bits, program.lines).monitor;
        Monitor other = Guest.of(way.mode, program.bits, way.options, program.lines).monitor;
        var bareHash = new StateHash(bare);
        var otherHash = new StateHash(other);
        for (int i = 0; bare.ending().isEmpty(); i++) {
            assertTrue(i < MOST_BOUNDARIES, "it runs for ever");
            long time = bare.machine().clock().now();
            long rip = bare.believed().registers.rip();
            bare.run(time + 1);
            other.run(time + 1);
            if (bareHash.now() != otherHash.now()) {
                fail("after " + Long.toHexString(rip) + " at " + time + ": " + GuestState.differences(bare, other));
            }
        }
        assertEquals(bare.ending(), other.ending());
    }

    private static final int RANDOM_PROGRAMS = Boolean.getBoolean("ringside.long") ? 400 : 6;

    static Stream<Arguments> seedsAndWays() {
        return IntStream.range(0, RANDOM_PROGRAMS)
                .boxed()
                .flatMap(seed -> ways().stream().map(way -> Arguments.of(seed, way)));
    }

    @ParameterizedTest(name = "{0} in {1}")
    @MethodSource("seedsAndWays")
    void whateverAProgramDoesWithTheRegistersIsTheSame(int seed, Way way) {
        String[] lines = randomProgram(new Random(seed));
        Guest bare = Guest.of("bare", 32, lines);
        Guest other = Guest.of(way.mode, 32, way.options, lines);
        for (int time = 40; time < 3000; time += 37) {
            assertEquals(bare.runUntil(time).visible(), other.runUntil(time).visible(), "at " + time);
        }
    }

    /** Accesses to any register, with what makes interrupts happen in between. It never ends by itself. */
    private static String[] randomProgram(Random random) {
        List<String> lines = new ArrayList<>();
        String begin = "sti\njmp body\nbegin: jmp controllers\nbody:";
        for (String part : List.of(EQUATES, TABLE_32, "controllers:", PIC, PIT, begin)) {
            part.lines().forEach(lines::add);
        }
        for (int i = 0; i < 60; i++) {
            lines.add(randomLine(random));
        }
        lines.add("jmp near body");
        return lines.toArray(String[]::new);
    }

    private static String randomLine(Random random) {
        String register = "[APIC + 0x%x]".formatted(random.nextInt(64) << 4);
        int value = random.nextInt() >>> random.nextInt(32);
        return switch (random.nextInt(16)) {
            case 0, 1 -> "mov dword %s, 0x%x".formatted(register, value);
            case 2 -> "mov eax, " + register;
            case 3 -> "xor dword %s, 0x%x".formatted(register, value);
            case 4, 5 -> "mov dword [ICR], 0x%x".formatted(0x40030 + random.nextInt(0x50));
            case 6 -> "mov dword [TPR], 0x%x".formatted(random.nextInt(0x90));
            case 7 -> "mov dword [LVT_TIMER], 0x%x".formatted(0x30 + random.nextInt(0x50) | random.nextInt(8) << 16);
            case 8 -> "mov dword [INITIAL], 0x%x".formatted(20 + random.nextInt(300));
            case 9 -> "mov dword [DIVIDE], 0x%x".formatted(random.nextInt(16));
            case 10 -> "mov dword [IOREGSEL], 0x%x".formatted(0x10 + random.nextInt(16));
            case 11 -> "mov dword [IOWIN], 0x%x".formatted(0x30 + random.nextInt(0x50) | random.nextInt(32) << 12);
            case 12 -> "mov dword [SVR], 0x%x".formatted(0x0FF | (random.nextInt(4) == 0 ? 0 : 0x100));
            case 13 -> random.nextBoolean() ? "sti" : "cli";
            case 14 -> "mov dword [LVT_LINT0], 0x%x".formatted(random.nextBoolean() ? 0x700 : 0x10000 | value & 0x7FF);
            default -> "mov dword [EOI], 0";
        };
    }

    private static Guest bare(Program program) {
        return Guest.of("bare", program.bits, program.lines).run();
    }

    private static long register(Guest guest, int number) {
        return guest.believed().registers.get(number);
    }

    private static final int RAX = 0;
    private static final int RCX = 1;
    private static final int RDX = 2;
    private static final int RBX = 3;
    private static final int RBP = 5;

    @Test
    void theTimerInterruptsAsOftenAsTheProgramWaits() {
        var guest = bare(Program.PERIODIC_TIMER);
        assertEquals(5, register(guest, RBX));
        assertTrue(register(guest, RAX) > 49_000, "the sixth period has just begun");
    }

    @Test
    void theTaskPriorityHoldsBackAndLetsGo() {
        var guest = bare(Program.TASK_PRIORITY);
        assertEquals(1 << 0x11, register(guest, RAX), "IRR holds 31H; 45H is through");
        assertEquals(0x60, register(guest, RCX));
        assertEquals(0, register(guest, RDX), "all are through");
        assertEquals(3, register(guest, RBX));
    }

    @Test
    void theIoApicBringsTimerAndSerialPort() {
        var guest = bare(Program.IO_APIC);
        assertTrue(register(guest, RBX) >= 3);
        assertTrue(register(guest, RBP) >= 3, "a level that nobody lowers comes again after each end");
    }

    @Test
    void errorsInterruptAndShowInTheErrorStatus() {
        var guest = bare(Program.ERRORS);
        assertEquals(1 << 5 | 1 << 6 | 1 << 7, register(guest, RAX));
        assertEquals(2, register(guest, RBX));
        assertEquals(0x1_0032, register(guest, RCX), "masked by the software disable");
        assertEquals(0x5_0014, register(guest, RDX));
    }

    @Test
    void withoutItsApicTheProcessorSaysSoAndTakesThe8259AsInterrupts() {
        var guest = bare(Program.WITHOUT);
        var ram = guest.monitor.machine().ram();
        assertEquals(1 << 9, ram.read(0x5000, 4) & 1 << 9);
        assertEquals(0xFFFF_FFFFL, ram.read(0x5004, 4));
        assertEquals(0, ram.read(0x5008, 4) & 1 << 9);
        assertEquals(3, register(guest, 6));
    }

    @Test
    void cr8AndTheTaskPriorityAreOne() {
        var guest = bare(Program.DEADLINES);
        assertEquals(0x50, register(guest, 9));
        assertEquals(6, register(guest, 10));
        assertEquals(6, register(guest, RBX), "five deadlines and the interrupt that CR8 held back");
    }
}
