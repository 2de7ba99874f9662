package ringside.cpu.svm;

import static ringside.cpu.svm.VmcbField.IOPM_BASE_PA;
import static ringside.cpu.svm.VmcbField.MSRPM_BASE_PA;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.cpu.Cpu;
import ringside.cpu.Gate;
import ringside.cpu.Step;
import ringside.cpu.SystemState;

/**
 * Which instructions leave the guest: APM 2, Instruction Intercepts. Each row asks the intercept that the manual names; what is not listed
 * never leaves. They are asked where the gate is: before all exceptions of the instruction for CPUID, PAUSE, PUSHF, POPF, INT n, IRET, RSM
 * and ICEBP, else behind the checks of privilege and before those of operands and memory.
 */
final class Intercepts implements Gate {
    /** What one mnemonic's intercept depends on. */
    @FunctionalInterface
    private interface Rule {
        void judge(Vmcb vmcb, Cpu cpu, Step step, long operand);
    }

    private static final Map<String, Rule> RULES = new HashMap<>();

    // spotless:off
    private static final Map<String, ExitCode> PLAIN = Map.ofEntries(
            Map.entry("CPUID",   ExitCode.CPUID),
            Map.entry("PAUSE",   ExitCode.PAUSE),
            Map.entry("PUSHF",   ExitCode.PUSHF),
            Map.entry("PUSHFD",  ExitCode.PUSHF),
            Map.entry("PUSHFQ",  ExitCode.PUSHF),
            Map.entry("POPF",    ExitCode.POPF),
            Map.entry("POPFD",   ExitCode.POPF),
            Map.entry("POPFQ",   ExitCode.POPF),
            Map.entry("INT1",    ExitCode.ICEBP),
            Map.entry("IRET",    ExitCode.IRET),
            Map.entry("IRETD",   ExitCode.IRET),
            Map.entry("IRETQ",   ExitCode.IRET),
            Map.entry("HLT",     ExitCode.HLT),
            Map.entry("INVD",    ExitCode.INVD),
            Map.entry("WBINVD",  ExitCode.WBINVD),
            Map.entry("RDTSC",   ExitCode.RDTSC),
            Map.entry("RDTSCP",  ExitCode.RDTSCP),
            Map.entry("RDPMC",   ExitCode.RDPMC),
            Map.entry("MONITOR", ExitCode.MONITOR),
            Map.entry("XSETBV",  ExitCode.XSETBV),
            Map.entry("RSM",     ExitCode.RSM),
            Map.entry("INVPCID", ExitCode.INVPCID),
            Map.entry("VMRUN",   ExitCode.VMRUN),
            Map.entry("VMMCALL", ExitCode.VMMCALL),
            Map.entry("VMLOAD",  ExitCode.VMLOAD),
            Map.entry("VMSAVE",  ExitCode.VMSAVE),
            Map.entry("STGI",    ExitCode.STGI),
            Map.entry("CLGI",    ExitCode.CLGI),
            Map.entry("SKINIT",  ExitCode.SKINIT),
            Map.entry("INVLPGA", ExitCode.INVLPGA),
            Map.entry("SIDT",    ExitCode.IDTR_READ),
            Map.entry("SGDT",    ExitCode.GDTR_READ),
            Map.entry("SLDT",    ExitCode.LDTR_READ),
            Map.entry("STR",     ExitCode.TR_READ),
            Map.entry("LIDT",    ExitCode.IDTR_WRITE),
            Map.entry("LGDT",    ExitCode.GDTR_WRITE),
            Map.entry("LLDT",    ExitCode.LDTR_WRITE),
            Map.entry("LTR",     ExitCode.TR_WRITE));

