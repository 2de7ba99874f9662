package ringside.cpu.vmx;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Gate;
import ringside.cpu.Step;
import ringside.cpu.SystemState;
import ringside.memory.PhysicalMemory;

/**
 * Which instructions leave VMX non-root operation: SDM 3C, Instructions That Cause VM Exits. Each row asks the control that the manual
 * names; what is not listed never leaves.
 */
final class ExitControls implements Gate {
    /** What one mnemonic's exit depends on. */
    @FunctionalInterface
    private interface Rule {
        void judge(ExitControls controls, Cpu cpu, Step step, long operand);
    }

    // spotless:off
    private static final Map<String, Rule> RULES = new HashMap<>();

    static {
        RULES.put("CPUID",  (c, cpu, step, operand) -> c.leave(ExitReason.CPUID));
        RULES.put("INVD",   (c, cpu, step, operand) -> c.leave(ExitReason.INVD));
        RULES.put("HLT",    (c, cpu, step, operand) -> c.leaveIf(Vmcs.HLT_EXITING, ExitReason.HLT));
        RULES.put("PAUSE",  (c, cpu, step, operand) -> c.leaveIf(Vmcs.PAUSE_EXITING, ExitReason.PAUSE));
        RULES.put("RDTSC",  (c, cpu, step, operand) -> c.leaveIf(Vmcs.RDTSC_EXITING, ExitReason.RDTSC));
        RULES.put("RDTSCP", (c, cpu, step, operand) -> c.leaveIf(Vmcs.RDTSC_EXITING, ExitReason.RDTSCP));
        RULES.put("RDPMC",  (c, cpu, step, operand) -> c.leaveIf(Vmcs.RDPMC_EXITING, ExitReason.RDPMC));
        RULES.put("MWAIT",  (c, cpu, step, operand) -> c.monitorWait(operand));
        RULES.put("MONITOR", (c, cpu, step, operand) -> c.leaveIf(Vmcs.MONITOR_EXITING, ExitReason.MONITOR));
        RULES.put("XSETBV", (c, cpu, step, operand) -> c.leaveFromRingZero(cpu, ExitReason.XSETBV));
        RULES.put("RDRAND", (c, cpu, step, operand) -> c.leaveIfSecondary(Vmcs.RDRAND_EXITING, ExitReason.RDRAND));
        RULES.put("RDSEED", (c, cpu, step, operand) -> c.leaveIfSecondary(Vmcs.RDSEED_EXITING, ExitReason.RDSEED));
        RULES.put("WBINVD", (c, cpu, step, operand) -> c.leaveIfSecondary(Vmcs.WBINVD_EXITING, ExitReason.WBINVD));
        RULES.put("INVLPG", (c, cpu, step, operand) -> c.invalidatePage(operand));
        RULES.put("RDMSR",  (c, cpu, step, operand) -> c.accessMsr((int) operand, false));
        RULES.put("WRMSR",  (c, cpu, step, operand) -> c.accessMsr((int) operand, true));
        RULES.put("CLTS",   (c, cpu, step, operand) -> c.clearTaskSwitched());
        RULES.put("LMSW",   ExitControls::loadMachineStatus);
        RULES.put("MOV",    ExitControls::move);
        for (String name : new String[] {"IN", "INSB", "INSW", "INSD", "OUT", "OUTSB", "OUTSW", "OUTSD"}) {
            RULES.put(name, ExitControls::accessPort);
        }
        for (String name : new String[] {"LGDT", "LIDT", "SGDT", "SIDT"}) {
            RULES.put(name, (c, cpu, step, operand) -> c.accessTable(cpu, step, ExitReason.GDTR_IDTR_ACCESS));
        }
        for (String name : new String[] {"LLDT", "LTR", "SLDT", "STR"}) {
            RULES.put(name, (c, cpu, step, operand) -> c.accessTable(cpu, step, ExitReason.LDTR_TR_ACCESS));
        }
        for (ExitReason reason : new ExitReason[] {
            ExitReason.VMCALL, ExitReason.VMCLEAR, ExitReason.VMLAUNCH, ExitReason.VMPTRLD, ExitReason.VMPTRST,
            ExitReason.VMREAD, ExitReason.VMRESUME, ExitReason.VMWRITE, ExitReason.VMXOFF, ExitReason.VMXON,
            ExitReason.INVEPT, ExitReason.INVVPID
        }) {
            RULES.put(reason.name(), (c, cpu, step, operand) -> c.leave(cpu, step, reason));
        }
        RULES.put("INVPCID", (c, cpu, step, operand) -> c.invalidateContext(cpu, step));
    }
    // spotless:on

