package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import ringside.cpu.Exit;
import ringside.cpu.Fault;
import ringside.cpu.Gate;
import ringside.cpu.Registers;
import ringside.cpu.Rig;
import ringside.cpu.SystemState;
import ringside.isa.OperandKind;
import ringside.isa.Trait;
import ringside.memory.Ram;
import ringside.mmu.Paging;
import ringside.mmu.SegmentRegister;

/** Faults and exits leave no trace: every form of the table, against every obstacle that its memory can meet. */
class TracelessTest {
    private static final int PAGE_ENTRIES = 0x13000;
    private static final long OBSTACLE = 0x10_0000;
    private static final long BEHIND = OBSTACLE + Ram.FRAME_SIZE;

    /** They name memory and do not touch it. */
    private static final Set<String> TOUCH_NOTHING =
            Set.of("LEA", "NOP", "INVLPG", "PREFETCHNTA", "PREFETCHT0", "PREFETCHT1", "PREFETCHT2", "PREFETCHW");

    private static final Set<String> UNDEFINED = Set.of("UD0", "UD1", "UD2");

    private final Witness witness = new Witness();

    private record Snapshot(Registers.State registers, SystemState.State system, Ram.State ram) {
        static Snapshot of(Rig rig) {
            return new Snapshot(rig.registers.save(), rig.system.save(), rig.ram.save());
        }
    }

    private Rig longMode(Gate gate) {
        Rig rig = Rig.longMode(gate, witness);
        rig.system.cr4 |= SystemState.FXSAVE | SystemState.OSXSAVE;
        int flags = Paging.ACCESSED | Paging.DIRTY;
        for (long entry = 0x10000; entry < 0x14000; entry += 8) {
            rig.ram.write(entry, 1, rig.ram.read(entry, 1) | (rig.ram.read(entry, 1) != 0 ? flags : 0));
        }
        for (int vector = 0; vector < 32; vector++) {
            rig.longGate(vector, 14, 3, Rig.CODE_0, 0);
        }
        return rig;
    }

    private Rig protectedMode(Gate gate) {
        Rig rig = Rig.protectedMode(gate, witness);
        rig.system.cr4 |= SystemState.FXSAVE | SystemState.OSXSAVE;
        for (int vector = 0; vector < 32; vector++) {
            rig.gate(vector, 14, 3, Rig.CODE_0);
        }
        return rig;
    }

    /** Performs a sample; where it faults, nothing may have changed. */
    private Optional<Fault> perform(Ground ground, Sample sample) {
        Snapshot before = Snapshot.of(ground.rig);
        ground.rig.step(1);
        Optional<Fault> fault = witness.take();
        if (fault.isPresent()) {
            Snapshot after = Snapshot.of(ground.rig);
            assertEquals(before.registers, after.registers, () -> sample + ": registers after " + fault);
            assertEquals(before.system, after.system, () -> sample + ": system state after " + fault);
            assertTrue(before.ram.equals(after.ram), () -> sample + ": memory after " + fault);
        }
        return fault;
    }

    private static boolean mustTouch(Sample sample) {
        String mnemonic = sample.form().mnemonic();
        boolean numbered = sample.form().has(OperandKind.CR) || sample.form().has(OperandKind.DR);
        return sample.form().encoding().hasModRm()
                && !numbered
                && !sample.form().encoding().hasFixedModRm()
                && !TOUCH_NOTHING.contains(mnemonic)
                && !UNDEFINED.contains(mnemonic)
                && !GateTest.comesToNoGate(sample.form());
    }

    private static void makeObstacle(Rig rig, int rights) {
        rig.ram.write(PAGE_ENTRIES + (OBSTACLE >>> 12) * 8, 8, OBSTACLE | rights);
    }

    @Test
    void everyMemoryOperandInAMissingPageIsAPageFaultWithoutATrace() {
        Rig rig = longMode(Gate.RINGS);
        makeObstacle(rig, 0);
        var ground = new Ground(rig);
        for (Sample sample : Sample.all(64, true)) {
            ground.begin(sample);
            rig.set(Sample.POINTER, OBSTACLE);
            Optional<Fault> fault = perform(ground, sample);
            if (mustTouch(sample)) {
                assertEquals(
                        Fault.PAGE_FAULT,
                        fault.orElseThrow(() -> missing(sample)).vector(),
                        sample::toString);
                assertEquals(OBSTACLE, fault.get().address(), sample::toString);
            }
        }
    }

    private static AssertionError missing(Sample sample) {
        return new AssertionError("no fault: " + sample);
    }

