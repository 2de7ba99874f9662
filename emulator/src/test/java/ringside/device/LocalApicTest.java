package ringside.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.bus.Clock;
import ringside.bus.MemoryBus;
import ringside.bus.PortBus;
import ringside.bus.Schedule;
import ringside.device.ApicMessage.Delivery;

/** What SDM 3A, Advanced Programmable Interrupt Controller (APIC), says of the local APIC. */
class LocalApicTest {
    private static final int ID = 0x20;
    private static final int VERSION = 0x30;
    private static final int TPR = 0x80;
    private static final int PPR = 0xA0;
    private static final int EOI = 0xB0;
    private static final int LDR = 0xD0;
    private static final int DFR = 0xE0;
    private static final int SVR = 0xF0;
    private static final int ISR = 0x100;
    private static final int TMR = 0x180;
    private static final int IRR = 0x200;
    private static final int ESR = 0x280;
    private static final int ICR = 0x300;
    private static final int ICR_HIGH = 0x310;
    private static final int LVT_TIMER = 0x320;
    private static final int LVT_LINT0 = 0x350;
    private static final int LVT_LINT1 = 0x360;
    private static final int LVT_ERROR = 0x370;
    private static final int SELF = 1 << 18;
    private static final int MASK = 1 << 16;

    private final Clock clock = new Clock();
    private final Schedule schedule = new Schedule();
    private final Pic8259Pair pic = new Pic8259Pair();
    private final LocalApic apic = new LocalApic(clock, schedule, pic);
    private final List<Integer> ended = new ArrayList<>();

    private void write(int register, int value) {
        apic.page().write(register, 4, value);
    }

    private int read(int register) {
        return apic.page().read(register, 4);
    }

    private void sendToItself(int vector) {
        write(ICR, SELF | vector);
    }

    private int bitOf(int register, int vector) {
        return read(register + (vector >>> 5 << 4)) >>> vector & 1;
    }

    private void initializePic() {
        var ports = new PortBus();
        pic.attachTo(ports);
        for (int value : new int[] {0x11, 0x20, 4, 1, 0}) {
            ports.write(value == 0x11 ? 0x20 : 0x21, 1, value);
        }
    }

    private void raise(int irq) {
        pic.line(irq).set(false);
        pic.line(irq).set(true);
    }

    @Test
    void firmwareLeavesItInVirtualWireMode() {
        assertEquals(0x1FF, read(SVR));
        assertEquals(0x700, read(LVT_LINT0), "ExtINT");
        assertEquals(0x400, read(LVT_LINT1), "NMI");
        assertEquals(MASK, read(LVT_TIMER));
        assertEquals(0xFEE0_0900L, apic.readMsr(LocalApic.IA32_APIC_BASE), "enabled, of the bootstrap processor");
        initializePic();
        raise(4);
        assertTrue(apic.pending());
        assertEquals(0x24, apic.acknowledge());
        assertEquals(0, bitOf(ISR, 0x24), "an 8259A's interrupt leaves no trace in ISR");
    }

    @Test
    void theVersionIsThatOfAnIntegratedApicWithSixEntries() {
        assertEquals(0x0005_0014, read(VERSION));
    }

    @Test
    void aRequestGoesFromIrrToIsrToItsEnd() {
        sendToItself(0x41);
        assertTrue(apic.pending());
        assertEquals(1, bitOf(IRR, 0x41));
        assertEquals(0x41, apic.acknowledge());
        assertEquals(0, bitOf(IRR, 0x41));
        assertEquals(1, bitOf(ISR, 0x41));
        assertEquals(0x40, read(PPR));
        assertFalse(apic.pending());
        write(EOI, 0);
        assertEquals(0, bitOf(ISR, 0x41));
        assertEquals(0, read(PPR));
    }