    private final Vmcs vmcs;
    private final PhysicalMemory host;

    /** @param host where the bitmaps are that the VMCS points to */
    ExitControls(Vmcs vmcs, PhysicalMemory host) {
        this.vmcs = vmcs;
        this.host = host;
    }

    @Override
    public void admit(Cpu cpu, Step step, long operand) {
        @Nullable Rule rule = RULES.get(step.form.mnemonic());
        if (rule != null) {
            try {
                rule.judge(this, cpu, step, operand);
            } catch (VmExit exit) {
                throw exit.by(step.length, InstructionInformation.of(step));
            }
        }
    }

    private void leave(ExitReason reason) {
        throw VmExit.of(reason, 0);
    }

    private void leave(Cpu cpu, Step step, ExitReason reason) {
        throw VmExit.of(reason, InstructionInformation.displacement(cpu, step));
    }

    /** The gate is asked before the ring is looked at, for the sake of AMD-V; here that fault comes first. */
    private void leaveFromRingZero(Cpu cpu, ExitReason reason) {
        if (cpu.system.cpl == 0) {
            leave(reason);
        }
    }

    private void leaveIf(int primary, ExitReason reason) {
        if (vmcs.primary(primary)) {
            throw VmExit.of(reason, 0);
        }
    }

    private void leaveIfSecondary(int secondary, ExitReason reason) {
        if (vmcs.secondary(secondary)) {
            throw VmExit.of(reason, 0);
        }
    }

    private void accessTable(Cpu cpu, Step step, ExitReason reason) {
        if (vmcs.secondary(Vmcs.DESCRIPTOR_TABLE_EXITING)) {
            leave(cpu, step, reason);
        }
    }

    private void invalidatePage(long linear) {
        if (vmcs.primary(Vmcs.INVLPG_EXITING)) {
            throw VmExit.of(ExitReason.INVLPG, linear, linear);
        }
    }

    /** SDM 3C, Exit Qualification for MWAIT: is the monitor armed? */
    private void monitorWait(long armed) {
        if (vmcs.primary(Vmcs.MWAIT_EXITING)) {
            throw VmExit.of(ExitReason.MWAIT, armed);
        }
    }

    /** SDM 3C, Changes to Instruction Behavior in VMX Non-Root Operation: this #UD comes before any other exception of the instruction. */
    @Override
    public void requireExistence(Step step) {
        int control = switch (step.form.mnemonic()) {
            case "RDTSCP" -> Vmcs.ENABLE_RDTSCP;
            case "INVPCID" -> Vmcs.ENABLE_INVPCID;
            default -> throw new IllegalStateException("no control enables " + step.form.mnemonic());
        };
        if (!vmcs.secondary(control)) {
            throw Fault.invalidOpcode();
        }
    }

    /** SDM 3C, Changes to Instruction Behavior in VMX Non-Root Operation, IRET: with virtual NMIs it is those that are blocked. */
    @Override
    public boolean returnUnblocks() {
        return !vmcs.pin(Vmcs.NMI_EXITING) || vmcs.pin(Vmcs.VIRTUAL_NMIS);
    }

