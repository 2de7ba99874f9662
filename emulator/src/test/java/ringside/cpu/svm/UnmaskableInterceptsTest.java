package ringside.cpu.svm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import ringside.cpu.Registers;
import ringside.monitor.Guest;

/** NMI and INIT on a processor whose guest is a hypervisor: held off by GIF, taken by its guest, or intercepted; APM 2, Interrupt Intercepts. */
class UnmaskableInterceptsTest {
    private static final long EXITCODE = 0x21070;
    private static final String NMI = "mov dword [0xFEE00300], 0x400";
    private static final String INIT = "mov dword [0xFEE00300], 0x4500";

    /** SVM is on, and a VMCB describes a guest in real mode whose HLT is intercepted; GIF is clear. */
    private static Guest run(String... lines) {
        List<String> all = new ArrayList<>(List.of(
                ";@ cpu svm",
                "mov esp, 0x8000",
                "mov ecx, 0xC0000080",
                "mov eax, 0x1000",
                "xor edx, edx",
                "wrmsr",
                "mov ecx, 0xC0010117",
                "mov eax, 0x20000",
                "wrmsr",
                "mov dword [0x2100C], 1 << 24 | 1 << 31",
                "mov dword [0x21010], 3",
                "mov dword [0x21058], 1",
                "mov dword [0x21410], 0x009B0000",
                "mov dword [0x21414], 0xFFFF",
                "mov dword [0x21420], 0x00930000",
                "mov dword [0x21424], 0xFFFF",
                "mov dword [0x214D0], 0x1000",
                "mov dword [0x21558], 0x10",
                "mov dword [0x21570], 2",
                "mov dword [0x21578], inner",
                "mov dword [0x215D8], 0x7000",
                "mov dword [0x21484], 0x3FF", // IDTR's limit
                "mov word [8], taken",
                "mov word [10], 0",
                "mov word [0x18], again",
                "mov word [0x1A], 0",
                "clgi"));
        all.addAll(List.of(lines));
        all.addAll(List.of(
                "cli",
                "hlt",
                "bits 16",
                "inner: nop",
                "hlt",
                "taken: mov bp, 0x22",
                "hlt",
                "again: mov bp, 0x66",
                "cli",
                "hlt"));
        return Guest.of("bare", 32, all.toArray(String[]::new)).run();
    }

    private static long exitCode(Guest guest) {
        return guest.monitor.machine().ram().read(EXITCODE, 8);
    }

    private static long rbp(Guest guest) {
        return guest.believed().registers.get(Registers.RBP) & 0xFFFF;
    }

    @Test
    void whileGifIsClearBothWait() {
        var guest = run(NMI, INIT, "nop");
        assertTrue(guest.monitor.machine().localApic().nonMaskable());
        assertTrue(guest.monitor.machine().localApic().initialization());
    }

    @Test
    void anInterceptedNmiStaysPendingForTheHost() {
        var guest = run("or dword [0x2100C], 1 << 1", NMI, "mov eax, 0x21000", "vmrun");
        assertEquals(0x61, exitCode(guest));
        assertTrue(guest.monitor.machine().localApic().nonMaskable(), "GIF is clear again");
    }

    @Test
    void otherwiseTheGuestHasIt() {
        var guest = run(NMI, "mov eax, 0x21000", "vmrun");
        assertEquals(0x78, exitCode(guest), "HLT");
        assertEquals(0x22, rbp(guest));
        assertFalse(guest.monitor.machine().localApic().nonMaskable());
    }

    @Test
    void anInterceptedInitStaysPendingForTheHost() {
        var guest = run("or dword [0x2100C], 1 << 3", INIT, "mov eax, 0x21000", "vmrun");
        assertEquals(0x63, exitCode(guest));
        assertTrue(guest.monitor.machine().localApic().initialization());
    }

    @Test
    void otherwiseInitEndsGuestAndHost() {
        var guest = run(INIT, "mov eax, 0x21000", "vmrun");
        assertEquals(0, exitCode(guest), "there is no #VMEXIT");
        assertEquals(0x66, rbp(guest), "from the reset vector to the handler of #UD");
        assertEquals(0, guest.believed().system.efer);
    }

    /** APM 2, VM_CR: R_INIT. */
    @Test
    void aRedirectedInitIsASecurityException() {
        var guest = run(
                "mov ecx, 0xC0010114",
                "mov eax, 2",
                "xor edx, edx",
                "wrmsr",
                "mov word [0x30F0], security",
                "mov word [0x30F2], 8",
                "mov word [0x30F4], 0x8E00",
                "lidt [table]",
                "jmp on",
                "table: dw 0xFF",
                "dd 0x3000",
                "security: pop ebp",
                "cli",
                "hlt",
                "on:",
                INIT,
                "stgi",
                "nop");
        assertEquals(1, rbp(guest), "the error code of a redirected INIT");
        assertTrue(guest.believed().system.protectedMode());
    }
}
