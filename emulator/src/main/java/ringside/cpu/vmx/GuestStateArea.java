package ringside.cpu.vmx;

import static ringside.cpu.vmx.VmcsField.*;

import ringside.cpu.ControlRegisters;
import ringside.cpu.Cpu;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.cpu.SystemState.Activity;
import ringside.cpu.SystemState.Shadow;
import ringside.mmu.SegmentRegister;

/** Between a processor and the guest-state area of a VMCS: SDM 3C, Loading and Saving Guest State. */
public final class GuestStateArea {
    static final int STI_BLOCKING = 1;
    static final int MOV_SS_BLOCKING = 1 << 1;
    static final int NMI_BLOCKING = 1 << 3;

    static final int ACTIVE = 0;
    static final int HLT = 1;
    static final int SHUTDOWN = 2;

    static final VmcsField[] SELECTOR = {
        GUEST_ES_SELECTOR,
        GUEST_CS_SELECTOR,
        GUEST_SS_SELECTOR,
        GUEST_DS_SELECTOR,
        GUEST_FS_SELECTOR,
        GUEST_GS_SELECTOR,
        GUEST_LDTR_SELECTOR,
        GUEST_TR_SELECTOR
    };
    static final VmcsField[] BASE = {
        GUEST_ES_BASE,
        GUEST_CS_BASE,
        GUEST_SS_BASE,
        GUEST_DS_BASE,
        GUEST_FS_BASE,
        GUEST_GS_BASE,
        GUEST_LDTR_BASE,
        GUEST_TR_BASE
    };
    static final VmcsField[] LIMIT = {
        GUEST_ES_LIMIT,
        GUEST_CS_LIMIT,
        GUEST_SS_LIMIT,
        GUEST_DS_LIMIT,
        GUEST_FS_LIMIT,
        GUEST_GS_LIMIT,
        GUEST_LDTR_LIMIT,
        GUEST_TR_LIMIT
    };
    static final VmcsField[] RIGHTS = {
        GUEST_ES_ACCESS_RIGHTS, GUEST_CS_ACCESS_RIGHTS, GUEST_SS_ACCESS_RIGHTS, GUEST_DS_ACCESS_RIGHTS,
        GUEST_FS_ACCESS_RIGHTS, GUEST_GS_ACCESS_RIGHTS, GUEST_LDTR_ACCESS_RIGHTS, GUEST_TR_ACCESS_RIGHTS
    };

    /** CR0 bits that an entry leaves as they are: SDM 3C, Loading Guest Control Registers, Debug Registers, and MSRs. */
    private static final long KEPT_IN_CR0 =
            SystemState.EXTENSION_TYPE | SystemState.NOT_WRITE_THROUGH | SystemState.CACHE_DISABLE;

    /** DR7 bits 15, 14, 12 and 11 are cleared. */
    private static final long NOT_IN_DR7 = 0xD800;

    /** A pending data breakpoint was enabled: only then do the bits of breakpoints count. */
    private static final long ENABLED_BREAKPOINT = 1 << 12;

    private static final long BREAKPOINTS = 0xF;

    private static final long LONG_MODE = SystemState.LONG_MODE_ENABLE | SystemState.LONG_MODE_ACTIVE;

    private GuestStateArea() {}

    private static SegmentRegister segment(SystemState s, int i) {
        return i < 6 ? s.segments[i] : i == 6 ? s.ldtr : s.tr;
    }

