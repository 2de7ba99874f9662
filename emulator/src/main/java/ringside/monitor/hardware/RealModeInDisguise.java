package ringside.monitor.hardware;

import static ringside.cpu.SystemState.*;

import ringside.cpu.SystemState;
import ringside.memory.Ram;
import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/**
 * Real mode on a processor that holds guests only with CR0.PE and CR0.PG set (VT-x before unrestricted guests): it is virtual-8086 mode, in
 * which every exception leaves. As in KVM there is a TSS of three pages whose I/O map allows all ports; unlike KVM's, the guest has IOPL 0, so
 * that PUSHF and POPF leave too and do not show it another IOPL.
 *
 * <p>Segments that are no paragraphs of 64 KiB (unreal mode) stay as they are: the entry would refuse them, and the monitor emulates.
 */
final class RealModeInDisguise implements GuestModes {
    static final int TSS_FRAMES = 3;

    /** Where KVM's user space puts the TSS: KVM_SET_TSS_ADDR. */
    static final long TSS_ADDRESS = 0xFFFB_D000L;

    /** The 32-bit TSS and the interrupt redirection bitmap behind it. */
    private static final int IO_MAP = 0x68 + 32;

    private static final int IO_MAP_BYTES = 0x1_0000 / 8;
    private static final int IO_MAP_BASE = 0x66;

    /** Present, DPL 3, read/write data, accessed. */
    private static final int VIRTUAL_8086_RIGHTS = SegmentRegister.REAL_MODE_DATA | 3 << 5;

    /** @param task first of {@link #TSS_FRAMES} frames */
    RealModeInDisguise(Ram ram, int task) {
        long at = (long) task << 12;
        ram.write(at + IO_MAP_BASE, 2, IO_MAP);
        // SDM 1, I/O Permission Bit Map: the byte behind it is all ones.
        ram.write(at + IO_MAP + IO_MAP_BYTES, 1, 0xFF);
    }

    @Override
    public boolean isDisguised(SystemState believed) {
        return !believed.protectedMode();
    }

    @Override
    public void disguise(SystemState real) {
        if (real.protectedMode()) {
            return;
        }
        real.cr0 = real.cr0 & ~ALIGNMENT_MASK | PROTECTION_ENABLE;
        real.cr4 &= ~(VME | PVI | UMIP);
        real.flags = real.flags & ~IOPL | VIRTUAL_8086;
        real.cpl = 3;
        // SYSENTER would be allowed.
        real.sysenterCs = 0;
        real.tr.load(0, TSS_ADDRESS, IO_MAP + IO_MAP_BYTES, SegmentRegister.PRESENT | Descriptor.BUSY_TSS_32);
        for (SegmentRegister s : real.segments) {
            boolean data = s.rights() == SegmentRegister.REAL_MODE_DATA;
            s.load(s.selector(), s.base(), s.limit(), data ? VIRTUAL_8086_RIGHTS : s.rights());
        }
    }

    @Override
    public void believe(SystemState believed, SystemState.State had) {
        if (!isDisguised(believed)) {
            return;
        }
        int seen = believed.flags;
        SystemState before = new SystemState();
        before.restore(had);
        believed.cpl = 0;
        believed.flags = seen & ~(IOPL | VIRTUAL_8086) | before.flags & IOPL;
        believed.sysenterCs = before.sysenterCs;
        believed.tr.restore(before.tr.save());
        for (int i = 0; i < 6; i++) {
            SegmentRegister s = believed.segments[i];
            SegmentRegister old = before.segments[i];
            s.load(s.selector(), s.base(), old.limit(), old.rights());
        }
    }
}
