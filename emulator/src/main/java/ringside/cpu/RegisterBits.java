package ringside.cpu;

import ringside.probe.Inspection.BitNames;

/** The bits of control registers, IA32_EFER and RFLAGS by the manual's names: SDM 3A, Control Registers; SDM 1, EFLAGS Register. */
public final class RegisterBits {
    // spotless:off
    public static final BitNames CR0 = BitNames.none()
            .bit(31, "PG", "Paging")                      .bit(30, "CD", "Cache Disable")
            .bit(29, "NW", "Not Write-through")           .bit(18, "AM", "Alignment Mask")
            .bit(16, "WP", "Write Protect")               .bit(5, "NE", "Numeric Error")
            .bit(4, "ET", "Extension Type")               .bit(3, "TS", "Task Switched")
            .bit(2, "EM", "Emulation")                    .bit(1, "MP", "Monitor Coprocessor")
            .bit(0, "PE", "Protection Enable");

    public static final BitNames CR3 = BitNames.none()
            .bit(4, "PCD", "Page-level Cache Disable")    .bit(3, "PWT", "Page-level Write-Through");

    public static final BitNames CR4 = BitNames.none()
            .bit(22, "PKE", "Protection-Key Enable")      .bit(21, "SMAP", "Supervisor-Mode Access-Prevention Enable")
            .bit(20, "SMEP", "Supervisor-Mode Execution-Prevention Enable")
            .bit(18, "OSXSAVE", "XSAVE and Processor Extended States Enable")
            .bit(17, "PCIDE", "PCID-Enable")              .bit(16, "FSGSBASE", "FSGSBASE-Enable")
            .bit(14, "SMXE", "SMX-Enable")                .bit(13, "VMXE", "VMX-Enable")
            .bit(12, "LA57", "57-bit linear addresses")   .bit(11, "UMIP", "User-Mode Instruction Prevention")
            .bit(10, "OSXMMEXCPT", "Operating System Support for Unmasked SIMD Floating-Point Exceptions")
            .bit(9, "OSFXSR", "Operating System Support for FXSAVE and FXRSTOR")
            .bit(8, "PCE", "Performance-Monitoring Counter Enable")
            .bit(7, "PGE", "Page Global Enable")          .bit(6, "MCE", "Machine-Check Enable")
            .bit(5, "PAE", "Physical Address Extension")  .bit(4, "PSE", "Page Size Extensions")
            .bit(3, "DE", "Debugging Extensions")         .bit(2, "TSD", "Time Stamp Disable")
            .bit(1, "PVI", "Protected-Mode Virtual Interrupts")
            .bit(0, "VME", "Virtual-8086 Mode Extensions");

    public static final BitNames EFER = BitNames.none()
            .bit(12, "SVME", "Secure Virtual Machine Enable")
            .bit(11, "NXE", "Execute Disable Bit Enable") .bit(10, "LMA", "IA-32e Mode Active")
            .bit(8, "LME", "IA-32e Mode Enable")          .bit(0, "SCE", "SYSCALL Enable");

    public static final BitNames RFLAGS = BitNames.none()
            .bit(21, "ID", "ID Flag")                     .bit(20, "VIP", "Virtual Interrupt Pending")
            .bit(19, "VIF", "Virtual Interrupt Flag")     .bit(18, "AC", "Alignment Check / Access Control")
            .bit(17, "VM", "Virtual-8086 Mode")           .bit(16, "RF", "Resume Flag")
            .bit(14, "NT", "Nested Task")                 .field(12, 2, "IOPL", "I/O Privilege Level")
            .bit(11, "OF", "Overflow Flag")               .bit(10, "DF", "Direction Flag")
            .bit(9, "IF", "Interrupt Enable Flag")        .bit(8, "TF", "Trap Flag")
            .bit(7, "SF", "Sign Flag")                    .bit(6, "ZF", "Zero Flag")
            .bit(4, "AF", "Auxiliary Carry Flag")         .bit(2, "PF", "Parity Flag")
            .bit(0, "CF", "Carry Flag");
    // spotless:on

    private RegisterBits() {}
}
