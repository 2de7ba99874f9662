package ringside.cpu;

import java.util.Arrays;
import java.util.List;
import ringside.mmu.SegmentRegister;

/**
 * What privilege protects: the ring, the interrupt flag and I/O privilege level, control and debug registers, segment and table
 * registers, model-specific registers (after Popek and Goldberg, the part of the state that a monitor must keep for itself).
 *
 * <p>Plain storage: rules and consequences of a change are in {@link Cpu} and in the chapters of the instruction set.
 */
public final class SystemState {
    public static final int ES = 0;
    public static final int CS = 1;
    public static final int SS = 2;
    public static final int DS = 3;
    public static final int FS = 4;
    public static final int GS = 5;

    // RFLAGS bits kept here; SDM 3A, System Flags and Fields in the EFLAGS Register.
    public static final int INTERRUPT = 1 << 9;
    public static final int IOPL = 3 << 12;
    public static final int RESUME = 1 << 16;
    public static final int VIRTUAL_8086 = 1 << 17;
    public static final int VIRTUAL_INTERRUPT = 1 << 19;
    public static final int VIRTUAL_INTERRUPT_PENDING = 1 << 20;
    public static final int PRIVILEGED =
            INTERRUPT | IOPL | RESUME | VIRTUAL_8086 | VIRTUAL_INTERRUPT | VIRTUAL_INTERRUPT_PENDING;

    // CR0; SDM 3A, Control Registers.
    public static final long PROTECTION_ENABLE = 1;
    public static final long MONITOR_COPROCESSOR = 1 << 1;
    public static final long EMULATION = 1 << 2;
    public static final long TASK_SWITCHED = 1 << 3;
    public static final long EXTENSION_TYPE = 1 << 4;
    public static final long NUMERIC_ERROR = 1 << 5;
    public static final long WRITE_PROTECT = 1 << 16;
    public static final long ALIGNMENT_MASK = 1 << 18;
    public static final long NOT_WRITE_THROUGH = 1 << 29;
    public static final long CACHE_DISABLE = 1 << 30;
    public static final long PAGING = 1L << 31;

    // CR4.
    public static final long VME = 1;
    public static final long PVI = 1 << 1;
    public static final long TIME_STAMP_DISABLE = 1 << 2;
    public static final long DEBUGGING_EXTENSIONS = 1 << 3;
    public static final long PAGE_SIZE_EXTENSIONS = 1 << 4;
    public static final long PHYSICAL_ADDRESS_EXTENSION = 1 << 5;
    public static final long MACHINE_CHECK = 1 << 6;
    public static final long PAGE_GLOBAL = 1 << 7;
    public static final long PERFORMANCE_COUNTER = 1 << 8;
    public static final long FXSAVE = 1 << 9;
    public static final long SIMD_EXCEPTIONS = 1 << 10;
    public static final long UMIP = 1 << 11;
    public static final long VMXE = 1 << 13;
    public static final long OSXSAVE = 1 << 18;
    public static final long SMEP = 1 << 20;

    // IA32_EFER.
    public static final long SYSCALL_ENABLE = 1;
    public static final long LONG_MODE_ENABLE = 1 << 8;
    public static final long LONG_MODE_ACTIVE = 1 << 10;
    public static final long NO_EXECUTE_ENABLE = 1 << 11;

    /** APM 2, EFER: SVM is in use. */
    public static final long SVME = 1 << 12;

    // DR6 and DR7.
    public static final long DR6_FIXED = 0xFFFF_0FF0L;
    public static final long DR7_FIXED = 0x400;
    public static final long DR6_GENERAL_DETECT = 1 << 13;
    public static final long DR6_SINGLE_STEP = 1 << 14;
    public static final long DR6_TASK_SWITCH = 1 << 15;
    public static final long DR7_GENERAL_DETECT = 1 << 13;

    /** What the processor is doing: SDM 3A, Guest Non-Register State. */
    public enum Activity {
        ACTIVE,
        /** HLT: waits for an interrupt. */
        HALTED,
        /** A triple fault happened. */
        SHUTDOWN
    }

    /** Why the next boundary takes no interrupt: SDM 3A, Masking Exceptions and Interrupts When Switching Stacks. */
    public enum Shadow {
        STI,
        MOV_SS
    }

    public final SegmentRegister[] segments = new SegmentRegister[6];
    public final SegmentRegister ldtr = new SegmentRegister();
    public final SegmentRegister tr = new SegmentRegister();

    public int cpl;

    /** The bits of {@link #PRIVILEGED}. */
    public int flags;

    public long cr0;
    public long cr2;
    public long cr3;
    public long cr4;
    public long cr8;
    public long efer;

    /** SDM 1, Enabling the XSAVE Feature Set: XCR0, the state components that the system has enabled; x87 always. */
    public long xcr0 = 1;

    // Non-root operation, SDM 3C, Guest/Host Masks and Read Shadows for CR0 and CR4: bits under a mask belong to the
    // host; reads see the
    // shadow there, and writes leave them alone. Elsewhere the masks are 0.
    public long cr0Mask;
    public long cr0Shadow;
    public long cr4Mask;
    public long cr4Shadow;

    /** Non-root operation: added to what RDTSC reads. Elsewhere 0. */
    public long tscOffset;

    /** The four page-directory-pointer registers of PAE paging. */
    public final long[] pdpte = new long[4];

    public long gdtrBase;
    public int gdtrLimit;
    public long idtrBase;
    public int idtrLimit;

    /** DR0 to DR3. */
    public final long[] breakpoints = new long[4];

