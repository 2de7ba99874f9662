package ringside.cpu;

import static ringside.cpu.SystemState.*;

import ringside.mmu.Descriptor;
import ringside.mmu.PaePaging;
import ringside.mmu.SegmentRegister;

/** Loading CR0, CR3, CR4 and IA32_EFER with the checks and consequences of SDM 3A, Control Registers, and SDM 2, MOV. */
public final class ControlRegisters {
    /** CR4 bits whose features CPUID reports ({@link CpuModel}), and PCE, which has no bit there; setting another one faults. */
    public static final long CR4_KNOWN = VME
            | PVI
            | TIME_STAMP_DISABLE
            | DEBUGGING_EXTENSIONS
            | PAGE_SIZE_EXTENSIONS
            | PHYSICAL_ADDRESS_EXTENSION
            | PAGE_GLOBAL
            | PERFORMANCE_COUNTER
            | FXSAVE
            | OSXSAVE
            | UMIP
            | SMEP;

    /** CR0 bits that have a meaning; the others read as 0. */
    public static final long CR0_KNOWN = PROTECTION_ENABLE
            | MONITOR_COPROCESSOR
            | EMULATION
            | TASK_SWITCHED
            | EXTENSION_TYPE
            | NUMERIC_ERROR
            | WRITE_PROTECT
            | ALIGNMENT_MASK
            | NOT_WRITE_THROUGH
            | CACHE_DISABLE
            | PAGING;

    private static final long EFER_KNOWN = SYSCALL_ENABLE | LONG_MODE_ENABLE | LONG_MODE_ACTIVE | NO_EXECUTE_ENABLE;

    private ControlRegisters() {}

    /**
     * Loads CR0; bits that belong to a host stay as they are.
     *
     * @throws Fault #GP(0) for combinations the manual forbids
     */
    public static void loadCr0(Cpu cpu, long value) {
        SystemState s = cpu.system;
        long asked = value & ~s.cr0Mask | s.cr0 & s.cr0Mask;
        long cr0 = asked & 0xFFFF_FFFFL & CR0_KNOWN | EXTENSION_TYPE;
        boolean paging = (cr0 & PAGING) != 0;
        boolean wasPaging = (s.cr0 & PAGING) != 0;
        long fixed = cpu.virtualization().fixedCr0();
        if (asked >>> 32 != 0
                || (cr0 & fixed) != fixed
                || paging && (cr0 & PROTECTION_ENABLE) == 0
                || (cr0 & NOT_WRITE_THROUGH) != 0 && (cr0 & CACHE_DISABLE) == 0) {
            throw Fault.generalProtection(0);
        }
        long efer = s.efer;
        if (paging && !wasPaging && (efer & LONG_MODE_ENABLE) != 0) {
            // SDM 3A, Initializing IA-32e Mode: the consistency checks.
            boolean narrowTask = (s.tr.rights() & SegmentRegister.TYPE) == Descriptor.BUSY_TSS_16;
            if ((s.cr4 & PHYSICAL_ADDRESS_EXTENSION) == 0 || s.segments[CS].isLong() || narrowTask) {
                throw Fault.generalProtection(0);
            }
            efer |= LONG_MODE_ACTIVE;
        }
        if (!paging && wasPaging && s.longMode()) {
            if (s.is64Bit()) {
                throw Fault.generalProtection(0);
            }
            efer &= ~LONG_MODE_ACTIVE;
        }
        boolean pae = paging && (s.cr4 & PHYSICAL_ADDRESS_EXTENSION) != 0 && (efer & LONG_MODE_ACTIVE) == 0;
        if (pae && !wasPaging) {
            loadPointers(cpu, s.cr3);
        }
        long changed = s.cr0 ^ cr0;
        s.efer = efer;
        s.cr0 = cr0;
        if ((changed & (PAGING | WRITE_PROTECT | PROTECTION_ENABLE)) != 0) {
            if ((changed & PAGING) != 0) {
                cpu.memory.flush(true);
            }
            cpu.pagingChanged();
        } else {
            cpu.modeChanged();
        }
    }

    /** Loads CR3 and drops what the TLB holds, global translations apart. */
    public static void loadCr3(Cpu cpu, long value) {
        SystemState s = cpu.system;
        if (s.longMode()) {
            if (value >>> ringside.mmu.Paging.PHYSICAL_BITS != 0) {
                throw Fault.generalProtection(0);
            }
        } else if ((s.cr0 & PAGING) != 0 && (s.cr4 & PHYSICAL_ADDRESS_EXTENSION) != 0) {
            loadPointers(cpu, value);
        }
        s.cr3 = value;
        cpu.memory.flush(false);
        cpu.pagingChanged();
    }

    /** Loads CR4; bits that belong to a host stay as they are. */
    public static void loadCr4(Cpu cpu, long asked) {
        SystemState s = cpu.system;
        long value = asked & ~s.cr4Mask | s.cr4 & s.cr4Mask;
        long known = CR4_KNOWN | cpu.virtualization().cr4Bits() | s.cr4Mask;
        long fixed = cpu.virtualization().fixedCr4() | (s.longMode() ? PHYSICAL_ADDRESS_EXTENSION : 0);
        if ((value & ~known) != 0 || (value & fixed) != fixed) {
            throw Fault.generalProtection(0);
        }
        long paged = PAGE_SIZE_EXTENSIONS | PHYSICAL_ADDRESS_EXTENSION | PAGE_GLOBAL | SMEP;
        boolean changes = ((s.cr4 ^ value) & paged) != 0;
        if (changes && (s.cr0 & PAGING) != 0 && !s.longMode() && (value & PHYSICAL_ADDRESS_EXTENSION) != 0) {
            loadPointers(cpu, s.cr3);
        }
        s.cr4 = value;
        if (changes) {
            cpu.memory.flush(true);
            cpu.pagingChanged();
        } else {
            cpu.modeChanged();
        }
    }

    /** WRMSR to IA32_EFER. LMA is the processor's own: writes leave it alone. */
    public static void loadEfer(Cpu cpu, long value) {
        SystemState s = cpu.system;
        boolean togglesLongMode = ((value ^ s.efer) & LONG_MODE_ENABLE) != 0;
        if ((value & ~(EFER_KNOWN | cpu.virtualization().eferBits())) != 0
                || togglesLongMode && (s.cr0 & PAGING) != 0) {
            throw Fault.generalProtection(0);
        }
        boolean changes = ((value ^ s.efer) & NO_EXECUTE_ENABLE) != 0;
        s.efer = value & ~LONG_MODE_ACTIVE | s.efer & LONG_MODE_ACTIVE;
        if (changes) {
            cpu.memory.flush(true);
        }
        cpu.pagingChanged();
    }

    /** SDM 3A, PDPTE Registers. */
    private static void loadPointers(Cpu cpu, long cr3) {
        long[] read = cpu.system.pdpte;
        long table = cr3 & 0xFFFF_FFE0L;
        long p0 = cpu.memory.readPhysical(table);
        long p1 = cpu.memory.readPhysical(table + 8);
        long p2 = cpu.memory.readPhysical(table + 16);
        long p3 = cpu.memory.readPhysical(table + 24);
        if (PaePaging.isInvalidPointer(p0)
                || PaePaging.isInvalidPointer(p1)
                || PaePaging.isInvalidPointer(p2)
                || PaePaging.isInvalidPointer(p3)) {
            throw Fault.generalProtection(0);
        }
        read[0] = p0;
        read[1] = p1;
        read[2] = p2;
        read[3] = p3;
    }
}