    /** INVPCID asks the control of INVLPG. */
    private void invalidateContext(Cpu cpu, Step step) {
        if (vmcs.primary(Vmcs.INVLPG_EXITING)) {
            leave(cpu, step, ExitReason.INVPCID);
        }
    }

    // Control and debug registers; SDM 3C, Exit Qualification for Control-Register Accesses.

    private static final int MOV_TO = 0;
    private static final int MOV_FROM = 1 << 4;
    private static final int CLTS = 2 << 4;
    private static final int LMSW = 3 << 4;

    private void clearTaskSwitched() {
        long ts = SystemState.TASK_SWITCHED;
        boolean owned = (vmcs.read(CR0_GUEST_HOST_MASK) & ts) != 0;
        if (owned && (vmcs.read(CR0_READ_SHADOW) & ts) != 0) {
            throw VmExit.of(ExitReason.CR_ACCESS, CLTS);
        }
    }

    /** LMSW never clears PE, and changes bits 3:0 only. */
    private static void loadMachineStatus(ExitControls c, Cpu cpu, Step step, long operand) {
        long shadow = c.vmcs.read(CR0_READ_SHADOW);
        long mask = c.vmcs.read(CR0_GUEST_HOST_MASK);
        boolean setsPe = (mask & operand & ~shadow & 1) != 0;
        boolean changes = (mask & (operand ^ shadow) & 0xE) != 0;
        if (setsPe || changes) {
            boolean memory = step.first.isMemory();
            long qualification = LMSW | (memory ? 1 << 6 : 0) | (operand & 0xFFFF) << 16;
            long linear = memory ? cpu.linear(step.first.segment(), step.first.offset(cpu), 2, false) : 0;
            throw VmExit.of(ExitReason.CR_ACCESS, qualification, linear);
        }
    }

    private static void move(ExitControls c, Cpu cpu, Step step, long operand) {
        switch (step.form.operands().get(0).kind()) {
            case CR -> c.loadControl((int) step.first.read(cpu), step.decoded.rm, operand);
            case DR -> c.moveDebug((int) step.first.read(cpu), step.decoded.rm, 0);
            default -> {
                switch (step.form.operands().get(1).kind()) {
                    case CR -> c.storeControl((int) step.second.read(cpu), step.decoded.rm);
                    case DR -> c.moveDebug((int) step.second.read(cpu), step.decoded.rm, 1 << 4);
                    default -> {
                        // MOV to and from segment registers never leaves.
                    }
                }
            }
        }
    }

    private void loadControl(int number, int register, long value) {
        boolean leaves = switch (number) {
            case 0 -> changes(CR0_GUEST_HOST_MASK, CR0_READ_SHADOW, value);
            case 3 -> vmcs.primary(Vmcs.CR3_LOAD_EXITING) && !isCr3Target(value);
            case 4 -> changes(CR4_GUEST_HOST_MASK, CR4_READ_SHADOW, value);
            case 8 -> vmcs.primary(Vmcs.CR8_LOAD_EXITING);
            default -> false;
        };
        if (leaves) {
            throw VmExit.of(ExitReason.CR_ACCESS, number | MOV_TO | register << 8);
        }
    }

    private boolean changes(VmcsField mask, VmcsField shadow, long value) {
        return ((value ^ vmcs.read(shadow)) & vmcs.read(mask)) != 0;
    }

    private boolean isCr3Target(long value) {
        VmcsField[] targets = {CR3_TARGET0, CR3_TARGET1, CR3_TARGET2, CR3_TARGET3};
        for (int i = 0; i < vmcs.read(CR3_TARGET_COUNT); i++) {
            if (vmcs.read(targets[i]) == value) {
                return true;
            }
        }
        return false;
    }

    private void storeControl(int number, int register) {
        boolean leaves = switch (number) {
            case 3 -> vmcs.primary(Vmcs.CR3_STORE_EXITING);
            case 8 -> vmcs.primary(Vmcs.CR8_STORE_EXITING);
            default -> false;
        };
        if (leaves) {
            throw VmExit.of(ExitReason.CR_ACCESS, number | MOV_FROM | register << 8);
        }
    }

