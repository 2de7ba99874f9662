package ringside.monitor.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.cpu.Registers;
import ringside.memory.Ram;
import ringside.monitor.Guest;
import ringside.monitor.Options;
import ringside.monitor.Options.Irqchip;
import ringside.monitor.Options.Virtualization;

/** Linux, Documentation/virt/kvm/x86: cpuid.rst, msr.rst, hypercalls.rst. */
class ParavirtualTest {
    private static final Options AMD = Options.DEFAULT.withVirtualization(Virtualization.AMD_V);

    /** What follows a program in protected mode: #GP and #UD are told apart by ESI, and end the run. */
    private static final List<String> ENDS = List.of(
            "cli",
            "hlt",
            "protection: mov esi, 13",
            "cli",
            "hlt",
            "undefined: mov esi, 6",
            "cli",
            "hlt",
            "align 8",
            "idt: times 6 dq 0",
            "dw undefined, 8, 0x8E00, 0",
            "times 6 dq 0",
            "dw protection, 8, 0x8E00, 0",
            "pointer: dw pointer - idt - 1",
            "dd idt");

    private static Guest run(String mode, Options options, String... lines) {
        String[] all = Stream.of(List.of("mov esp, 0x9000", "lidt [pointer]"), List.of(lines), ENDS)
                .flatMap(List::stream)
                .toArray(String[]::new);
        return Guest.of(mode, 32, options, all).run();
    }

    private static Guest run(String... lines) {
        return run("kvm-pv", Options.DEFAULT, lines);
    }

    private static String write(int msr, long value) {
        return "mov ecx, " + Integer.toUnsignedString(msr) + "\nmov eax, " + (value & 0xFFFF_FFFFL) + "\nmov edx, "
                + (value >>> 32) + "\nwrmsr";
    }

    private static long register(Guest guest, int register) {
        return guest.believed().registers.get(register, 4);
    }

    private static long memory(Guest guest, long address, int size) {
        Ram ram = guest.monitor.machine().ram();
        return size == 8 ? ram.read(address, 4) | ram.read(address + 4, 4) << 32 : ram.read(address, size);
    }

    @Test
    void cpuidNamesTheHypervisorAndWhatItOffers() {
        Guest name = run("mov eax, 0x40000000", "cpuid");
        assertEquals(0x4000_0001, register(name, Registers.RAX));
        assertEquals("KVMK", letters(register(name, Registers.RBX)));
        assertEquals("VMKV", letters(register(name, Registers.RCX)));
        assertEquals("M\0\0\0", letters(register(name, Registers.RDX)));
        assertEquals(1, register(run("mov eax, 1", "cpuid"), Registers.RCX) >>> 31);
        long offer = register(run("mov eax, 0x40000001", "cpuid"), Registers.RAX);
        assertEquals(1 | 1 << 1 | 1 << 3 | 1 << 5 | 1 << 7 | 1 << 12 | 1 << 13 | 1 << 24, offer);
    }

    private static String letters(long value) {
        var text = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            text.append((char) (value >>> 8 * i & 0xFF));
        }
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bare", "emulation", "trap-and-emulate", "vt-x", "amd-v", "kvm"})
    void elsewhereNothingOfItIsThere(String mode) {
        for (String leaf : List.of("1", "0x40000000", "0x40000001")) {
            Guest guest = run(mode, Options.DEFAULT, "mov eax, " + leaf, "cpuid");
            Guest bare = run("bare", Options.DEFAULT, "mov eax, " + leaf, "cpuid");
            assertEquals(bare.visible(), guest.visible());
        }
        assertEquals(13, register(run(mode, Options.DEFAULT, write(0x4B56_4D01, 0x5001)), Registers.RSI));
    }

