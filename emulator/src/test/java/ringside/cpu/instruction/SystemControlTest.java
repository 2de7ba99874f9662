package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RBX;
import static ringside.cpu.Registers.RCX;
import static ringside.cpu.Registers.RDX;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.cpu.Fault;
import ringside.cpu.Gate;
import ringside.cpu.ModelSpecificRegisters;
import ringside.cpu.Registers;
import ringside.cpu.Rig;
import ringside.cpu.SystemState;
import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

class SystemControlTest {
    private final Witness witness = new Witness();

    private Rig protectedMode() {
        return Rig.protectedMode(Gate.RINGS, witness);
    }

    private Rig longMode() {
        return Rig.longMode(Gate.RINGS, witness);
    }

    private void assertFault(int vector) {
        assertEquals(Optional.of(vector), witness.take().map(Fault::vector));
    }

    private void assertNoFault() {
        assertEquals(Optional.empty(), witness.take().map(Fault::vector));
    }

    // Control registers.

    @Test
    void controlRegistersAreReadWithTheFullWidthOfTheMode() {
        Rig rig = longMode().assembly("mov rax, cr0", "mov rbx, cr3", "mov rcx, cr4", "mov rdx, cr2");
        rig.system.cr2 = -4096;
        rig.step(4);
        assertEquals(rig.system.cr0, rig.get(RAX));
        assertEquals(0x10000, rig.get(RBX));
        assertEquals(SystemState.PHYSICAL_ADDRESS_EXTENSION, rig.get(RCX));
        assertEquals(-4096, rig.get(RDX));
    }

    @Test
    void theTaskPriorityHasFourBits() {
        Rig rig = longMode().assembly("mov cr8, rax", "mov rbx, cr8", "mov cr8, rcx");
        rig.set(RAX, 9).set(RCX, 16).step(2);
        assertEquals(9, rig.get(RBX));
        assertNoFault();
        rig.step(1);
        assertFault(Fault.GENERAL_PROTECTION);
    }

    @Test
    void protectionCanBeTurnedOnInRealMode() {
        Rig rig = Rig.real().assembly("mov eax, cr0", "or al, 1", "mov cr0, eax", "smsw bx");
        rig.step(4);
        assertTrue(rig.system.protectedMode());
        assertEquals(1, rig.get(RBX) & 1);
        assertEquals(16, rig.cpu.codeBits());
    }

    @Test
    void longModeIsNotEnteredWithA16BitTaskState() {
        for (int type : new int[] {Descriptor.BUSY_TSS_16, Descriptor.BUSY_TSS_32}) {
            Rig rig = protectedMode().assembly("mov cr0, eax");
            rig.system.cr4 |= SystemState.PHYSICAL_ADDRESS_EXTENSION;
            rig.system.efer |= SystemState.LONG_MODE_ENABLE;
            rig.system.tr.load(8, 0, 0x67, SegmentRegister.PRESENT | type);
            rig.set(RAX, rig.system.cr0 | SystemState.PAGING).step(1);
            boolean refused = type == Descriptor.BUSY_TSS_16;
            assertEquals(
                    refused ? Optional.of(Fault.GENERAL_PROTECTION) : Optional.empty(),
                    witness.take().map(Fault::vector));
            assertEquals(!refused, rig.system.longMode());
        }
    }

    @Test
    void lmswSetsProtectionButCannotClearIt() {
        Rig rig = protectedMode().assembly("lmsw ax", "lmsw bx");
        rig.set(RAX, 0xFFFE).set(RBX, 0xFFF0).step(1);
        assertEquals(SystemState.EXTENSION_TYPE | 0xF, rig.system.cr0);
        rig.step(1);
        assertEquals(SystemState.EXTENSION_TYPE | 1, rig.system.cr0);
    }

    @Test
    void smswStoresWhatTheOperandHolds() {
        Rig rig = longMode().assembly("smsw rax", "smsw ebx", "smsw cx", "smsw [0x6000]");
        rig.set(RBX, -1).set(RCX, -1).step(4);
        assertEquals(rig.system.cr0, rig.get(RAX));
        assertEquals(rig.system.cr0, rig.get(RBX));
        assertEquals(0xFFFF_FFFF_FFFF_0000L | rig.system.cr0 & 0xFFFF, rig.get(RCX));
        assertEquals(rig.system.cr0 & 0xFFFF, rig.ram.read(0x6000, 4));
    }

