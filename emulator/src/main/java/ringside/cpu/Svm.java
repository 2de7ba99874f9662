package ringside.cpu;

/** The instructions of AMD's Secure Virtual Machine (APM 2, Secure Virtual Machine), where the processor has it. */
public interface Svm {
    /** A processor without SVM: they do not exist. */
    Svm ABSENT = new Svm() {};

    /** APM 3: SVM is on, and the mode is protected, whether long or not. @throws Fault #UD otherwise */
    static void requireMode(Cpu cpu) {
        if ((cpu.system.efer & SystemState.SVME) == 0) {
            throw Fault.invalidOpcode();
        }
        cpu.requireProtectedMode();
    }

    /** What they ask first. @throws Fault #UD where SVM is not on, or the mode does not have it */
    default void requireEnabled(Cpu cpu) {
        throw Fault.invalidOpcode();
    }

    /** May a VMCB be there? @throws Fault #GP(0) otherwise */
    default void requireBlock(long address) {
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
}