    /** MSR_KVM_SYSTEM_TIME_NEW: the time is system_time + (((tsc - tsc_timestamp) << shift) * mul >> 32). */
    @ParameterizedTest
    @ValueSource(ints = {0x4B56_4D01, 0x12})
    void theClockTellsGuestTimeFromATimeStamp(int msr) {
        Guest guest = run(write(0x10, 0x12_3456_789AL), write(msr, 0x5001), "mov ecx, 1000", "loop $", "rdtsc");
        assertEquals(0, memory(guest, 0x5000, 4) & 1, "complete");
        assertEquals(0x8000_0000L, memory(guest, 0x5018, 4));
        assertEquals(1, memory(guest, 0x501C, 1), "shift");
        assertEquals(1, memory(guest, 0x501D, 1), "stable");
        long stamp = register(guest, Registers.RDX) << 32 | register(guest, Registers.RAX);
        long passed = (stamp - memory(guest, 0x5008, 8) << 1) * memory(guest, 0x5018, 4) >>> 32;
        long time = memory(guest, 0x5010, 8) + passed;
        long after = 3; // RDTSC, CLI, HLT
        assertEquals(guest.monitor.machine().clock().now() - after, time);
    }

    @Test
    void whereTheGuestSetsItsTimeStampsTheClockFollows() {
        Guest guest = run(write(0x4B56_4D01, 0x5001), write(0x10, 5_000_000), "rdtsc");
        assertEquals(4, memory(guest, 0x5000, 4), "written twice");
        long stamp = register(guest, Registers.RAX);
        long time = memory(guest, 0x5010, 8) + stamp - memory(guest, 0x5008, 8);
        assertEquals(guest.monitor.machine().clock().now() - 3, time);
    }

    /** MSR_KVM_WALL_CLOCK_NEW: seconds and nanoseconds at the start: 2008-01-01. */
    @Test
    void theWallClockIsTheTimeAtTheStart() {
        Guest guest = run(write(0x4B56_4D00, 0x5100));
        assertEquals(2, memory(guest, 0x5100, 4));
        assertEquals(java.time.Instant.parse("2008-01-01T00:00:00Z").getEpochSecond(), memory(guest, 0x5104, 4));
        assertEquals(0, memory(guest, 0x5108, 4));
    }

    @Test
    void nobodyStealsTime() {
        Guest guest = run("mov dword [0x5200], -1", write(0x4B56_4D03, 0x5201));
        assertEquals(0, memory(guest, 0x5200, 8));
        assertEquals(2, memory(guest, 0x5208, 4));
        assertEquals(0, memory(guest, 0x5210, 1), "not preempted");
    }

    @ParameterizedTest
    @CsvSource({
        "4B564D03, 5211",
        "4B564D03, 5203",
        "4B564D05, 2",
        "4B564D02, 5001",
        "4B564D04, 5001",
        "4B564D08, 0",
        "4B564CFF, 0"
    })
    void whatIsNotOfferedOrReservedFaults(String msr, String value) {
        Guest guest = run(write((int) Long.parseLong(msr, 16), Long.parseLong(value, 16)));
        assertEquals(13, register(guest, Registers.RSI));
    }

    @Test
    void whatWasWrittenIsReadBack() {
        for (int msr : new int[] {0x4B56_4D00, 0x4B56_4D01, 0x4B56_4D03, 0x11, 0x12}) {
            Guest guest = run(write(msr, 0x5001), "mov eax, 0", "rdmsr");
            assertEquals(0x5001, register(guest, Registers.RAX));
        }
    }

    /** The structures lie where the guest says: beyond its RAM there is nothing to write to. */
    @ParameterizedTest
    @CsvSource({"400001", "3FFFE1", "3FFFF9", "FFFFFFFFFFFFFFFF", "8000000000000001", "5003", "7FFFFFFFFFFFFFC1"})
    void aPlaceThatIsNoneIsLeftAlone(String place) {
        long value = Long.parseUnsignedLong(place, 16);
        for (int msr : new int[] {0x4B56_4D00, 0x4B56_4D01}) {
            Guest guest = run(write(msr, value), "xor edi, edi");
            assertEquals(0, register(guest, Registers.RSI));
        }
        run(write(0x4B56_4D03, value & ~0x3EL), "xor edi, edi");
    }