    private void moveDebug(int number, int register, int direction) {
        if (vmcs.primary(Vmcs.MOV_DR_EXITING)) {
            throw VmExit.of(ExitReason.MOV_DR, number | direction | register << 8);
        }
    }

    // Ports; SDM 3C, I/O-Bitmap Addresses, and Exit Qualification for I/O Instructions.

    private static void accessPort(ExitControls c, Cpu cpu, Step step, long operand) {
        int port = (int) operand;
        String name = step.form.mnemonic();
        boolean in = name.startsWith("IN");
        boolean string = name.length() > 3 || name.startsWith("INS");
        int size = portSize(step, in, string);
        if (!c.isPortIntercepted(port, size)) {
            return;
        }
        boolean immediate = !string && InstructionInformation.hasImmediatePort(step, in);
        long qualification = size - 1
                | (in ? 1 << 3 : 0)
                | (string ? 1 << 4 : 0)
                | (string && step.repeats() ? 1 << 5 : 0)
                | (immediate ? 1 << 6 : 0)
                | (long) port << 16;
        throw VmExit.of(ExitReason.IO_INSTRUCTION, qualification, string ? c.stringAddress(cpu, step, in) : 0);
    }

    private static int portSize(Step step, boolean in, boolean string) {
        if (string) {
            return switch (step.form.mnemonic().charAt(step.form.mnemonic().length() - 1)) {
                case 'B' -> 1;
                case 'W' -> 2;
                default -> 4;
            };
        }
        return step.form.operands().get(in ? 0 : 1).bits() / 8;
    }

    /** The linear address of the string operand, which no limit check has seen yet. */
    private long stringAddress(Cpu cpu, Step step, boolean in) {
        int segment = in ? SystemState.ES : step.sourceSegment();
        int register = in ? ringside.cpu.Registers.RDI : ringside.cpu.Registers.RSI;
        long offset = cpu.registers.get(register) & step.addressMask;
        if (cpu.is64Bit()) {
            return segment < SystemState.FS ? offset : cpu.system.segments[segment].base() + offset;
        }
        return cpu.system.segments[segment].base() + offset & 0xFFFF_FFFFL;
    }

    private boolean isPortIntercepted(int port, int size) {
        if (!vmcs.primary(Vmcs.USE_IO_BITMAPS)) {
            return vmcs.primary(Vmcs.UNCONDITIONAL_IO_EXITING);
        }
        if (port + size > 0x1_0000) {
            return true;
        }
        for (int p = port; p < port + size; p++) {
            long bitmap = vmcs.read(p < 0x8000 ? IO_BITMAP_A : IO_BITMAP_B);
            if ((HostMemory.read(host, bitmap + ((p & 0x7FFF) >>> 3), 1) >>> (p & 7) & 1) != 0) {
                return true;
            }
        }
        return false;
    }

    // Model-specific registers; SDM 3C, MSR-Bitmap Address.

    private void accessMsr(int index, boolean write) {
        if (isMsrIntercepted(index, write)) {
            throw VmExit.of(write ? ExitReason.WRMSR : ExitReason.RDMSR, 0);
        }
    }

    private boolean isMsrIntercepted(int index, boolean write) {
        boolean low = Integer.compareUnsigned(index, 0x1FFF) <= 0;
        boolean high = index >= 0xC000_0000 && index <= 0xC000_1FFF;
        if (!vmcs.primary(Vmcs.USE_MSR_BITMAPS) || !low && !high) {
            return true;
        }
        long bitmap = vmcs.read(MSR_BITMAPS) + (write ? 0x800 : 0) + (high ? 0x400 : 0);
        return (HostMemory.read(host, bitmap + ((index & 0x1FFF) >>> 3), 1) >>> (index & 7) & 1) != 0;
    }
}