    @Test
    void theHighestVectorGoesFirstAndOneOfTheSameClassWaits() {
        sendToItself(0x52);
        sendToItself(0x5F);
        sendToItself(0x61);
        assertEquals(0x61, apic.acknowledge());
        assertFalse(apic.pending());
        write(EOI, 0);
        assertEquals(0x5F, apic.acknowledge());
        assertFalse(apic.pending(), "52H is of the same class as 5FH");
        sendToItself(0x70);
        assertEquals(0x70, apic.acknowledge(), "a higher class interrupts the handler");
        write(EOI, 0);
        assertEquals(1, bitOf(ISR, 0x5F), "the end is that of the highest in service");
        write(EOI, 0);
        assertEquals(0x52, apic.acknowledge());
    }

    @Test
    void theSameVectorCanWaitOnceBehindItself() {
        sendToItself(0x41);
        apic.acknowledge();
        sendToItself(0x41);
        sendToItself(0x41);
        write(EOI, 0);
        assertEquals(0x41, apic.acknowledge());
        write(EOI, 0);
        assertFalse(apic.pending());
    }

    @ParameterizedTest
    @CsvSource({"0x30, 0x3F, false", "0x30, 0x40, true", "0x3F, 0x41, true", "0xF0, 0xFF, false", "0, 0x10, true"})
    void theTaskPriorityHoldsBackItsClassAndThoseBelow(String priority, String vector, boolean taken) {
        write(TPR, Integer.decode(priority));
        sendToItself(Integer.decode(vector));
        assertEquals(taken, apic.pending());
        write(TPR, 0);
        assertTrue(apic.pending());
    }

    @Test
    void theProcessorPriorityIsTheHigherOfTaskAndService() {
        sendToItself(0x55);
        apic.acknowledge();
        write(TPR, 0x42);
        assertEquals(0x50, read(PPR));
        write(TPR, 0x63);
        assertEquals(0x63, read(PPR));
    }

    @Test
    void cr8IsTheClassOfTheTaskPriority() {
        var told = new ArrayList<Integer>();
        apic.onTaskPriority(told::add);
        apic.taskPriority(0x9);
        assertEquals(0x90, read(TPR));
        assertEquals(List.of(), told);
        write(TPR, 0x5A);
        assertEquals(List.of(5), told);
    }

    @Test
    void anInterruptThatHasGoneIsAnsweredWithTheSpuriousVector() {
        write(LVT_LINT0, MASK);
        write(SVR, 0x1EF);
        sendToItself(0x41);
        write(TPR, 0xF0);
        assertEquals(0xEF, apic.acknowledge());
        assertEquals(0, bitOf(ISR, 0xEF), "no EOI is due");
        assertEquals(1, bitOf(IRR, 0x41));
    }

    @Test
    void disabledBySoftwareItMasksItsTableAndAcceptsNothing() {
        sendToItself(0x41);
        write(SVR, 0xFF);
        assertEquals(0x700 | MASK, read(LVT_LINT0));
        write(LVT_LINT0, 0x700);
        assertEquals(0x700 | MASK, read(LVT_LINT0), "a mask cannot be cleared");
        assertTrue(apic.pending(), "what was requested is still for the processor to take");
        assertEquals(0x41, apic.acknowledge());
        write(EOI, 0);
        sendToItself(0x42);
        assertEquals(0, bitOf(IRR, 0x42));
        initializePic();
        raise(4);
        assertFalse(apic.pending(), "LINT0 is masked");
        write(SVR, 0x1FF);
        write(LVT_LINT0, 0x700);
        assertTrue(apic.pending());
    }

    @Test
    void disabledAltogetherItIsNotThere() {
        sendToItself(0x41);
        assertTrue(apic.writeMsr(LocalApic.IA32_APIC_BASE, LocalApic.ADDRESS | 0x100));
        assertFalse(apic.isEnabled());
        assertEquals(MemoryBus.NOWHERE, apic.place());
        assertFalse(apic.pending());
        initializePic();
        raise(4);
        assertTrue(apic.pending(), "INTR is the 8259As' again");
        assertEquals(0x24, apic.acknowledge());
        assertTrue(apic.writeMsr(LocalApic.IA32_APIC_BASE, LocalApic.ADDRESS | 0x900));
        assertEquals(0xFF, read(SVR), "as after reset");
        assertEquals(MASK, read(LVT_LINT0));
        assertEquals(0, bitOf(IRR, 0x41));
    }

