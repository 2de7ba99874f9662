package ringside.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** NMI and INIT, from whatever sends them, in every machine: what the guest sees is what it sees on the bare one. */
class UnmaskableEventsTest {
    private static final long LIMIT = 200_000;

    /** Handler of NMIs: counts in memory, with what was interrupted; entry 2 of a table of eight-byte gates at 3000H. */
    private static final String FLAT = """
            %macro gate 2
              mov word [0x3000 + 8 * %1], %2
              mov word [0x3002 + 8 * %1], 8
              mov word [0x3004 + 8 * %1], 0x8E00
            %endmacro
            bits 32
            org 0x1000
            start:
              mov esp, 0x8000
              lidt [idtr]
              gate 2, nmi
              gate 3, other
              gate 13, fault
              gate 32, timer
              mov ebp, 0xFEE00000
              xor ebx, ebx
              jmp main
            idtr: dw 0x7FF
              dd 0x3000
            other: iret
            fault: add esp, 4
              add dword [esp], 2
              inc dword [0x7004]
              iret
            """;

    private static final String NMI = """
            nmi: inc dword [0x7000]
              mov eax, [esp]
              mov [0x7010 + ebx * 4], eax
              inc ebx
              and ebx, 63
              iret
            timer: inc dword [0x7008]
              mov dword [ebp + 0xB0], 0
              iret
            """;

    private static final Map<String, String> GUESTS = Map.ofEntries(
            Map.entry("by the ICR", FLAT + NMI + """
            main:
              mov dword [ebp + 0x300], 0x400   ; NMI to APIC 0
              nop
              mov dword [ebp + 0x310], 0xFF000000
              mov dword [ebp + 0x300], 0x4400
              nop
              sti
              mov dword [ebp + 0x300], 0x400
              mov dword [ebp + 0x300], 0x4C400 ; of the shorthands only "none" is for NMI
              cli
              hlt
            """),
            Map.entry("one waits for IRET, a third is lost", FLAT + """
            nmi: inc dword [0x7000]
              cmp dword [0x7000], 1
              jne .more
              mov dword [ebp + 0x300], 0x400
              nop
              int3
              nop
            .more:
              mov dword [ebp + 0x300], 0x400
              mov dword [ebp + 0x300], 0x400
              nop
              cmp dword [0x7000], 5
              jb .out
              cli
              hlt
            .out: iret
            timer: iret
            main:
              mov dword [ebp + 0x300], 0x400
              mov ecx, 100
              loop $
              hlt
            """),
            Map.entry("a faulting IRET unblocks", FLAT + """
            nmi: inc dword [0x7000]
              cmp dword [0x7000], 2
              jae .enough
              mov dword [ebp + 0x300], 0x400
              push dword 2
              push dword 0x7777            ; no such selector
              push dword main
              iret
            .enough: cli
              hlt
            timer: iret
            main:
              mov dword [ebp + 0x300], 0x400
              hlt
            """),
            Map.entry("at the timer's pace through the I/O APIC", FLAT + NMI + """
            main:
              mov al, 0x34
              out 0x43, al
              mov al, 4
              out 0x40, al
              mov al, 0
              out 0x40, al
              mov dword [0xFEC00000], 0x14
              mov dword [0xFEC00010], 0x400   ; IRQ 0 as NMI
              mov ecx, 200000
            .wait:
              sti
              nop
              mov ax, ss
              mov ss, ax
              cli
              pushfd
              popfd
              cmp dword [0x7000], 12
              jb .wait
            .sleep:
              hlt                             ; with IF 0: only an NMI ends it
              cmp dword [0x7000], 16
              jb .sleep
              mov dword [0xFEC00010], 0x10400
              hlt
            """),
            Map.entry("LINT0 as NMI", FLAT + NMI + """
            main:
              mov al, 0x11
              out 0x20, al
              mov al, 0x20
              out 0x21, al
              mov al, 4
              out 0x21, al
              mov al, 3
              out 0x21, al
              mov al, 0xFE
              out 0x21, al
              mov dword [ebp + 0x350], 0x400
              mov al, 0x34
              out 0x43, al
              mov al, 20
              out 0x40, al
              mov al, 0
              out 0x40, al
            .wait: hlt
              mov al, 0x0C
              out 0x20, al
              in al, 0x20                     ; poll: acknowledges
              mov al, 0x20
              out 0x20, al
              cmp dword [0x7000], 3
              jb .wait
              mov dword [ebp + 0x350], 0x10400
              hlt
            """),
            Map.entry("beside interrupts and single steps", FLAT + NMI + """
            main:
              gate 1, step
              mov dword [ebp + 0xF0], 0x1FF
              mov dword [ebp + 0x300], 0x4020
              mov dword [ebp + 0x300], 0x400
              nop
              sti
              nop
              pushfd
              or dword [esp], 0x100
              popfd
              mov dword [ebp + 0x300], 0x400
              nop
              pushfd
              and dword [esp], ~0x100
              popfd
              cli
              hlt
            step: inc dword [0x700C]
              iret
            """),
            Map.entry("INIT goes to the reset vector, and its bytes are no instruction", FLAT + NMI + """
            main:
              mov word [0x18], again          ; vector 6 of the table at 0
              mov word [0x1A], 0
              mov ecx, 0x11111111
              mov cr3, ecx
              mov dword [ebp + 0x300], 0x400
              nop
              mov dword [ebp + 0x300], 0x4500
              hlt
            bits 16
            again:
              mov [0x7F00], edx
              mov [0x7F04], ecx
              mov eax, cr0
              mov [0x7F08], eax
              pushf
              mov sp, 0x7000
              mov al, '!'
              out 0xE9, al
              cli
              hlt
            """),
            Map.entry("INIT by the I/O APIC ends HLT", FLAT + NMI + """
            main:
              mov word [0x18], again
              mov word [0x1A], 0
              mov al, 0x30
              out 0x43, al
              mov al, 0
              out 0x40, al
              mov al, 0x02
              out 0x40, al
              mov dword [0xFEC00000], 0x14
              mov dword [0xFEC00010], 0x500
              cli
              hlt
              hlt
            bits 16
            again:
              mov [0x7F00], edx
              mov ax, 0xFFFF
              mov ds, ax
              cli
              hlt
            """));

