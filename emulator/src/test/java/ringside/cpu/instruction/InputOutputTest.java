package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RCX;
import static ringside.cpu.Registers.RDI;
import static ringside.cpu.Registers.RDX;
import static ringside.cpu.Registers.RSI;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.bus.Device;
import ringside.cpu.Fault;
import ringside.cpu.Gate;
import ringside.cpu.Rig;
import ringside.cpu.SystemState;
import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

class InputOutputTest {
    private static final int PORT = 0x80;
    private static final int MAP = 0x68;

    private final Witness witness = new Witness();
    private final Latch latch = new Latch();

    /** Counts up at each read and remembers what was written. */
    private static final class Latch implements Device {
        private final List<String> written = new ArrayList<>();
        private int next = 0x8000_0001;
        private int reads;

        @Override
        public int read(int offset, int size) {
            reads++;
            return next++;
        }

        @Override
        public void write(int offset, int size, int value) {
            written.add(Integer.toHexString(value) + ":" + size);
        }

        @Override
        public int width() {
            return 4;
        }
    }

    private Rig with(Rig rig) {
        rig.ports.attach(PORT, 8, latch);
        return rig.set(RDX, PORT);
    }

    /** A TSS whose I/O permission map allows all ports up to 0x87 but the given one. */
    private Rig withMap(Rig rig, int refused) {
        rig.ram.write(Rig.TSS + 102, 2, MAP);
        rig.ram.write(Rig.TSS + MAP + 0x11, 1, 0xFF);
        rig.ram.write(Rig.TSS + MAP + refused / 8, 1, 1 << refused % 8);
        rig.system.tr.load(Rig.TASK, Rig.TSS, MAP + 0x11, rig.system.tr.rights());
        return rig;
    }

    private void assertRefused() {
        Fault fault = witness.take().orElseThrow();
        assertEquals(Fault.GENERAL_PROTECTION, fault.vector());
        assertEquals(0, fault.errorCode());
        assertEquals(0, latch.reads);
    }

    @Test
    void theAccumulatorTakesAsMuchAsItsSize() {
        Rig rig = with(Rig.longMode()).assembly("in al, dx", "in ax, 0x80", "in eax, dx");
        rig.set(RAX, -1).step(1);
        assertEquals(0xFFFF_FFFF_FFFF_FF01L, rig.get(RAX));
        rig.step(1);
        assertEquals(0xFFFF_FFFF_FFFF_0002L, rig.get(RAX));
        rig.step(1);
        assertEquals(0x8000_0003L, rig.get(RAX));
    }

    @Test
    void rexWDoesNotMakePortsWider() {
        Rig rig = with(Rig.longMode()).code("48 ED 48 EF");
        rig.step(1);
        assertEquals(0x8000_0001L, rig.get(RAX));
        rig.step(1);
        assertEquals(List.of("80000001:4"), latch.written);
    }

    @Test
    void outWritesAsMuchAsItsSize() {
        Rig rig = with(Rig.real()).assembly("out 0x80, al", "out dx, ax", "out dx, eax");
        rig.set(RAX, 0x1234_5678).step(3);
        assertEquals(List.of("78:1", "5678:2", "12345678:4"), latch.written);
    }

    @Test
    void withinTheIoPrivilegeLevelTheMapIsNotAsked() {
        Rig rig = with(Rig.protectedMode(Gate.RINGS, witness).inRing(3)).flag(SystemState.IOPL);
        rig.assembly("in al, dx").step(1);
        assertEquals(1, latch.reads);
    }

