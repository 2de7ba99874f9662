package ringside.monitor.hardware;

import static ringside.cpu.vmx.VmcsField.*;

import ringside.cpu.Fault;
import ringside.cpu.SystemState;
import ringside.cpu.vmx.Vmcs;
import ringside.cpu.vmx.VmxCapabilities;
import ringside.memory.Ram;

/**
 * The controls as KVM sets them, with EPT or without (Linux, arch/x86/kvm/vmx: required and optional controls,
 * MSR pass-through list, guest-owned CR0 and CR4 bits); ports by bitmaps with every bit set, so that single ports can be given away.
 */
final class VtXControls {
    private static final long CR0_OWNED_BY_GUEST = SystemState.TASK_SWITCHED | SystemState.WRITE_PROTECT;

    private static final long CR4_OWNED_BY_GUEST = SystemState.PVI
            | SystemState.DEBUGGING_EXTENSIONS
            | SystemState.PERFORMANCE_COUNTER
            | SystemState.FXSAVE
            | SystemState.SIMD_EXCEPTIONS
            | SystemState.PAGE_GLOBAL
            | SystemState.TIME_STAMP_DISABLE;

    private static final int PIN = Vmcs.EXTERNAL_INTERRUPT_EXITING | Vmcs.NMI_EXITING | Vmcs.VIRTUAL_NMIS;

    private static final int PROCESSOR = Vmcs.TSC_OFFSETTING
            | Vmcs.HLT_EXITING
            | Vmcs.MWAIT_EXITING
            | Vmcs.RDPMC_EXITING
            | Vmcs.MONITOR_EXITING
            | Vmcs.CR8_LOAD_EXITING
            | Vmcs.CR8_STORE_EXITING
            | Vmcs.MOV_DR_EXITING
            | Vmcs.USE_IO_BITMAPS
            | Vmcs.USE_MSR_BITMAPS
            | Vmcs.ACTIVATE_SECONDARY_CONTROLS;

    private static final int SECONDARY =
            Vmcs.ENABLE_RDTSCP | Vmcs.ENABLE_VPID | Vmcs.WBINVD_EXITING | Vmcs.ENABLE_INVPCID;

    private static final int EXIT = Vmcs.SAVE_DEBUG_CONTROLS
            | Vmcs.HOST_ADDRESS_SPACE_SIZE
            | Vmcs.SAVE_EFER
            | Vmcs.SAVE_PAT
            | Vmcs.LOAD_HOST_EFER;

    private static final int ENTRY = Vmcs.LOAD_DEBUG_CONTROLS | Vmcs.LOAD_GUEST_EFER | Vmcs.LOAD_GUEST_PAT;

    private static final int MACHINE_CHECK = 18;
    private static final int EXCEPTIONS =
            1 << Fault.DEBUG | 1 << Fault.INVALID_OPCODE | 1 << Fault.ALIGNMENT_CHECK | 1 << MACHINE_CHECK;

    private static final int TIME_STAMP_COUNTER = 0x10;

    /** The SYSENTER registers, the bases of FS and GS and the one that SWAPGS exchanges. */
    private static final int[] READ_AND_WRITE = {0x174, 0x175, 0x176, 0xC000_0100, 0xC000_0101, 0xC000_0102};

    private static final int HOST_CODE = 0x10;
    private static final int HOST_DATA = 0x18;
    private static final int HOST_TASK = 0x40;

    private VtXControls() {}

