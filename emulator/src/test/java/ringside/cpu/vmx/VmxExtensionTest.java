package ringside.cpu.vmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.cpu.Registers;
import ringside.monitor.Guest;
import ringside.session.SampleGuests;

/** A hypervisor as a guest on the bare machine: how the instructions of VMX end, what VMX operation forbids, and what can be seen of it. */
class VmxExtensionTest {
    private static final int CARRY = 1;
    private static final int ZERO = 1 << 6;

    /** Paging, a table of interrupts whose handlers put the vector into EBX, and all that VMXON asks for. */
    private static List<String> prepared() {
        return new ArrayList<>(List.of(
                ";@ cpu vmx",
                "mov esp, 0x8000",
                "lidt [idtr]",
                "mov ecx, 0x3A",
                "mov eax, 5",
                "xor edx, edx",
                "wrmsr",
                "mov dword [0x20000], 0x83",
                "mov eax, 0x20000",
                "mov cr3, eax",
                "mov eax, 0x2010",
                "mov cr4, eax",
                "mov eax, 0x80000031",
                "mov cr0, eax",
                "mov ecx, 0x480",
                "rdmsr",
                "mov [0x21000], eax",
                "mov [0x22000], eax",
                "xor ebx, ebx",
                "jmp main",
                "ud: mov ebx, 6",
                "hlt",
                "gp: mov ebx, 13",
                "hlt",
                "pf: mov ebx, 14",
                "hlt",
                "align 8",
                "idt: times 6 dq 0",
                "dw ud, 8, 0x8E00, 0",
                "times 6 dq 0",
                "dw gp, 8, 0x8E00, 0",
                "dw pf, 8, 0x8E00, 0",
                "idtr: dw $ - idt - 1",
                "dd idt",
                "align 8",
                "on: dq 0x21000",
                "vmcs: dq 0x22000",
                "odd: dq 0x22008",
                "beyond: dq 1 << 40",
                "other: dq 0x23000",
                "zeros: dq 0, 0",
                "main:"));
    }

    private static Guest run(List<String> lines, String... more) {
        lines.addAll(List.of(more));
        lines.addAll(List.of("cli", "hlt"));
        return Guest.of("bare", 32, lines.toArray(String[]::new)).run();
    }

    private static Guest inOperation(String... lines) {
        List<String> all = prepared();
        all.add("vmxon [on]");
        return run(all, lines);
    }

    /** With a VMCS that is current. */
    private static Guest withVmcs(String... lines) {
        List<String> all = prepared();
        all.addAll(List.of("vmxon [on]", "vmclear [vmcs]", "vmptrld [vmcs]", "stc"));
        return run(all, lines);
    }

    private static long flags(Guest guest) {
        return guest.believed().registers.flags() & Registers.ARITHMETIC;
    }