    private static final int XAPIC = 0xFEE0_0900;
    private static final int X2APIC = 0xFEE0_0D00;
    private static final int DISABLED = 0xFEE0_0100;

    /** x2APIC State Transitions. */
    @ParameterizedTest
    @CsvSource({
        "0xFEE00900, 0xFEE00D00, true", "0xFEE00900, 0xFEE00500, false", "0xFEE00900, 0xFEE00100, true",
        "0xFEE00D00, 0xFEE00D00, true", "0xFEE00D00, 0xFEE00900, false", "0xFEE00D00, 0xFEE00500, false",
        "0xFEE00D00, 0xFEE00100, true", "0xFEE00100, 0xFEE00900, true", "0xFEE00100, 0xFEE00D00, false",
        "0xFEE00100, 0xFEE00500, false"
    })
    void x2ApicModeBeginsOutOfXApicModeAndEndsWhereItIsDisabled(String from, String to, boolean allowed) {
        long value = Long.decode(from);
        assertTrue(apic.writeMsr(LocalApic.IA32_APIC_BASE, value));
        assertEquals(allowed, apic.writeMsr(LocalApic.IA32_APIC_BASE, Long.decode(to)));
        assertEquals(allowed ? Long.decode(to) : value, apic.readMsr(LocalApic.IA32_APIC_BASE));
    }

    @Test
    void inX2ApicModeItsRegistersAreInNoMemoryAndInXApicModeInNoMsr() {
        assertFalse(apic.hasMsr(0x802));
        assertFalse(apic.writeMsr(0x808, 0));
        apic.writeMsr(LocalApic.IA32_APIC_BASE, X2APIC & 0xFFFF_FFFFL);
        assertEquals(MemoryBus.NOWHERE, apic.place());
        assertTrue(apic.hasMsr(0x802));
        assertTrue(apic.writeMsr(0x808, 0x35));
        assertEquals(0x35, apic.readMsr(0x808));
    }

    @Test
    void whoeverLeavesX2ApicModeComesBackAsAfterReset() {
        apic.writeMsr(LocalApic.IA32_APIC_BASE, X2APIC & 0xFFFF_FFFFL);
        apic.writeMsr(0x808, 0x35);
        apic.writeMsr(LocalApic.IA32_APIC_BASE, DISABLED & 0xFFFF_FFFFL);
        apic.writeMsr(LocalApic.IA32_APIC_BASE, XAPIC & 0xFFFF_FFFFL);
        assertEquals(0, read(TPR));
        assertEquals(0xFF, read(SVR));
        write(LDR, 0x1100_0000);
        assertTrue(apic.isAddressed(1, true), "names of 8 bits again");
    }

    /** INIT leaves x2APIC mode as it is; messages on the bus have destinations of 8 bits, FFH for everybody. */
    @Test
    void initLeavesX2ApicMode() {
        apic.writeMsr(LocalApic.IA32_APIC_BASE, X2APIC & 0xFFFF_FFFFL);
        apic.initialize();
        assertEquals(X2APIC & 0xFFFF_FFFFL, apic.readMsr(LocalApic.IA32_APIC_BASE));
        assertTrue(apic.isAddressed(0xFF, false));
        assertTrue(apic.isAddressed(1, true), "the first of the first cluster");
        assertFalse(apic.isAddressed(2, true));
    }