    public long dr6 = DR6_FIXED;
    public long dr7 = DR7_FIXED;

    public long star;
    public long lstar;
    public long cstar;
    public long syscallMask;
    public long kernelGsBase;
    public long sysenterCs;
    public long sysenterEsp;
    public long sysenterEip;
    public long pat = 0x0007_0406_0007_0406L;
    public long miscEnable = 1;
    public long tscAdjust;
    public long tscAux;

    public Activity activity = Activity.ACTIVE;
    public Shadow shadow = Shadow.STI;

    /** Guest time at which the shadowing instruction completed: the shadow holds at that boundary only. */
    public long shadowTime = -1;

    /** DR6 bits of debug traps that wait for the next boundary. */
    public long pendingDebug;

    /** An NMI handler runs: no further NMI until IRET. */
    public boolean nmiBlocked;

    /** MONITOR has armed the address monitor: the next MWAIT waits. */
    public boolean monitoring;

    public SystemState() {
        for (int i = 0; i < segments.length; i++) {
            segments[i] = new SegmentRegister();
        }
    }

    /** CR0 as MOV from CR0 and SMSW read it. */
    public long visibleCr0() {
        return cr0 & ~cr0Mask | cr0Shadow & cr0Mask;
    }

    /** CR4 as MOV from CR4 reads it. */
    public long visibleCr4() {
        return cr4 & ~cr4Mask | cr4Shadow & cr4Mask;
    }

    public boolean interruptFlag() {
        return (flags & INTERRUPT) != 0;
    }

    /** I/O privilege level, 0 to 3. */
    public int iopl() {
        return flags >>> 12 & 3;
    }

    public boolean protectedMode() {
        return (cr0 & PROTECTION_ENABLE) != 0;
    }

    public boolean virtual8086() {
        return (flags & VIRTUAL_8086) != 0;
    }

    /** Real-address mode or virtual-8086 mode: a selector is a paragraph number. */
    public boolean paragraphs() {
        return !protectedMode() || virtual8086();
    }

    public boolean longMode() {
        return (efer & LONG_MODE_ACTIVE) != 0;
    }

    /** IA-32e mode with CS.L set. */
    public boolean is64Bit() {
        return longMode() && segments[CS].isLong();
    }

    public boolean shadowed(long now) {
        return shadowTime == now;
    }

    /** Everything above as a value. */
    public record State(
            List<SegmentRegister.State> segments,
            int cpl,
            int flags,
            List<Long> words,
            Activity activity,
            Shadow shadow,
            boolean nmiBlocked,
            boolean monitoring) {
        public State {
            segments = List.copyOf(segments);
            words = List.copyOf(words);
        }
    }

    public State save() {
        List<SegmentRegister.State> all = Arrays.asList(
                segments[ES].save(),
                segments[CS].save(),
                segments[SS].save(),
                segments[DS].save(),
                segments[FS].save(),
                segments[GS].save(),
                ldtr.save(),
                tr.save());
        List<Long> words = List.of(
                cr0,
                cr2,
                cr3,
                cr4,
                cr8,
                efer,
                pdpte[0],
                pdpte[1],
                pdpte[2],
                pdpte[3],
                gdtrBase,
                (long) gdtrLimit,
                idtrBase,
                (long) idtrLimit,
                breakpoints[0],
                breakpoints[1],
                breakpoints[2],
                breakpoints[3],
                dr6,
                dr7,
                star,
                lstar,
                cstar,
                syscallMask,
                kernelGsBase,
                sysenterCs,
                sysenterEsp,
                sysenterEip,
                pat,
                miscEnable,
                tscAdjust,
                tscAux,
                shadowTime,
                pendingDebug,
                cr0Mask,
                cr0Shadow,
                cr4Mask,
                cr4Shadow,
                tscOffset,
                xcr0);
        return new State(all, cpl, flags, words, activity, shadow, nmiBlocked, monitoring);
    }

    public void restore(State state) {
        for (int i = 0; i < 6; i++) {
            segments[i].restore(state.segments.get(i));
        }
        ldtr.restore(state.segments.get(6));
        tr.restore(state.segments.get(7));
        cpl = state.cpl;
        flags = state.flags;
        activity = state.activity;
        shadow = state.shadow;
        nmiBlocked = state.nmiBlocked;
        monitoring = state.monitoring;
        var words = state.words.iterator();
        cr0 = words.next();
        cr2 = words.next();
        cr3 = words.next();
        cr4 = words.next();
        cr8 = words.next();
        efer = words.next();
        for (int i = 0; i < 4; i++) {
            pdpte[i] = words.next();
        }
        gdtrBase = words.next();
        gdtrLimit = (int) (long) words.next();
        idtrBase = words.next();
        idtrLimit = (int) (long) words.next();
        for (int i = 0; i < 4; i++) {
            breakpoints[i] = words.next();
        }
        dr6 = words.next();
        dr7 = words.next();
        star = words.next();
        lstar = words.next();
        cstar = words.next();
        syscallMask = words.next();
        kernelGsBase = words.next();
        sysenterCs = words.next();
        sysenterEsp = words.next();
        sysenterEip = words.next();
        pat = words.next();
        miscEnable = words.next();
        tscAdjust = words.next();
        tscAux = words.next();
        shadowTime = words.next();
        pendingDebug = words.next();
        cr0Mask = words.next();
        cr0Shadow = words.next();
        cr4Mask = words.next();
        cr4Shadow = words.next();
        tscOffset = words.next();
        xcr0 = words.next();
    }
}