    private static long register(Guest guest, int number) {
        return guest.believed().registers.get(number);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vmxoff",
                "vmcall",
                "vmclear [vmcs]",
                "vmptrld [vmcs]",
                "vmptrst [0x30000]",
                "vmread eax, ecx",
                "vmwrite ecx, eax",
                "vmlaunch",
                "vmresume",
                "invept eax, [zeros]",
                "invvpid eax, [zeros]",
                "vmfunc",
                "getsec"
            })
    void outsideVmxOperationOnlyVmxonExists(String instruction) {
        assertEquals(6, register(run(prepared(), instruction), Registers.RBX));
    }

    @Test
    void vmxonNeedsItsBitOfCr4() {
        var guest = run(prepared(), "mov eax, 0x10", "mov cr4, eax", "vmxon [on]");
        assertEquals(6, register(guest, Registers.RBX));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mov eax, 0x80000011", "mov eax, 0x31"})
    void vmxonWantsTheFixedBitsOfCr0(String value) {
        var guest = run(prepared(), value, "mov cr0, eax", "vmxon [on]");
        assertEquals(13, register(guest, Registers.RBX));
    }

    @Test
    void vmxonWantsALockThatLetsItIn() {
        var unlocked = new ArrayList<>(prepared().stream()
                .map(line -> line.equals("mov eax, 5") ? "mov eax, 4" : line)
                .toList());
        assertEquals(13, register(run(unlocked, "vmxon [on]"), Registers.RBX));
        var locked = run(prepared(), "mov ecx, 0x3A", "mov eax, 5", "xor edx, edx", "wrmsr");
        assertEquals(13, register(locked, Registers.RBX), "once locked it cannot be written");
    }

    @ParameterizedTest
    @ValueSource(strings = {"vmxon [odd]", "vmxon [beyond]", "vmxon [other]"})
    void aRegionThatIsNoneIsAnInvalidFailure(String instruction) {
        assertEquals(CARRY, flags(run(prepared(), "stc", instruction)));
    }

    @Test
    void successClearsTheFlags() {
        assertEquals(0, flags(run(prepared(), "xor eax, eax", "stc", "vmxon [on]")));
        assertEquals(0, flags(withVmcs("vmptrst [0x30000]")));
        assertEquals(
                -1L, inOperation("vmptrst [0x30000]").monitor.machine().ram().read(0x30000, 8));
        assertEquals(
                0x22000, withVmcs("vmptrst [0x30000]").monitor.machine().ram().read(0x30000, 8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vmxon [on]",
                "vmcall",
                "vmclear [odd]",
                "vmptrld [odd]",
                "vmread eax, ecx",
                "vmwrite ecx, eax",
                "vmlaunch",
                "vmresume",
                "invept eax, [zeros]"
            })
    void withoutAVmcsAFailureHasNoNumber(String instruction) {
        assertEquals(CARRY, flags(inOperation("xor eax, eax", instruction)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ':',
            value = {
                "1: vmcall",
                "2: vmclear [odd]",
                "2: vmclear [beyond]",
                "3: vmclear [on]",
                "5: vmresume",
                "7: vmlaunch",
                "9: vmptrld [odd]",
                "9: vmptrld [beyond]",
                "10: vmptrld [on]",
                "11: vmptrld [other]",
                "12: mov eax, 0x0006 / vmread ecx, eax", // no such index
                "12: mov eax, 0x4001 / vmread ecx, eax", // the high half of 32 bits
                "12: mov eax, 0x2016 / vmread ecx, eax", // posted interrupts, which this processor does not have
                "12: mov eax, 0x10000 / vmwrite eax, eax", // reserved bits
                "13: mov eax, 0x4402 / vmwrite eax, eax",
                "15: vmxon [on]",
                "26: mov ss, ecx / vmlaunch",
                "28: xor eax, eax / invept eax, [zeros]", // no type 0
                "28: mov eax, 1 / invept eax, [zeros]", // no EPT pointer
                "28: mov eax, 4 / invvpid eax, [zeros]", // no type 4
                "28: mov eax, 1 / invvpid eax, [zeros]" // VPID 0
            })
    void aFailureIsNumberedInTheVmcs(int number, String instructions) {
        List<String> lines = new ArrayList<>(List.of("mov ecx, 0x10"));
        lines.addAll(List.of(instructions.split(" / ")));
        lines.addAll(List.of("pushfd", "mov eax, 0x4400", "vmread edx, eax", "popfd"));
        var guest = withVmcs(lines.toArray(String[]::new));
        assertEquals(ZERO, flags(guest));
        assertEquals(number, register(guest, Registers.RDX));
    }

    @Test
    void aFieldOf64BitsHasTwoHalvesIn32BitCode() {
        var guest = withVmcs(
                "mov ecx, 0x2010", // the TSC offset
                "mov eax, 0x11111111",
                "inc ecx",
                "vmwrite ecx, eax",
                "dec ecx",
                "mov eax, 0x22222222",
                "vmwrite ecx, eax", // as a whole: the high half becomes 0
                "inc ecx",
                "vmread esi, ecx",
                "mov eax, 0x33333333",
                "vmwrite ecx, eax",
                "vmread dword [0x30000], ecx",
                "dec ecx",
                "vmread edi, ecx");
        assertEquals(0, register(guest, Registers.RSI));
        assertEquals(0x2222_2222L, register(guest, Registers.RDI));
        assertEquals(0x3333_3333L, guest.monitor.machine().ram().read(0x30000, 4));
    }

    @Test
    void aVmcsKeepsItsFieldsWhileAnotherOneIsCurrent() {
        var guest = withVmcs(
                "mov ecx, 0x681E",
                "mov eax, 0x1234",
                "vmwrite ecx, eax",
                "mov eax, [0x22000]",
                "mov [0x23000], eax",
                "vmclear [other]",
                "vmptrld [other]",
                "vmread esi, ecx",
                "vmptrld [vmcs]",
                "vmread edi, ecx");
        assertEquals(0, register(guest, Registers.RSI));
        assertEquals(0x1234, register(guest, Registers.RDI));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mov eax, 0x31 / mov cr0, eax",
                "mov eax, 0x80000011 / mov cr0, eax",
                "mov eax, 0x10 / mov cr4, eax"
            })
    void theFixedBitsCannotBeClearedInVmxOperation(String instructions) {
        assertEquals(13, register(inOperation(instructions.split(" / ")), Registers.RBX));
    }

    @Test
    void afterVmxoffTheyCan() {
        var guest = inOperation("vmxoff", "mov eax, 0x10", "mov cr4, eax", "mov esi, cr4");
        assertEquals(0, register(guest, Registers.RBX));
        assertEquals(0x10, register(guest, Registers.RSI));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vmptrst [0x800000]",
                "vmptrld [0x800000]",
                "vmclear [0x800000]",
                "vmread dword [0x800000], edx",
                "vmwrite edx, dword [0x800000]"
            })
    void anOperandThatIsNotMappedIsAPageFault(String instruction) {
        var guest = withVmcs("mov edx, 0x681E", instruction);
        assertEquals(14, register(guest, Registers.RBX));
        assertEquals(0x80_0000, guest.believed().system.cr2);
    }

    @Test
    void theCapabilityRegistersSayWhatAnEntryChecks() {
        var guest = run(prepared(), "mov ecx, 0x480", "rdmsr");
        assertEquals((int) VmxCapabilities.ALL.basic(), (int) register(guest, Registers.RAX));
        assertEquals(VmxCapabilities.ALL.basic() >>> 32, register(guest, Registers.RDX));
        assertEquals(13, register(run(prepared(), "mov ecx, 0x480", "wrmsr"), Registers.RBX));
    }

    @Test
    void aSnapshotInsideTheGuestGoesOnAsItWouldHave() {
        String[] lines = {
            SampleGuests.source("tiny-vmm")
                    .orElseThrow()
                    .replace("org 0x1000", "")
                    .replace("start:", "")
        };
        var straight = Guest.of("bare", 32, lines).run();
        long end = straight.monitor.machine().clock().now();
        var first = Guest.of("bare", 32, lines);
        boolean inReal = false;
        for (long time = end - 300; time < end; time += 7) {
            first.runUntil(time);
            inReal |= !first.believed().system.protectedMode();
            var state = first.monitor.save();
            var other = Guest.of("bare", 32, lines);
            other.monitor.restore(state);
            other.run();
            assertEquals(straight.visible(), other.visible(), "from " + time);
        }
        assertTrue(inReal, "a snapshot of the guest itself");
        assertNotEquals("", straight.serial());
    }
}
