package ringside.monitor.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.monitor.Guest;
import ringside.monitor.Options;
import ringside.monitor.Options.Irqchip;
import ringside.monitor.Options.Virtualization;
import ringside.probe.Event;

class KvmTest {
    /** Programs the PIT for ten ticks, halting between them, and prints a dot at each. */
    private static final String[] TICKS = {
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
        "mov al, 0xA9",
        "out 0x40, al",
        "mov al, 4",
        "out 0x40, al",
        "mov cx, 10",
        "again: sti",
        "hlt",
        "cli",
        "loop again",
        "hlt",
        "tick: push ax",
        "push dx",
        "mov dx, 0x3F8",
        "mov al, '.'",
        "out dx, al",
        "mov al, 0x20",
        "out 0x20, al",
        "pop dx",
        "pop ax",
        "iret"
    };

    private static Guest ticks(Irqchip irqchip) {
        var guest = Guest.of("kvm", 16, Options.DEFAULT.withIrqchip(irqchip), TICKS);
        guest.monitor.run(50_000_000);
        return guest;
    }

    private static List<IoctlLog.Call> returns(Guest guest) {
        return ((Kvm) guest.monitor)
                .log().calls().stream()
                        .filter(call -> call.ioctl() == Ioctl.KVM_RUN)
                        .toList();
    }

    @ParameterizedTest
    @EnumSource(Irqchip.class)
    void kvmRunReturnsForExactlyTheExitsThatUserSpaceAnswers(Irqchip irqchip) {
        var guest = ticks(irqchip);
        assertEquals("..........", guest.serial());
        long answered = guest.exits().stream()
                .filter(exit -> exit.answeredBy().equals("kvm-user"))
                .count();
        assertTrue(answered > 0);
        assertEquals(answered, returns(guest).size());
    }

    @Test
    void withThePicInUserSpaceItsPortsAndHltComeBack() {
        var guest = ticks(Irqchip.USER);
        assertEquals(
                0,
                guest.exits().stream()
                        .filter(e -> e.answeredBy().equals("kvm-kernel")
                                && !e.reason().equals("EPT_VIOLATION"))
                        .count());
        assertEquals(
                11,
                returns(guest).stream()
                        .filter(call -> call.result().equals("KVM_EXIT_HLT"))
                        .count());
    }

    @Test
    void withThePicInTheKernelOnlyTheSerialPortComesBack() {
        var guest = ticks(Irqchip.KERNEL);
        assertEquals(10, returns(guest).size(), "ten dots");
        assertTrue(returns(guest).stream().allMatch(call -> call.result().equals("KVM_EXIT_IO")));
    }

    @Test
    void splitLeavesHltToTheKernelAndPortsToUserSpace() {
        var guest = ticks(Irqchip.SPLIT);
        assertEquals(
                0,
                returns(guest).stream()
                        .filter(call -> call.result().equals("KVM_EXIT_HLT"))
                        .count());
        assertTrue(guest.exits().stream()
                .filter(exit -> exit.reason().equals("HLT"))
                .allMatch(exit -> exit.answeredBy().equals("kvm-kernel")));
    }

    /** Linux, arch/x86/kvm/x86.c: kvm_emulate_monitor_mwait. */
    @ParameterizedTest
    @EnumSource(Virtualization.class)
    void monitorAndMwaitAreNoOperations(Virtualization hardware) {
        var guest = Guest.of(
                        "kvm",
                        32,
                        Options.DEFAULT.withVirtualization(hardware),
                        "mov eax, 0x5000",
                        "mov ecx, 1", // an extension that MONITOR does not have
                        "monitor",
                        "mwait",
                        "mov ebx, 7",
                        "hlt")
                .run();
        assertEquals(7, guest.believed().registers.get(3));
        assertEquals(6, guest.monitor.machine().clock().now());
        assertEquals(1, guest.exits("MWAIT"));
    }

    /** A guest that is offered no hypercalls and calls all the same has KVM's answer: kvm_emulate_hypercall. */
    @ParameterizedTest
    @CsvSource({"VT_X, vmcall, 12, -1000", "VT_X, vmcall, 5, 0", "AMD_V, vmmcall, 12, -1000"})
    void aCallHasItsAnswer(Virtualization hardware, String instruction, String number, int result) {
        var options = Options.DEFAULT.withVirtualization(hardware);
        var guest = Guest.of("kvm", 32, options, "mov eax, " + number, instruction, "hlt")
                .run();
        assertEquals(result, (int) guest.believed().registers.get(0));
    }

    @ParameterizedTest
    @EnumSource(Irqchip.class)
    void theGuestCannotTellWhereThePicIs(Irqchip irqchip) {
        var bare = Guest.of("bare", 16, TICKS);
        bare.monitor.run(50_000_000);
        assertEquals(bare.visible(), ticks(irqchip).visible());
    }