    @Test
    void userModeInstructionPreventionHidesTheMachineStatusFromRingsAboveZero() {
        Rig rig = protectedMode().inRing(3).assembly("smsw eax", "smsw eax");
        rig.step(1);
        assertNoFault();
        rig.system.cr4 = SystemState.UMIP;
        rig.step(1);
        assertFault(Fault.GENERAL_PROTECTION);
    }

    @Test
    void cltsClearsTaskSwitchedAlone() {
        Rig rig = protectedMode().assembly("clts");
        rig.system.cr0 |= SystemState.TASK_SWITCHED | SystemState.EMULATION;
        rig.step(1);
        assertEquals(
                SystemState.PROTECTION_ENABLE | SystemState.EXTENSION_TYPE | SystemState.EMULATION, rig.system.cr0);
    }

    @Test
    void aHostsShadowIsWhatIsRead() {
        Rig rig = longMode().assembly("mov rax, cr4", "clts", "mov rbx, cr0");
        rig.system.cr4Mask = SystemState.VMXE;
        rig.system.cr4Shadow = SystemState.VMXE;
        rig.system.cr0Mask = SystemState.TASK_SWITCHED;
        rig.system.cr0 |= SystemState.TASK_SWITCHED;
        rig.step(3);
        assertEquals(SystemState.VMXE | SystemState.PHYSICAL_ADDRESS_EXTENSION, rig.get(RAX));
        assertEquals(0, rig.get(RBX) & SystemState.TASK_SWITCHED);
        assertEquals(SystemState.TASK_SWITCHED, rig.system.cr0 & SystemState.TASK_SWITCHED);
    }

    // Debug registers.

    @Test
    void debugRegistersKeepTheirFixedBits() {
        Rig rig = protectedMode()
                .assembly("mov dr6, eax", "mov dr7, ebx", "mov ecx, dr6", "mov edx, dr7", "mov dr0, eax");
        rig.set(RAX, 0).set(RBX, 0xFFFF_DFFFL).step(4);
        assertEquals(0xFFFF_0FF0L, rig.get(RCX));
        assertEquals(0xFFFF_07FFL, rig.get(RDX));
        rig.set(RAX, 0x1234).step(1);
        assertEquals(0x1234, rig.system.breakpoints[0]);
    }

    @Test
    void fourAndFiveAreOtherNamesUntilDebuggingExtensionsForbidThem() {
        Rig rig = protectedMode().code("0F 21 E0 0F 21 E8 0F 21 E0");
        rig.step(1);
        assertEquals(rig.system.dr6, rig.get(RAX));
        rig.step(1);
        assertEquals(rig.system.dr7, rig.get(RAX));
        rig.system.cr4 = SystemState.DEBUGGING_EXTENSIONS;
        rig.step(1);
        assertFault(Fault.INVALID_OPCODE);
    }

    @Test
    void generalDetectionStopsEveryAccess() {
        Rig rig = protectedMode().assembly("mov eax, dr0");
        rig.system.dr7 |= SystemState.DR7_GENERAL_DETECT;
        rig.step(1);
        assertFault(Fault.DEBUG);
        assertEquals(SystemState.DR6_GENERAL_DETECT, rig.system.pendingDebug);
        assertEquals(Rig.CODE, rig.registers.rip());
    }

    @Test
    void theUpperHalvesOfDr6AndDr7StayEmpty() {
        Rig rig = longMode().assembly("mov dr0, rax", "mov dr7, rax");
        rig.set(RAX, 1L << 32).step(1);
        assertNoFault();
        rig.step(1);
        assertFault(Fault.GENERAL_PROTECTION);
    }

    @Test
    void aDataBreakpointIsTakenAfterTheAccess() {
        Rig rig = protectedMode().assembly("mov dr0, eax", "mov dr7, ebx", "mov byte [0x6001], 1", "nop");
        rig.set(RAX, 0x6000).set(RBX, 0xD_0001).step(3);
        assertNoFault();
        rig.step(1);
        assertFault(Fault.DEBUG);
        assertEquals(1, rig.ram.read(0x6001, 1));
    }

    // Identification, time and model-specific registers.

    private static String text(int... words) {
        ByteBuffer bytes = ByteBuffer.allocate(words.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int word : words) {
            bytes.putInt(word);
        }
        return new String(bytes.array(), StandardCharsets.US_ASCII).replace("\0", "");
    }

