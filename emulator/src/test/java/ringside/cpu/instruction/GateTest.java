package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Gate;
import ringside.cpu.Registers;
import ringside.cpu.Rig;
import ringside.cpu.Step;
import ringside.cpu.SystemState;
import ringside.isa.Form;
import ringside.isa.Trait;

/** The gate is asked once for every form that is not innocuous, and never for others. */
class GateTest {
    private final Witness witness = new Witness();

    private static final class CountingGate implements Gate {
        int asked;
        long operand;

        @Override
        public void admit(Cpu cpu, Step step, long deciding) {
            asked++;
            operand = deciding;
        }
    }

    private Rig rig(int bits, Gate gate) {
        Rig rig = bits == 64 ? Rig.longMode(gate, witness) : Rig.protectedMode(gate, witness);
        if (bits == 16) {
            rig.system.cr0 &= ~SystemState.PROTECTION_ENABLE;
            rig.system.segments[SystemState.CS].load(0, 0, 0xFFFF, 0x9B);
            rig.cpu.pagingChanged();
        }
        for (int vector = 0; vector < 32; vector++) {
            if (bits == 64) {
                rig.longGate(vector, 14, 3, Rig.CODE_0, 0);
            } else {
                rig.gate(vector, 14, 3, Rig.CODE_0);
            }
        }
        rig.system.sysenterCs = Rig.CODE_0;
        rig.system.cr4 |= SystemState.OSXSAVE;
        rig.set(Registers.RCX, 2).set(Registers.RDI, 0x6000);
        return rig;
    }

    @Test
    void itIsAskedOnceForWhatIsSensitiveAndNeverForWhatIsInnocuous() {
        Set<String> admitted = new TreeSet<>();
        for (int bits : new int[] {16, 32, 64}) {
            var gate = new CountingGate();
            var ground = new Ground(rig(bits, gate));
            for (boolean memory : new boolean[] {false, true}) {
                for (Sample sample : Sample.all(bits, memory)) {
                    gate.asked = 0;
                    ground.begin(sample);
                    ground.rig.step(1);
                    var fault = witness.take();
                    boolean undefined = fault.isPresent() && fault.get().vector() == Fault.INVALID_OPCODE;
                    if (sample.form().trait() == Trait.INNOCUOUS) {
                        assertEquals(0, gate.asked, sample::toString);
                    } else if (doesNotExist(sample.form())) {
                        assertTrue(undefined, sample::toString);
                        assertEquals(isAskedFirst(sample.form()) ? 1 : 0, gate.asked, sample::toString);
                    } else if (undefined) {
                        assertEquals(0, gate.asked, sample::toString);
                    } else {
                        assertEquals(1, gate.asked, sample::toString);
                        admitted.add(sample.form().toString());
                    }
                }
            }
        }
        InstructionSet.forms().stream()
                .filter(form -> form.trait() != Trait.INNOCUOUS && !doesNotExist(form))
                .forEach(form -> assertTrue(admitted.contains(form.toString()), form + " never came to the gate"));
    }

    @Test
    void privilegedInstructionsFaultInRingThreeBeforeTheGateIsAsked() {
        for (int bits : new int[] {32, 64}) {
            var gate = new CountingGate();
            var ground = new Ground(rig(bits, gate).inRing(3));
            for (Sample sample : Sample.all(bits, false)) {
                if (sample.form().trait() == Trait.PRIVILEGED && !isDebugMove(sample) && !isAskedFirst(sample.form())) {
                    ground.begin(sample);
                    ground.rig.step(1);
                    Fault fault = witness.take().orElseThrow(() -> new AssertionError("no fault: " + sample));
                    if (existsInRingZeroOnly(sample) || doesNotExist(sample.form())) {
                        assertEquals(Fault.INVALID_OPCODE, fault.vector(), sample::toString);
                    } else {
                        assertEquals(Fault.GENERAL_PROTECTION, fault.vector(), sample::toString);
                        assertEquals(0, fault.errorCode(), sample::toString);
                    }
                    assertEquals(0, gate.asked, sample::toString);
                }
            }
        }
    }

    /** SDM 3C, Relative Priority of Faults and VM Exits: the one whose exit comes before the check of the ring. */
    private static boolean isDebugMove(Sample sample) {
        return sample.form().toString().contains("DRn");
    }

    /** SDM 2, MONITOR and MWAIT: #UD, not #GP, outside ring 0. */
    private static boolean existsInRingZeroOnly(Sample sample) {
        String mnemonic = sample.form().mnemonic();
        return mnemonic.equals("MONITOR") || mnemonic.equals("MWAIT");
    }

    /** APM 3; SDM 3C: the processors of this test have neither SVM nor VMX and are not in system-management mode: in no ring do these exist. */
    private static boolean doesNotExist(Form form) {
        return ABSENT.contains(form.mnemonic());
    }

    // spotless:off
    private static final Set<String> ABSENT = Set.of(
            "VMRUN", "VMMCALL", "VMLOAD", "VMSAVE", "STGI", "CLGI", "SKINIT", "INVLPGA", "RSM",
            "VMXON", "VMXOFF", "VMCALL", "VMCLEAR", "VMPTRLD", "VMPTRST", "VMREAD", "VMWRITE", "VMLAUNCH", "VMRESUME",
            "INVEPT", "INVVPID", "VMFUNC", "GETSEC");
    // spotless:on

    /** Those of them that are refused as undefined before a gate could be asked. */
    static boolean comesToNoGate(Form form) {
        return doesNotExist(form) && !isAskedFirst(form);
    }

    /** APM 2, VMMCALL, RSM and XSETBV: their intercept comes first, in every ring. */
    private static boolean isAskedFirst(Form form) {
        return form.mnemonic().equals("VMMCALL")
                || form.mnemonic().equals("RSM")
                || form.mnemonic().equals("XSETBV");
    }

    @Test
    void itIsToldWhatDecides() {
        assertEquals(0x3F8, operand("BA F8 03 00 00 EE", 2));
        assertEquals(0x60, operand("E4 60", 1));
        assertEquals(0x12, operand("B8 12 00 00 00 0F 22 D0", 2));
        assertEquals(0xC000_0080L, operand("B9 80 00 00 C0 0F 32", 2));
        assertEquals(0x1234, operand("BB 34 12 00 00 0F 01 3B", 2));
        assertEquals(5, operand("B8 05 00 00 00 0F 01 F0", 2));
    }

    private long operand(String code, int steps) {
        var gate = new CountingGate();
        rig(32, gate).code(code).step(steps);
        assertEquals(1, gate.asked);
        return gate.operand;
    }

    @Test
    void aRepeatedInputIsAskedForAtEachIteration() {
        var gate = new CountingGate();
        rig(32, gate).set(Registers.RCX, 3).code("F3 6C").step(3);
        assertEquals(3, gate.asked);
    }
}
