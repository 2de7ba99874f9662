package ringside.cpu.instruction;

import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RBX;
import static ringside.cpu.Registers.RCX;
import static ringside.cpu.Registers.RDX;
import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.MODE;
import static ringside.isa.Attribute.REG;
import static ringside.isa.Trait.INNOCUOUS;
import static ringside.isa.Trait.PRIVILEGED;
import static ringside.isa.Trait.SENSITIVE;

import java.util.List;
import ringside.bus.Noise;
import ringside.cpu.ControlRegisters;
import ringside.cpu.Cpu;
import ringside.cpu.CpuModel;
import ringside.cpu.DebugRegisters;
import ringside.cpu.Fault;
import ringside.cpu.ModelSpecificRegisters;
import ringside.cpu.Registers;
import ringside.cpu.Step;
import ringside.cpu.SystemState;

/**
 * SDM 3A, System Instruction Summary: control and debug registers, model-specific registers, identification, time, caches, halt; and
 * the instructions that are undefined for ever.
 */
final class SystemControl {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("0F 0B",    "UD2",                        INNOCUOUS,  SystemControl::undefined),
            row("0F B9 /r", "UD1 r16|32|64, r/m16|32|64", INNOCUOUS,  SystemControl::undefined),
            row("0F FF /r", "UD0 r16|32|64, r/m16|32|64", INNOCUOUS,  SystemControl::undefined),
            row("0F 01 /4", "SMSW r16|32|64/m16",         SENSITIVE,  SystemControl::storeMachineStatus),
            row("0F 01 /6", "LMSW r/m16",                 PRIVILEGED, SystemControl::loadMachineStatus),
            row("0F 06",    "CLTS",                       PRIVILEGED, SystemControl::clearTaskSwitched),
            row("0F 20 /r", "MOV r32|64, CRn",            PRIVILEGED, SystemControl::storeControl, MODE),
            row("0F 22 /r", "MOV CRn, r32|64",            PRIVILEGED, SystemControl::loadControl, MODE),
            row("0F 21 /r", "MOV r32|64, DRn",            PRIVILEGED, SystemControl::storeDebug, MODE),
            row("0F 23 /r", "MOV DRn, r32|64",            PRIVILEGED, SystemControl::loadDebug, MODE),
            row("0F A2",    "CPUID",                      SENSITIVE,  SystemControl::identify),
            row("0F 31",    "RDTSC",                      SENSITIVE,  SystemControl::readTimeStamp),
            row("0F 01 F9", "RDTSCP",                     SENSITIVE,  SystemControl::readTimeStampAndProcessor),
            row("NFx 0F C7 /6", "RDRAND r/m16|32|64",     SENSITIVE,  SystemControl::readNoise, REG),
            row("NFx 0F C7 /7", "RDSEED r/m16|32|64",     SENSITIVE,  SystemControl::readNoise, REG),
            row("0F 33",    "RDPMC",                      SENSITIVE,  SystemControl::readPerformanceCounter),
            row("0F 32",    "RDMSR",                      PRIVILEGED, SystemControl::readModelSpecific),
            row("0F 30",    "WRMSR",                      PRIVILEGED, SystemControl::writeModelSpecific),
            row("0F 01 /7", "INVLPG m",                   PRIVILEGED, SystemControl::invalidatePage),
            row("66 0F 38 82 /r", "INVPCID r32|64, m128", PRIVILEGED, SystemControl::invalidateContext, MODE),
            row("0F 08",    "INVD",                       PRIVILEGED, SystemControl::invalidateCaches),
            row("0F 09",    "WBINVD",                     PRIVILEGED, SystemControl::invalidateCaches),
            row("F4",       "HLT",                        PRIVILEGED, SystemControl::halt),
            row("0F AA",    "RSM",                        PRIVILEGED, SystemControl::resume),
            row("0F 01 C8", "MONITOR",                    PRIVILEGED, SystemControl::monitor),
            row("0F 01 C9", "MWAIT",                      PRIVILEGED, SystemControl::monitorWait));
    // spotless:on

    private static final int CR0 = 0;
    private static final int CR2 = 2;
    private static final int CR3 = 3;
    private static final int CR4 = 4;
    private static final int CR8 = 8;

    private SystemControl() {}

    /** SMSW: CR0, as much of it as the destination holds. */
    private static void storeMachineStatus(Cpu cpu, Step step) {
        SystemState s = cpu.system;
        if (s.cpl > 0 && (s.cr4 & SystemState.UMIP) != 0) {
            throw Fault.generalProtection(0);
        }
        cpu.admit(step);
        step.first.write(cpu, s.visibleCr0());
    }

    /** LMSW: the low four bits of CR0; PE can be set but not cleared. */
    private static void loadMachineStatus(Cpu cpu, Step step) {
        cpu.requireRingZero();
        long value = step.first.read(cpu);
        cpu.admit(step, value);
        ControlRegisters.loadCr0(cpu, cpu.system.cr0 & ~0xEL | value & 0xF);
    }

    private static void clearTaskSwitched(Cpu cpu, Step step) {
        cpu.requireRingZero();
        cpu.admit(step);
        cpu.system.cr0 &= ~(SystemState.TASK_SWITCHED & ~cpu.system.cr0Mask);
    }

    /** MOV from CRn. */
    private static void storeControl(Cpu cpu, Step step) {
        cpu.requireRingZero();
        cpu.admit(step);
        SystemState s = cpu.system;
        int number = (int) step.second.read(cpu);
        step.first.write(
                cpu,
                switch (number) {
                    case CR0 -> s.visibleCr0();
                    case CR2 -> s.cr2;
                    case CR3 -> s.cr3;
                    case CR4 -> s.visibleCr4();
                    case CR8 -> cpu.virtualization().taskPriority(cpu);
                    default -> throw Fault.invalidOpcode();
                });
    }

    /** MOV to CRn. */
    private static void loadControl(Cpu cpu, Step step) {
        cpu.requireRingZero();
        long value = step.second.read(cpu);
        cpu.admit(step, value);
        int number = (int) step.first.read(cpu);
        switch (number) {
            case CR0 -> ControlRegisters.loadCr0(cpu, value);
            case CR2 -> cpu.system.cr2 = value;
            case CR3 -> ControlRegisters.loadCr3(cpu, value);
            case CR4 -> ControlRegisters.loadCr4(cpu, value);
            case CR8 -> loadTaskPriority(cpu, value);
            default -> throw Fault.invalidOpcode();
        }
    }

    /** SDM 3A, CR8: four bits; what is below this priority is held back. */
    private static void loadTaskPriority(Cpu cpu, long value) {
        if (value >>> 4 != 0) {
            throw Fault.generalProtection(0);
        }
        cpu.attend();
        if (cpu.virtualization().shadowsTaskPriority(value)) {
            return;
        }
        cpu.system.cr8 = value;
        if (!cpu.virtualization().keepsTaskPriority()) {
            cpu.apic().taskPriority((int) value);
            cpu.virtualization().taskPriorityWritten(value);
        }
    }

    /** MOV from DRn. */
    private static void storeDebug(Cpu cpu, Step step) {
        int number = debugRegister(cpu, step, (int) step.second.read(cpu));
        SystemState s = cpu.system;
        step.first.write(cpu, number < 4 ? s.breakpoints[number] : number == 6 ? s.dr6 : s.dr7);
    }

    /** MOV to DRn. */
    private static void loadDebug(Cpu cpu, Step step) {
        int number = debugRegister(cpu, step, (int) step.first.read(cpu));
        DebugRegisters.load(cpu, number, step.second.read(cpu));
    }

    /**
     * The checks of both. The gate comes first: SDM 3C, Relative Priority of Faults and VM Exits.
     *
     * @return 0 to 3, 6 or 7: DR4 and DR5 are other names of DR6 and DR7 until CR4.DE forbids them
     */
    private static int debugRegister(Cpu cpu, Step step, int number) {
        cpu.admit(step);
        cpu.requireRingZero();
        SystemState s = cpu.system;
        boolean alias = number == 4 || number == 5;
        if (alias && (s.cr4 & SystemState.DEBUGGING_EXTENSIONS) != 0) {
            throw Fault.invalidOpcode();
        }
        if ((s.dr7 & SystemState.DR7_GENERAL_DETECT) != 0) {
            s.pendingDebug |= SystemState.DR6_GENERAL_DETECT;
            throw Fault.debug();
        }
        return alias ? number + 2 : number;
    }

    private static void identify(Cpu cpu, Step step) {
        cpu.admit(step);
        Registers r = cpu.registers;
        int number = (int) r.get(RAX, 4);
        int subNumber = (int) r.get(RCX, 4);
        CpuModel.Leaf plain = CpuModel.leaf(
                number,
                subNumber,
                cpu.is64Bit(),
                cpu.apic().isEnabled(),
                (cpu.system.visibleCr4() & SystemState.OSXSAVE) != 0);
        CpuModel.Leaf leaf = cpu.virtualization().identify(number, subNumber, plain);
        r.set(RAX, 4, leaf.eax());
        r.set(RBX, 4, leaf.ebx());
        r.set(RCX, 4, leaf.ecx());
        r.set(RDX, 4, leaf.edx());
    }

    private static void readTimeStamp(Cpu cpu, Step step) {
        SystemState s = cpu.system;
        if (s.cpl > 0 && (s.cr4 & SystemState.TIME_STAMP_DISABLE) != 0) {
            throw Fault.generalProtection(0);
        }
        cpu.admit(step);
        setPair(cpu, ModelSpecificRegisters.timeStamp(cpu));
    }

    /** RDTSCP: the time stamp, and in ECX what the system wrote to IA32_TSC_AUX. */
    private static void readTimeStampAndProcessor(Cpu cpu, Step step) {
        cpu.requireExistence(step);
        readTimeStamp(cpu, step);
        cpu.registers.set(RCX, 4, cpu.system.tscAux);
    }

    /** RDRAND and RDSEED: there is always a number, which CF says; the other arithmetic flags are 0. */
    private static void readNoise(Cpu cpu, Step step) {
        cpu.admit(step);
        step.first.write(cpu, Noise.at(cpu.clock.now()));
        cpu.registers.flags(Registers.CARRY, Registers.ARITHMETIC);
    }

    /** RDPMC: outside ring 0 by leave of CR4.PCE; this processor has no counters, so that no index is valid. */
    private static void readPerformanceCounter(Cpu cpu, Step step) {
        SystemState s = cpu.system;
        if (s.cpl > 0 && (s.cr4 & SystemState.PERFORMANCE_COUNTER) == 0) {
            throw Fault.generalProtection(0);
        }
        cpu.admit(step);
        throw Fault.generalProtection(0);
    }

    private static void readModelSpecific(Cpu cpu, Step step) {
        cpu.requireRingZero();
        int number = (int) cpu.registers.get(RCX);
        cpu.admit(step, number & 0xFFFF_FFFFL);
        setPair(cpu, ModelSpecificRegisters.read(cpu, number));
    }

    private static void writeModelSpecific(Cpu cpu, Step step) {
        cpu.requireRingZero();
        Registers r = cpu.registers;
        int number = (int) r.get(RCX);
        cpu.admit(step, number & 0xFFFF_FFFFL);
        ModelSpecificRegisters.write(cpu, number, r.get(RDX) << 32 | r.get(RAX, 4));
    }

    /** EDX:EAX. */
    private static void setPair(Cpu cpu, long value) {
        cpu.registers.set(RAX, 4, value);
        cpu.registers.set(RDX, 4, value >>> 32);
    }

    /** SDM 2, INVLPG: neither limit nor rights are checked, and an address that is not canonical does nothing. */
    private static void invalidatePage(Cpu cpu, Step step) {
        cpu.requireRingZero();
        int segment = step.first.segment();
        long offset = step.first.offset(cpu);
        boolean based = !cpu.is64Bit() || segment >= SystemState.FS;
        long linear = offset + (based ? cpu.system.segments[segment].base() : 0);
        if (!cpu.is64Bit()) {
            linear &= 0xFFFF_FFFFL;
        }
        cpu.admit(step, linear);
        if (Cpu.isCanonical(linear)) {
            cpu.memory.flushPage(linear);
        }
    }

    private static final int SINGLE_ADDRESS = 0;
    private static final int ALL_WITH_GLOBALS = 2;
    private static final int LAST_TYPE = 3;

    /**
     * INVPCID: all translations belong to context 0, as there is no CR4.PCIDE. The descriptor holds the context in its low half, the
     * linear address in its high half (SDM 2, INVPCID).
     */
    private static void invalidateContext(Cpu cpu, Step step) {
        cpu.requireExistence(step);
        cpu.requireRingZero();
        cpu.admit(step);
        long type = step.first.read(cpu);
        if (Long.compareUnsigned(type, LAST_TYPE) > 0) {
            throw Fault.generalProtection(0);
        }
        int segment = step.second.segment();
        long offset = step.second.offset(cpu);
        cpu.linear(segment, offset, 16, false);
        long context = cpu.read(segment, offset, 8);
        long linear = cpu.read(segment, offset + 8 & step.addressMask, 8);
        boolean ofContext = type < ALL_WITH_GLOBALS;
        if (context >>> 12 != 0 || ofContext && context != 0 || type == SINGLE_ADDRESS && !Cpu.isCanonical(linear)) {
            throw Fault.generalProtection(0);
        }
        if (type == SINGLE_ADDRESS) {
            cpu.memory.flushPage(linear);
        } else {
            cpu.memory.flush(type == ALL_WITH_GLOBALS);
        }
    }

    /** INVD and WBINVD: there are no caches to see. */
    private static void invalidateCaches(Cpu cpu, Step step) {
        cpu.requireRingZero();
        cpu.admit(step);
    }

    /** RSM: outside system-management mode, which this machine does not have, it does not exist; AMD-V's intercept comes before that. */
    private static void resume(Cpu cpu, Step step) {
        cpu.admit(step);
        throw Fault.invalidOpcode();
    }

    private static void halt(Cpu cpu, Step step) {
        cpu.requireRingZero();
        cpu.admit(step);
        cpu.system.activity = SystemState.Activity.HALTED;
        cpu.attend();
    }

    /** MONITOR: arms the monitor at DS:rAX, which is read as a byte is; ECX has no extensions. */
    private static void monitor(Cpu cpu, Step step) {
        requireRingZeroToWait(cpu);
        cpu.admit(step);
        if (!cpu.virtualization().waitsForStores()) {
            return;
        }
        if (extensions(cpu) != 0) {
            throw Fault.generalProtection(0);
        }
        cpu.read(step.sourceSegment(), cpu.registers.get(RAX) & step.addressMask, 1);
        cpu.system.monitoring = true;
    }

    /**
     * MWAIT: waits as HLT does, if the monitor is armed; a store that would end it can come from no other processor. The operand of the gate
     * says whether the monitor is armed.
     */
    private static void monitorWait(Cpu cpu, Step step) {
        requireRingZeroToWait(cpu);
        SystemState s = cpu.system;
        cpu.admit(step, s.monitoring ? 1 : 0);
        if (!cpu.virtualization().waitsForStores()) {
            return;
        }
        if (extensions(cpu) != 0) {
            throw Fault.generalProtection(0);
        }
        if (s.monitoring) {
            s.monitoring = false;
            s.activity = SystemState.Activity.HALTED;
            cpu.attend();
        }
    }

    /** SDM 2, MONITOR and MWAIT: outside ring 0 they do not exist. */
    private static void requireRingZeroToWait(Cpu cpu) {
        if (cpu.system.cpl != 0) {
            throw Fault.invalidOpcode();
        }
    }

    private static long extensions(Cpu cpu) {
        return cpu.registers.get(RCX, cpu.is64Bit() ? 8 : 4);
    }

    /** UD0, UD1, UD2. */
    private static void undefined(Cpu cpu, Step step) {
        throw Fault.invalidOpcode();
    }
}
