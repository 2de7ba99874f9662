package ringside.monitor.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import ringside.monitor.Guest;
import ringside.monitor.Options;
import ringside.monitor.Options.Irqchip;
import ringside.monitor.Options.Virtualization;

/** Which accesses to the APICs KVM answers in the kernel and which return to user space: Linux, KVM API documentation. */
class KvmApicTest {
    private static final String[] BOTH = {
        "mov eax, [0xFEE00030]",
        "mov dword [0xFEC00000], 1",
        "mov ebx, [0xFEC00010]",
        "or dword [0xFEE00080], 0x20",
        "cli",
        "hlt"
    };

    private static Guest run(Irqchip irqchip, int bits, String... lines) {
        return Guest.of("kvm", bits, Options.DEFAULT.withIrqchip(irqchip), lines)
                .run();
    }

    private static List<IoctlLog.Call> calls(Guest guest) {
        return ((Kvm) guest.monitor).log().calls();
    }

    private static long returns(Guest guest, KvmExit reason) {
        return calls(guest).stream()
                .filter(call -> call.ioctl() == Ioctl.KVM_RUN && call.result().equals(reason.name()))
                .count();
    }

    /** OR reads and writes; each is an access of its own. */
    @ParameterizedTest
    @CsvSource({"USER, 5", "SPLIT, 2", "KERNEL, 0"})
    void onlyWhatIsNotInTheKernelReturnsToUserSpace(Irqchip irqchip, long returned) {
        var guest = run(irqchip, 32, BOTH);
        assertEquals(returned, returns(guest, KvmExit.KVM_EXIT_MMIO));
        assertEquals(0x5_0014, guest.believed().registers.get(0));
        assertEquals(0x17_0011, guest.believed().registers.get(3));
        assertEquals(2, guest.believed().system.cr8);
    }

    /** Linux, vmx.c and svm.c: the return to user space asks it whether an interrupt was held back. */
    @ParameterizedTest
    @EnumSource(Virtualization.class)
    void aLowerTaskPriorityIsToldToALocalApicInUserSpace(Virtualization virtualization) {
        String[] lines = {
            "mov eax, 7", "mov cr8, rax", "mov eax, 9", "mov cr8, rax", "mov eax, 3", "mov cr8, rax", "cli", "hlt"
        };
        var options = Options.DEFAULT.withVirtualization(virtualization);
        var user = Guest.of("kvm", 64, options, lines).run();
        assertEquals(1, returns(user, KvmExit.KVM_EXIT_SET_TPR));
        assertEquals(3, ((Kvm) user.monitor).shared().taskPriority());
        var kernel =
                Guest.of("kvm", 64, options.withIrqchip(Irqchip.KERNEL), lines).run();
        assertEquals(0, returns(kernel, KvmExit.KVM_EXIT_SET_TPR));
        assertEquals(user.visible(), kernel.visible());
    }

    private static final String[] LEVEL = {
        "mov esp, 0x9000",
        "mov word [0x2000 + 0x41 * 8], handler",
        "mov word [0x2000 + 0x41 * 8 + 2], 8",
        "mov dword [0x2000 + 0x41 * 8 + 4], 0x8E00",
        "lidt [table]",
        "mov dword [0xFEC00000], 0x18",
        "mov dword [0xFEC00010], 0x8041",
        "mov dx, 0x3F9",
        "mov al, 2",
        "out dx, al",
        "add dx, 3",
        "mov al, 0xB",
        "out dx, al",
        "sti",
        "nop",
        "cli",
        "hlt",
        "handler: mov dx, 0x3F9",
        "xor eax, eax",
        "out dx, al",
        "mov dword [0xFEE000B0], 0",
        "iret",
        "table: dw 0x3FF",
        "dd 0x2000"
    };

    /** KVM API documentation, KVM_CAP_SPLIT_IRQCHIP, KVM_SIGNAL_MSI, KVM_EXIT_IOAPIC_EOI. */
    @Test
    void anIoApicInUserSpaceSignalsMessagesAndIsToldTheEndOfALevel() {
        var guest = run(Irqchip.SPLIT, 32, LEVEL);
        var signals = calls(guest).stream()
                .filter(call -> call.ioctl() == Ioctl.KVM_SIGNAL_MSI)
                .toList();
        assertEquals(1, signals.size());
        assertEquals("address 0xfee00000, data 0xc041", signals.get(0).argument());
        assertEquals(1, returns(guest, KvmExit.KVM_EXIT_IOAPIC_EOI));
        assertEquals(Guest.of("bare", 32, LEVEL).run().visible(), guest.visible());
    }

    @ParameterizedTest
    @EnumSource(value = Irqchip.class, names = "SPLIT", mode = EnumSource.Mode.EXCLUDE)
    void otherwiseBothAreOnOneSideAndNobodyIsTold(Irqchip irqchip) {
        var guest = run(irqchip, 32, LEVEL);
        assertTrue(calls(guest).stream().noneMatch(call -> call.ioctl() == Ioctl.KVM_SIGNAL_MSI));
        assertEquals(0, returns(guest, KvmExit.KVM_EXIT_IOAPIC_EOI));
    }

    /** The timer of a local APIC in the kernel is a timer of the kernel's; HLT waits for it there. */
    @ParameterizedTest
    @CsvSource({"USER, 1, 3", "SPLIT, 0, 0", "KERNEL, 0, 0"})
    void theTimerTicksWhereTheLocalApicIs(Irqchip irqchip, long interrupted, long halted) {
        var guest = run(
                irqchip,
                32,
                "mov esp, 0x9000",
                "mov word [0x2000 + 0x41 * 8], handler",
                "mov word [0x2000 + 0x41 * 8 + 2], 8",
                "mov dword [0x2000 + 0x41 * 8 + 4], 0x8E00",
                "lidt [table]",
                "mov dword [0xFEE003E0], 0xB",
                "mov dword [0xFEE00320], 0x20041",
                "mov dword [0xFEE00380], 100",
                "sti",
                "mov ecx, 110",
                "loop $",
                "hlt",
                "hlt",
                "cli",
                "hlt",
                "handler: mov dword [0xFEE000B0], 0",
                "iret",
                "table: dw 0x3FF",
                "dd 0x2000");
        assertEquals(interrupted, returns(guest, KvmExit.KVM_EXIT_INTR));
        assertEquals(halted, returns(guest, KvmExit.KVM_EXIT_HLT));
        assertEquals(1, guest.exits("EXTERNAL_INTERRUPT"));
    }
}
