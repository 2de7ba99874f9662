package ringside.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.mmu.Descriptor.INTERRUPT_GATE_32;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.cpu.SystemState.Activity;
import ringside.probe.Probe;

class NestingTest {
    /** SDM 3A, Interrupt 8, Conditions for Generating a Double Fault. */
    @ParameterizedTest
    @CsvSource({
        "6, 13, SERIAL", "1, 14, SERIAL", "3, 11, SERIAL", "0, 13, DOUBLE_FAULT", "10, 11, DOUBLE_FAULT",
                "13, 12, DOUBLE_FAULT",
        "13, 14, SERIAL", "14, 14, DOUBLE_FAULT", "14, 13, DOUBLE_FAULT", "14, 6, SERIAL", "13, 17, SERIAL",
                "8, 13, SHUTDOWN",
        "8, 14, SHUTDOWN", "17, 13, SERIAL"
    })
    void theClassesOfBothDecide(int first, int second, Nesting expected) {
        Delivery during = Delivery.exception(Fault.of(first));
        assertEquals(expected, Nesting.of(Optional.of(during), Fault.of(second, 0)));
        assertEquals(Nesting.SERIAL, Nesting.of(Optional.of(Delivery.external(first)), Fault.of(second, 0)));
        assertEquals(Nesting.SERIAL, Nesting.of(Optional.empty(), Fault.of(second, 0)));
    }

    @Test
    void aFaultWithoutHandlerBecomesADoubleFaultWithErrorCodeZero() {
        Rig rig = Rig.protectedMode().gate(8, INTERRUPT_GATE_32, 0, Rig.CODE_0).code("F7 F1");
        rig.step(1);
        assertEquals(8, rig.handler());
        assertEquals(0, rig.stacked(0, 4));
        assertEquals(Rig.CODE, rig.stacked(1, 4));
        assertEquals(2, rig.stacked(3, 4));
        assertEquals(1, rig.clock.now());
    }

    @Test
    void withoutAnyHandlerTheProcessorShutsDown() {
        Rig rig = Rig.protectedMode().code("F7 F1");
        rig.step(1);
        assertEquals(Activity.SHUTDOWN, rig.system.activity);
        assertEquals(Rig.CODE, rig.registers.rip());
        assertEquals(0, rig.clock.now());
    }

    @Test
    void aBenignFaultWithoutHandlerIsOnlyAGeneralProtectionFault() {
        Rig rig = Rig.protectedMode().gate(13, INTERRUPT_GATE_32, 0, Rig.CODE_0).code("0F 0B");
        rig.step(1);
        assertEquals(13, rig.handler());
        assertEquals(6 * 8 + 3, rig.stacked(0, 4));
    }

    @Test
    void aPageFaultSetsCr2() {
        Rig rig =
                Rig.longMode().longGate(14, INTERRUPT_GATE_32, 0, Rig.CODE_0, 0).code("8B 03");
        rig.set(Registers.RBX, 0x1234_5678L).step(1);
        assertEquals(14, rig.handler());
        assertEquals(0x1234_5678L, rig.system.cr2);
        assertEquals(0, rig.stacked(0, 8));
    }

    private static final class Stopped extends Exit {
        private static final long serialVersionUID = 1;
    }

    /** Takes away exceptions of one vector, and writes down what it was asked. */
    private static final class Watching implements Interception {
        final List<String> seen = new ArrayList<>();
        private final int taken;

        Watching(int taken) {
            this.taken = taken;
        }

        @Override
        public void exception(Cpu cpu, Fault fault, Optional<Delivery> during) {
            seen.add(fault.vector() + during.map(d -> " during " + d.vector()).orElse(""));
            if (fault.vector() == taken) {
                throw new Stopped();
            }
        }

        @Override
        public void tripleFault(Cpu cpu) {
            seen.add("triple");
        }
    }

    @Test
    void interceptionSeesEachFaultBeforeItChangesAnything() {
        Watching watching = new Watching(14);
        Rig rig = Rig.longMode(Gate.RINGS, new InterruptTable(watching, Probe.NONE))
                .code("8B 03");
        rig.set(Registers.RBX, 0x1234_5678L);
        assertThrows(Stopped.class, () -> rig.step(1));
        assertEquals(List.of("14"), watching.seen);
        assertEquals(0, rig.system.cr2);
        assertEquals(Rig.CODE, rig.registers.rip());
    }

    @Test
    void interceptionSeesTheWayToShutdown() {
        Watching watching = new Watching(-1);
        Rig rig = Rig.protectedMode(Gate.RINGS, new InterruptTable(watching, Probe.NONE))
                .code("CD 30");
        rig.step(1);
        assertEquals(List.of("13 during 48", "13 during 13", "8", "13 during 8", "triple"), watching.seen);
    }

    @Test
    void anInjectedInterruptIsNotOfferedAndReturnsToRip() {
        Watching watching = new Watching(-1);
        InterruptTable table = new InterruptTable(watching, Probe.NONE);
        Rig rig = Rig.protectedMode(Gate.RINGS, table).gate(0x30, INTERRUPT_GATE_32, 0, Rig.CODE_0);
        table.inject(rig.cpu, Delivery.external(0x30));
        assertTrue(watching.seen.isEmpty());
        assertEquals(0x30, rig.handler());
        assertEquals(Rig.CODE, rig.stacked(0, 4));
        assertEquals(0, rig.clock.steps());
    }

    @Test
    void anInjectedSoftwareInterruptReturnsBehindItsInstructionAndChecksTheGate() {
        InterruptTable table = new InterruptTable();
        Rig rig = Rig.protectedMode(Gate.RINGS, table).gate(0x30, INTERRUPT_GATE_32, 3, Rig.CODE_0);
        rig.gate(0x31, INTERRUPT_GATE_32, 0, Rig.CODE_0)
                .gate(13, INTERRUPT_GATE_32, 0, Rig.CODE_0)
                .inRing(3);
        Delivery.Kind kind = Delivery.Kind.SOFTWARE_INTERRUPT;
        table.inject(rig.cpu, new Delivery(kind, 0x30, OptionalInt.empty(), 2));
        assertEquals(0x30, rig.handler());
        assertEquals(Rig.CODE + 2, rig.stacked(0, 4));
        assertEquals(1, rig.clock.steps());
        rig.inRing(3).registers.rip(Rig.CODE);
        table.inject(rig.cpu, new Delivery(kind, 0x31, OptionalInt.empty(), 2));
        assertEquals(13, rig.handler());
        assertEquals(0x31 * 8 + 2, rig.stacked(0, 4));
        assertEquals(Rig.CODE, rig.stacked(1, 4));
    }
}