    /** What the exit controls ask for, and all that every exit saves. */
    public static void save(Cpu cpu, Vmcs vmcs) {
        SystemState s = cpu.system;
        for (int i = 0; i < SELECTOR.length; i++) {
            SegmentRegister register = segment(s, i);
            vmcs.write(SELECTOR[i], register.selector());
            vmcs.write(BASE[i], register.base());
            vmcs.write(LIMIT[i], register.limit());
            vmcs.write(RIGHTS[i], register.rights());
        }
        // The ring of the guest is SS.DPL.
        vmcs.write(GUEST_SS_ACCESS_RIGHTS, s.segments[SystemState.SS].rights() & ~(3 << 5) | s.cpl << 5);
        vmcs.write(GUEST_GDTR_BASE, s.gdtrBase);
        vmcs.write(GUEST_GDTR_LIMIT, s.gdtrLimit);
        vmcs.write(GUEST_IDTR_BASE, s.idtrBase);
        vmcs.write(GUEST_IDTR_LIMIT, s.idtrLimit);
        vmcs.write(GUEST_CR0, s.cr0);
        vmcs.write(GUEST_CR3, s.cr3);
        vmcs.write(GUEST_CR4, s.cr4);
        vmcs.write(GUEST_IA32_PDPTE0, s.pdpte[0]);
        vmcs.write(GUEST_IA32_PDPTE1, s.pdpte[1]);
        vmcs.write(GUEST_IA32_PDPTE2, s.pdpte[2]);
        vmcs.write(GUEST_IA32_PDPTE3, s.pdpte[3]);
        if (vmcs.atExit(Vmcs.SAVE_EFER)) {
            vmcs.write(GUEST_IA32_EFER, s.efer);
        }
        if (vmcs.atExit(Vmcs.SAVE_PAT)) {
            vmcs.write(GUEST_IA32_PAT, s.pat);
        }
        if (vmcs.atExit(Vmcs.SAVE_DEBUG_CONTROLS)) {
            vmcs.write(GUEST_DR7, s.dr7);
            vmcs.write(GUEST_IA32_DEBUGCTL, 0);
        }
        vmcs.write(GUEST_RSP, cpu.registers.get(Registers.RSP));
        vmcs.write(GUEST_RIP, cpu.registers.rip());
        vmcs.write(GUEST_RFLAGS, cpu.flags());
        vmcs.write(GUEST_IA32_SYSENTER_CS_MSR, s.sysenterCs);
        vmcs.write(GUEST_IA32_SYSENTER_ESP_MSR, s.sysenterEsp);
        vmcs.write(GUEST_IA32_SYSENTER_EIP_MSR, s.sysenterEip);
        boolean breakpoint = (s.pendingDebug & BREAKPOINTS) != 0;
        vmcs.write(
                GUEST_PENDING_DBG_EXCEPTIONS,
                s.pendingDebug & (BREAKPOINTS | SystemState.DR6_SINGLE_STEP) | (breakpoint ? ENABLED_BREAKPOINT : 0));
        vmcs.write(GUEST_INTERRUPTIBILITY_STATE, interruptibility(cpu));
        vmcs.write(
                GUEST_ACTIVITY_STATE,
                switch (s.activity) {
                    case ACTIVE -> ACTIVE;
                    case HALTED -> HLT;
                    case SHUTDOWN -> SHUTDOWN;
                });
    }

    private static int interruptibility(Cpu cpu) {
        SystemState s = cpu.system;
        int blocking = 0;
        if (s.shadowed(cpu.clock.now())) {
            blocking = s.shadow == Shadow.STI ? STI_BLOCKING : MOV_SS_BLOCKING;
        }
        return blocking | (s.nmiBlocked ? NMI_BLOCKING : 0);
    }