    @Test
    void aPageIsMappedAtItsFirstUseAndOnlyThen() {
        var guest = Guest.of("kvm", 32, "mov eax, [0x5000]", "mov [0x5004], eax", "mov [0x7000], eax", "cli", "hlt")
                .run();
        var addresses = guest.exits().stream()
                .filter(exit -> exit.reason().equals("EPT_VIOLATION"))
                .map(exit -> exit.detail() & ~0xFFFL)
                .toList();
        assertEquals(List.of(0x1000L, 0x5000L, 0x7000L), addresses);
    }

    @Test
    void setUpCallsComeInTheOrderOfTheApi() {
        var guest = Guest.of("kvm", 16, "hlt").run();
        var names = ((Kvm) guest.monitor)
                .log().calls().stream().map(call -> call.ioctl().name()).toList();
        assertEquals("KVM_GET_API_VERSION", names.get(0));
        assertTrue(names.indexOf("KVM_CREATE_VM") < names.indexOf("KVM_CREATE_VCPU"));
        // KVM API documentation: both are to be called before the first virtual processor is made.
        assertEquals(names.indexOf("KVM_CREATE_VM") + 1, names.indexOf("KVM_SET_IDENTITY_MAP_ADDR"));
        assertEquals(names.indexOf("KVM_CREATE_VM") + 2, names.indexOf("KVM_SET_TSS_ADDR"));
        assertEquals("KVM_RUN", names.get(names.size() - 1));
    }

    @ParameterizedTest
    @EnumSource(Irqchip.class)
    void theGuestCannotTellWhoseHardwareKvmRunsOn(Irqchip irqchip) {
        var bare = Guest.of("bare", 16, TICKS);
        bare.monitor.run(50_000_000);
        var options = Options.DEFAULT.withIrqchip(irqchip).withVirtualization(Virtualization.AMD_V);
        var guest = Guest.of("kvm", 16, options, TICKS);
        guest.monitor.run(50_000_000);
        assertEquals(bare.visible(), guest.visible());
        assertEquals(
                returns(ticks(irqchip)).stream().map(IoctlLog.Call::result).toList(),
                returns(guest).stream().map(IoctlLog.Call::result).toList(),
                "nor can user space");
        assertTrue(guest.exits("NPF") > 0);
        assertTrue(guest.exits().stream().noneMatch(exit -> exit.kind().equals("vm-exit")));
    }

    private static Guest strings(Irqchip irqchip, String... lines) {
        return Guest.of("kvm", 32, Options.DEFAULT.withIrqchip(irqchip), lines).run();
    }

    private static void assertAsBare(Guest guest, String... lines) {
        assertEquals(Guest.of("bare", 32, lines).run().visible(), guest.visible());
    }

    /** 3000 elements in buffers of 1024 bytes; from 10 bytes before a page's end, 10; backwards from its beginning, one by one. */
    @ParameterizedTest
    @CsvSource({
        "cld, insb, 0x20000, 3000, 3, 952",
        "cld, insw, 0x20000, 3000, 6, 440",
        "cld, insb, 0x20FF6, 20, 2, 10",
        "cld, insd, 0x20FF6, 20, 2, 10",
        "std, insb, 0x20000, 3, 2, 2",
        "std, insb, 0x20008, 8, 1, 8",
        "cld, outsb, 0x20000, 5, 5, 1",
        "cld, outsd, 0x20000, 5, 5, 1"
    })
    void insReadsAheadAndOutsDoesNot(
            String direction, String mnemonic, String from, String count, int exits, int last) {
        String[] lines = {
            direction,
            "mov edi, " + from,
            "mov esi, edi",
            "mov ecx, " + count,
            "mov edx, 0x40",
            "rep " + mnemonic,
            "cli",
            "hlt"
        };
        var guest = strings(Irqchip.USER, lines);
        assertEquals(exits, guest.exits("IO_INSTRUCTION"));
        assertEquals(last, ((Kvm) guest.monitor).shared().ioCount());
        assertAsBare(guest, lines);
    }

    @ParameterizedTest
    @CsvSource({"insb, 3000, 3", "outsb, 3000, 3", "outsb, 1024, 1", "outsb, 1025, 2"})
    void theKernelsOwnPortsAreServedWithoutEnteringTheGuestEachTime(String mnemonic, String count, int exits) {
        String[] lines = {
            "mov edi, 0x20000",
            "mov esi, 0x30000",
            "mov ecx, " + count,
            "mov edx, 0x42",
            "rep " + mnemonic,
            "cli",
            "hlt"
        };
        var guest = strings(Irqchip.KERNEL, lines);
        assertEquals(exits, guest.exits("IO_INSTRUCTION"));
        assertTrue(returns(guest).stream().noneMatch(call -> call.result().equals("KVM_EXIT_IO")));
        assertAsBare(guest, lines);
    }

    @ParameterizedTest
    @ValueSource(strings = {"insb", "outsb"})
    void aCountOfZeroTouchesNoPort(String mnemonic) {
        String[] lines = {"xor ecx, ecx", "mov esi, 0x1000", "mov edx, 0x3F8", "rep " + mnemonic, "cli", "hlt"};
        var guest = strings(Irqchip.USER, lines);
        assertTrue(returns(guest).stream().noneMatch(call -> call.result().equals("KVM_EXIT_IO")));
        assertAsBare(guest, lines);
    }

