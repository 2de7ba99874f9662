package ringside.cpu.vmx;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import ringside.bus.InterruptController;
import ringside.cpu.Boundary;
import ringside.cpu.Cpu;
import ringside.cpu.CpuModel;
import ringside.cpu.Exit;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.cpu.SystemState.Activity;
import ringside.cpu.SystemState.Shadow;
import ringside.cpu.Virtualization;
import ringside.cpu.Vmx;
import ringside.cpu.WorldParts;
import ringside.memory.PhysicalMemory;
import ringside.mmu.Paging;
import ringside.probe.Inspection;
import ringside.probe.Probe;

/**
 * VMX in a processor that runs a hypervisor: VMX operation, the current VMCS, and the ways between root and non-root operation (SDM 3C,
 * Introduction to Virtual Machine Extensions; VMX Instruction Reference).
 *
 * <p>The current VMCS is kept in the processor, and written to its region when it ceases to be current, as the manual allows.
 */
public final class VmxExtension implements Virtualization, Vmx {
    private static final int IA32_FEATURE_CONTROL = 0x3A;
    private static final long LOCK = 1;
    private static final long VMX_OUTSIDE_SMX = 1 << 2;

    private static final int FEATURES = 1;
    private static final int VMX = 1 << 5;

    private static final int PAGE = 0xFFF;

    private final PhysicalMemory memory;
    private final VmxCapabilities capabilities = VmxCapabilities.ALL;
    private final Vmcs vmcs = new Vmcs();
    private final NonRootOperation operation;
    private long featureControl;

    /** Physical address of the VMXON region; {@link VmcsRegion#NONE} outside VMX operation. */
    private long vmxon = VmcsRegion.NONE;

    private long current = VmcsRegion.NONE;
    private boolean launched;

    /** VMLAUNCH or VMRESUME is done, and the guest's first boundary has not been crossed. */
    private boolean entering;

    private VmxExtension(PhysicalMemory memory, InterruptController controller, Probe probe) {
        this.memory = memory;
        operation = new NonRootOperation(vmcs, memory, controller, probe);
    }

    /**
     * The parts of the same processor with VMX.
     *
     * @param host its parts without
     * @param controller what may interrupt it
     * @param probe told of the deliveries that guests see
     */
    public static Cpu.Parts extend(Cpu.Parts host, InterruptController controller, Probe probe) {
        var vmx = new VmxExtension(host.physical(), controller, probe);
        Cpu.Parts guest = vmx.operation.parts(host.ports(), host.clock(), host.code());
        return WorldParts.of(vmx.operation::isInside, host, guest, vmx.boundary(host.boundary()), vmx);
    }

    @Override
    public Vmx vmx() {
        return this;
    }

    // How an instruction ends: SDM 3C, Conventions.

    private static void succeed(Cpu cpu) {
        cpu.flags(0, Registers.ARITHMETIC);
    }

    private static void failInvalid(Cpu cpu) {
        cpu.flags(Registers.CARRY, Registers.ARITHMETIC);
    }

    /** VMfail: with a number where there is a VMCS to hold it. */
    private void fail(Cpu cpu, int error) {
        if (current == VmcsRegion.NONE) {
            failInvalid(cpu);
        } else {
            cpu.flags(Registers.ZERO, Registers.ARITHMETIC);
            vmcs.write(INSTRUCTION_ERROR, error);
        }
    }

    private void fail(Cpu cpu, InstructionError error) {
        fail(cpu, error.number());
    }

    // Instructions.

    private boolean isOn() {
        return vmxon != VmcsRegion.NONE;
    }

    @Override
    public void requireEnabled(Cpu cpu) {
        if ((cpu.system.cr4 & SystemState.VMXE) == 0) {
            throw Fault.invalidOpcode();
        }
    }

    @Override
    public void requireOperation(Cpu cpu) {
        if (!isOn()) {
            throw Fault.invalidOpcode();
        }
    }

    private static boolean isRegionAddress(long pointer) {
        return (pointer & PAGE) == 0 && pointer >>> Paging.PHYSICAL_BITS == 0;
    }

    private VmcsRegion region(long address) {
        return new VmcsRegion(memory, address);
    }

    @Override
    public void on(Cpu cpu, long pointer) {
        SystemState s = cpu.system;
        if (isOn()) {
            fail(cpu, InstructionError.VMXON_IN_ROOT_OPERATION);
            return;
        }
        if (!capabilities.allowsCr0(s.cr0, false)
                || !capabilities.allowsCr4(s.cr4)
                || (featureControl & LOCK) == 0
                || (featureControl & VMX_OUTSIDE_SMX) == 0) {
            throw Fault.generalProtection(0);
        }
        if (!isRegionAddress(pointer) || !region(pointer).isOrdinary()) {
            failInvalid(cpu);
            return;
        }
        vmxon = pointer;
        current = VmcsRegion.NONE;
        succeed(cpu);
    }

    @Override
    public void off(Cpu cpu) {
        writeBack();
        current = VmcsRegion.NONE;
        vmxon = VmcsRegion.NONE;
        cpu.attend();
        succeed(cpu);
    }