    /** kvm_emulate_hypercall. */
    @ParameterizedTest
    @CsvSource({
        "1, 0, 0, 0", "5, 0, 0, 0", "9, 0x5000, 0, 0", "9, 0x5000, 1, -95", "9, 0x400000, 0, -14",
                "9, 0x3FFFF0, 0, -14",
        "10, 1, 0, -95", "11, 0, 0, 0", "12, 0, 0, -1000", "0, 0, 0, -1000", "2, 0, 0, -1000", "-1, 0, 0, -1000"
    })
    void hypercallsAnswerInRaxAndChangeNothingElse(String number, String first, String second, int result) {
        Guest guest = run("kvm-pv", AMD, hypercall(number, first, second));
        assertEquals(result, (int) register(guest, Registers.RAX));
        assertEquals(77, register(guest, Registers.RDX));
        assertEquals(0, register(guest, Registers.RSI));
        var calls = guest.exits().stream()
                .filter(exit -> exit.reason().equals("VMMCALL"))
                .toList();
        assertEquals(1, calls.size());
        assertTrue(calls.get(0).answeredBy().equals("kvm-kernel"));
    }

    private static String[] hypercall(String number, String first, String second) {
        return new String[] {"mov eax, " + number, "mov ebx, " + first, "mov ecx, " + second, "mov edx, 77", "vmmcall"};
    }

    @Test
    void programsMayNotCall() {
        Guest guest = Guest.of(
                        "kvm-pv",
                        32,
                        AMD,
                        "mov esp, 0x9000",
                        "lgdt [pointer]",
                        "push 0x23",
                        "push 0xA000",
                        "push 2",
                        "push 0x1B",
                        "push user",
                        "iret",
                        "user: mov eax, 11",
                        "vmmcall",
                        "jmp $",
                        "align 8",
                        "gdt: dq 0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF, 0x00CFFB000000FFFF, 0x00CFF3000000FFFF",
                        "pointer: dw pointer - gdt - 1",
                        "dd gdt")
                .runUntil(30);
        assertEquals(3, guest.believed().system.cpl);
        assertEquals(-1, (int) register(guest, Registers.RAX));
    }

    @Test
    void clockPairingTellsWallClockAndTimeStampOfOneMoment() {
        Guest guest = run("kvm-pv", AMD, hypercall("9", "0x5000", "0"));
        assertEquals(1_199_145_600, memory(guest, 0x5000, 8));
        assertEquals(memory(guest, 0x5008, 8), memory(guest, 0x5010, 8), "nanoseconds and time stamps start together");
        assertEquals(guest.monitor.machine().clock().now() - 3, memory(guest, 0x5008, 8));
    }

    @Test
    void elsewhereThereAreNoHypercalls() {
        for (String mode : List.of("bare", "vt-x", "amd-v")) {
            Guest guest = run(mode, AMD, hypercall("1", "0", "0"));
            assertEquals(6, register(guest, Registers.RSI), mode);
        }
    }

    /** MSR_KVM_EOI_EN: "test and clear" in one instruction is the end of the interrupt; only where the bit was clear the APIC is told. */
    private static final String[] TICKS = {
        write(0x4B56_4D04, 0x5001),
        "mov dword [0xFEE003E0], 0xB",
        "mov dword [0xFEE00320], 0x20000 | 0x30",
        "mov dword [0xFEE00380], 400",
        "sti",
        "again: cmp dword [0x5010], 5",
        "jb again",
    };

    private static final String[] HANDLER = {
        "jmp over",
        "tick: inc dword [0x5010]",
        "btr dword [0x5000], 0",
        "jc ended",
        "inc dword [0x5014]",
        "mov dword [0xFEE000B0], 0",
        "ended: iret",
        "table: dw tick, 8, 0x8E00, 0",
        "over: mov eax, [table]",
        "mov [0x6180], eax",
        "mov eax, [table + 4]",
        "mov [0x6184], eax",
        "mov dword [0x5100], 0x6000 << 16 | 0x7FF",
        "mov word [0x5104], 0",
        "lidt [0x5100]"
    };

