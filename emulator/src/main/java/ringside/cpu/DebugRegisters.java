package ringside.cpu;

/** Which breakpoints DR7 has enabled and which of them an access meets: SDM 3B, Debug Registers. */
public final class DebugRegisters {
    private static final int EXECUTE = 0;
    private static final int WRITE = 1;
    private static final int READ_OR_WRITE = 3;

    /** Length in bytes by the LEN field. */
    private static final int[] LENGTH = {1, 2, 8, 4};

    /** B0 to B3, BD, BS, BT. */
    private static final long DR6_WRITABLE = 0xE00F;

    /** L0 to G3, LE, GE, GD, and the conditions and lengths; no RTM. */
    private static final long DR7_WRITABLE = 0xFFFF_23FFL;

    private DebugRegisters() {}

    /**
     * MOV to DRn.
     *
     * @param number 0 to 3, 6 or 7
     * @throws Fault #GP(0) where DR6 or DR7 would have a bit of the upper half
     */
    public static void load(Cpu cpu, int number, long value) {
        SystemState system = cpu.system;
        if (number < 4) {
            system.breakpoints[number] = value;
        } else if (value >>> 32 != 0) {
            throw Fault.generalProtection(0);
        } else if (number == 6) {
            system.dr6 = value & DR6_WRITABLE | SystemState.DR6_FIXED;
        } else {
            system.dr7 = value & DR7_WRITABLE | SystemState.DR7_FIXED;
        }
        cpu.modeChanged();
    }

    /** A debug exception is taken: DR6 says what it is about, and DR7.GD is cleared for its handler. */
    public static void record(SystemState system) {
        system.dr6 |= system.pendingDebug;
        system.pendingDebug = 0;
        system.dr7 &= ~SystemState.DR7_GENERAL_DETECT;
    }

    private static boolean isEnabled(SystemState system, int n) {
        return (system.dr7 >>> n * 2 & 3) != 0;
    }

    private static int condition(SystemState system, int n) {
        return (int) (system.dr7 >>> 16 + n * 4) & 3;
    }

    private static int length(SystemState system, int n) {
        return LENGTH[(int) (system.dr7 >>> 18 + n * 4) & 3];
    }

    static boolean anyData(SystemState system) {
        for (int n = 0; n < 4; n++) {
            if (isEnabled(system, n) && (condition(system, n) & WRITE) != 0) {
                return true;
            }
        }
        return false;
    }

    static boolean anyInstruction(SystemState system) {
        for (int n = 0; n < 4; n++) {
            if (isEnabled(system, n) && condition(system, n) == EXECUTE) {
                return true;
            }
        }
        return false;
    }

    /** @return DR6 bits of the data breakpoints that the access meets */
    static long hits(SystemState system, long linear, int size, boolean write) {
        long bits = 0;
        for (int n = 0; n < 4; n++) {
            int condition = condition(system, n);
            boolean kind = condition == READ_OR_WRITE || condition == WRITE && write;
            if (isEnabled(system, n) && kind) {
                int length = length(system, n);
                long from = system.breakpoints[n] & -length;
                if (linear < from + length && from < linear + size) {
                    bits |= 1L << n;
                }
            }
        }
        return bits;
    }

    /** @return DR6 bits of the instruction breakpoints at this linear address */
    static long instructionHits(SystemState system, long linear) {
        long bits = 0;
        for (int n = 0; n < 4; n++) {
            if (isEnabled(system, n) && condition(system, n) == EXECUTE && system.breakpoints[n] == linear) {
                bits |= 1L << n;
            }
        }
        return bits;
    }
}
