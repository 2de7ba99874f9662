package ringside.monitor.hardware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.cpu.vmx.VmcsField.*;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import ringside.cpu.SystemState;
import ringside.cpu.vmx.Vmcs;
import ringside.monitor.Ending;
import ringside.monitor.Guest;
import ringside.monitor.Options;
import ringside.monitor.Options.Generation;
import ringside.monitor.Options.Paging;

class VtXTest {
    private static final String[] OUT_AND_HALT = {
        "mov al, 'a'", "mov dx, 0x3F8", "out dx, al", "mov dx, 0x2F8", "out dx, al", "cpuid", "hlt"
    };

    private static VtXProcessor vcpu(Guest guest) {
        return (VtXProcessor) ((HardwareMonitor) guest.monitor).virtualProcessor();
    }

    @Test
    void eachSensitiveInstructionLeavesWithItsReasonAndQualification() {
        var guest = Guest.of("vt-x", 16, OUT_AND_HALT).run();
        assertEquals(
                "[IO_INSTRUCTION, IO_INSTRUCTION, CPUID, HLT]",
                guest.exits().stream().map(exit -> exit.reason()).toList().toString());
        assertEquals(0x03F8_0000L, guest.exits().get(0).qualification(), "OUT, one byte, port in DX");
    }

    @Test
    void withoutHltExitingTheHltExitsAndOnlyThoseAreGone() {
        var guest = Guest.of("vt-x", 16, OUT_AND_HALT);
        vcpu(guest).vmcs().set(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.HLT_EXITING, false);
        guest.run();
        assertEquals(0, guest.exits("HLT"));
        assertEquals(3, guest.exits().size());
        assertEquals(Ending.Kind.HALT, guest.monitor.ending().orElseThrow().kind());
    }

    @Test
    void withoutItsBitInTheIoBitmapAPortAndOnlyThatIsTheGuestsOwn() {
        var guest = Guest.of("vt-x", 16, OUT_AND_HALT);
        long bitmap = vcpu(guest).vmcs().read(IO_BITMAP_A);
        var ram = guest.monitor.machine().ram();
        ram.write(bitmap + 0x3F8 / 8, 1, ram.read(bitmap + 0x3F8 / 8, 1) & ~1L);
        guest.run();
        assertEquals("a", guest.serial(), "the byte has gone out all the same");
        assertEquals(1, guest.exits("IO_INSTRUCTION"), "port 2F8H still leaves");
        assertEquals(1, guest.exits("CPUID"));
        assertEquals(1, guest.exits("HLT"));
    }

    @Test
    void cr0IsReadFromTheShadowWithoutAnExit() {
        var guest =
                Guest.of("vt-x", 32, "mov eax, cr0", "smsw ebx", "cli", "hlt").run();
        assertEquals(1, guest.exits().size(), "HLT alone");
        assertEquals(
                SystemState.PROTECTION_ENABLE | SystemState.EXTENSION_TYPE,
                guest.believed().registers.get(0));
        assertTrue((vcpu(guest).vmcs().read(GUEST_CR0) & SystemState.NUMERIC_ERROR) != 0, "the real CR0 has NE");
    }

    @Test
    void clearingTaskSwitchedIsTheGuestsOwnButPagingIsNot() {
        var guest = Guest.of("vt-x", 32, "clts", "mov eax, cr0", "or eax, 8", "mov cr0, eax", "cli", "hlt")
                .run();
        assertEquals(0, guest.exits("CR_ACCESS"), "TS belongs to the guest");
        var other = Guest.of("vt-x", 32, "mov eax, cr0", "or eax, 0x20", "mov cr0, eax", "cli", "hlt")
                .run();
        assertEquals(1, other.exits("CR_ACCESS"), "NE belongs to the host");
        assertEquals(0L, other.exits().get(0).qualification(), "MOV to CR0 from EAX");
    }

