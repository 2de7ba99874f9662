package ringside.cpu.vmx;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.List;
import java.util.stream.LongStream;

/** A virtual-machine control structure: all that decides about one virtual processor, by field. */
public final class Vmcs {
    // Pin-based controls.
    public static final int EXTERNAL_INTERRUPT_EXITING = 1;
    public static final int NMI_EXITING = 1 << 3;
    public static final int VIRTUAL_NMIS = 1 << 5;
    public static final int ACTIVATE_PREEMPTION_TIMER = 1 << 6;

    // Primary processor-based controls.
    public static final int INTERRUPT_WINDOW_EXITING = 1 << 2;
    public static final int TSC_OFFSETTING = 1 << 3;
    public static final int HLT_EXITING = 1 << 7;
    public static final int INVLPG_EXITING = 1 << 9;
    public static final int MWAIT_EXITING = 1 << 10;
    public static final int RDPMC_EXITING = 1 << 11;
    public static final int RDTSC_EXITING = 1 << 12;
    public static final int CR3_LOAD_EXITING = 1 << 15;
    public static final int CR3_STORE_EXITING = 1 << 16;
    public static final int CR8_LOAD_EXITING = 1 << 19;
    public static final int CR8_STORE_EXITING = 1 << 20;
    public static final int USE_TPR_SHADOW = 1 << 21;
    public static final int NMI_WINDOW_EXITING = 1 << 22;
    public static final int MOV_DR_EXITING = 1 << 23;
    public static final int UNCONDITIONAL_IO_EXITING = 1 << 24;
    public static final int USE_IO_BITMAPS = 1 << 25;
    public static final int MONITOR_TRAP_FLAG = 1 << 27;
    public static final int USE_MSR_BITMAPS = 1 << 28;
    public static final int MONITOR_EXITING = 1 << 29;
    public static final int PAUSE_EXITING = 1 << 30;
    public static final int ACTIVATE_SECONDARY_CONTROLS = 1 << 31;

    // Secondary processor-based controls.
    public static final int VIRTUALIZE_APIC_ACCESSES = 1;
    public static final int ENABLE_EPT = 1 << 1;
    public static final int DESCRIPTOR_TABLE_EXITING = 1 << 2;
    public static final int ENABLE_RDTSCP = 1 << 3;
    public static final int ENABLE_VPID = 1 << 5;
    public static final int WBINVD_EXITING = 1 << 6;
    public static final int UNRESTRICTED_GUEST = 1 << 7;
    public static final int RDRAND_EXITING = 1 << 11;
    public static final int ENABLE_INVPCID = 1 << 12;
    public static final int RDSEED_EXITING = 1 << 16;

    // Exit controls.
    public static final int SAVE_DEBUG_CONTROLS = 1 << 2;
    public static final int HOST_ADDRESS_SPACE_SIZE = 1 << 9;
    public static final int ACKNOWLEDGE_INTERRUPT = 1 << 15;
    public static final int SAVE_PAT = 1 << 18;
    public static final int LOAD_HOST_PAT = 1 << 19;
    public static final int SAVE_EFER = 1 << 20;
    public static final int LOAD_HOST_EFER = 1 << 21;
    public static final int SAVE_PREEMPTION_TIMER = 1 << 22;

    // Entry controls.
    public static final int LOAD_DEBUG_CONTROLS = 1 << 2;
    public static final int IA32E_MODE_GUEST = 1 << 9;
    public static final int LOAD_GUEST_PAT = 1 << 14;
    public static final int LOAD_GUEST_EFER = 1 << 15;

    /** Interruption information: the fields are valid. */
    public static final long VALID = 1L << 31;

    /** Interruption information: an error code is given too. */
    public static final int ERROR_CODE_VALID = 1 << 11;

    private final long[] values = new long[VmcsField.values().length];

    public long read(VmcsField field) {
        return values[field.ordinal()];
    }

    /** Stores the low bits that the field has. */
    public void write(VmcsField field, long value) {
        values[field.ordinal()] = field.width() == 64 ? value : value & (1L << field.width()) - 1;
    }

    /** Are all these bits set? */
    public boolean has(VmcsField field, int bits) {
        return ((int) read(field) & bits) == bits;
    }

    /** Sets all control bits that the processor wants as 1. */
    public void requireDefaults(VmxCapabilities capabilities) {
        set(PIN_BASED_EXEC_CONTROLS, VmxCapabilities.required(capabilities.pin()), true);
        set(PROCESSOR_BASED_VMEXEC_CONTROLS, VmxCapabilities.required(capabilities.processor()), true);
        set(VMEXIT_CONTROLS, VmxCapabilities.required(capabilities.exit()), true);
        set(VMENTRY_CONTROLS, VmxCapabilities.required(capabilities.entry()), true);
    }

    /** Is this pin-based control set? */
    public boolean pin(int control) {
        return has(PIN_BASED_EXEC_CONTROLS, control);
    }

    /** Is this primary processor-based control set? */
    boolean primary(int control) {
        return has(PROCESSOR_BASED_VMEXEC_CONTROLS, control);
    }

    /** Is this secondary processor-based control set, and are those in use? */
    boolean secondary(int control) {
        return primary(ACTIVATE_SECONDARY_CONTROLS) && has(SECONDARY_VMEXEC_CONTROLS, control);
    }

    /** Is this VM-exit control set? */
    boolean atExit(int control) {
        return has(VMEXIT_CONTROLS, control);
    }

    /** Is this VM-entry control set? */
    boolean atEntry(int control) {
        return has(VMENTRY_CONTROLS, control);
    }

    /** Does the VMCS ask for an event to be injected at the next entry? */
    boolean injects() {
        return (read(VMENTRY_INTERRUPTION_INFO) & VALID) != 0;
    }

    public void set(VmcsField field, int bits, boolean on) {
        write(field, on ? read(field) | bits & 0xFFFF_FFFFL : read(field) & ~(bits & 0xFFFF_FFFFL));
    }

    /** All fields, in the order of {@link VmcsField}. */
    public record State(List<Long> values) {
        public State {
            values = List.copyOf(values);
        }
    }

    public State save() {
        return new State(LongStream.of(values).boxed().toList());
    }

    public void restore(State state) {
        for (int i = 0; i < values.length; i++) {
            values[i] = state.values.get(i);
        }
    }
}
