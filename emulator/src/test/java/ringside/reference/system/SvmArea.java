package ringside.reference.system;

import ringside.cpu.svm.VmcbField;

/** Addresses and selectors of hypervisor.asm's work area: the VMCB, what it points to, and what its guest uses. */
final class SvmArea {
    static final int VMCB = 0x1_0000;
    static final int OTHER_VMCB = 0x1_1000;
    static final int IO_MAP = 0x1_2000;
    static final int MSR_MAP = 0x1_5000;
    static final int IDT = 0x1_7000;
    static final int IDT64 = 0x1_7800;
    static final int GDT = 0x1_8000;
    static final int LDT = 0x1_8800;
    static final int TSS = 0x1_9000;
    static final int OTHER_TSS = 0x1_9200;
    static final int TSS64 = 0x1_9400;
    static final int PAGE_DIRECTORY = 0x1_A000;
    static final int PAGE_TABLE = 0x1_B000;
    static final int PAE_POINTERS = 0x1_C000;
    static final int PAE_DIRECTORY = 0x1_D000;
    static final int LEVEL_4 = 0x1_E000;
    static final int PAE_TABLE = 0x1_F000;
    static final int CODE = 0x2_0000;
    static final int DATA = 0x2_1000;
    static final int STACK = 0x2_2000;
    static final int STACK_0 = 0x2_3000;
    /** Handlers of the guest: four bytes a vector, VMMCALL and HLT. */
    static final int HANDLERS = 0x2_4000;

    static final int NESTED_LEVEL_4 = 0x2_5000;
    static final int NESTED_LEVEL_3 = 0x2_6000;
    static final int NESTED_LEVEL_2 = 0x2_7000;
    static final int NESTED_TABLE = 0x2_8000;
    /** The table of real mode's interrupts. */
    static final int VECTORS = 0x2_9000;

    static final int POINTERS_64 = 0x2_A000;
    /** Nobody uses it but a case. */
    static final int SPARE = 0x2_B000;

    static final int KERNEL_CODE = 0x08;
    static final int KERNEL_DATA = 0x10;
    static final int USER_CODE = 0x1B;
    static final int USER_DATA = 0x23;
    static final int USER_CODE_64 = 0x2B;
    static final int KERNEL_CODE_64 = 0x30;
    static final int TASK = 0x38;
    /** From here on, each has 16 bytes: 64-bit mode wants as many. */
    static final int LOCAL = 0x40;

    static final int TASK_64 = 0x50;
    static final int OTHER_TASK = 0x60;
    static final int TASK_GATE = 0x70;
    static final int ABSENT = 0x80;
    /** A task that is not present. */
    static final int ABSENT_TASK = 0x90;

    static final int GDT_LIMIT = 0xFF;

    private SvmArea() {}

    static int field(VmcbField field) {
        return VMCB + field.offset();
    }
}
