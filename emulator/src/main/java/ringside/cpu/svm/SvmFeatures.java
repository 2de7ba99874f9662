package ringside.cpu.svm;

/**
 * What a processor's SVM reports beyond its first version: APM 3, CPUID Fn8000_000A_EDX, SVM Feature Identification.
 *
 * @param nextRip #VMEXIT saves the address of the next instruction
 * @param decodeAssists EXITINFO1 says what control and debug register accesses, INVLPG and INT n are about
 */
public record SvmFeatures(boolean nextRip, boolean decodeAssists) {
    public static final SvmFeatures ALL = new SvmFeatures(true, true);
}
