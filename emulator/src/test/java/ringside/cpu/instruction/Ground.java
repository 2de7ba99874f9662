package ringside.cpu.instruction;

import ringside.cpu.Registers;
import ringside.cpu.Rig;
import ringside.cpu.SystemState;
import ringside.memory.Ram;

/** A rig that starts over for each case. */
final class Ground {
    private static final long GOOD = 0x6000;

    final Rig rig;
    private final Registers.State registers;
    private final SystemState.State system;
    private final Ram.State ram;

    Ground(Rig rig) {
        this.rig = rig;
        registers = rig.registers.save();
        system = rig.system.save();
        ram = rig.ram.save();
    }

    /** The state before a sample, which lies at CS:RIP; every pointer is good. */
    void begin(Sample sample) {
        rig.registers.restore(registers);
        rig.system.restore(system);
        rig.ram.restore(ram);
        rig.code(sample.hex());
        for (int register = 0; register < 16; register++) {
            rig.set(register, 0x5A5A_0000L + register);
        }
        rig.set(Registers.RCX, 2).set(Registers.RDX, 0x80);
        rig.set(Registers.RSP, Rig.STACK).set(Registers.RBP, Rig.STACK);
        rig.set(Registers.RBX, GOOD).set(Registers.RSI, GOOD).set(Registers.RDI, GOOD);
        rig.cpu.memory.flush(true);
        rig.cpu.stateReplaced();
    }
}
