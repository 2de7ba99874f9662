package ringside.cpu.vmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.cpu.Registers;
import ringside.monitor.Guest;
import ringside.session.SampleGuests;

/**
 * NMI and INIT on a processor whose guest is a hypervisor: the sample guest tiny-vmm, whose own guest reaches the local APIC and sends them
 * to the processor; SDM 3C, Other Causes of VM Exits.
 */
class UnmaskableExitsTest {
    private static final int NMI_EXITING = 1 << 3;
    private static final int VIRTUAL_NMIS = 1 << 5;

    /** Where the exit leaves reason, interruption information, interruptibility and RIP of the guest. */
    private static final int TOLD = 0x30000;

    /**
     * @param pin pin-based controls
     * @param blocking the guest's interruptibility at the entry
     * @param code of the guest, before what it has; DS:300H is the interrupt command register
     */
    private static Guest run(int pin, int blocking, String... code) {
        String source = SampleGuests.source("tiny-vmm")
                .orElseThrow()
                .replace("org 0x1000", "")
                .replace("start:", "")
                .replace("dd 0x481, 0, 0x4000", "dd 0x481, " + pin + ", 0x4000")
                .replace("0x4824, 0", "0x4824, " + blocking)
                .replace("0x680C, 0,", "0x680C, 0xFEE00000,")
                .replace("xor eax, eax\n        vmlaunch", """
                        mov dword [EPT_POINTERS + 3 * 8], 0x26000 | 7
                        mov dword [0x26000 + 0x1F7 * 8], 0xFEE00000 | 1 << 7 | 7
                        vmlaunch""")
                .replace("exit:\n", """
                        exit:
                        pushad
                        mov edx, 0x4402
                        vmread [%1$d], edx
                        mov edx, 0x4404
                        vmread [%1$d + 4], edx
                        mov edx, 0x4824
                        vmread [%1$d + 8], edx
                        mov edx, 0x681E
                        vmread ecx, edx
                        sub ecx, guest
                        mov [%1$d + 12], ecx
                        popad
                        """.formatted(TOLD))
                .replace("guest:\n", "guest:\n" + String.join("\n", code) + "\n");
        return Guest.of("bare", 32, source).run();
    }

    private static long told(Guest guest, int index) {
        return guest.monitor.machine().ram().read(TOLD + 4 * index, 4);
    }

    @ParameterizedTest
    @CsvSource({"8, 0", "40, 0", "40, 8"})
    void anNmiLeavesTheGuestWhateverVirtualNmisAreBlocked(int pin, int blocking) {
        var guest = run(pin, blocking, "mov dword [0x300], 0x400");
        assertEquals("?\n", guest.serial());
        assertEquals(0, told(guest, 0), "EXCEPTION_OR_NMI");
        assertEquals(0x8000_0202L, told(guest, 1), "valid, type 2, vector 2");
        assertEquals(blocking, told(guest, 2), "the guest's blocking is as it was");
        assertEquals(9, told(guest, 3), "behind the instruction");
        assertTrue(guest.believed().system.nmiBlocked, "an NMI that leaves the guest blocks the next");
        assertFalse(guest.monitor.machine().localApic().nonMaskable(), "it is taken");
    }

    @Test
    void withoutVirtualNmisABlockedOneWaits() {
        var guest = run(NMI_EXITING, 8, "mov dword [0x300], 0x400");
        assertEquals("CIaVIbH\n", guest.serial());
        assertTrue(guest.monitor.machine().localApic().nonMaskable());
    }

    @Test
    void withoutNmiExitingTheGuestHasItsNmi() {
        var guest = run(
                0,
                0,
                "mov word [es:8], taken",
                "mov word [es:10], 0",
                "mov dword [0x300], 0x400",
                "jmp on",
                "taken: mov bp, 0x77",
                "iret",
                "on:");
        assertEquals("CIaVIbH\n", guest.serial());
        assertEquals(0x77, guest.believed().registers.get(Registers.RBP) & 0xFFFF);
    }

    @Test
    void initLeavesTheGuestAndIsTaken() {
        var guest = run(VIRTUAL_NMIS | NMI_EXITING, 0, "mov dword [0x300], 0x4500");
        assertEquals("?\n", guest.serial());
        assertEquals(3, told(guest, 0), "INIT");
        assertEquals(9, told(guest, 3));
        assertFalse(guest.monitor.machine().localApic().initialization());
    }

    /** SDM 3C, Restrictions on VMX Operation. */
    @Test
    void initWaitsForTheEndOfRootOperation() {
        String source = SampleGuests.source("tiny-vmm")
                .orElseThrow()
                .replace("org 0x1000", "")
                .replace("start:", "")
                .replace("vmclear [vmcs_pointer]", """
                        mov dword [DIRECTORY + 0x3FB * 4], 0xFEC00083
                        mov word [0x18], again
                        mov word [0x1A], 0
                        mov dword [0xFEE00300], 0x4500
                        mov dword [0x30000], 1
                        vmxoff
                        mov dword [0x30004], 1
                        jmp failed
                        bits 16
                        again: mov bp, 0x77
                        cli
                        hlt
                        bits 32
                        vmclear [vmcs_pointer]""");
        var guest = Guest.of("bare", 32, source).run();
        assertEquals(1, told(guest, 0));
        assertEquals(0, told(guest, 1));
        assertEquals(0x77, guest.believed().registers.get(Registers.RBP));
        assertFalse(guest.believed().system.protectedMode());
    }
}
