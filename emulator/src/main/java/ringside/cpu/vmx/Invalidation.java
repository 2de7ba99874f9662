package ringside.cpu.vmx;

import ringside.cpu.Cpu;

/** The types of INVEPT and INVVPID, and what INVVPID asks of its descriptor (SDM 3C, INVEPT; INVVPID). */
final class Invalidation {
    /** INVEPT: what belongs to one EPT pointer. */
    static final int ONE_CONTEXT = 1;

    private static final int ONE_ADDRESS = 0;
    private static final int ALL_CONTEXTS = 2;

    private Invalidation() {}

    /** Bits 63:16 are reserved; VPID 0 is the host's; an address is canonical. */
    static boolean isDescriptor(long type, long identifier, long linear) {
        return identifier >>> 16 == 0
                && (type == ALL_CONTEXTS || identifier != 0)
                && (type != ONE_ADDRESS || Cpu.isCanonical(linear));
    }
}
