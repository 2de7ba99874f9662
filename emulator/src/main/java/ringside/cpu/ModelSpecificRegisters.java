package ringside.cpu;

import static ringside.cpu.SystemState.FS;
import static ringside.cpu.SystemState.GS;

import ringside.mmu.SegmentRegister;

/** The model-specific registers of this CPU model: what RDMSR shows and WRMSR changes. SDM 4, Model-Specific Registers. */
public final class ModelSpecificRegisters {
    public static final int IA32_TIME_STAMP_COUNTER = 0x10;
    public static final int IA32_TSC_ADJUST = 0x3B;
    public static final int IA32_SYSENTER_CS = 0x174;
    public static final int IA32_SYSENTER_ESP = 0x175;
    public static final int IA32_SYSENTER_EIP = 0x176;
    public static final int IA32_MISC_ENABLE = 0x1A0;
    public static final int IA32_PAT = 0x277;
    public static final int IA32_EFER = 0xC000_0080;
    public static final int IA32_STAR = 0xC000_0081;
    public static final int IA32_LSTAR = 0xC000_0082;
    public static final int IA32_CSTAR = 0xC000_0083;
    public static final int IA32_FMASK = 0xC000_0084;
    public static final int IA32_FS_BASE = 0xC000_0100;
    public static final int IA32_GS_BASE = 0xC000_0101;
    public static final int IA32_KERNEL_GS_BASE = 0xC000_0102;
    public static final int IA32_TSC_AUX = 0xC000_0103;

    /** IA32_MISC_ENABLE: fast strings, the one bit that can be changed. */
    private static final long FAST_STRINGS = 1;

    private ModelSpecificRegisters() {}

    /** The time-stamp counter: one count for each unit of guest time. */
    public static long timeStamp(Cpu cpu) {
        return cpu.clock.now() + cpu.system.tscAdjust + cpu.system.tscOffset;
    }

    /** @throws Fault #GP(0) where there is no such register */
    public static long read(Cpu cpu, int number) {
        SystemState s = cpu.system;
        return switch (number) {
            case IA32_TIME_STAMP_COUNTER -> timeStamp(cpu);
            case IA32_TSC_ADJUST -> s.tscAdjust;
            case IA32_SYSENTER_CS -> s.sysenterCs;
            case IA32_SYSENTER_ESP -> s.sysenterEsp;
            case IA32_SYSENTER_EIP -> s.sysenterEip;
            case IA32_MISC_ENABLE -> s.miscEnable;
            case IA32_PAT -> s.pat;
            case IA32_EFER -> s.efer;
            case IA32_STAR -> s.star;
            case IA32_LSTAR -> s.lstar;
            case IA32_CSTAR -> s.cstar;
            case IA32_FMASK -> s.syscallMask;
            case IA32_FS_BASE -> s.segments[FS].base();
            case IA32_GS_BASE -> s.segments[GS].base();
            case IA32_KERNEL_GS_BASE -> s.kernelGsBase;
            case IA32_TSC_AUX -> s.tscAux;
            default ->
                cpu.apic().hasMsr(number)
                        ? cpu.apic().readMsr(number)
                        : cpu.virtualization().readMsr(number);
        };
    }

    /** @throws Fault #GP(0) where there is no such register, or it cannot hold the value */
    public static void write(Cpu cpu, int number, long value) {
        SystemState s = cpu.system;
        switch (number) {
            case IA32_TIME_STAMP_COUNTER -> adjustTimeStamp(cpu, value - cpu.clock.now());
            case IA32_TSC_ADJUST -> adjustTimeStamp(cpu, value);
            case IA32_SYSENTER_CS -> s.sysenterCs = value & 0xFFFF_FFFFL;
            case IA32_SYSENTER_ESP -> s.sysenterEsp = canonical(value);
            case IA32_SYSENTER_EIP -> s.sysenterEip = canonical(value);
            case IA32_MISC_ENABLE -> s.miscEnable = within(value, FAST_STRINGS);
            case IA32_PAT -> s.pat = memoryTypes(value);
            case IA32_EFER -> ControlRegisters.loadEfer(cpu, value);
            case IA32_STAR -> s.star = value;
            case IA32_LSTAR -> s.lstar = canonical(value);
            case IA32_CSTAR -> s.cstar = canonical(value);
            case IA32_FMASK -> s.syscallMask = within(value, 0xFFFF_FFFFL);
            case IA32_FS_BASE -> setBase(s.segments[FS], canonical(value));
            case IA32_GS_BASE -> setBase(s.segments[GS], canonical(value));
            case IA32_KERNEL_GS_BASE -> s.kernelGsBase = canonical(value);
            case IA32_TSC_AUX -> s.tscAux = within(value, 0xFFFF_FFFFL);
            default -> {
                if (!cpu.apic().writeMsr(number, value)) {
                    cpu.virtualization().writeMsr(cpu, number, value);
                }
            }
        }
    }

    private static void adjustTimeStamp(Cpu cpu, long adjust) {
        cpu.system.tscAdjust = adjust;
        cpu.apic().timeStampAdjusted(adjust);
    }

    private static void setBase(SegmentRegister segment, long base) {
        segment.load(segment.selector(), base, segment.limit(), segment.rights());
    }

    private static long canonical(long address) {
        if (!Cpu.isCanonical(address)) {
            throw Fault.generalProtection(0);
        }
        return address;
    }

    private static long within(long value, long mask) {
        if ((value & ~mask) != 0) {
            throw Fault.generalProtection(0);
        }
        return value;
    }

    /** SDM 3A, IA32_PAT MSR: each byte is a memory type; 2, 3 and all above 7 are reserved. */
    private static long memoryTypes(long value) {
        for (int i = 0; i < 64; i += 8) {
            long type = value >>> i & 0xFF;
            if (type > 7 || type == 2 || type == 3) {
                throw Fault.generalProtection(0);
            }
        }
        return value;
    }
}