    @Override
    public void call(Cpu cpu) {
        Vmx.requireMode(cpu);
        cpu.requireRingZero();
        fail(cpu, InstructionError.VMCALL_IN_ROOT_OPERATION);
    }

    @Override
    public void clear(Cpu cpu, long pointer) {
        if (!isRegionAddress(pointer)) {
            fail(cpu, InstructionError.VMCLEAR_ADDRESS);
        } else if (pointer == vmxon) {
            fail(cpu, InstructionError.VMCLEAR_VMXON_POINTER);
        } else {
            if (pointer == current) {
                writeBack();
                current = VmcsRegion.NONE;
            }
            region(pointer).launched(false);
            succeed(cpu);
        }
    }

    @Override
    public void load(Cpu cpu, long pointer) {
        if (!isRegionAddress(pointer)) {
            fail(cpu, InstructionError.VMPTRLD_ADDRESS);
        } else if (pointer == vmxon) {
            fail(cpu, InstructionError.VMPTRLD_VMXON_POINTER);
        } else if (!region(pointer).isOrdinary()) {
            fail(cpu, InstructionError.VMPTRLD_REVISION);
        } else {
            if (pointer != current) {
                writeBack();
                current = pointer;
                launched = region(pointer).isLaunched();
                region(pointer).load(vmcs);
            }
            succeed(cpu);
        }
    }

    /** The current VMCS goes to its region. */
    private void writeBack() {
        if (current != VmcsRegion.NONE) {
            region(current).launched(launched);
            region(current).store(vmcs);
        }
    }

    @Override
    public long current() {
        return current;
    }

    @Override
    public boolean hasField(Cpu cpu, long encoding, boolean write) {
        Optional<FieldAccess> access = FieldAccess.of(encoding, capabilities);
        if (current == VmcsRegion.NONE) {
            failInvalid(cpu);
        } else if (access.isEmpty()) {
            fail(cpu, InstructionError.UNSUPPORTED_FIELD);
        } else if (write && access.get().field().isReadOnly()) {
            fail(cpu, InstructionError.READ_ONLY_FIELD);
        } else {
            return true;
        }
        return false;
    }

    @Override
    public long read(long encoding) {
        return FieldAccess.of(encoding, capabilities).orElseThrow().read(vmcs);
    }

    @Override
    public void write(long encoding, long value) {
        FieldAccess.of(encoding, capabilities).orElseThrow().write(vmcs, value);
    }

    @Override
    public void invalidateNested(Cpu cpu, long type, LongSupplier pointer) {
        if (!capabilities.hasNestedInvalidation(type)
                || type == Invalidation.ONE_CONTEXT && !ExtendedPaging.isPointer(pointer.getAsLong())) {
            fail(cpu, InstructionError.INVALIDATION_OPERAND);
            return;
        }
        cpu.memory.flush(true);
        succeed(cpu);
    }

    @Override
    public void invalidateProcessor(Cpu cpu, long type, LongSupplier identifier, LongSupplier linear) {
        if (!capabilities.hasProcessorInvalidation(type)
                || !Invalidation.isDescriptor(type, identifier.getAsLong(), linear.getAsLong())) {
            fail(cpu, InstructionError.INVALIDATION_OPERAND);
            return;
        }
        cpu.memory.flush(true);
        succeed(cpu);
    }

    // Between the worlds.

    @Override
    public void enter(Cpu cpu, boolean launch) {
        SystemState s = cpu.system;
        if (current == VmcsRegion.NONE) {
            failInvalid(cpu);
        } else if (s.shadowed(cpu.clock.now()) && s.shadow == Shadow.MOV_SS) {
            fail(cpu, InstructionError.BLOCKED_BY_MOV_SS);
        } else if (launch && launched) {
            fail(cpu, InstructionError.VMLAUNCH_NOT_CLEAR);
        } else if (!launch && !launched) {
            fail(cpu, InstructionError.VMRESUME_NOT_LAUNCHED);
        } else {
            enter(cpu);
        }
    }

    private void enter(Cpu cpu) {
        SystemState s = cpu.system;
        Optional<EntryFailure> failure = operation.load(cpu, capabilities, current, s.longMode());
        if (failure.isEmpty()) {
            launched = true;
            entering = true;
            s.monitoring = false;
            if (s.shadowTime >= 0) {
                // The guest's first boundary is the one behind this instruction.
                s.shadowTime = cpu.clock.now() + 1;
            }
            if (vmcs.injects()) {
                s.activity = Activity.ACTIVE;
            }
            cpu.cancelSingleStep();
            cpu.memory.flush(true);
            cpu.attend();
        } else if (failure.get().kind().isOfInstruction()) {
            fail(cpu, failure.get().kind().number());
        } else {
            operation.recordFailure(failure.get());
            cpu.cancelSingleStep();
            returnToHost(cpu, false);
        }
    }

