package ringside.monitor.hardware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.cpu.svm.VmcbField.*;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.cpu.SystemState;
import ringside.cpu.svm.ExitCode;
import ringside.memory.Ram;
import ringside.monitor.Ending;
import ringside.monitor.Guest;
import ringside.monitor.Options;
import ringside.monitor.Options.Generation;
import ringside.monitor.Options.Paging;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;

class AmdVTest {
    private static final String[] OUT_AND_HALT = {
        "mov al, 'a'", "mov dx, 0x3F8", "out dx, al", "mov dx, 0x2F8", "out dx, al", "cpuid", "hlt"
    };

    private static AmdVProcessor vcpu(Guest guest) {
        return (AmdVProcessor) ((HardwareMonitor) guest.monitor).virtualProcessor();
    }

    private static List<String> reasons(Guest guest) {
        return guest.exits().stream().map(Event.Exit::reason).toList();
    }

    private static Event.Exit exit(Guest guest, String reason) {
        return guest.exits().stream()
                .filter(exit -> exit.reason().equals(reason))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + reason + " in " + reasons(guest)));
    }

    @Test
    void eachInterceptedInstructionLeavesWithItsCodeAndItsInformation() {
        var guest = Guest.of("amd-v", 16, OUT_AND_HALT).run();
        assertEquals(List.of("IOIO", "IOIO", "CPUID", "HLT"), reasons(guest));
        assertEquals(
                List.of(0x7B, 0x7B, 0x72, 0x78),
                guest.exits().stream().map(Event.Exit::number).toList());
        assertEquals(0x03F8_0090L, guest.exits().get(0).qualification(), "OUT, one byte, 16-bit addresses");
    }

    @Test
    void theVmcbSaysWhereTheGuestWasLeftAndWhereItGoesOn() {
        var guest = Guest.of("amd-v", 16, "nop", "cpuid", "jmp $").runUntil(3);
        assertEquals(0x72, vcpu(guest).vmcb().read(EXITCODE));
        assertEquals(0x1003, vcpu(guest).vmcb().read(NRIP), "CPUID is at 1001H and has two bytes");
    }

    @Test
    void withoutItsInterceptAnInstructionIsTheGuestsOwnAndOnlyThatOne() {
        var guest = Guest.of("amd-v", 16, OUT_AND_HALT);
        vcpu(guest).vmcb().intercept(ExitCode.HLT, 0, false);
        guest.run();
        assertEquals(List.of("IOIO", "IOIO", "CPUID"), reasons(guest));
        assertEquals(Ending.Kind.HALT, guest.monitor.ending().orElseThrow().kind());
    }

    @Test
    void withoutItsBitInThePermissionMapAPortAndOnlyThatIsTheGuestsOwn() {
        var guest = Guest.of("amd-v", 16, OUT_AND_HALT);
        long map = vcpu(guest).vmcb().read(IOPM_BASE_PA);
        Ram ram = guest.monitor.machine().ram();
        ram.write(map + 0x3F8 / 8, 1, ram.read(map + 0x3F8 / 8, 1) & ~1L);
        guest.run();
        assertEquals("a", guest.serial(), "the byte has gone out all the same");
        assertEquals(List.of("IOIO", "CPUID", "HLT"), reasons(guest), "port 2F8H still leaves");
    }

    @Test
    void stringInstructionsReportTheirPrefixAndSegment() {
        var guest = Guest.of("amd-v", 32, "mov ecx, 1", "mov esi, 0x1000", "mov dx, 0x80", "rep fs outsd", "hlt")
                .run();
        long information = exit(guest, "IOIO").qualification();
        assertEquals(0x80 << 16 | 4 << 10 | 1 << 8 | 1 << 6 | 1 << 3 | 1 << 2, information);
    }

    @ParameterizedTest
    @CsvSource({"pushf, PUSHF", "popf, POPF", "int 0x80, SWINT", "iret, IRET"})
    void inVirtual8086ModeAnInterceptComesBeforeTheFaultOfThePrivilegeLevel(String instruction, ExitCode code) {
        var guest = Guest.of(
                        "amd-v",
                        32,
                        "mov esp, 0x8000",
                        "push 0",
                        "push 0",
                        "push 0",
                        "push 0",
                        "push 0",
                        "push 0x7000",
                        "push 0x20002",
                        "push 0",
                        "push inside",
                        "iret",
                        "bits 16",
                        "inside: " + instruction)
                .runUntil(11);
        vcpu(guest).vmcb().intercept(code, 0, true);
        guest.runUntil(12);
        assertEquals(code.name(), guest.exits().get(0).reason());
    }

    @Test
    void taskSwitchedAndMonitorCoprocessorAreTheGuestsOwnOtherBitsOfCr0AreNot() {
        var guest = Guest.of("amd-v", 32, "clts", "mov eax, cr0", "or eax, 0xA", "mov cr0, eax", "cli", "hlt")
                .run();
        assertEquals(List.of("HLT"), reasons(guest));
        var other = Guest.of("amd-v", 32, "mov ecx, cr0", "or ecx, 0x20", "mov cr0, ecx", "cli", "hlt")
                .run();
        assertEquals(List.of("CR0_SEL_WRITE", "HLT"), reasons(other));
        assertEquals(1L << 63 | 1, other.exits().get(0).qualification(), "MOV from ECX");
        var word = Guest.of("amd-v", 32, "smsw ax", "lmsw ax", "cli", "hlt").run();
        assertEquals(List.of("CR0_SEL_WRITE", "HLT"), reasons(word), "LMSW leaves though it changes nothing");
        assertEquals(0, word.exits().get(0).qualification(), "no MOV");
    }

    @Test
    void aDisabledCacheIsShownToTheGuestAndHiddenFromTheProcessor() {
        var guest = Guest.of(
                        "amd-v", 32, "mov eax, cr0", "or eax, 1 << 30", "mov cr0, eax", "mov ebx, cr0", "cli", "hlt")
                .run();
        assertEquals(List.of("CR0_SEL_WRITE", "CR0_READ", "HLT"), reasons(guest));
        assertTrue((guest.believed().registers.get(3) & SystemState.CACHE_DISABLE) != 0);
        assertFalse((vcpu(guest).vmcb().read(CR0) & SystemState.CACHE_DISABLE) != 0);
    }

    @Test
    void theGuestDoesNotSeeThatSvmIsOn() {
        var guest = Guest.of("amd-v", 32, "mov ecx, 0xC0000080", "rdmsr", "mov ecx, 0xC0000101", "rdmsr", "cli", "hlt")
                .run();
        assertEquals(List.of("MSR", "HLT"), reasons(guest), "the base of GS is the guest's own");
        assertEquals(0, guest.believed().registers.get(0));
        assertTrue((vcpu(guest).vmcb().read(EFER) & SystemState.SVME) != 0);
    }

    /** APM 2, Instruction Intercepts: EFER.SVME is 1 in guest mode, so that the intercept decides, and not #UD. */
    @ParameterizedTest
    @CsvSource({
        "vmrun, 0x80",
        "vmload, 0x82",
        "vmsave, 0x83",
        "stgi, 0x84",
        "clgi, 0x85",
        "skinit, 0x86",
        "invlpga, 0x7A"
    })
    void anInstructionOfSvmLeavesAndTheGuestIsToldThatItDoesNotExist(String instruction, int code) {
        String[] lines = {"mov esp, 0x8000", "lidt [idtr]", "mov eax, 0x9000", instruction, "ud: mov ebx, 6", "hlt"};
        var guest = Guest.of("amd-v", 32, withHandlers(lines)).run();
        assertEquals(code, guest.exits().get(0).number());
        assertEquals(List.of("HLT"), reasons(guest).subList(1, reasons(guest).size()));
        assertEquals(6, guest.believed().registers.get(3));
        assertEquals(Guest.of("bare", 32, withHandlers(lines)).run().visible(), guest.visible());
    }

    /** APM 3, VMRUN: where no VMCB can be, #GP comes before the intercept; so a guest can tell that it has a monitor. */
    @ParameterizedTest
    @ValueSource(strings = {"vmrun", "vmload", "vmsave"})
    void atAnAddressOfNoVmcbTheyFaultBeforeTheyLeave(String instruction) {
        String[] lines = {"mov esp, 0x8000", "lidt [idtr]", "mov eax, 0x9001", instruction, "ud: mov ebx, 6", "hlt"};
        var guest = Guest.of("amd-v", 32, withHandlers(lines)).run();
        assertEquals(List.of("HLT"), reasons(guest));
        assertEquals(13, guest.believed().registers.get(3), "in the believed machine it would be 6");
    }

    /** Handlers of #UD and #GP. */
    private static String[] withHandlers(String... lines) {
        var all = new ArrayList<>(List.of(lines));
        all.addAll(List.of(
                "gp: mov ebx, 13",
                "hlt",
                "align 8",
                "idt: times 13 dw ud, 8, 0x8E00, 0",
                "dw gp, 8, 0x8E00, 0",
                "idtr: dw 14 * 8 - 1",
                "dd idt"));
        return all.toArray(String[]::new);
    }

    @Test
    void firstAccessToADebugRegisterLeavesAndIsThenTriedAgain() {
        var guest = Guest.of("amd-v", 32, "mov eax, dr7", "mov ebx, dr6", "cli", "hlt")
                .run();
        assertEquals(List.of("DR7_READ", "HLT"), reasons(guest));
        assertEquals(0x400, guest.believed().registers.get(0));
    }

    @Test
    void anUndefinedInstructionLeavesAndIsInjectedIntoTheGuest() {
        var guest = Guest.of("amd-v", 16, "mov word [6*4], handler", "mov word [6*4+2], 0", "ud2", "handler: hlt")
                .run();
        assertEquals(List.of("EXCP6", "HLT"), reasons(guest));
        assertEquals(0x46, guest.exits().get(0).number());
        assertEquals(
                1, guest.events.stream().filter(e -> e.kind().equals("fault")).count());
    }

    @Test
    void aTripleFaultIsAShutdownThatLeavesAndEndsTheRun() {
        var guest = Guest.of("amd-v", 32, "lidt [none]", "int3", "none: dw 0", "dd 0")
                .run();
        assertEquals(List.of("SHUTDOWN"), reasons(guest));
        assertEquals(
                Ending.Kind.TRIPLE_FAULT, guest.monitor.ending().orElseThrow().kind());
    }

    // Nested paging. A page directory at 4000H with one entry of 4 MiB maps everything the guest uses.

    private static final String[] PAGED = {
        "mov dword [0x4000], 0x83",
        "mov eax, 0x10",
        "mov cr4, eax",
        "mov eax, 0x4000",
        "mov cr3, eax",
        "mov eax, cr0",
        "or eax, 1 << 31",
        "mov cr0, eax",
        "ready: mov al, [0x5000]",
        "cli",
        "hlt"
    };

    /** Takes rights away from the nested entry of a page. */
    private static void restrict(Guest guest, long page, int rights) {
        Ram ram = guest.monitor.machine().ram();
        long table = vcpu(guest).vmcb().read(N_CR3);
        for (int level = 4; level > 1; level--) {
            table = ram.read(table + (page >>> 3 + 9 * level & 0x1FF) * 8, 8) & 0xFF_FFFF_F000L;
        }
        long at = table + (page >>> 12 & 0x1FF) * 8;
        ram.write(at, 8, ram.read(at, 8) & ~(long) rights);
        vcpu(guest).real().memory.forgetFrames();
    }

    @Test
    void readingTheGuestsTablesIsAWriteInTheNestedOnes() {
        var guest = Guest.of("amd-v", 32, PAGED).runUntil(8);
        restrict(guest, 0x4000, ringside.mmu.Paging.WRITABLE);
        guest.run();
        var fault = exit(guest, "NPF");
        assertEquals(0x400, fault.number());
        assertEquals(1L << 33 | 7, fault.qualification(), "present, a write, a user's, in the guest's tables");
        assertEquals(0x4000, fault.detail());
    }

    @Test
    void everyNestedAccessIsAUsers() {
        var guest = Guest.of("amd-v", 32, PAGED).runUntil(8);
        restrict(guest, 0x5000, ringside.mmu.Paging.USER);
        guest.run();
        assertEquals(1L << 32 | 5, exit(guest, "NPF").qualification(), "present, a read, the final address");
        assertEquals(0x5000, exit(guest, "NPF").detail());
    }

    @Test
    void aPageThatIsNotThereIsAnotherErrorCodeThanOneThatIsNotAllowed() {
        var guest = Guest.of("amd-v", 32, PAGED).runUntil(8);
        restrict(guest, 0x5000, ringside.mmu.Paging.PRESENT);
        guest.run();
        assertEquals(1L << 32 | 4, exit(guest, "NPF").qualification());
    }

    @ParameterizedTest
    @ValueSource(strings = {"int 0x20", "int3", "ud2", "int1"})
    void anEventWhoseDeliveryMetANestedFaultReachesTheGuestOnce(String event) {
        String[] lines = {
            "mov esp, 0x8000",
            "lidt [idtr]",
            event,
            "nop",
            "handler: pop edx",
            "hlt",
            "align 8",
            "idtr: dw 0x21 * 8 - 1",
            "dd idt",
            "align 8",
            "idt: times 0x21 dw handler, 8, 0x8E00, 0"
        };
        var guest = Guest.of("amd-v", 32, lines).runUntil(2);
        restrict(guest, 0x7000, ringside.mmu.Paging.PRESENT);
        guest.run();
        var bare = Guest.of("bare", 32, lines).run();
        assertEquals(1, guest.exits("NPF"));
        assertEquals(bare.visible(), guest.visible());
    }

    // Interrupts.

    @Test
    void aDeadlineLeavesAndAGuestWithInterruptsOffAsksForAVirtualInterrupt() {
        String[] lines = {
            "mov word [0x20*4], tick",
            "mov word [0x20*4+2], 0",
            "mov al, 0x11",
            "out 0x20, al",
            "mov al, 0x20",
            "out 0x21, al",
            "mov al, 4",
            "out 0x21, al",
            "mov al, 1",
            "out 0x21, al",
            "mov al, 0xFE",
            "out 0x21, al",
            "mov al, 0x34",
            "out 0x43, al",
            "mov al, 2",
            "out 0x40, al",
            "mov al, 0",
            "out 0x40, al",
            "mov cx, 3000",
            "busy: loop busy",
            "sti",
            "nop",
            "cli",
            "hlt",
            "tick: mov bx, 7",
            "iret"
        };
        var guest = Guest.of("amd-v", 16, lines).run();
        assertTrue(guest.exits("INTR") > 0);
        assertEquals(1, guest.exits("VINTR"));
        assertEquals(7, guest.believed().registers.get(3));
        assertEquals(Guest.of("bare", 16, lines).run().visible(), guest.visible());
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
        var guest = Guest.of("amd-v", 32, TWO_TASKS).runUntil(20);
        assertEquals(
                List.of(0x20L, 0x18L, 0x20L),
                guest.exits().stream()
                        .filter(exit -> exit.reason().equals("TASK_SWITCH"))
                        .map(Event.Exit::qualification)
                        .limit(3)
                        .toList(),
                "EXITINFO1 is the selector of the new task");
        assertEquals(Guest.of("bare", 32, TWO_TASKS).runUntil(20).visible(), guest.visible());
    }

    @Test
    void olderProcessorsReportLessAndTheGuestCannotTell() {
        String[] lines = {"mov eax, cr4", "mov ebx, cr4", "cli", "hlt"};
        var old = Guest.of("amd-v", 32, Options.DEFAULT.withGeneration(Generation.YEAR_2008), lines);
        var today = Guest.of("amd-v", 32, lines);
        assertEquals(0, exit(old.run(), "CR4_READ").qualification(), "no decode assists");
        assertEquals(1L << 63, exit(today.run(), "CR4_READ").qualification());
        assertEquals(0, vcpu(old).vmcb().read(NRIP));
        assertEquals(old.visible(), today.visible());
    }

    @Test
    void whatAGenerationHasNotIsRefusedWithASentence() {
        var options = Options.DEFAULT.withGeneration(Generation.YEAR_2005).withPaging(Paging.NESTED);
        for (String mode : List.of("vt-x", "amd-v", "kvm")) {
            assertTrue(Modes.refusal(mode, options).orElseThrow().contains("--paging shadow"));
            assertTrue(Modes.refusal(mode, options.withPaging(Paging.SHADOW)).isEmpty());
            assertTrue(Modes.refusal(mode, options.withGeneration(Generation.YEAR_2008))
                    .isEmpty());
        }
        assertTrue(Modes.refusal("bare", options).isEmpty());
    }
}