    @Test
    void itsPageCanBeMoved() {
        assertTrue(apic.writeMsr(LocalApic.IA32_APIC_BASE, 0xF000_0000L | 0x900));
        assertEquals(0xF000_0000L, apic.place());
        assertFalse(apic.writeMsr(LocalApic.IA32_APIC_BASE, 1L << 40 | 0x900), "beyond physical addresses");
        assertFalse(apic.writeMsr(LocalApic.IA32_APIC_BASE, LocalApic.ADDRESS | 0x901), "a reserved bit");
        assertTrue(apic.writeMsr(LocalApic.IA32_APIC_BASE, LocalApic.ADDRESS | 0x800));
        assertEquals(0xFEE0_0900L, apic.readMsr(LocalApic.IA32_APIC_BASE), "BSP is read only");
    }

    @ParameterizedTest
    @CsvSource({
        "physical,       0x00, true",
        "physical,       0x01, false",
        "physical,       0xFF, true",
        "flat,           0x05, true",
        "flat,           0x04, true",
        "flat,           0x02, false",
        "cluster,        0x05, true",
        "cluster,        0x15, false",
        "cluster,        0x02, false",
        "cluster,        0xFF, true"
    })
    void aMessageIsForWhoeverItsDestinationNames(String model, String destination, boolean mine) {
        write(LDR, 0x0500_0000);
        write(DFR, model.equals("cluster") ? 0 : -1);
        write(ICR_HIGH, Integer.decode(destination) << 24);
        write(ICR, 0x41 | (model.equals("physical") ? 0 : 1 << 11));
        assertEquals(mine, apic.pending());
    }

    @ParameterizedTest
    @CsvSource({"1, true", "2, true", "3, false"})
    void shorthandsAreSelfAllAndAllButSelf(int shorthand, boolean mine) {
        write(ICR_HIGH, 0x33 << 24);
        write(ICR, shorthand << 18 | 0x41);
        assertEquals(mine, apic.pending());
    }

    @ParameterizedTest
    @CsvSource({
        "0x400, true, false", "0x4400, true, false", "0x40400, false, false", "0x80400, false, false",
        "0x500, false, false", "0x4500, false, true", "0xC500, false, true", "0x8500, false, false",
        "0x44500, false, false", "0x84500, false, false", "0x200, false, false", "0x600, false, false"
    })
    void nmiAndInitReachItselfByItsNameAlone(String command, boolean nonMaskable, boolean initialization) {
        write(SVR, 0xFF);
        write(ICR, Integer.decode(command));
        assertEquals(nonMaskable, apic.nonMaskable(), "Valid Combinations: no shorthand, and INIT not de-asserted");
        assertEquals(initialization, apic.initialization());
        assertFalse(apic.pending(), "they are no request of INTR");
    }

    @Test
    void ofSeveralNmisOneIsRememberedUntilItIsTaken() {
        write(ICR, 0x400);
        write(ICR, 0x400);
        assertTrue(apic.nonMaskable());
        apic.takeNonMaskable();
        assertFalse(apic.nonMaskable());
    }

    @ParameterizedTest
    @CsvSource({"0x400, true", "0x10400, false", "0x700, false", "0x500, false", "0x200, false"})
    void the8259AsRequestIsAnNmiWhereTheTableSaysSo(String entry, boolean nonMaskable) {
        write(LVT_LINT0, Integer.decode(entry));
        initializePic();
        raise(4);
        assertEquals(nonMaskable, apic.nonMaskable());
        assertEquals(entry.equals("0x500"), apic.initialization());
    }

    @Test
    void initLeavesTheIdAndThePlaceAndResetsTheRest() {
        apic.writeMsr(LocalApic.IA32_APIC_BASE, 0xFEC8_0800L);
        write(ID, 0x0500_0000);
        write(LDR, 0x1100_0000);
        write(TPR, 0x20);
        sendToItself(0x41);
        write(ICR_HIGH, 0x05 << 24);
        write(ICR, 0x400);
        apic.initialize();
        assertEquals(0x0500_0000, read(ID));
        assertEquals(0xFEC8_0900L, apic.readMsr(LocalApic.IA32_APIC_BASE));
        assertEquals(0xFF, read(SVR), "Local APIC State After an INIT Reset: disabled by software");
        assertEquals(MASK, read(LVT_LINT0));
        assertEquals(0, read(LDR));
        assertEquals(0, read(TPR));
        assertEquals(0, bitOf(IRR, 0x41));
        assertFalse(apic.nonMaskable());
    }

