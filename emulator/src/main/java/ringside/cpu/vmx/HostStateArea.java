package ringside.cpu.vmx;

import static ringside.cpu.SystemState.*;
import static ringside.cpu.vmx.VmcsField.*;

import ringside.cpu.ControlRegisters;
import ringside.cpu.Cpu;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.mmu.SegmentRegister;

/** What an exit loads: SDM 3C, Loading Host State. */
final class HostStateArea {
    private static final VmcsField[] SELECTOR = {
        HOST_ES_SELECTOR, HOST_CS_SELECTOR, HOST_SS_SELECTOR, HOST_DS_SELECTOR, HOST_FS_SELECTOR, HOST_GS_SELECTOR
    };

    private static final int FLAT = SegmentRegister.PRESENT | SegmentRegister.GRANULARITY;
    private static final int FLAT_DATA = FLAT
            | SegmentRegister.CODE_OR_DATA
            | SegmentRegister.WRITABLE_OR_READABLE
            | SegmentRegister.ACCESSED
            | SegmentRegister.BIG;
    private static final int FLAT_CODE = FLAT
            | SegmentRegister.CODE_OR_DATA
            | SegmentRegister.CODE
            | SegmentRegister.WRITABLE_OR_READABLE
            | SegmentRegister.ACCESSED;
    private static final long FOUR_GIB = 0xFFFF_FFFFL;
    private static final int BUSY_TSS = SegmentRegister.PRESENT | 11;
    private static final int TSS_LIMIT = 0x67;
    private static final int TABLE_LIMIT = 0xFFFF;

    /** CR0 bits that an exit leaves as they are. */
    private static final long KEPT_IN_CR0 = EXTENSION_TYPE | NOT_WRITE_THROUGH | CACHE_DISABLE;

    private static final long LONG_MODE = LONG_MODE_ENABLE | LONG_MODE_ACTIVE;

    private HostStateArea() {}

    static void load(Cpu cpu, Vmcs vmcs) {
        SystemState s = cpu.system;
        boolean longMode = vmcs.atExit(Vmcs.HOST_ADDRESS_SPACE_SIZE);
        s.cr0 = s.cr0 & KEPT_IN_CR0 | vmcs.read(HOST_CR0) & ControlRegisters.CR0_KNOWN & ~KEPT_IN_CR0;
        s.cr3 = vmcs.read(HOST_CR3);
        s.cr4 = vmcs.read(HOST_CR4);
        s.cr0Mask = 0;
        s.cr4Mask = 0;
        s.cr0Shadow = 0;
        s.cr4Shadow = 0;
        s.dr7 = DR7_FIXED;
        s.sysenterCs = vmcs.read(HOST_IA32_SYSENTER_CS_MSR);
        s.sysenterEsp = vmcs.read(HOST_IA32_SYSENTER_ESP_MSR);
        s.sysenterEip = vmcs.read(HOST_IA32_SYSENTER_EIP_MSR);
        if (vmcs.atExit(Vmcs.LOAD_HOST_PAT)) {
            s.pat = vmcs.read(HOST_IA32_PAT);
        }
        if (vmcs.atExit(Vmcs.LOAD_HOST_EFER)) {
            s.efer = vmcs.read(HOST_IA32_EFER);
        } else {
            s.efer = longMode ? s.efer | LONG_MODE : s.efer & ~LONG_MODE;
        }
        loadSegments(s, vmcs, longMode);
        s.gdtrBase = vmcs.read(HOST_GDTR_BASE);
        s.gdtrLimit = TABLE_LIMIT;
        s.idtrBase = vmcs.read(HOST_IDTR_BASE);
        s.idtrLimit = TABLE_LIMIT;
        s.pendingDebug = 0;
        s.shadowTime = -1;
        s.activity = Activity.ACTIVE;
        cpu.registers.set(Registers.RSP, vmcs.read(HOST_RSP));
        cpu.registers.rip(vmcs.read(HOST_RIP));
        cpu.flags(0, -1L);
    }

    private static void loadSegments(SystemState s, Vmcs vmcs, boolean longMode) {
        for (int i = 0; i < SELECTOR.length; i++) {
            int selector = (int) vmcs.read(SELECTOR[i]);
            long base = i == FS ? vmcs.read(HOST_FS_BASE) : i == GS ? vmcs.read(HOST_GS_BASE) : 0;
            if (i == CS) {
                s.segments[i].load(
                        selector, 0, FOUR_GIB, FLAT_CODE | (longMode ? SegmentRegister.LONG : SegmentRegister.BIG));
            } else {
                int unusable = selector == 0 ? SegmentRegister.UNUSABLE : 0;
                s.segments[i].load(selector, base, FOUR_GIB, FLAT_DATA | unusable);
            }
        }
        s.cpl = 0;
        s.ldtr.load(0, 0, 0, SegmentRegister.UNUSABLE);
        s.tr.load((int) vmcs.read(HOST_TR_SELECTOR), vmcs.read(HOST_TR_BASE), TSS_LIMIT, BUSY_TSS);
    }
}