    private static Guest ticks(Irqchip irqchip) {
        String[] lines = Stream.of(HANDLER, TICKS).flatMap(Stream::of).toArray(String[]::new);
        return run("kvm-pv", Options.DEFAULT.withIrqchip(irqchip), lines);
    }

    @ParameterizedTest
    @EnumSource(
            value = Irqchip.class,
            names = {"KERNEL", "SPLIT"})
    void theEndOfAnInterruptNeedsNoExit(Irqchip irqchip) {
        Guest guest = ticks(irqchip);
        assertEquals(5, memory(guest, 0x5010, 4));
        assertEquals(0, memory(guest, 0x5014, 4), "never told the APIC");
        assertTrue(guest.exits().stream().noneMatch(exit -> exit.detail() == 0xFEE0_00B0L));
    }

    /** kvm_pv_send_ipi: map, lowest ID and command; the answer is how many have taken it. */
    @ParameterizedTest
    @CsvSource({
        "1, 0, 0, 0x30, 1, 1",
        "2, 0, 0, 0x30, 0, 0",
        "3, 0, 1, 0x30, 0, 0",
        "3, 1, 0xFFFFFFE0, 0x30, 1, 1",
        "0, 0x80000000, 0xFFFFFFC1, 0x30, 1, 1",
        "1, 0, 0, 0x830, -22, 0",
        "1, 0, 0, 0x40030, -22, 0"
    })
    void anInterruptIsSentByAHypercall(String low, String high, String lowest, String command, int result, int taken) {
        for (Irqchip irqchip : new Irqchip[] {Irqchip.KERNEL, Irqchip.SPLIT}) {
            Guest guest = run(
                    "kvm-pv",
                    Options.DEFAULT.withIrqchip(irqchip),
                    "mov eax, came",
                    "mov [0x6000 + 0x30 * 8], ax",
                    "mov dword [0x6000 + 0x30 * 8 + 2], 8",
                    "mov dword [0x6000 + 0x30 * 8 + 4], 0x8E00",
                    "mov dword [0x5100], 0x6000 << 16 | 0x7FF",
                    "mov word [0x5104], 0",
                    "lidt [0x5100]",
                    "mov dword [0xFEE000F0], 0x1FF",
                    "mov eax, 10",
                    "mov ebx, " + low,
                    "mov ecx, " + high,
                    "mov edx, " + lowest,
                    "mov esi, " + command,
                    "vmcall",
                    "mov edi, eax",
                    "sti",
                    "nop",
                    "cli",
                    "jmp over",
                    "came: inc dword [0x5010]",
                    "iret",
                    "over: mov eax, 0x40000001",
                    "cpuid");
            assertEquals(result, (int) register(guest, Registers.RDI));
            assertEquals(taken, memory(guest, 0x5010, 4));
            assertEquals(1 << 11, register(guest, Registers.RAX) & 1 << 11, "offered");
        }
    }

    @Test
    void anApicInUserSpaceLeavesTheEndOfInterruptToItself() {
        Guest guest = run(write(0x4B56_4D04, 0x5001));
        assertEquals(13, register(guest, Registers.RSI));
        assertEquals(0, register(run("mov eax, 0x40000001", "cpuid"), Registers.RAX) & (1 << 6 | 1 << 11));
    }

    @ParameterizedTest
    @CsvSource({"5003, 13", "400001, 13", "400000, 0", "FFFFFFFFFFFFFFFD, 13", "3FFFFD, 0"})
    void theWordOfTheEndOfInterruptMustBeRam(String value, int fault) {
        Guest guest = run(
                "kvm-pv",
                Options.DEFAULT.withIrqchip(Irqchip.KERNEL),
                write(0x4B56_4D04, Long.parseUnsignedLong(value, 16)));
        assertEquals(fault, register(guest, Registers.RSI));
    }
}
