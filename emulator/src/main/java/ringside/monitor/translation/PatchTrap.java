package ringside.monitor.translation;

import ringside.cpu.Cpu;
import ringside.cpu.EventReceiver;
import ringside.cpu.Exit;
import ringside.cpu.Fault;
import ringside.memory.Ram;
import ringside.monitor.deprivileged.Trapped;

/** INT3 of a patch was reached: the monitor's turn. INT3 of the guest's own goes where its other faults go. */
final class PatchTrap extends Exit {
    private static final long serialVersionUID = 1;

    /** The monitor's interrupt table, whose gate 3 may be used from every ring. */
    static EventReceiver toMonitor(PatchMemory memory) {
        return new EventReceiver() {
            @Override
            public void fault(Cpu cpu, Fault fault) {
                Trapped.TO_MONITOR.fault(cpu, fault);
            }

            @Override
            public void software(Cpu cpu, int vector, Software kind) {
                long linear = CodeContext.of(cpu).linear(cpu.instructionStart());
                if (kind == Software.INT3 && cpu.system.cpl < 3 && isPatch(linear)) {
                    throw new PatchTrap();
                }
                Trapped.TO_MONITOR.software(cpu, vector, kind);
            }

            private boolean isPatch(long linear) {
                return memory.place(linear).isPresent()
                        || memory.pageAt(linear)
                                .filter(page -> page.hasBreakpoint((int) linear & Ram.OFFSET))
                                .isPresent();
            }

            @Override
            public void external(Cpu cpu, int vector) {
                Trapped.TO_MONITOR.external(cpu, vector);
            }

            @Override
            public void nonMaskable(Cpu cpu) {
                Trapped.TO_MONITOR.nonMaskable(cpu);
            }

            @Override
            public void initialize(Cpu cpu) {
                Trapped.TO_MONITOR.initialize(cpu);
            }
        };
    }
}
