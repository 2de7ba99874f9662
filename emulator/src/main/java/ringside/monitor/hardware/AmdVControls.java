package ringside.monitor.hardware;

import static ringside.cpu.svm.VmcbField.*;

import java.util.List;
import ringside.cpu.Fault;
import ringside.cpu.ModelSpecificRegisters;
import ringside.cpu.svm.ExitCode;
import ringside.cpu.svm.MsrPermissionMap;
import ringside.cpu.svm.Vmcb;
import ringside.memory.Ram;

/**
 * The intercepts as KVM sets them, with nested paging or without (Linux, arch/x86/kvm/svm: initial VMCB, MSRs with direct access); and
 * ICEBP, which Xen always intercepts: left alone, its #DB could not be told from others when it meets a task gate.
 */
final class AmdVControls {
    private static final int MACHINE_CHECK = 18;
    private static final int DEBUG_REGISTERS = 0xFF;

    // spotless:off
    private static final List<ExitCode> ALWAYS = List.of(
            ExitCode.INTR, ExitCode.NMI, ExitCode.SMI, ExitCode.CR0_SEL_WRITE,
            ExitCode.RDPMC, ExitCode.CPUID, ExitCode.RSM, ExitCode.INVD, ExitCode.WBINVD,
            ExitCode.HLT, ExitCode.MONITOR, ExitCode.MWAIT, ExitCode.XSETBV, ExitCode.ICEBP,
            ExitCode.IOIO, ExitCode.MSR, ExitCode.TASK_SWITCH, ExitCode.SHUTDOWN,
            ExitCode.VMRUN, ExitCode.VMMCALL, ExitCode.VMLOAD, ExitCode.VMSAVE,
            ExitCode.STGI, ExitCode.CLGI, ExitCode.SKINIT, ExitCode.INVLPGA);

    private static final List<Integer> EXCEPTIONS = List.of(
            Fault.DEBUG, Fault.INVALID_OPCODE, Fault.ALIGNMENT_CHECK, MACHINE_CHECK);

    /** For a guest that takes itself for an Intel processor's, SYSENTER_ESP and EIP are not: AMD's have 32 bits only. */
    private static final List<Integer> DIRECT = List.of(
            ModelSpecificRegisters.IA32_STAR, ModelSpecificRegisters.IA32_LSTAR, ModelSpecificRegisters.IA32_CSTAR,
            ModelSpecificRegisters.IA32_FMASK, ModelSpecificRegisters.IA32_SYSENTER_CS,
            ModelSpecificRegisters.IA32_FS_BASE, ModelSpecificRegisters.IA32_GS_BASE,
            ModelSpecificRegisters.IA32_KERNEL_GS_BASE);
    // spotless:on

    /** Bytes of the I/O permission map: a bit a port, and room for an access that goes beyond the last one. */
    static final int IO_MAP_SIZE = 0x3000;

    private AmdVControls() {}

    /**
     * Writes the control area and the two permission maps.
     *
     * @param ioMap RAM address of {@link #IO_MAP_SIZE} bytes
     * @param msrMap RAM address of {@link MsrPermissionMap#SIZE} bytes
     */
    static void write(Vmcb vmcb, Ram ram, long ioMap, long msrMap) {
        ALWAYS.forEach(code -> vmcb.intercept(code, 0, true));
        EXCEPTIONS.forEach(vector -> vmcb.intercept(ExitCode.EXCP, vector, true));
        vmcb.intercept(ExitCode.CR_READ, 4, true);
        vmcb.intercept(ExitCode.CR_WRITE, 4, true);
        vmcb.intercept(ExitCode.CR_WRITE, 8, true);
        interceptDebugRegisters(vmcb, true);
        vmcb.write(IOPM_BASE_PA, ioMap);
        vmcb.write(MSRPM_BASE_PA, msrMap);
        vmcb.write(GUEST_ASID, 1);
        vmcb.write(V_INTR, Vmcb.V_INTR_MASKING);
        for (int i = 0; i < IO_MAP_SIZE; i += 8) {
            ram.write(ioMap + i, 8, -1L);
        }
        for (int i = 0; i < MsrPermissionMap.SIZE; i += 8) {
            ram.write(msrMap + i, 8, -1L);
        }
        DIRECT.forEach(msr -> passThrough(ram, msrMap, msr));
    }

    /** The guest's tables are its own, and a second dimension follows. */
    static void nest(Vmcb vmcb, long root) {
        vmcb.write(NP_ENABLE, 1);
        vmcb.write(N_CR3, root);
        vmcb.write(G_PAT, 0x0007_0406_0007_0406L);
    }

    /** The processor walks the monitor's tables: whatever changes or uses the guest's own must be seen. */
    static void shadow(Vmcb vmcb) {
        vmcb.intercept(ExitCode.EXCP, Fault.PAGE_FAULT, true);
        vmcb.intercept(ExitCode.CR_READ, 3, true);
        vmcb.intercept(ExitCode.CR_WRITE, 3, true);
        vmcb.intercept(ExitCode.INVLPG, 0, true);
        vmcb.intercept(ExitCode.INVPCID, 0, true);
    }

    /** KVM: all of them, until the guest uses one. */
    static void interceptDebugRegisters(Vmcb vmcb, boolean on) {
        vmcb.write(DR_READ_INTERCEPTS, on ? DEBUG_REGISTERS : 0);
        vmcb.write(DR_WRITE_INTERCEPTS, on ? DEBUG_REGISTERS : 0);
    }

    private static void passThrough(Ram ram, long map, int msr) {
        long bit = MsrPermissionMap.bitOf(msr);
        long at = map + (bit >>> 3);
        ram.write(at, 1, ram.read(at, 1) & ~(3L << (bit & 7)));
    }
}