    @Test
    void everyOperandThatReachesIntoAMissingOrReadOnlyPageFaultsWithoutATrace() {
        for (int rights : new int[] {0, Paging.PRESENT | Paging.USER | Paging.ACCESSED | Paging.DIRTY}) {
            Rig rig = longMode(Gate.RINGS);
            makeObstacle(rig, rights);
            var ground = new Ground(rig);
            for (Sample sample : Sample.all(64, true)) {
                for (long pointer : new long[] {OBSTACLE - 1, OBSTACLE - 8, OBSTACLE, BEHIND - 1}) {
                    for (int register : new int[] {Sample.POINTER, Registers.RSI, Registers.RDI, Registers.RBP}) {
                        ground.begin(sample);
                        rig.set(register, pointer);
                        perform(ground, sample);
                    }
                }
            }
        }
    }

    @Test
    void aStackThatEndsInTheMiddleOfAnInstructionLeavesNoTrace() {
        for (int rights : new int[] {0, Paging.PRESENT | Paging.USER | Paging.ACCESSED | Paging.DIRTY}) {
            Rig rig = longMode(Gate.RINGS);
            makeObstacle(rig, rights);
            var ground = new Ground(rig);
            for (boolean memory : new boolean[] {true, false}) {
                for (Sample sample : Sample.all(64, memory)) {
                    for (int distance = -48; distance <= 48; distance += 4) {
                        ground.begin(sample);
                        rig.set(Registers.RSP, (distance < 0 ? OBSTACLE : BEHIND) + distance);
                        perform(ground, sample);
                    }
                }
            }
        }
    }

    @Test
    void everyMemoryOperandOutsideTheLimitIsAGeneralProtectionFaultWithoutATrace() {
        for (int bits : new int[] {16, 32}) {
            Rig rig = protectedMode(Gate.RINGS);
            if (bits == 16) {
                SegmentRegister cs = rig.system.segments[SystemState.CS];
                cs.load(cs.selector(), cs.base(), cs.limit(), cs.rights() & ~SegmentRegister.BIG);
            }
            SegmentRegister ds = rig.system.segments[SystemState.DS];
            ds.load(ds.selector(), 0, 0x7FFF, ds.rights());
            rig.cpu.modeChanged();
            var ground = new Ground(rig);
            for (Sample sample : Sample.all(bits, true)) {
                ground.begin(sample);
                rig.set(Sample.POINTER, 0x9000);
                Optional<Fault> fault = perform(ground, sample);
                if (mustTouch(sample) && !sample.form().mnemonic().equals("CMPXCHG16B")) {
                    Fault seen = fault.orElseThrow(() -> missing(sample));
                    assertEquals(Fault.GENERAL_PROTECTION, seen.vector(), sample::toString);
                    assertEquals(0, seen.errorCode(), sample::toString);
                }
                for (int register : new int[] {Registers.RSI, Registers.RDI, Registers.RBX}) {
                    ground.begin(sample);
                    rig.set(register, 0x7FFF);
                    perform(ground, sample);
                }
            }
        }
    }

    @Test
    void aStackSegmentThatEndsInTheMiddleOfAnInstructionLeavesNoTrace() {
        Rig rig = protectedMode(Gate.RINGS);
        SegmentRegister ss = rig.system.segments[SystemState.SS];
        ss.load(ss.selector(), 0, 0x7FFF, ss.rights() | SegmentRegister.EXPAND_DOWN_OR_CONFORMING);
        rig.cpu.modeChanged();
        var ground = new Ground(rig);
        for (boolean memory : new boolean[] {true, false}) {
            for (Sample sample : Sample.all(32, memory)) {
                for (int distance = 0; distance <= 48; distance += 2) {
                    ground.begin(sample);
                    rig.set(Registers.RSP, 0x8000 + distance);
                    perform(ground, sample);
                }
            }
        }
    }

    private static final class Refused extends Exit {
        private static final long serialVersionUID = 1;
    }

    @Test
    void whereTheGateLetsTheMonitorAnswerNothingHasChanged() {
        Gate closed = (cpu, step, operand) -> {
            throw new Refused();
        };
        for (Rig rig : new Rig[] {longMode(closed), protectedMode(closed)}) {
            rig.system.sysenterCs = Rig.CODE_0;
            var ground = new Ground(rig);
            for (Sample sample : Sample.all(rig.cpu.codeBits(), false)) {
                ground.begin(sample);
                Snapshot before = Snapshot.of(rig);
                if (sample.form().trait() == Trait.INNOCUOUS || GateTest.comesToNoGate(sample.form())) {
                    rig.step(1);
                } else {
                    assertThrows(Refused.class, () -> rig.step(1), sample::toString);
                    assertEquals(before, Snapshot.of(rig), sample::toString);
                }
                witness.take();
            }
        }
    }
}
