package ringside.cpu.vmx;

/** Why an instruction of VMX has failed: SDM 3C, VM Instruction Error Numbers. Those of features that this processor does not have are left out. */
enum InstructionError {
    VMCALL_IN_ROOT_OPERATION(1),
    VMCLEAR_ADDRESS(2),
    VMCLEAR_VMXON_POINTER(3),
    VMLAUNCH_NOT_CLEAR(4),
    VMRESUME_NOT_LAUNCHED(5),
    VMPTRLD_ADDRESS(9),
    VMPTRLD_VMXON_POINTER(10),
    VMPTRLD_REVISION(11),
    UNSUPPORTED_FIELD(12),
    READ_ONLY_FIELD(13),
    VMXON_IN_ROOT_OPERATION(15),
    BLOCKED_BY_MOV_SS(26),
    INVALIDATION_OPERAND(28);

    private final int number;

    InstructionError(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