    @Override
    public boolean leave(Cpu cpu, Exit exit) {
        if (!operation.isInside() || !(exit instanceof VmExit reason)) {
            return false;
        }
        entering = false;
        operation.leave(cpu, reason);
        returnToHost(cpu, true);
        return true;
    }

    private void returnToHost(Cpu cpu, boolean exited) {
        int abort = operation.loadHost(cpu, exited);
        cpu.system.monitoring = false;
        cpu.memory.flush(true);
        if (abort != 0) {
            region(current).abort(abort);
            cpu.system.activity = Activity.SHUTDOWN;
        }
    }

    /** The host's own boundary in root operation, the guest's in non-root operation. */
    private Boundary boundary(Boundary host) {
        return new Boundary() {
            @Override
            public boolean cross(Cpu cpu) {
                if (!operation.isInside()) {
                    return host.cross(cpu);
                }
                if (entering) {
                    entering = false;
                    if (operation.begin(cpu)) {
                        return true;
                    }
                }
                return operation.boundary().cross(cpu);
            }

            @Override
            public boolean isWaiting(Cpu cpu) {
                return operation.isInside() ? entering || operation.boundary().isWaiting(cpu) : host.isWaiting(cpu);
            }
        };
    }

    // A guest that waits.

    @Override
    public boolean takesInterrupts(Cpu cpu) {
        return cpu.system.interruptFlag() || operation.isInside() && vmcs.pin(Vmcs.EXTERNAL_INTERRUPT_EXITING);
    }

    @Override
    public boolean takesNonMaskable(Cpu cpu) {
        return !cpu.system.nmiBlocked || operation.isInside() && vmcs.pin(Vmcs.VIRTUAL_NMIS);
    }

    /** SDM 3C, Restrictions on VMX Operation: INIT is blocked in root operation, and waits for its end. */
    @Override
    public boolean takesInitialization(Cpu cpu) {
        return !isOn() || operation.isInside();
    }

    @Override
    public boolean endsWait(Cpu cpu) {
        if (!operation.isInside()) {
            return false;
        }
        try {
            if (entering) {
                entering = false;
                operation.begin(cpu);
            }
            return operation.boundary().endsWait(cpu);
        } catch (VmExit exit) {
            cpu.attend();
            return leave(cpu, exit);
        }
    }

    @Override
    public long deadline() {
        return operation.isInside() ? operation.boundary().deadline() : Long.MAX_VALUE;
    }

    // Registers and identification.

    @Override
    public long taskPriority(Cpu cpu) {
        return operation.taskPriority(cpu);
    }

    @Override
    public boolean shadowsTaskPriority(long value) {
        return operation.shadowTaskPriority(value);
    }

    @Override
    public long cr4Bits() {
        return SystemState.VMXE;
    }

    /** SDM 3C, Restrictions on VMX Operation. */
    @Override
    public long fixedCr0() {
        if (!isOn()) {
            return 0;
        }
        boolean unrestricted = operation.isInside() && vmcs.secondary(Vmcs.UNRESTRICTED_GUEST);
        return unrestricted ? SystemState.NUMERIC_ERROR : VmxCapabilities.CR0_FIXED;
    }

    @Override
    public long fixedCr4() {
        return isOn() ? VmxCapabilities.CR4_FIXED : 0;
    }

    @Override
    public CpuModel.Leaf identify(int leaf, int subLeaf, CpuModel.Leaf plain) {
        return leaf == FEATURES ? new CpuModel.Leaf(plain.eax(), plain.ebx(), plain.ecx() | VMX, plain.edx()) : plain;
    }

    @Override
    public long readMsr(int number) {
        return number == IA32_FEATURE_CONTROL
                ? featureControl
                : capabilities.register(number).orElseThrow(() -> Fault.generalProtection(0));
    }

    /** SDM 4, IA32_FEATURE_CONTROL: once locked it cannot be written until reset. */
    @Override
    public void writeMsr(Cpu cpu, int number, long value) {
        if (number != IA32_FEATURE_CONTROL
                || (featureControl & LOCK) != 0
                || (value & ~(LOCK | VMX_OUTSIDE_SMX)) != 0) {
            throw Fault.generalProtection(0);
        }
        featureControl = value;
    }

    @Override
    public Map<String, Supplier<Inspection>> inspections() {
        return current == VmcsRegion.NONE ? Map.of() : Map.of("vmcs", () -> VmcsText.of(vmcs));
    }

    /** What VMX keeps inside the processor, the current VMCS too. */
    private record Saved(
            long featureControl,
            long vmxon,
            long current,
            boolean launched,
            boolean entering,
            Vmcs.State vmcs,
            NonRootOperation.State operation)
            implements State {}

    @Override
    public State save() {
        return new Saved(featureControl, vmxon, current, launched, entering, vmcs.save(), operation.save());
    }

    @Override
    public void restore(State saved) {
        Saved state = (Saved) saved;
        featureControl = state.featureControl;
        vmxon = state.vmxon;
        current = state.current;
        launched = state.launched;
        entering = state.entering;
        vmcs.restore(state.vmcs);
        operation.restore(state.operation);
    }
}
