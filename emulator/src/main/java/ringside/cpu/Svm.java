package ringside.cpu;

/**
 * AMD's Secure Virtual Machine, where the processor has it: what its instructions, its model-specific registers and its #VMEXITs do (APM 2,
 * Secure Virtual Machine). Absent, the instructions do not exist.
 */
public interface Svm {
    /** A processor without SVM. */
    Svm ABSENT = new Svm() {};

    /** What its instructions ask first. @throws Fault #UD where SVM is not on, or the mode does not have it */
    default void requireEnabled(Cpu cpu) {
        throw Fault.invalidOpcode();
    }

    /** VMRUN. @param address of the VMCB */
    default void run(Cpu cpu, long address) {
        throw Fault.invalidOpcode();
    }

    /** VMMCALL where it is not intercepted; to what it emulates for its guest, a hypervisor gives it a meaning. */
    default void call(Cpu cpu) {
        throw Fault.invalidOpcode();
    }

    /** VMLOAD. */
    default void load(Cpu cpu, long address) {
        throw Fault.invalidOpcode();
    }

    /** VMSAVE. */
    default void save(Cpu cpu, long address) {
        throw Fault.invalidOpcode();
    }

    /** STGI and CLGI. */
    default void globalInterruptFlag(Cpu cpu, boolean flag) {
        throw Fault.invalidOpcode();
    }

    /** The processor is about to leave through {@code exit}. @return true where that was a #VMEXIT, and the host goes on */
    default boolean leave(Cpu cpu, Exit exit) {
        return false;
    }

    /** May a physical interrupt reach anybody now, or end HLT? */
    default boolean takesInterrupts(Cpu cpu) {
        return cpu.system.interruptFlag();
    }

    /** Does CR8 belong to a guest alone, as its virtual task priority? */
    default boolean keepsTaskPriority() {
        return false;
    }

    /** A leaf of CPUID, with what SVM adds to it. */
    default CpuModel.Leaf identify(int leaf, CpuModel.Leaf plain) {
        return plain;
    }

    /** Bits of EFER that exist because of SVM. */
    default long eferBits() {
        return 0;
    }

    /** RDMSR of a register that the processor does not have without SVM. @throws Fault #GP(0) where it has not with SVM either */
    default long readMsr(int number) {
        throw Fault.generalProtection(0);
    }

    /** WRMSR likewise. */
    default void writeMsr(Cpu cpu, int number, long value) {
        throw Fault.generalProtection(0);
    }

    /**
     * What SVM keeps inside the processor.
     *
     * @param inside the processor is in guest mode
     * @param entering VMRUN is done, and its guest's first boundary has not been crossed
     * @param vmcb physical address of the VMCB in force
     * @param hostArea VM_HSAVE_PA
     * @param control VM_CR
     */
    record State(boolean inside, boolean entering, boolean globalInterrupts, long vmcb, long hostArea, long control) {
        static final State NONE = new State(false, false, true, 0, 0, 0);
    }

    default State save() {
        return State.NONE;
    }

    default void restore(State state) {}
}