    private static int[] identify(Rig rig, int leaf, int subleaf) {
        rig.registers.rip(Rig.CODE);
        rig.assembly("cpuid")
                .set(RAX, 0xFFFF_FFFF_0000_0000L | leaf)
                .set(RCX, subleaf)
                .step(1);
        int[] result = new int[4];
        int[] registers = {RAX, RBX, RCX, RDX};
        for (int i = 0; i < 4; i++) {
            assertEquals(0, rig.get(registers[i]) >>> 32);
            result[i] = (int) rig.get(registers[i]);
        }
        return result;
    }

    @Test
    void theProcessorNamesItself() {
        Rig rig = longMode();
        int[] vendor = identify(rig, 0, 0);
        assertEquals("GenuineIntel", text(vendor[1], vendor[3], vendor[2]));
        StringBuilder brand = new StringBuilder();
        for (int leaf = 0x8000_0002; leaf <= 0x8000_0004; leaf++) {
            brand.append(text(identify(rig, leaf, 0)));
        }
        assertEquals("Ringside Educational Processor", brand.toString());
    }

    @Test
    void itReportsWhatItHasAndNothingElse() {
        Rig rig = longMode();
        int[] features = identify(rig, 1, 0);
        assertEquals(1 << 30 | 1 << 26 | 1 << 13 | 1 << 3, features[2]);
        assertEquals(1 << 24 | 0b11_1010_1001_0111_1110, features[3]);
        assertEquals(1 << 31, ~features[2] & 1 << 31);
        assertEquals(1 << 18 | 1 << 13 | 1 << 10 | 1 << 7 | 1 << 1, identify(rig, 7, 0)[1]);
        assertArrayEquals(new int[] {3, 576, 576, 0}, identify(rig, 0xD, 0));
        assertArrayEquals(new int[4], identify(rig, 0xD, 1));
        assertArrayEquals(new int[] {64, 64, 1, 0}, identify(rig, 5, 0));
        assertEquals(1 << 27, identify(rig, 0x8000_0001, 0)[3] & 1 << 27);
        assertEquals(0, identify(rig, 7, 1)[1]);
        assertEquals(40 | 48 << 8, identify(rig, 0x8000_0008, 0)[0]);
    }

    @Test
    void leavesBeyondTheHighestAnswerAsTheHighestBasicOne() {
        Rig rig = longMode();
        int[] highest = identify(rig, 0xD, 0);
        for (int leaf : new int[] {0xE, 0x4000_0000, 0x8000_0009, -1}) {
            assertEquals(highest[1], identify(rig, leaf, 0)[1]);
        }
    }

    @Test
    void syscallIsReportedInLongModeOnly() {
        assertEquals(1 << 11, identify(longMode(), 0x8000_0001, 0)[3] & 1 << 11);
        assertEquals(0, identify(protectedMode(), 0x8000_0001, 0)[3] & 1 << 11);
    }

    /** SDM 2, RDRAND: CF tells that there was a number, the other arithmetic flags are 0. */
    @Test
    void randomNumbersAreTheSameInTheSameRunAndNoTwoAreAlike() {
        long[] first = randomNumbers();
        assertArrayEquals(first, randomNumbers());
        assertEquals(4, java.util.Arrays.stream(first).distinct().count());
    }

    private long[] randomNumbers() {
        Rig rig = longMode().assembly("rdrand rax", "rdrand ebx", "rdrand cx", "rdseed rdx");
        rig.set(RBX, -1).set(RCX, 0x1111_0000).flag(Registers.ZERO).flag(Registers.OVERFLOW);
        rig.step(4);
        assertEquals(Registers.CARRY, rig.registers.flags() & Registers.ARITHMETIC);
        assertEquals(0, rig.get(RBX) >>> 32);
        assertEquals(0x1111, rig.get(RCX) >>> 16);
        return new long[] {rig.get(RAX), rig.get(RBX), rig.get(RCX), rig.get(RDX)};
    }

    @Test
    void theTimeStampCountsGuestTime() {
        Rig rig = longMode().assembly("nop", "nop", "rdtsc", "mov esi, eax", "rdtsc");
        rig.set(RAX, -1).set(RDX, -1).step(3);
        assertEquals(2, rig.get(RAX));
        assertEquals(0, rig.get(RDX));
        rig.step(2);
        assertEquals(4, rig.get(RAX));
    }

