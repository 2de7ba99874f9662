package ringside.cpu;

import java.util.Map;
import java.util.function.Supplier;
import ringside.probe.Inspection;

/**
 * What a processor can do about virtualization by itself: AMD's SVM, Intel's VMX, or nothing. With either the processor is two by turns, a
 * hypervisor's and its guest's, and both ways ask the same questions of the rest of the processor.
 */
public interface Virtualization {
    /** A processor that has neither. */
    Virtualization NONE = new Virtualization() {};

    /** The instructions of SVM. */
    default Svm svm() {
        return Svm.ABSENT;
    }

    /** The instructions of VMX. */
    default Vmx vmx() {
        return Vmx.ABSENT;
    }

    /** The processor is about to leave through {@code exit}. @return true where a hypervisor on this processor has it, and goes on */
    default boolean leave(Cpu cpu, Exit exit) {
        return false;
    }

    /** May a physical interrupt reach anybody now, or end HLT? */
    default boolean takesInterrupts(Cpu cpu) {
        return cpu.system.interruptFlag();
    }

    /** May an NMI reach anybody now, or end HLT? */
    default boolean takesNonMaskable(Cpu cpu) {
        return !cpu.system.nmiBlocked;
    }

    /** May an INIT reach anybody now? */
    default boolean takesInitialization(Cpu cpu) {
        return true;
    }

    /** What MOV from CR8 reads, 0 to 15. */
    default long taskPriority(Cpu cpu) {
        return cpu.system.cr8;
    }

    /** MOV to CR8. @return true where a guest has had a task priority of its own, which has the value now */
    default boolean shadowsTaskPriority(long value) {
        return false;
    }

    /** Does CR8 belong to a guest alone, as its virtual task priority? */
    default boolean keepsTaskPriority() {
        return false;
    }

    /** CR8 has been written, which belongs to no guest alone. */
    default void taskPriorityWritten(long value) {}

    /** The processor waits, in HLT or in shutdown. @return true where that is over now, for a reason of its own */
    default boolean endsWait(Cpu cpu) {
        return false;
    }

    /** Guest time at which the processor itself ends its wait; {@link Long#MAX_VALUE} where it does not. */
    default long deadline() {
        return Long.MAX_VALUE;
    }

    /** Do MONITOR and MWAIT work? Where they are emulated as no-operations they do nothing, and check nothing but the ring. */
    default boolean waitsForStores() {
        return true;
    }

    /** A leaf of CPUID (EAX; ECX is the sub-leaf), with what virtualization adds to it. */
    default CpuModel.Leaf identify(int leaf, int subLeaf, CpuModel.Leaf plain) {
        return plain;
    }

    /** Bits of EFER that exist because of it. */
    default long eferBits() {
        return 0;
    }

    /** Bits of CR4 that exist because of it. */
    default long cr4Bits() {
        return 0;
    }

    /** Bits of CR0 that must be 1 now. */
    default long fixedCr0() {
        return 0;
    }

    /** Bits of CR4 that must be 1 now. */
    default long fixedCr4() {
        return 0;
    }

    /** RDMSR of a register that a plain processor does not have. @throws Fault #GP(0) where this one has not either */
    default long readMsr(int number) {
        throw Fault.generalProtection(0);
    }

    /** WRMSR likewise. */
    default void writeMsr(Cpu cpu, int number, long value) {
        throw Fault.generalProtection(0);
    }

    /** What there is to see of it: the control structure in force, as {@code vmcs} or {@code vmcb}. To ask leaves no trace. */
    default Map<String, Supplier<Inspection>> inspections() {
        return Map.of();
    }

    /** What it keeps inside the processor. */
    interface State {
        /** Nothing. */
        State NONE = new State() {};
    }

    default State save() {
        return State.NONE;
    }

    default void restore(State state) {}
}