    @Test
    void theDeliveryStatusIsIdleWheneverSoftwareLooks() {
        write(ICR, 1 << 12 | SELF | 0x41);
        assertEquals(SELF | 0x41, read(ICR));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 15})
    void vectorsBelow16AreErrorsOfTheSenderAndOfTheReceiver(int vector) {
        write(LVT_ERROR, 0x50);
        sendToItself(vector);
        assertEquals(0, read(ESR), "a write makes it show what has happened");
        write(ESR, 0);
        assertEquals(1 << 5 | 1 << 6, read(ESR));
        assertEquals(0x50, apic.acknowledge());
        write(ESR, 0);
        assertEquals(0, read(ESR));
    }

    @Test
    void aMessageWithAVectorBelow16IsAnErrorOfTheReceiver() {
        apic.accept(new ApicMessage(Delivery.FIXED, 15, false, 0, false));
        write(ESR, 0);
        assertEquals(1 << 6, read(ESR));
        assertFalse(apic.pending());
    }

    @Test
    void aWriteWhereNoRegisterIsIsAnError() {
        write(0x3F0, 1);
        write(0x40, 1);
        write(PPR, 1);
        write(ESR, 0);
        assertEquals(1 << 7, read(ESR));
        assertEquals(0, read(0x3F0));
    }

    @Test
    void theEndOfALevelTriggeredInterruptIsBroadcast() {
        apic.onEndOfInterrupt(ended::add);
        apic.accept(new ApicMessage(Delivery.FIXED, 0x41, true, 0, false));
        apic.accept(new ApicMessage(Delivery.FIXED, 0x31, false, 0, false));
        assertEquals(1, bitOf(TMR, 0x41));
        apic.acknowledge();
        write(EOI, 0);
        assertEquals(List.of(0x41), ended);
        apic.acknowledge();
        write(EOI, 0);
        assertEquals(List.of(0x41), ended);
        apic.accept(new ApicMessage(Delivery.FIXED, 0x41, false, 0, false));
        assertEquals(0, bitOf(TMR, 0x41));
    }

    @Test
    void theRequestOfThe8259AsCanHaveAVectorOfItsOwn() {
        write(LVT_LINT0, 0x61);
        initializePic();
        raise(4);
        assertEquals(0x61, apic.acknowledge());
        write(EOI, 0);
        assertFalse(apic.pending(), "it is the edge that counts");
    }

    @Test
    void onlyAlignedWordsCanBeWritten() {
        apic.page().write(TPR, 1, 0x50);
        apic.page().write(TPR, 2, 0x50);
        apic.page().write(TPR + 4, 4, 0x50);
        assertEquals(0, read(TPR));
        write(ID, 0x0700_0000);
        assertEquals(7, apic.page().read(ID + 3, 1));
        assertEquals(0, read(ID + 4));
    }

    @Test
    void aStateCanBeSavedAndRestored() {
        sendToItself(0x41);
        apic.acknowledge();
        sendToItself(0x31);
        write(TPR, 0x12);
        write(0x3E0, 0b1011);
        write(LVT_TIMER, 0x55 | 1 << 17);
        write(0x380, 1000);
        write(LDR, 0x0700_0000);
        var saved = apic.save();
        var other = new LocalApic(clock, new Schedule(), new Pic8259Pair());
        other.restore(saved);
        assertEquals(saved, other.save());
        for (int register = 0; register < 0x400; register += 0x10) {
            assertEquals(read(register), other.page().read(register, 4), Integer.toHexString(register));
        }
        write(EOI, 0);
        assertEquals(0x31, apic.acknowledge());
    }
}