    @Test
    void anInstructionThatOverwritesItselfIsDoneWithAtOnce() {
        // Ones are an undefined instruction, which this guest has no handler for.
        String[] lines = {"mov edi, again", "mov ecx, 100", "mov edx, 0x80", "again: rep insb", "cli", "hlt"};
        assertAsBare(strings(Irqchip.USER, lines), lines);
    }

    @Test
    void aSnapshotInTheMiddleOfWhatWasReadAheadGoesOnThere() {
        String[] lines = {"mov edi, 0x20000", "mov ecx, 300", "mov edx, 0x40", "rep insb", "cli", "hlt"};
        var whole = strings(Irqchip.USER, lines);
        var steps = Guest.of("kvm", 32, lines);
        for (int time = 1; steps.monitor.ending().isEmpty(); time++) {
            steps.runUntil(time);
            steps.monitor.restore(steps.monitor.save());
        }
        assertEquals(whole.visible(), steps.visible());
        assertEquals(whole.exits().size(), steps.exits().size());
    }

    /**
     * RAM ends at 400000H; of an access across its end only what lies outside is user space's. What reads and writes asks twice; the last
     * access is looked at.
     */
    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
        mov byte [ebx + 1], 0x12          ; 1; 500001; 1; true;  12
        mov word [ebx], 0x1234            ; 1; 500000; 2; true;  1234
        mov [ebx], edx                    ; 1; 500000; 4; true;  89ABCDEF
        mov dword [ebx], -2               ; 1; 500000; 4; true;  FFFFFFFE
        mov al, [ebx]                     ; 1; 500000; 1; false; FF
        mov ax, [ebx + 3]                 ; 1; 500003; 2; false; FFFF
        mov eax, [ebx]                    ; 1; 500000; 4; false; FFFFFFFF
        add [ebx], edx                    ; 2; 500000; 4; true;  89ABCDEE
        xchg edx, [ebx]                   ; 2; 500000; 4; true;  89ABCDEF
        mov [0x3FFFFE], edx               ; 1; 400000; 2; true;  89AB
        mov [0x3FFFFF], edx               ; 1; 400000; 3; true;  89ABCD
        mov eax, [0x3FFFFD]               ; 1; 400000; 1; false; FF
        add [0x3FFFFE], edx               ; 2; 400000; 2; true;  89AA
        push dword [ebx + 8]              ; 1; 500008; 4; false; FFFFFFFF
        stosd                             ; 1; 500000; 4; true;  1
        movsd                             ; 1; 500000; 4; true;  0
        cmpsb                             ; 1; 500000; 1; false; FF
        lock cmpxchg8b [ebx]              ; 2; 500000; 8; true;  FFFFFFFFFFFFFFFF
        """)
    void userSpaceIsToldOfEachAccessOutsideRam(
            String line, int count, String address, int length, boolean write, String data) {
        String[] lines = {
            "mov ebx, 0x500000",
            "mov edi, ebx",
            "mov esi, 0x7000",
            "mov edx, 0x89ABCDEF",
            "mov eax, 1",
            "mov esp, 0x8000",
            line,
            "cli",
            "hlt"
        };
        var guest = strings(Irqchip.USER, lines);
        KvmRun shared = ((Kvm) guest.monitor).shared();
        assertEquals(
                count,
                returns(guest).stream()
                        .filter(call -> call.result().equals("KVM_EXIT_MMIO"))
                        .count());
        assertEquals(address, Long.toHexString(shared.mmioAddress()).toUpperCase(Locale.ROOT));
        assertEquals(length, shared.mmioLength());
        assertEquals(write, shared.mmioIsWrite());
        assertEquals(data, Long.toHexString(shared.mmioData()).toUpperCase(Locale.ROOT));
        assertAsBare(guest, lines);
    }

    @Test
    void eachIterationOutsideRamIsAReturnOfItsOwn() {
        String[] lines = {"mov edi, 0x500000", "mov ecx, 3", "mov eax, 7", "rep stosd", "cli", "hlt"};
        var guest = strings(Irqchip.USER, lines);
        assertEquals(
                List.of("EPT_VIOLATION", "EPT_MISCONFIGURATION", "EPT_MISCONFIGURATION"),
                guest.exits().stream()
                        .filter(exit -> exit.detail() >= 0x50_0000)
                        .map(Event.Exit::reason)
                        .toList(),
                "from the second on, the nested tables say that no memory is there");
        assertEquals(0x50_0008L, ((Kvm) guest.monitor).shared().mmioAddress());
        assertAsBare(guest, lines);
    }

    @Test
    void codeOutsideRamIsTheKernelsToEmulate() {
        String[] lines = {"lidt [none]", "mov ebx, 0x500000", "jmp ebx", "none: dw 0", "dd 0"};
        var guest = strings(Irqchip.USER, lines);
        assertTrue(returns(guest).stream().noneMatch(call -> call.result().equals("KVM_EXIT_MMIO")));
        assertAsBare(guest, lines);
    }
}