    /** SDM 3C, Instructions That Cause VM Exits Conditionally: reasons 57 and 61, each by a control of its own. */
    @Test
    void randomNumbersLeaveOnlyWhereTheMonitorAsks() {
        String[] lines = {"rdrand ebx", "rdseed cx", "cli", "hlt"};
        var bare = Guest.of("bare", 32, lines).run();
        for (int controls : new int[] {0, Vmcs.RDRAND_EXITING, Vmcs.RDRAND_EXITING | Vmcs.RDSEED_EXITING}) {
            var guest = Guest.of("vt-x", 32, lines);
            vcpu(guest).vmcs().set(SECONDARY_VMEXEC_CONTROLS, controls, true);
            guest.run();
            assertEquals(Integer.bitCount(controls), guest.exits("RDRAND") + guest.exits("RDSEED"));
            assertEquals(bare.visible(), guest.visible());
        }
        var guest = Guest.of("vt-x", 32, lines);
        vcpu(guest).vmcs().set(SECONDARY_VMEXEC_CONTROLS, Vmcs.RDSEED_EXITING, true);
        guest.run();
        assertEquals(61, guest.exits().get(0).number());
    }

    @Test
    void firstAccessToADebugRegisterLeavesAndIsThenTriedAgain() {
        var guest = Guest.of("vt-x", 32, "mov eax, dr7", "mov ebx, dr6", "cli", "hlt")
                .run();
        assertEquals(1, guest.exits("MOV_DR"));
        assertEquals(0x400, guest.believed().registers.get(0));
    }

    @Test
    void generalDetectionEndsWithTheDebugExceptionThatItCauses() {
        var guest = Guest.of(
                        "vt-x",
                        16,
                        "mov word [1*4], handler",
                        "mov word [1*4+2], 0",
                        "mov eax, 0x2400",
                        "mov dr7, eax",
                        "mov dr0, eax",
                        "handler: mov ebx, dr6",
                        "mov ecx, dr7",
                        "hlt")
                .run();
        assertEquals(1, guest.exits("EXCEPTION_OR_NMI"));
        assertEquals(0xFFFF_2FF0L, guest.believed().registers.get(3), "BD");
        assertEquals(0x400, guest.believed().registers.get(1), "GD is clear");
        assertEquals(0, guest.believed().system.breakpoints[0]);
    }

    @Test
    void anUndefinedInstructionLeavesAndIsInjectedIntoTheGuest() {
        var guest = Guest.of("vt-x", 16, "mov word [6*4], handler", "mov word [6*4+2], 0", "ud2", "handler: hlt")
                .run();
        assertEquals(1, guest.exits("EXCEPTION_OR_NMI"));
        assertEquals(6, guest.exits().get(0).detail());
        assertEquals(
                1, guest.events.stream().filter(e -> e.kind().equals("fault")).count());
    }

    @Test
    void aTripleFaultLeavesAndEndsTheRun() {
        var guest = Guest.of("vt-x", 32, "lidt [none]", "int3", "none: dw 0", "dd 0")
                .run();
        assertEquals(
                Ending.Kind.TRIPLE_FAULT, guest.monitor.ending().orElseThrow().kind());
        assertEquals(1, guest.exits("TRIPLE_FAULT"));
    }

    private static final String[] TWO_TASKS = {
        "lgdt [gdtr]",
        "lidt [idtr]",
        "mov ax, 0x18",
        "ltr ax",
        "jmp 0x20:0",
        "back: int 0x20",
        "hlt",
        "other: jmp 0x18:0",
        "jmp other",
        "align 8",
        "gdt: dq 0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF",
        "dw 0x67, first, 0x8900, 0",
        "dw 0x67, second, 0x8900, 0",
        "gdtr: dw 0x27",
        "dd gdt",
        "idtr: dw 0x107",
        "dd idt",
        "align 8",
        "idt: times 0x20 dq 0",
        "dw 0, 0x20, 0x8500, 0",
        "first: times 0x68 db 0",
        "second: times 0x20 db 0",
        "dd other, 2, 0, 0, 0, 0, 0x3000, 0, 0, 0",
        "dd 0x10, 8, 0x10, 0x10, 0x10, 0x10, 0, 0",
    };

