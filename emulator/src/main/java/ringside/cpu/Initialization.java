package ringside.cpu;

import static ringside.cpu.SystemState.*;

import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/**
 * What INIT does to a processor: SDM 3A, Processor State After Reset, the table's column for INIT. Caching bits of CR0, x87 and SSE state, XCR0,
 * time-stamp counter and all model-specific registers but IA32_EFER stay as they are.
 *
 * <p>This is the bootstrap processor: it goes on at the reset vector, and does not wait for a start-up message (MP Initialization Protocol
 * Requirements and Restrictions).
 */
final class Initialization {
    private static final long KEPT_IN_CR0 = NOT_WRITE_THROUGH | CACHE_DISABLE;
    private static final int RESET_SELECTOR = 0xF000;
    private static final long RESET_BASE = 0xFFFF_0000L;
    private static final long RESET_VECTOR = 0xFFF0;
    private static final int LIMIT = 0xFFFF;

    private Initialization() {}

    /** Sets the state, and that of the local APIC. */
    static void perform(Cpu cpu) {
        Registers registers = cpu.registers;
        for (int i = 0; i < 16; i++) {
            registers.set(i, 0);
        }
        registers.set(Registers.RDX, CpuModel.SIGNATURE);
        registers.rip(RESET_VECTOR);
        SystemState s = cpu.system;
        s.cr0 = s.cr0 & KEPT_IN_CR0 | EXTENSION_TYPE;
        s.cr2 = 0;
        s.cr3 = 0;
        s.cr4 = 0;
        s.cr8 = 0;
        s.efer = 0;
        s.cpl = 0;
        loadSegments(s);
        java.util.Arrays.fill(s.breakpoints, 0);
        s.dr6 = DR6_FIXED;
        s.dr7 = DR7_FIXED;
        s.activity = Activity.ACTIVE;
        s.shadowTime = -1;
        s.pendingDebug = 0;
        s.nmiBlocked = false;
        s.monitoring = false;
        cpu.flags(0, -1L);
        cpu.memory.flush(true);
        cpu.apic().initialize();
        cpu.stateReplaced();
    }

    private static void loadSegments(SystemState s) {
        for (SegmentRegister segment : s.segments) {
            segment.load(0, 0, LIMIT, SegmentRegister.REAL_MODE_DATA);
        }
        s.segments[CS].load(RESET_SELECTOR, RESET_BASE, LIMIT, SegmentRegister.REAL_MODE_DATA | SegmentRegister.CODE);
        s.ldtr.load(0, 0, LIMIT, SegmentRegister.PRESENT | Descriptor.LDT);
        s.tr.load(0, 0, LIMIT, SegmentRegister.PRESENT | Descriptor.BUSY_TSS_32);
        s.gdtrBase = 0;
        s.gdtrLimit = LIMIT;
        s.idtrBase = 0;
        s.idtrLimit = LIMIT;
    }
}