    public static void load(Cpu cpu, Vmcs vmcs) {
        SystemState s = cpu.system;
        for (int i = 0; i < SELECTOR.length; i++) {
            segment(s, i).load((int) vmcs.read(SELECTOR[i]), vmcs.read(BASE[i]), vmcs.read(LIMIT[i]), (int)
                    vmcs.read(RIGHTS[i]));
        }
        s.cpl = (int) vmcs.read(GUEST_SS_ACCESS_RIGHTS) >>> 5 & 3;
        s.gdtrBase = vmcs.read(GUEST_GDTR_BASE);
        s.gdtrLimit = (int) vmcs.read(GUEST_GDTR_LIMIT);
        s.idtrBase = vmcs.read(GUEST_IDTR_BASE);
        s.idtrLimit = (int) vmcs.read(GUEST_IDTR_LIMIT);
        s.cr0 = s.cr0 & KEPT_IN_CR0 | vmcs.read(GUEST_CR0) & ControlRegisters.CR0_KNOWN & ~KEPT_IN_CR0;
        s.cr3 = vmcs.read(GUEST_CR3);
        s.cr4 = vmcs.read(GUEST_CR4);
        s.cr0Mask = vmcs.read(CR0_GUEST_HOST_MASK);
        s.cr0Shadow = vmcs.read(CR0_READ_SHADOW);
        s.cr4Mask = vmcs.read(CR4_GUEST_HOST_MASK);
        s.cr4Shadow = vmcs.read(CR4_READ_SHADOW);
        s.pdpte[0] = vmcs.read(GUEST_IA32_PDPTE0);
        s.pdpte[1] = vmcs.read(GUEST_IA32_PDPTE1);
        s.pdpte[2] = vmcs.read(GUEST_IA32_PDPTE2);
        s.pdpte[3] = vmcs.read(GUEST_IA32_PDPTE3);
        loadEfer(s, vmcs);
        if (vmcs.atEntry(Vmcs.LOAD_GUEST_PAT)) {
            s.pat = vmcs.read(GUEST_IA32_PAT);
        }
        if (vmcs.atEntry(Vmcs.LOAD_DEBUG_CONTROLS)) {
            s.dr7 = vmcs.read(GUEST_DR7) & ~NOT_IN_DR7 | SystemState.DR7_FIXED;
        }
        cpu.registers.set(Registers.RSP, vmcs.read(GUEST_RSP));
        cpu.registers.rip(vmcs.read(GUEST_RIP));
        cpu.flags(vmcs.read(GUEST_RFLAGS), -1L);
        s.sysenterCs = vmcs.read(GUEST_IA32_SYSENTER_CS_MSR);
        s.sysenterEsp = vmcs.read(GUEST_IA32_SYSENTER_ESP_MSR);
        s.sysenterEip = vmcs.read(GUEST_IA32_SYSENTER_EIP_MSR);
        long pending = vmcs.read(GUEST_PENDING_DBG_EXCEPTIONS);
        boolean breakpoint = (pending & ENABLED_BREAKPOINT) != 0;
        s.pendingDebug = pending & (SystemState.DR6_SINGLE_STEP | (breakpoint ? BREAKPOINTS : 0));
        int blocking = (int) vmcs.read(GUEST_INTERRUPTIBILITY_STATE);
        s.shadow = (blocking & STI_BLOCKING) != 0 ? Shadow.STI : Shadow.MOV_SS;
        s.shadowTime = (blocking & (STI_BLOCKING | MOV_SS_BLOCKING)) != 0 ? cpu.clock.now() : -1;
        s.nmiBlocked = (blocking & NMI_BLOCKING) != 0;
        s.activity = switch ((int) vmcs.read(GUEST_ACTIVITY_STATE)) {
            case ACTIVE -> Activity.ACTIVE;
            case HLT -> Activity.HALTED;
            default -> Activity.SHUTDOWN;
        };
    }

    /** Without the control, LMA and LME follow from the guest's mode; LME stays where the guest has no paging. */
    private static void loadEfer(SystemState s, Vmcs vmcs) {
        if (vmcs.atEntry(Vmcs.LOAD_GUEST_EFER)) {
            s.efer = vmcs.read(GUEST_IA32_EFER);
        } else if (vmcs.atEntry(Vmcs.IA32E_MODE_GUEST)) {
            s.efer |= LONG_MODE;
        } else {
            boolean paging = (vmcs.read(GUEST_CR0) & SystemState.PAGING) != 0;
            s.efer &= paging ? ~LONG_MODE : ~SystemState.LONG_MODE_ACTIVE;
        }
    }
}
