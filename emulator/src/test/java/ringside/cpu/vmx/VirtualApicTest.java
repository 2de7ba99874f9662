package ringside.cpu.vmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.monitor.Guest;
import ringside.session.SampleGuests;

/**
 * What Bochs cannot be asked about a task priority in memory and a page in place of the local APIC: the sample guest tiny-vmm, whose own guest
 * is given both. SDM 3C, APIC Virtualization and Virtual Interrupts.
 */
class VirtualApicTest {
    private static final int TPR_SHADOW = 1 << 21;
    private static final int MONITOR_TRAP_FLAG = 1 << 27;

    /** The APIC-access page and the virtual-APIC page, in the guest's segment and behind it. */
    private static final int ACCESS = 0xE000;

    private static final int VIRTUAL = 0x28000;

    /** Where the exit leaves reason, qualification, RIP of the guest and its flags. */
    private static final int TOLD = 0x30000;

    private static Guest guest(int primary, int threshold, int priority, String... code) {
        String source = SampleGuests.source("tiny-vmm")
                .orElseThrow()
                .replace("org 0x1000", "")
                .replace("start:", "")
                .replace("1 << 7 | 1 << 24 | 1 << 31", "1 << 7 | 1 << 24 | 1 << 31 | " + (primary | TPR_SHADOW))
                .replace("0x48B, 1 << 1", "0x48B, 1 | 1 << 1")
                .replace("dd 0x4004, 0 ", """
                        dd 0x2012, 0x%x, 0x2014, 0x%x, 0x401C, %d
                        dd 0x4004, 0 """.formatted(VIRTUAL, ACCESS, threshold))
                // Pages of 4 KiB behind the APIC-access page: for a large one the manual promises nothing.
                .replace("mov dword [EPT_DIRECTORY], 1 << 7 | 6 << 3 | 7", """
                        mov dword [EPT_DIRECTORY], 0x26000 | 7
                        mov edi, 0x26000
                        mov eax, 6 << 3 | 7
                        mov ecx, 512
                        .page:
                        mov [edi], eax
                        add edi, 8
                        add eax, 0x1000
                        loop .page
                        mov dword [0x%x], %d""".formatted(VIRTUAL + 0x80, priority))
                .replace("exit:\n", """
                        exit:
                        pushad
                        mov edx, 0x4402
                        vmread [%1$d], edx
                        mov edx, 0x6400
                        vmread [%1$d + 4], edx
                        mov edx, 0x681E
                        vmread ecx, edx
                        sub ecx, guest
                        mov [%1$d + 8], ecx
                        mov edx, 0x6820
                        vmread [%1$d + 12], edx
                        popad
                        """.formatted(TOLD))
                .replace("guest:\n", "guest:\n" + String.join("\n", code) + "\n");
        return Guest.of("bare", 32, source);
    }

    private static long told(Guest guest, int index) {
        return guest.monitor.machine().ram().read(TOLD + 4 * index, 4);
    }

    @ParameterizedTest
    @CsvSource({"0xE080", "0xE300"})
    void noInstructionComesFromThePage(String address) {
        var guest = guest(0, 0, 0x50, "mov bx, " + address, "jmp bx").run();
        assertEquals(44, told(guest, 0), "APIC_ACCESS");
        assertEquals(Integer.decode(address) - ACCESS | 2 << 12, told(guest, 1), "type 2, instruction fetch");
        assertEquals(0x1_0002, told(guest, 3), "RF, as of every exit by an access to memory");
    }

    @Test
    void theThresholdComesBeforeTheMonitorTrapFlag() {
        var guest = guest(MONITOR_TRAP_FLAG, 4, 0x30, "nop").run();
        assertEquals(43, told(guest, 0), "TPR_BELOW_THRESHOLD");
        assertEquals(0, told(guest, 2), "before the first instruction");
        guest = guest(MONITOR_TRAP_FLAG, 4, 0x40, "nop").run();
        assertEquals(37, told(guest, 0), "MONITOR_TRAP_FLAG");
        assertEquals(1, told(guest, 2));
    }

    /** The TPR shadow came with VMX itself, the page with the secondary controls. */
    @Test
    void whatEachGenerationHas() {
        assertEquals(TPR_SHADOW, VmxCapabilities.offered(VmxCapabilities.FIRST.processor(), TPR_SHADOW));
        assertTrue(VmxCapabilities.FIRST.hasField(VmcsField.TPR_THRESHOLD));
        assertFalse(VmxCapabilities.FIRST.hasField(VmcsField.APIC_ACCESS_ADDR));
        assertTrue(VmxCapabilities.NEHALEM.hasField(VmcsField.APIC_ACCESS_ADDR));
    }

    /** The comparison with the threshold is between two instructions: a snapshot there holds it. */
    @Test
    void aSnapshotBetweenTheWriteAndTheExitHoldsBoth() {
        var guest = guest(0, 4, 0x50, "mov byte [0xE080], 0x10", "nop");
        var ram = guest.monitor.machine().ram();
        long time = guest.monitor.machine().clock().now();
        while (ram.read(VIRTUAL + 0x80, 1) != 0x10) {
            guest.runUntil(++time);
        }
        assertEquals(0, told(guest, 0), "the guest has not been left");
        var between = guest.monitor.save();
        for (int i = 0; i < 2; i++) {
            guest.monitor.restore(between);
            guest.run();
            assertEquals(43, told(guest, 0), "TPR_BELOW_THRESHOLD");
            assertEquals(5, told(guest, 2), "behind the instruction that wrote");
        }
    }
}