    @Test
    void taskSwitchesLeaveAndArePerformedForTheGuest() {
        var guest = Guest.of("vt-x", 32, TWO_TASKS).runUntil(20);
        assertEquals(
                List.of(2L << 30 | 0x20, 2L << 30 | 0x18, 3L << 30 | 0x20),
                guest.exits().stream()
                        .filter(exit -> exit.reason().equals("TASK_SWITCH"))
                        .map(exit -> exit.qualification())
                        .limit(3)
                        .toList());
        assertEquals(Guest.of("bare", 32, TWO_TASKS).runUntil(20).visible(), guest.visible());
    }

    @Test
    void aTaskWithItsTrapBitSetTrapsUnderTheMonitorToo() {
        String[] trapping = String.join("\n", TWO_TASKS)
                .replace("other: jmp 0x18:0", "other: jmp 0x18:0\ntrapped: mov ebx, dr6\ncli\nhlt")
                .replace("idt: times 0x20 dq 0", "idt: dq 0\ndw trapped, 8, 0x8E00, 0\ntimes 0x1E dq 0")
                .replace("0x10, 0, 0", "0x10, 0, 1")
                .split("\n");
        var guest = Guest.of("vt-x", 32, trapping).run();
        assertEquals(0xFFFF_8FF0L, guest.believed().registers.get(3), "BT");
        assertEquals(1, guest.exits("TASK_SWITCH"));
        assertEquals(Guest.of("bare", 32, trapping).run().visible(), guest.visible());
    }

    /** From real mode to protected mode for a segment of 4 GiB, back, and an access that no paragraph reaches. */
    private static final String[] UNREAL = {
        "lgdt [gdtr]",
        "mov eax, cr0",
        "or al, 1",
        "mov cr0, eax",
        "mov bx, 8",
        "mov ds, bx",
        "and al, 0xFE",
        "mov cr0, eax",
        "mov esi, 0x200000",
        "mov byte [esi], 7",
        "mov dl, [esi]",
        "xor bx, bx",
        "mov ds, bx",
        "sti",
        "pushf",
        "int 0x20",
        "hlt",
        "gdtr: dw 15",
        "dd gdt",
        "align 8",
        "gdt: dq 0, 0x00CF93000000FFFF"
    };

    @ParameterizedTest
    @EnumSource(Generation.class)
    void whatAProcessorCannotHoldIsInterpretedAndTheGuestCannotTell(Generation generation) {
        var guest = Guest.of("vt-x", 16, Options.DEFAULT.withGeneration(generation), UNREAL);
        guest.runUntil(17);
        boolean unrestricted = generation.compareTo(Generation.YEAR_2010) >= 0;
        assertEquals(unrestricted, guest.exits("INTERPRETED") == 0);
        assertEquals(Guest.of("bare", 16, UNREAL).runUntil(17).visible(), guest.visible());
        assertEquals(7, guest.believed().registers.get(2));
    }

    @Test
    void aRootThatWasUsedBeforeNeedsNoPageFaultsAgain() {
        assertEquals(switching(2), switching(20), "page faults");
        assertTrue(switching(2) > 0);
    }

    /** Page faults of a guest that goes back and forth between two page directories, which share a page table. */
    private static long switching(int rounds) {
        var guest = Guest.of(
                        "vt-x",
                        32,
                        Options.DEFAULT.withPaging(Paging.SHADOW),
                        "mov dword [0x10000], 0x12003",
                        "mov dword [0x11000], 0x12003",
                        "mov dword [0x12004], 0x1003",
                        "mov dword [0x12080], 0x20003",
                        "mov eax, 0x10000",
                        "mov cr3, eax",
                        "mov ebx, cr0",
                        "or ebx, 1 << 31",
                        "mov cr0, ebx",
                        "mov ecx, " + rounds,
                        "again: mov edx, [0x20000]",
                        "xor eax, 0x1000",
                        "mov cr3, eax",
                        "loop again",
                        "hlt")
                .run();
        assertEquals(rounds + 2, guest.exits("CR_ACCESS"));
        return guest.exits("EXCEPTION_OR_NMI");
    }
}
