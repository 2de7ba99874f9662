package ringside.monitor.translation;

import ringside.cpu.Cpu;
import ringside.cpu.EventReceiver;
import ringside.cpu.Exit;
import ringside.cpu.Fault;
import ringside.monitor.deprivileged.MonitorMemory;
import ringside.monitor.deprivileged.Trapped;

/** Translated code has asked for the monitor: the interrupt instruction that the translator wrote was reached. */
final class Callout extends Exit {
    private static final long serialVersionUID = 1;

    // The monitor's vectors. Their gates have the DPL of the ring in which translated code runs.

    /** Perform the instruction for which this one stands. */
    static final int EMULATE = 48;

    /** Perform it, and find where it leads: in code that looks for itself, where that has not found it. */
    static final int LOOK_UP = 49;

    /** Translate what comes next, and make the jump lead there. */
    static final int TRANSLATE = 50;

    private final int vector;

    private Callout(int vector) {
        this.vector = vector;
    }

    int vector() {
        return vector;
    }

    /** The kind of the event that a callout is. */
    static String kind(int vector) {
        return switch (vector) {
            case EMULATE -> "callout";
            case LOOK_UP -> "look-up";
            case TRANSLATE -> "translation";
            default -> throw new IllegalStateException("no callout has vector " + vector);
        };
    }

    /** What a callout is called in a legend. */
    static String word(int vector) {
        return switch (vector) {
            case EMULATE -> "EMULATE";
            case LOOK_UP -> "LOOK_UP";
            case TRANSLATE -> "TRANSLATE";
            default -> "";
        };
    }

    /** The monitor's interrupt table with gates for callouts: all other gates lead where they lead under trap-and-emulate. */
    static final EventReceiver TO_MONITOR = new EventReceiver() {
        @Override
        public void fault(Cpu cpu, Fault fault) {
            Trapped.TO_MONITOR.fault(cpu, fault);
        }

        /** Guest code cannot run at the monitor's addresses: an interrupt from there is the translator's. */
        @Override
        public void software(Cpu cpu, int vector, Software kind) {
            long linear = CodeContext.of(cpu).linear(cpu.instructionStart());
            if (kind == Software.INT_N && MonitorMemory.contains(linear, cpu.system.longMode())) {
                throw new Callout(vector);
            }
            Trapped.TO_MONITOR.software(cpu, vector, kind);
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