    /**
     * Writes the control fields and the three bitmaps.
     *
     * @param bitmaps RAM address of three frames: I/O bitmaps A and B, MSR bitmap
     */
    static void write(Vmcs vmcs, VmxCapabilities capabilities, Ram ram, long bitmaps) {
        vmcs.requireDefaults(capabilities);
        vmcs.set(PIN_BASED_EXEC_CONTROLS, VmxCapabilities.offered(capabilities.pin(), PIN), true);
        vmcs.set(PROCESSOR_BASED_VMEXEC_CONTROLS, VmxCapabilities.offered(capabilities.processor(), PROCESSOR), true);
        vmcs.write(SECONDARY_VMEXEC_CONTROLS, VmxCapabilities.offered(capabilities.secondary(), SECONDARY));
        vmcs.set(VMEXIT_CONTROLS, VmxCapabilities.offered(capabilities.exit(), EXIT), true);
        vmcs.set(VMENTRY_CONTROLS, VmxCapabilities.offered(capabilities.entry(), ENTRY), true);
        vmcs.write(VPID, 1);
        vmcs.write(EXCEPTION_BITMAP, EXCEPTIONS);
        vmcs.write(CR0_GUEST_HOST_MASK, ~CR0_OWNED_BY_GUEST);
        vmcs.write(CR4_GUEST_HOST_MASK, ~CR4_OWNED_BY_GUEST);
        vmcs.write(GUEST_LINK_POINTER, -1L);
        writeHost(vmcs);
        vmcs.write(IO_BITMAP_A, bitmaps);
        vmcs.write(IO_BITMAP_B, bitmaps + 0x1000);
        vmcs.write(MSR_BITMAPS, bitmaps + 0x2000);
        for (int i = 0; i < 3 * Ram.FRAME_SIZE; i += 8) {
            ram.write(bitmaps + i, 8, -1L);
        }
        passThrough(ram, bitmaps + 0x2000, TIME_STAMP_COUNTER, false);
        for (int msr : READ_AND_WRITE) {
            passThrough(ram, bitmaps + 0x2000, msr, false);
            passThrough(ram, bitmaps + 0x2000, msr, true);
        }
    }

    /** The guest's tables are its own, and EPT follows; where the processor can, the guest is unrestricted. */
    static void nest(Vmcs vmcs, VmxCapabilities capabilities, long eptPointer) {
        int wanted = Vmcs.ENABLE_EPT | Vmcs.UNRESTRICTED_GUEST;
        vmcs.set(SECONDARY_VMEXEC_CONTROLS, VmxCapabilities.offered(capabilities.secondary(), wanted), true);
        vmcs.write(EPT_POINTER, eptPointer);
    }

    /** The processor walks the monitor's tables: whatever changes or uses the guest's own must be seen. */
    static void shadow(Vmcs vmcs) {
        exitForRoots(vmcs, true);
        vmcs.set(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.INVLPG_EXITING, true);
        vmcs.write(CR0_GUEST_HOST_MASK, ~SystemState.TASK_SWITCHED);
        vmcs.write(CR4_GUEST_HOST_MASK, ~(CR4_OWNED_BY_GUEST & ~SystemState.PAGE_GLOBAL));
    }

    /** Is CR3 another than the guest believes? */
    static void exitForRoots(Vmcs vmcs, boolean another) {
        vmcs.set(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.CR3_LOAD_EXITING | Vmcs.CR3_STORE_EXITING, another);
    }

    /**
     * Which exceptions leave.
     *
     * @param every while the guest does not really run in its mode, none is its own
     * @param pageFaults the guest's tables are not those that the processor walks
     */
    static void interceptExceptions(Vmcs vmcs, boolean every, boolean pageFaults) {
        int some = pageFaults ? EXCEPTIONS | 1 << Fault.PAGE_FAULT : EXCEPTIONS;
        vmcs.write(EXCEPTION_BITMAP, every ? 0xFFFF_FFFFL : some);
    }

    /**
     * Where the monitor itself would go on: a 64-bit host with flat segments. Its code is ours and does not run on this processor, so that
     * only the form of these fields matters, which an entry checks.
     */
    private static void writeHost(Vmcs vmcs) {
        vmcs.write(HOST_CR0, VmxCapabilities.CR0_FIXED | SystemState.EXTENSION_TYPE | SystemState.WRITE_PROTECT);
        vmcs.write(HOST_CR4, VmxCapabilities.CR4_FIXED | SystemState.PHYSICAL_ADDRESS_EXTENSION);
        vmcs.write(HOST_IA32_EFER, SystemState.LONG_MODE_ENABLE | SystemState.LONG_MODE_ACTIVE);
        vmcs.write(HOST_CS_SELECTOR, HOST_CODE);
        vmcs.write(HOST_SS_SELECTOR, HOST_DATA);
        vmcs.write(HOST_DS_SELECTOR, HOST_DATA);
        vmcs.write(HOST_ES_SELECTOR, HOST_DATA);
        vmcs.write(HOST_TR_SELECTOR, HOST_TASK);
    }

    private static void passThrough(Ram ram, long bitmap, int msr, boolean write) {
        long at = bitmap + (write ? 0x800 : 0) + (msr < 0 ? 0x400 : 0) + ((msr & 0x1FFF) >>> 3);
        ram.write(at, 1, ram.read(at, 1) & ~(1L << (msr & 7)));
    }
}