    static {
        PLAIN.forEach((name, code) -> RULES.put(name, (vmcb, cpu, step, operand) -> leaveIf(vmcb, code, 0, 0)));
        RULES.put("INT",    (vmcb, cpu, step, operand) -> leaveIf(vmcb, ExitCode.SWINT, step.decoded.immediate & 0xFF, 0));
        RULES.put("INVLPG", (vmcb, cpu, step, operand) -> leaveIf(vmcb, ExitCode.INVLPG, operand, 0));
        RULES.put("RDMSR",  (vmcb, cpu, step, operand) -> accessMsr(vmcb, (int) operand, false));
        RULES.put("WRMSR",  (vmcb, cpu, step, operand) -> accessMsr(vmcb, (int) operand, true));
        RULES.put("SMSW",   (vmcb, cpu, step, operand) -> register(vmcb, ExitCode.CR_READ, 0, 0));
        RULES.put("CLTS",   (vmcb, cpu, step, operand) -> register(vmcb, ExitCode.CR_WRITE, 0, 0));
        RULES.put("LMSW",   Intercepts::loadMachineStatus);
        RULES.put("MOV",    Intercepts::move);
        RULES.put("MWAIT",  Intercepts::monitorWait);
        for (String name : new String[] {"IN", "INSB", "INSW", "INSD", "OUT", "OUTSB", "OUTSW", "OUTSD"}) {
            RULES.put(name, Intercepts::accessPort);
        }
    }
    // spotless:on

    private final CurrentGuest guest;
    private final SvmFeatures features;

    Intercepts(CurrentGuest guest, SvmFeatures features) {
        this.guest = guest;
        this.features = features;
    }

    @Override
    public void admit(Cpu cpu, Step step, long operand) {
        @Nullable Rule rule = RULES.get(step.form.mnemonic());
        if (rule != null) {
            try {
                rule.judge(guest.vmcb(), cpu, step, operand);
            } catch (SvmExit exit) {
                SvmExit known = exit.before(nextRip(cpu, step));
                throw features.decodeAssists() ? known : known.withoutDecodeAssists();
            }
        }
    }

    private static void leaveIf(Vmcb vmcb, ExitCode code, long info1, long info2) {
        if (vmcb.intercepts(code)) {
            throw SvmExit.of(code, info1, info2);
        }
    }

    private static void register(Vmcb vmcb, ExitCode family, int number, long info1) {
        if (vmcb.intercepts(family, number)) {
            throw SvmExit.of(family, number, info1, 0);
        }
    }

    // Control and debug registers; APM 2, Decode Assists.

    /** EXITINFO1: a MOV, with the number of its general register in the low bits. */
    private static final long IS_MOV = 1L << 63;

    private static void loadMachineStatus(Vmcb vmcb, Cpu cpu, Step step, long operand) {
        register(vmcb, ExitCode.CR_WRITE, 0, 0);
        // APM 2, Instruction Intercepts: for LMSW the selective intercept asks for no change.
        leaveIf(vmcb, ExitCode.CR0_SEL_WRITE, 0, 0);
    }

    private static void move(Vmcb vmcb, Cpu cpu, Step step, long operand) {
        switch (step.form.operands().get(0).kind()) {
            case CR -> loadControl(vmcb, cpu, (int) step.first.read(cpu), step.decoded.rm, operand);
            case DR -> moveDebug(vmcb, cpu, ExitCode.DR_WRITE, (int) step.first.read(cpu), step.decoded.rm);
            default -> {
                int number;
                switch (step.form.operands().get(1).kind()) {
                    case CR -> {
                        number = (int) step.second.read(cpu);
                        register(vmcb, ExitCode.CR_READ, number, IS_MOV | step.decoded.rm);
                    }
                    case DR -> {
                        number = (int) step.second.read(cpu);
                        moveDebug(vmcb, cpu, ExitCode.DR_READ, number, step.decoded.rm);
                    }
                    default -> {
                        // MOV to and from segment registers never leaves.
                    }
                }
            }
        }
    }