    @Test
    void theTimeStampCanBeWrittenAndKeepsCounting() {
        Rig rig = longMode().assembly("wrmsr", "rdtsc");
        rig.set(RCX, ModelSpecificRegisters.IA32_TIME_STAMP_COUNTER)
                .set(RAX, 0x10)
                .set(RDX, 1);
        rig.step(2);
        assertEquals(0x11, rig.get(RAX));
        assertEquals(1, rig.get(RDX));
    }

    @Test
    void theTimeStampCanBeHiddenFromTheOtherRings() {
        Rig rig = protectedMode().inRing(3).assembly("rdtsc", "rdtsc");
        rig.step(1);
        assertNoFault();
        rig.system.cr4 = SystemState.TIME_STAMP_DISABLE;
        rig.step(1);
        assertFault(Fault.GENERAL_PROTECTION);
    }

    @ParameterizedTest
    @CsvSource({
        "10, 123456789ABCDEF0",
        "3B, 7",
        "174, 8",
        "175, FFFF800000001000",
        "176, 7FFFFFFFFFFF",
        "1A0, 1",
        "277, 0007010600070106",
        "C0000081, 0023001000000000",
        "C0000082, FFFFFFFF80000000",
        "C0000083, 1000",
        "C0000084, 47700",
        "C0000100, FFFF800000000000",
        "C0000101, 7000",
        "C0000102, 8000",
    })
    void aModelSpecificRegisterKeepsWhatIsWritten(String number, String value) {
        Rig rig = longMode().assembly("wrmsr", "rdmsr");
        long wanted = Long.parseUnsignedLong(value, 16);
        rig.set(RCX, Long.parseLong(number, 16)).set(RAX, wanted).set(RDX, wanted >>> 32);
        rig.step(2);
        assertNoFault();
        long time = number.equals("10") ? 1 : 0;
        assertEquals(wanted + time, rig.get(RDX) << 32 | rig.get(RAX));
    }

    @ParameterizedTest
    @CsvSource({
        "C0000082, 800000000000",
        "175, 8000000000000000",
        "C0000100, FFFF7FFFFFFFFFFF",
        "C0000084, 100000000",
        "277, 0007040600070402",
        "277, 0007040600070408",
        "1A0, 2",
        "C0000080, 2",
        "C0000080, 0",
        "12345, 0",
    })
    void whatItCannotHoldIsRefused(String number, String value) {
        Rig rig = longMode().assembly("wrmsr");
        long wanted = Long.parseUnsignedLong(value, 16);
        rig.set(RCX, Long.parseLong(number, 16)).set(RAX, wanted).set(RDX, wanted >>> 32);
        rig.step(1);
        assertFault(Fault.GENERAL_PROTECTION);
    }

    @Test
    void theBaseOfFsIsWhereItsAccessesGo() {
        Rig rig = longMode().assembly("wrmsr", "mov al, [fs:2]");
        rig.ram.write(0x6002, 1, 0x77);
        rig.set(RCX, ModelSpecificRegisters.IA32_FS_BASE).set(RAX, 0x6000).step(2);
        assertEquals(0x6077, rig.get(RAX));
    }

    @Test
    void anUnknownRegisterIsRefused() {
        longMode().set(RCX, 0x999).assembly("rdmsr").step(1);
        assertFault(Fault.GENERAL_PROTECTION);
    }

    // Pages, caches, halt, the undefined.

    @Test
    void aChangedPageIsSeenAfterInvalidation() {
        Rig rig = longMode().assembly("mov eax, [0x6000]", "mov eax, [0x6000]", "invlpg [0x6000]", "mov eax, [0x6000]");
        rig.ram.write(0x6000, 4, 1);
        rig.ram.write(0x7000, 4, 2);
        rig.step(1);
        rig.ram.write(0x13000 + 6 * 8, 8, 0x7007);
        rig.step(1);
        assertEquals(1, rig.get(RAX));
        rig.step(2);
        assertEquals(2, rig.get(RAX));
    }

    @Test
    void anAddressThatIsNotCanonicalInvalidatesNothing() {
        longMode().set(RAX, 1L << 47).assembly("invlpg [rax]").step(1);
        assertNoFault();
    }

    @Test
    void haltingStopsTheProcessorBehindTheInstruction() {
        Rig rig = protectedMode().assembly("hlt", "nop");
        rig.cpu.run(100);
        assertEquals(SystemState.Activity.HALTED, rig.system.activity);
        assertEquals(Rig.CODE + 1, rig.registers.rip());
        assertEquals(1, rig.clock.now());
    }