    static Stream<Arguments> guestsAndMachines() {
        List<RunOptions> machines = List.of(
                RunOptions.of("emulation"),
                RunOptions.of("binary-translation"),
                RunOptions.of("binary-translation").with("translator", "kqemu"),
                RunOptions.of("vt-x"),
                RunOptions.of("vt-x").with("paging", "shadow"),
                RunOptions.of("vt-x").with("generation", "2005"),
                RunOptions.of("vt-x").with("generation", "2008"),
                RunOptions.of("amd-v"),
                RunOptions.of("amd-v").with("generation", "2005"),
                RunOptions.of("kvm"),
                RunOptions.of("kvm").with("irqchip", "kernel"),
                RunOptions.of("kvm").with("irqchip", "split"),
                RunOptions.of("kvm").with("generation", "2005"),
                RunOptions.of("kvm").with("hardware", "amd-v"),
                RunOptions.of("kvm-pv").with("irqchip", "kernel"),
                RunOptions.of("xen-hvm"),
                RunOptions.of("xen-hvm").with("hardware", "amd-v"));
        List<RunOptions> atRingOne = List.of(
                RunOptions.of("trap-and-emulate"),
                RunOptions.of("binary-translation").with("translator", "virtualbox"));
        Stream<Arguments> everywhere = GUESTS.keySet().stream()
                .sorted()
                .flatMap(name -> machines.stream().map(machine -> Arguments.of(name, title(machine), machine)));
        // Those that do not look at what ring 1 shows.
        Stream<Arguments> some = GUESTS.keySet().stream()
                .filter(name -> !source(name).contains("pushfd"))
                .sorted()
                .flatMap(name -> atRingOne.stream().map(machine -> Arguments.of(name, title(machine), machine)));
        return Stream.concat(everywhere, some);
    }

    private static String title(RunOptions m) {
        return String.join(
                " ",
                m.mode(),
                m.hardware(),
                m.generation(),
                m.irqchip(),
                m.paging().orElse(""),
                m.translator());
    }

    private static String source(String name) {
        return Objects.requireNonNull(GUESTS.get(name));
    }

    private static GuestFile guest(String name) {
        return new GuestFile("guest.asm", source(name).getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource("guestsAndMachines")
    void theGuestSeesWhatItSeesOnTheBareMachine(String name, String title, RunOptions machine) {
        Alignment found =
                new ModeComparison(guest(name), machine, List.of("bare", machine.mode())).run(LIMIT, () -> false);
        assertEquals("Optional.empty", found.divergence().toString());
        assertEquals(
                List.of("halt", "halt"),
                found.sides().stream().map(Alignment.Side::end).toList());
    }
}
