package ringside.bus;

/**
 * What a processor reaches of its local APIC by other ways than memory: the task priority as CR8, its model-specific registers, and whether
 * it is there at all.
 */
public interface ApicRegisters {
    /** A processor without a local APIC. */
    ApicRegisters ABSENT = new ApicRegisters() {
        @Override
        public boolean isEnabled() {
            return false;
        }

        @Override
        public void taskPriority(int priority) {}

        @Override
        public boolean hasMsr(int number) {
            return false;
        }

        @Override
        public long readMsr(int number) {
            throw new IllegalStateException("no local APIC");
        }

        @Override
        public boolean writeMsr(int number, long value) {
            return false;
        }

        @Override
        public void timeStampAdjusted(long adjust) {}

        @Override
        public void initialize() {}
    };

    /** Is it there for software: IA32_APIC_BASE.EN? */
    boolean isEnabled();

    /** MOV to CR8. @param priority 0 to 15 */
    void taskPriority(int priority);

    /** Is this a register of the local APIC, and can it be read as things are? */
    boolean hasMsr(int number);

    /** RDMSR, where {@link #hasMsr} says so. */
    long readMsr(int number);

    /** WRMSR. @return false where there is no such register, or it cannot hold the value */
    boolean writeMsr(int number, long value);

    /** The time-stamp counter is guest time plus this, from now on. */
    void timeStampAdjusted(long adjust);

    /** The processor is initialized (INIT), and its local APIC with it. */
    void initialize();
}