    private static void loadControl(Vmcb vmcb, Cpu cpu, int number, int general, long value) {
        register(vmcb, ExitCode.CR_WRITE, number, IS_MOV | general);
        long ignored = SystemState.TASK_SWITCHED | SystemState.MONITOR_COPROCESSOR;
        if (number == 0 && ((value ^ cpu.system.cr0) & ~ignored) != 0) {
            leaveIf(vmcb, ExitCode.CR0_SEL_WRITE, IS_MOV | general, 0);
        }
    }

    /** The row asks before its own checks, as VT-x wants it; here they come first. */
    private static void moveDebug(Vmcb vmcb, Cpu cpu, ExitCode family, int number, int general) {
        SystemState s = cpu.system;
        boolean undefined = (number & 6) == 4 && (s.cr4 & SystemState.DEBUGGING_EXTENSIONS) != 0;
        boolean detected = (s.dr7 & SystemState.DR7_GENERAL_DETECT) != 0;
        if (s.cpl == 0 && !undefined && !detected) {
            register(vmcb, family, number, general);
        }
    }

    private static void monitorWait(Vmcb vmcb, Cpu cpu, Step step, long armed) {
        if (armed != 0) {
            leaveIf(vmcb, ExitCode.MWAIT_CONDITIONAL, 0, 0);
        }
        leaveIf(vmcb, ExitCode.MWAIT, 0, 0);
    }

    // Ports; APM 2, IOIO Intercepts.

    private static void accessPort(Vmcb vmcb, Cpu cpu, Step step, long operand) {
        int port = (int) operand;
        String name = step.form.mnemonic();
        boolean in = name.startsWith("IN");
        boolean string = name.length() > 3;
        int size =
                string ? stringSize(name) : step.form.operands().get(in ? 0 : 1).bits() / 8;
        if (!vmcb.intercepts(ExitCode.IOIO) || !isPortIntercepted(vmcb, port, size)) {
            return;
        }
        int addressBytes = step.decoded.addressSize / 8;
        long info = (in ? 1 : 0)
                | (string ? 1 << 2 : 0)
                | (string && step.repeats() ? 1 << 3 : 0)
                | (long) size << 4
                | (long) (addressBytes >>> 1) << 7
                | (string ? (in ? SystemState.ES : step.sourceSegment()) << 10 : 0)
                | (long) port << 16;
        throw SvmExit.of(ExitCode.IOIO, info, nextRip(cpu, step));
    }

    private static int stringSize(String name) {
        return switch (name.charAt(name.length() - 1)) {
            case 'B' -> 1;
            case 'W' -> 2;
            default -> 4;
        };
    }

    private static long nextRip(Cpu cpu, Step step) {
        long mask = cpu.is64Bit() ? -1L : 0xFFFF_FFFFL;
        return cpu.instructionStart() + step.length & mask;
    }

    /** A bit a port; an access of several bytes at the last port asks for bits beyond the 65,536th. */
    private static boolean isPortIntercepted(Vmcb vmcb, int port, int size) {
        long map = vmcb.read(IOPM_BASE_PA) & ~0xFFFL;
        for (int p = port; p < port + size; p++) {
            if ((vmcb.readMap(map, p >>> 3) >>> (p & 7) & 1) != 0) {
                return true;
            }
        }
        return false;
    }

    // Model-specific registers; APM 2, MSR Intercepts.

    private static void accessMsr(Vmcb vmcb, int number, boolean write) {
        if (vmcb.intercepts(ExitCode.MSR) && isMsrIntercepted(vmcb, number, write)) {
            throw SvmExit.of(ExitCode.MSR, write ? 1 : 0, 0);
        }
    }

    private static boolean isMsrIntercepted(Vmcb vmcb, int number, boolean write) {
        long bits = MsrPermissionMap.bitOf(number);
        if (bits < 0) {
            return true;
        }
        long bit = bits + (write ? 1 : 0);
        long map = vmcb.read(MSRPM_BASE_PA) & ~0xFFFL;
        return (vmcb.readMap(map, bit >>> 3) >>> (bit & 7) & 1) != 0;
    }
}