    @Test
    void outsideItAPortIsAllowedByItsBit() {
        Rig rig = with(withMap(Rig.protectedMode(Gate.RINGS, witness).inRing(3), 0x7F))
                .assembly("in al, dx");
        rig.step(1);
        assertEquals(1, latch.reads);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x80, 0x81, 0x83})
    void everyBitOfAWideAccessMustBeClear(int refused) {
        Rig rig = with(withMap(Rig.protectedMode(Gate.RINGS, witness).inRing(3), refused));
        rig.assembly("in eax, dx").step(1);
        assertRefused();
    }

    @Test
    void portsBeyondTheMapAreRefused() {
        Rig rig = with(withMap(Rig.protectedMode(Gate.RINGS, witness).inRing(3), 0));
        rig.set(RDX, 0x88).assembly("in al, dx").step(1);
        assertRefused();
        Rig atTheEnd = withMap(Rig.protectedMode(Gate.RINGS, witness).inRing(3), 0);
        atTheEnd.set(RDX, 0x87).assembly("in ax, dx").step(1);
        assertRefused();
    }

    @Test
    void withoutAMapNothingIsAllowed() {
        Rig rig = with(Rig.protectedMode(Gate.RINGS, witness).inRing(3)).assembly("out dx, al");
        rig.ram.write(Rig.TSS + 102, 2, 0xFFFF);
        rig.step(1);
        assertRefused();
    }

    @Test
    void aSixteenBitTaskStateHasNoMap() {
        Rig rig = with(withMap(Rig.protectedMode(Gate.RINGS, witness).inRing(3), 0))
                .assembly("in al, dx");
        rig.system.tr.load(Rig.TASK, Rig.TSS, MAP + 0x11, SegmentRegister.PRESENT | Descriptor.BUSY_TSS_16);
        rig.step(1);
        assertRefused();
    }

    @Test
    void longModeAsksTheMapToo() {
        Rig rig =
                with(withMap(Rig.longMode(Gate.RINGS, witness).inRing(3), 0x80)).assembly("in al, dx");
        rig.step(1);
        assertRefused();
        Rig allowed =
                with(withMap(Rig.longMode(Gate.RINGS, witness).inRing(3), 0x7F)).assembly("in al, dx");
        allowed.step(1);
        assertEquals(1, latch.reads);
    }

    @Test
    void virtual8086ModeAsksTheMapWhateverItsLevel() {
        Rig rig = with(withMap(Rig.protectedMode(Gate.RINGS, witness).inVirtual8086(3), 0x80));
        rig.assembly("in al, dx").step(1);
        assertRefused();
    }

    @Test
    void aStringIsReadIntoMemoryAndWrittenFromIt() {
        Rig rig = with(Rig.protectedMode())
                .assembly("rep insd", "std", "rep outsb")
                .set(RCX, 2);
        rig.set(RDI, 0x6000).step(2);
        assertEquals(0x8000_0002_8000_0001L, rig.ram.read(0x6000, 8));
        assertEquals(0x6008, rig.get(RDI));
        rig.set(RCX, 2).set(RSI, 0x6004).step(3);
        assertEquals(List.of("2:1", "80:1"), latch.written);
        assertEquals(0x6002, rig.get(RSI));
    }

    @Test
    void thePortIsNotReadWhereMemoryCannotBeWritten() {
        Rig rig = with(Rig.longMode(Gate.RINGS, witness)).assembly("insb").set(RDI, 0x4000_0000);
        rig.step(1);
        assertEquals(Fault.PAGE_FAULT, witness.take().orElseThrow().vector());
        assertEquals(0, latch.reads);
    }

    @Test
    void aCountOfZeroReadsNothingButNeedsPermissionAllTheSame() {
        Rig rig = with(Rig.protectedMode(Gate.RINGS, witness))
                .assembly("rep insb")
                .set(RCX, 0);
        rig.step(1);
        assertEquals(0, latch.reads);
        assertTrue(witness.take().isEmpty());
        Rig user = withoutMap(Rig.protectedMode(Gate.RINGS, witness).inRing(3)).assembly("rep insb");
        user.set(RCX, 0).step(1);
        assertRefused();
    }

    private static Rig withoutMap(Rig rig) {
        rig.ram.write(Rig.TSS + 102, 2, 0xFFFF);
        return rig;
    }
}