    @Test
    void aChangedPageIsSeenAfterItsContextIsInvalidated() {
        for (int type = 0; type < 4; type++) {
            Rig rig = longMode()
                    .assembly("mov eax, [0x6000]", "mov eax, [0x6000]", "invpcid rbx, [0x7F00]", "mov eax, [0x6000]");
            rig.ram.write(0x6000, 4, 1);
            rig.ram.write(0x7000, 4, 2);
            rig.ram.write(0x7F08, 8, 0x6000);
            rig.set(RBX, type).step(1);
            rig.ram.write(0x13000 + 6 * 8, 8, 0x7007);
            rig.step(1);
            assertEquals(1, rig.get(RAX));
            rig.step(2);
            assertEquals(2, rig.get(RAX), "type " + type);
        }
    }

    /** SDM 2, INVPCID: without CR4.PCIDE there is context 0 alone, in types 0 and 1; types above 3 do not exist. */
    @ParameterizedTest
    @CsvSource({"4, 0, 0", "0, 1, 0", "1, 1, 0", "2, 0x1000, 0", "0, 0, 0x800000000000", "0x100000000, 0, 0"})
    void aDescriptorOrTypeThatIsNotValidIsRefused(String type, String context, String linear) {
        Rig rig = longMode().assembly("invpcid rbx, [0x7F00]");
        rig.ram.write(0x7F00, 8, Long.decode(context));
        rig.ram.write(0x7F08, 8, Long.decode(linear));
        rig.set(RBX, Long.decode(type)).step(1);
        assertFault(Fault.GENERAL_PROTECTION);
    }

    @Test
    void aContextOtherThanZeroDoesNotMatterWhereAllAreInvalidated() {
        Rig rig = longMode().assembly("invpcid rbx, [0x7F00]");
        rig.ram.write(0x7F00, 8, 0xFFF);
        rig.set(RBX, 2).step(1);
        assertNoFault();
    }

    @Test
    void theTimeStampComesWithWhatTheSystemWroteForIt() {
        Rig rig = longMode().assembly("wrmsr", "rdtscp");
        rig.set(RCX, ModelSpecificRegisters.IA32_TSC_AUX).set(RAX, 7).step(2);
        assertEquals(7, rig.get(RCX));
        assertEquals(1, rig.get(RAX));
        assertEquals(0, rig.get(RDX));
    }

    @Test
    void thereAreNoPerformanceCountersWhoeverAsks() {
        protectedMode().assembly("rdpmc").step(1);
        assertFault(Fault.GENERAL_PROTECTION);
        protectedMode().inRing(3).assembly("rdpmc").step(1);
        assertFault(Fault.GENERAL_PROTECTION);
    }

    @Test
    void mwaitWaitsOnceForEachMonitor() {
        Rig rig = longMode().assembly("mwait", "monitor", "mwait", "mwait");
        rig.set(RAX, 0x6000).set(RCX, 0).step(2);
        assertEquals(SystemState.Activity.ACTIVE, rig.system.activity);
        rig.step(1);
        assertEquals(SystemState.Activity.HALTED, rig.system.activity);
        assertEquals(3, rig.clock.now());
        rig.system.activity = SystemState.Activity.ACTIVE;
        rig.step(1);
        assertEquals(SystemState.Activity.ACTIVE, rig.system.activity);
        assertNoFault();
    }

    @Test
    void monitorReadsItsAddressAndKnowsNoExtensions() {
        Rig rig = longMode().assembly("monitor");
        rig.set(RAX, 1L << 47).set(RCX, 0).step(1);
        assertFault(Fault.GENERAL_PROTECTION);
        longMode().set(RAX, 0x6000).set(RCX, 1).assembly("monitor").step(1);
        assertFault(Fault.GENERAL_PROTECTION);
        assertFalse(rig.system.monitoring);
    }

    @ParameterizedTest
    @ValueSource(strings = {"monitor", "mwait"})
    void outsideRingZeroNobodyMayWaitThatWay(String instruction) {
        protectedMode().inRing(3).assembly(instruction).step(1);
        assertFault(Fault.INVALID_OPCODE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0F 0B", "0F B9 00", "0F FF C1"})
    void whatIsUndefinedForEverFaults(String code) {
        longMode().code(code).step(1);
        assertFault(Fault.INVALID_OPCODE);
    }

    @Test
    void cachesAreNotThereToSee() {
        Rig rig = protectedMode().assembly("wbinvd", "invd");
        rig.step(2);
        assertNoFault();
        assertFalse(rig.cpu.is64Bit());
    }
}
