package ringside.cpu;

/**
 * Asked before an instruction whose trait is not innocuous does its work: may it, or is it the monitor's turn? Its place among an
 * instruction's checks is the manual's (SDM 3C, Relative Priority of Faults and VM Exits): after #UD, the CPL and I/O-bitmap
 * checks, before all others; each behaviour asks there.
 */
@FunctionalInterface
public interface Gate {
    /** The rings decide alone: nothing leaves the guest. */
    Gate RINGS = (cpu, step, operand) -> {};

    /**
     * Returns where the instruction may go on.
     *
     * @param operand what decides: the port of IN and OUT, the new value of MOV to CR and LMSW, the MSR of RDMSR and WRMSR, the
     *     linear address of INVLPG; else 0
     * @throws Fault where the guest must see an exception instead
     * @throws Exit where the monitor answers
     */
    void admit(Cpu cpu, Step step, long operand);

    /** Asked before all other checks of an instruction that exists only by leave of a hypervisor. @throws Fault #UD where it does not */
    default void requireExistence(Step step) {}

    /** Does IRET end the blocking of NMIs? */
    default boolean returnUnblocks() {
        return true;
    }
}
