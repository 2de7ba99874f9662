package ringside.cpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import ringside.mmu.Paging;

/**
 * What CPUID says: the one CPU model of Ringside, with exactly the features that it has (SDM 2, CPUID). There are no leaves of a
 * hypervisor, so that a guest sees the same processor in every mode.
 *
 * <p>Family 6, as every 64-bit processor of its vendor; no caches or performance counters are reported, because there are none. Of x87
 * and SSE there is the state, and what finds, saves and restores it: that is reported (FXSR, XSAVE). That there were units which
 * compute with it (FPU, SSE, SSE2) is not.
 */
public final class CpuModel {
    /** The answer of one leaf. */
    public record Leaf(int eax, int ebx, int ecx, int edx) {}

    /** The components of state that XCR0 can enable: x87 and SSE. */
    public static final int EXTENDED_STATES = 3;

    /** The size of the area of XSAVE that holds them, in bytes: that of FXSAVE, and a header. */
    public static final int EXTENDED_AREA = 512 + 64;

    private static final int HIGHEST = 0xD;
    private static final int EXTENDED = 0x8000_0000;
    private static final int HIGHEST_EXTENDED = 0x8000_0008;

    private static final String VENDOR = "GenuineIntel";
    private static final String BRAND = "Ringside Educational Processor";

    /** Family 6, model 15, stepping 11. */
    static final int SIGNATURE = 0x6FB;

    private static final int LINEAR_BITS = 48;

    // Leaf 1.
    private static final int VME = 1 << 1;
    private static final int DE = 1 << 2;
    private static final int PSE = 1 << 3;
    private static final int TSC = 1 << 4;
    private static final int MSR = 1 << 5;
    private static final int PAE = 1 << 6;
    private static final int CX8 = 1 << 8;
    private static final int APIC = 1 << 9;
    private static final int SEP = 1 << 11;
    private static final int PGE = 1 << 13;
    private static final int CMOV = 1 << 15;
    private static final int PAT = 1 << 16;
    private static final int PSE_36 = 1 << 17;
    private static final int FXSR = 1 << 24;
    private static final int CMPXCHG16B = 1 << 13;
    private static final int XSAVE = 1 << 26;
    private static final int OSXSAVE = 1 << 27;
    private static final int RDRAND = 1 << 30;
    private static final int MONITOR = 1 << 3;
    private static final int TSC_DEADLINE = 1 << 24;
    private static final int X2APIC = 1 << 21;

    // Leaf 5: SDM 2, MONITOR/MWAIT Leaf.
    private static final int MONITOR_LINE = 64;
    private static final int MONITOR_LEAF_VALID = 1;

    // Leaf 7.
    private static final int TSC_ADJUST = 1 << 1;
    private static final int SMEP = 1 << 7;
    private static final int INVPCID = 1 << 10;
    private static final int NO_SELECTORS_OF_FPU = 1 << 13;
    private static final int RDSEED = 1 << 18;
    private static final int UMIP = 1 << 2;

    // Leaf 80000001H.
    private static final int LAHF_64 = 1;
    private static final int PREFETCHW = 1 << 8;
    private static final int SYSCALL = 1 << 11;
    private static final int EXECUTE_DISABLE = 1 << 20;
    private static final int ONE_GIGABYTE_PAGES = 1 << 26;
    private static final int RDTSCP = 1 << 27;
    private static final int LONG_MODE = 1 << 29;

    // Leaf 80000007H.
    private static final int INVARIANT_TSC = 1 << 8;

    private static final Leaf NOTHING = new Leaf(0, 0, 0, 0);

    private CpuModel() {}

    /**
     * A leaf.
     *
     * @param leaf EAX; above the highest leaf of either range the highest basic leaf answers, as on processors of this vendor
     * @param subleaf ECX
     * @param in64BitMode SYSCALL is reported in 64-bit mode only
     * @param apic the local APIC is reported only while IA32_APIC_BASE enables it
     * @param osxsave CR4.OSXSAVE, which leaf 1 repeats for programs
     */
    public static Leaf leaf(int leaf, int subleaf, boolean in64BitMode, boolean apic, boolean osxsave) {
        return switch (leaf) {
            case 0 -> new Leaf(HIGHEST, letters(VENDOR, 0), letters(VENDOR, 8), letters(VENDOR, 4));
            case 1 -> features(apic, osxsave);
            case 2 -> new Leaf(1, 0, 0, 0); // SDM 2, CPUID: the low byte is always 1; no descriptor follows.
            case 3, 4, 6, 8, 9, 10, 11, 12 -> NOTHING;
            case 5 -> new Leaf(MONITOR_LINE, MONITOR_LINE, MONITOR_LEAF_VALID, 0);
            case EXTENDED -> new Leaf(HIGHEST_EXTENDED, 0, 0, 0);
            case EXTENDED + 1 -> extendedFeatures(in64BitMode);
            case EXTENDED + 2, EXTENDED + 3, EXTENDED + 4 -> brand((leaf - EXTENDED - 2) * 16);
            case EXTENDED + 5, EXTENDED + 6 -> NOTHING;
            case EXTENDED + 7 -> new Leaf(0, 0, 0, INVARIANT_TSC);
            case EXTENDED + 8 -> new Leaf(LINEAR_BITS << 8 | Paging.PHYSICAL_BITS, 0, 0, 0);
            case 7 ->
                subleaf == 0
                        ? new Leaf(0, TSC_ADJUST | SMEP | INVPCID | NO_SELECTORS_OF_FPU | RDSEED, UMIP, 0)
                        : NOTHING;
            default -> extendedStates(subleaf); // Leaf 0DH.
        };
    }

    /** SDM 2, Processor Extended State Enumeration: the area has the same size whatever XCR0 enables. */
    private static Leaf extendedStates(int subleaf) {
        return subleaf == 0 ? new Leaf(EXTENDED_STATES, EXTENDED_AREA, EXTENDED_AREA, 0) : NOTHING;
    }

    private static Leaf features(boolean apic, boolean osxsave) {
        int edx = VME | DE | PSE | TSC | MSR | PAE | CX8 | SEP | PGE | CMOV | PAT | PSE_36 | FXSR | (apic ? APIC : 0);
        int ecx = MONITOR | CMPXCHG16B | XSAVE | RDRAND | (osxsave ? OSXSAVE : 0) | (apic ? X2APIC | TSC_DEADLINE : 0);
        return new Leaf(SIGNATURE, 0, ecx, edx);
    }

    private static Leaf extendedFeatures(boolean in64BitMode) {
        int edx = EXECUTE_DISABLE | ONE_GIGABYTE_PAGES | RDTSCP | LONG_MODE | (in64BitMode ? SYSCALL : 0);
        return new Leaf(0, 0, LAHF_64 | PREFETCHW, edx);
    }

    private static Leaf brand(int from) {
        return new Leaf(
                letters(BRAND, from), letters(BRAND, from + 4), letters(BRAND, from + 8), letters(BRAND, from + 12));
    }

    /** Four letters as a little-endian number; behind the end, zeros. */
    private static int letters(String text, int from) {
        byte[] padded = new byte[52];
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, padded, 0, bytes.length);
        return ByteBuffer.wrap(padded).order(ByteOrder.LITTLE_ENDIAN).getInt(from);
    }
}
