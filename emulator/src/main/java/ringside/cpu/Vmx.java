package ringside.cpu;

import java.util.function.LongSupplier;

/**
 * The instructions of Intel's Virtual-Machine Extensions (SDM 3C, VMX Instruction Reference), where the processor has them. How one of them
 * ends stands in the arithmetic flags: VMsucceed, VMfailInvalid, VMfailValid with a number in the current VMCS.
 */
public interface Vmx {
    /** A processor without VMX: they do not exist. */
    Vmx ABSENT = new Vmx() {};

    /** Where CR0.PE is clear, in virtual-8086 mode and in compatibility mode there is no VMX. @throws Fault #UD there */
    static void requireMode(Cpu cpu) {
        cpu.requireProtectedMode();
        if (cpu.system.longMode() && !cpu.is64Bit()) {
            throw Fault.invalidOpcode();
        }
    }

    /** What VMXON asks first. @throws Fault #UD where CR4.VMXE is clear, or the mode does not have VMX */
    default void requireEnabled(Cpu cpu) {
        throw Fault.invalidOpcode();
    }

    /** What the others ask first. @throws Fault #UD outside VMX operation */
    default void requireOperation(Cpu cpu) {
        throw Fault.invalidOpcode();
    }

    /** What VMCALL asks first: the same, where nobody gives it another meaning. */
    default void requireCall(Cpu cpu) {
        requireOperation(cpu);
    }

    /** VMXON. @param pointer physical address of the VMXON region */
    default void on(Cpu cpu, long pointer) {
        throw Fault.invalidOpcode();
    }

    /** VMXOFF. */
    default void off(Cpu cpu) {
        throw Fault.invalidOpcode();
    }

    /** VMCALL in VMX root operation; to what it emulates for its guest, a hypervisor gives it a meaning. */
    default void call(Cpu cpu) {
        throw Fault.invalidOpcode();
    }

    /** VMCLEAR. @param pointer physical address of a VMCS region */
    default void clear(Cpu cpu, long pointer) {
        throw Fault.invalidOpcode();
    }

    /** VMPTRLD. */
    default void load(Cpu cpu, long pointer) {
        throw Fault.invalidOpcode();
    }

    /** What VMPTRST stores; all ones where no VMCS is current. */
    default long current() {
        throw Fault.invalidOpcode();
    }

    /** VMREAD and VMWRITE before their other operand is touched. @return false where they have failed already */
    default boolean hasField(Cpu cpu, long encoding, boolean write) {
        throw Fault.invalidOpcode();
    }

    /** VMREAD of a field that is there. */
    default long read(long encoding) {
        throw Fault.invalidOpcode();
    }

    /** VMWRITE of a field that may be written. */
    default void write(long encoding, long value) {
        throw Fault.invalidOpcode();
    }

    /** VMLAUNCH, or VMRESUME. */
    default void enter(Cpu cpu, boolean launch) {
        throw Fault.invalidOpcode();
    }

    /** INVEPT. @param pointer the descriptor's EPT pointer, read where the type asks for it */
    default void invalidateNested(Cpu cpu, long type, LongSupplier pointer) {
        throw Fault.invalidOpcode();
    }

    /**
     * INVVPID.
     *
     * @param identifier the descriptor's first half
     * @param linear its second half
     */
    default void invalidateProcessor(Cpu cpu, long type, LongSupplier identifier, LongSupplier linear) {
        throw Fault.invalidOpcode();
    }
}
