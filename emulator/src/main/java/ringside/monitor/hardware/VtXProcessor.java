package ringside.monitor.hardware;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.Optional;
import ringside.bus.PortBus;
import ringside.cpu.Cpu;
import ringside.cpu.DebugRegisters;
import ringside.cpu.Delivery;
import ringside.cpu.Fault;
import ringside.cpu.Interception;
import ringside.cpu.InterruptTable;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.cpu.SystemState.Activity;
import ringside.cpu.vmx.ExitReason;
import ringside.cpu.vmx.ExtendedPageTables;
import ringside.cpu.vmx.GuestStateArea;
import ringside.cpu.vmx.NonRootOperation;
import ringside.cpu.vmx.VmExit;
import ringside.cpu.vmx.Vmcs;
import ringside.cpu.vmx.VmxCapabilities;
import ringside.machine.Machine;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.Tlb;
import ringside.monitor.GuestProcessor;
import ringside.monitor.PageWalk;
import ringside.monitor.hardware.HardwareExit.Kind;
import ringside.monitor.hardware.HardwareExit.MemoryAccess;
import ringside.monitor.hardware.HardwareExit.PortAccess;
import ringside.probe.Event;
import ringside.probe.Probe;

/**
 * One virtual processor under VT-x: its VMCS and bitmaps, its nested tables, the real processor in non-root operation, and the processor
 * that the guest believes in, on which its monitor performs what it emulates.
 *
 * <p>Above the guest's RAM lie, one frame each, I/O bitmaps A and B and the MSR bitmap, then the nested tables.
 */
public final class VtXProcessor implements HardwareProcessor {
    private static final int BITMAP_FRAMES = 3;

    /** This VMCS is an object of ours, and lies nowhere in memory. */
    private static final long NO_MEMORY = -1;

    /** CR0.NE must be set in VMX operation; PE and PG need not, as the guest is unrestricted. */
    private static final long CR0_FIXED = SystemState.NUMERIC_ERROR;

    private static final long CR4_FIXED = SystemState.VMXE;

    /** SDM 3C, VM-Entry Controls for Event Injection: the type in bits 10:8. */
    private static final int HARDWARE_EXCEPTION = 3 << 8;

    private final Vmcs vmcs = new Vmcs();
    private final ExtendedPageTables nested;
    private final Cpu believed;
    private final Cpu real;
    private final NonRootOperation operation;
    private final InterruptTable table;
    private final VtXAnswers answers;
    private Optional<VmExit> lastExit = Optional.empty();

    /** @param ports what the guest reaches where the I/O bitmaps let it through */
    public VtXProcessor(GuestProcessor guest, PortBus ports, Probe probe) {
        Machine machine = guest.machine();
        believed = guest.cpu();
        Ram ram = machine.ram();
        int first = machine.config().guestFrames();
        nested = new ExtendedPageTables(ram, first + BITMAP_FRAMES, ram.frames());
        operation = new NonRootOperation(vmcs, PhysicalMemory.direct(ram, ram.frames()), probe);
        table = new InterruptTable(Interception.NONE, probe);
        real = new Cpu(believed.registers, new SystemState(), operation.parts(ports, machine.clock(), guest.code()));
        VtXControls.write(vmcs, ram, (long) first << 12, nested.pointer());
        answers = new VtXAnswers(this, first);
        copyBelievedToGuest();
    }

    /** RAM needed above the guest's, in bytes. */
    public static long memory(long guestBytes) {
        return (long) (BITMAP_FRAMES + ExtendedPageTables.framesFor(guestBytes)) << 12;
    }

    public Vmcs vmcs() {
        return vmcs;
    }

    public ExtendedPageTables nested() {
        return nested;
    }

    @Override
    public Cpu real() {
        return real;
    }

    @Override
    public Cpu believed() {
        return believed;
    }

    @Override
    public boolean isInside() {
        return operation.isInside();
    }

    @Override
    public Optional<HardwareExit> run(long until) {
        try {
            if (!operation.isInside()) {
                enter();
            }
            real.run(until);
            return Optional.empty();
        } catch (VmExit exit) {
            return Optional.of(leave(exit));
        }
    }

    private void enter() {
        operation.enter(real, VmxCapabilities.ALL, NO_MEMORY, true).ifPresent(failure -> {
            throw new IllegalStateException("the VMCS of a monitor is wrong; it lacks: " + failure.rule());
        });
    }

    @Override
    public HardwareExit interrupt() {
        HardwareExit exit = leave(VmExit.of(ExitReason.EXTERNAL_INTERRUPT, 0));
        // Nobody may emulate anything for this exit, and the run may stop here.
        copyGuestToBelieved();
        return exit;
    }

    private HardwareExit leave(VmExit exit) {
        operation.leave(real, exit);
        lastExit = Optional.of(exit);
        return describe(exit);
    }

    private HardwareExit describe(VmExit exit) {
        Kind kind = switch (exit.reason()) {
            case IO_INSTRUCTION -> Kind.PORT;
            case HLT -> Kind.HALT;
            case TRIPLE_FAULT -> Kind.SHUTDOWN;
            case EXTERNAL_INTERRUPT -> Kind.INTERRUPT;
            case INTERRUPT_WINDOW -> Kind.WINDOW;
            case EPT_VIOLATION, EPT_MISCONFIGURATION -> Kind.MEMORY;
            default -> Kind.OTHER;
        };
        return new HardwareExit(
                kind,
                kind == Kind.PORT ? port(exit.qualification()) : PortAccess.NONE,
                kind == Kind.MEMORY ? memory(exit) : MemoryAccess.NONE,
                report(exit));
    }

    private MemoryAccess memory(VmExit exit) {
        boolean write = (exit.qualification() & ExtendedPageTables.WRITE) != 0;
        return new MemoryAccess(
                exit.physicalAddress(), write, operation.interruptedDelivery().isPresent());
    }

    /** SDM 3C, Exit Qualification for I/O Instructions. */
    private static PortAccess port(long qualification) {
        return new PortAccess(
                (int) (qualification >>> 16) & 0xFFFF,
                (int) (qualification & 7) + 1,
                (qualification & 1 << 3) != 0,
                (qualification & 1 << 4) != 0);
    }

    /** An exit as it is watched; its detail is a vector, a port or an address. */
    private static Event.Exit report(VmExit exit) {
        long detail = switch (exit.reason()) {
            case EPT_VIOLATION, EPT_MISCONFIGURATION -> exit.physicalAddress();
            case EXCEPTION_OR_NMI -> exit.interruptionInformation() & 0xFF;
            case IO_INSTRUCTION -> exit.qualification() >>> 16 & 0xFFFF;
            default -> exit.linearAddress();
        };
        return new Event.Exit(
                "vm-exit", exit.reason().name(), exit.reason().number(), exit.qualification(), detail, "", 0);
    }

    @Override
    public void answer() {
        answers.answer(lastExit.orElseThrow());
    }

    @Override
    public PageWalk walk(long linear) {
        Ram ram = real.memory.physical().ram();
        return PageWalk.nested(
                believed.memory.paging(), linear, PhysicalMemory.direct(ram, ram.frames()), operation::memoryOver);
    }

    @Override
    public void emulate() {
        copyGuestToBelieved();
        believed.memory.flush(true);
        believed.step();
        copyBelievedToGuest();
    }

    /**
     * Does for the guest what it was left in the middle of, and could not have done by itself: the delivery of an event, or else an
     * instruction. What an instruction asked for (INT n) is done with all of that instruction.
     */
    void performForGuest() {
        Optional<Delivery> event = operation.interruptedDelivery().filter(e -> e.length() == 0);
        if (event.isEmpty()) {
            emulate();
            return;
        }
        copyGuestToBelieved();
        believed.memory.flush(true);
        table.inject(believed, event.get());
        copyBelievedToGuest();
    }

    /**
     * Performs a task switch for the guest. Where it is to trap (T in the new task's TSS), the monitor injects that: the VMCS's pending
     * debug exceptions have no bit for it.
     */
    void switchTask() {
        performForGuest();
        if ((real.system.pendingDebug & SystemState.DR6_TASK_SWITCH) != 0) {
            DebugRegisters.record(real.system);
            GuestStateArea.save(real, vmcs);
            vmcs.write(VMENTRY_INTERRUPTION_INFO, Vmcs.VALID | HARDWARE_EXCEPTION | Fault.DEBUG);
        }
    }

    @Override
    public void copyGuestToBelieved() {
        if (operation.isInside()) {
            GuestStateArea.save(real, vmcs);
        }
        SystemState b = believed.system;
        long taskPriority = b.cr8;
        b.restore(real.system.save());
        b.cr8 = taskPriority;
        GuestStateArea.load(believed, vmcs);
        b.cr0 = b.visibleCr0();
        b.cr4 = b.visibleCr4();
        b.cr0Mask = 0;
        b.cr4Mask = 0;
        b.cr0Shadow = 0;
        b.cr4Shadow = 0;
        believed.pagingChanged();
    }

    /** What emulation has changed becomes guest state; the bits that VMX operation needs are added behind the shadows. */
    private void copyBelievedToGuest() {
        SystemState b = believed.system;
        SystemState r = real.system;
        long oldCr0 = r.cr0;
        long oldCr3 = r.cr3;
        long oldCr4 = r.cr4;
        long oldEfer = r.efer;
        r.restore(b.save());
        r.cr0 = b.cr0 | CR0_FIXED;
        r.cr4 = b.cr4 | CR4_FIXED;
        vmcs.write(CR0_READ_SHADOW, b.cr0);
        vmcs.write(CR4_READ_SHADOW, b.cr4);
        r.activity = Activity.ACTIVE;
        GuestStateArea.save(real, vmcs);
        vmcs.set(VMENTRY_CONTROLS, Vmcs.IA32E_MODE_GUEST, b.longMode());
        if (oldCr0 != r.cr0 || oldCr3 != r.cr3 || oldCr4 != r.cr4 || oldEfer != r.efer) {
            real.memory.flush(true);
        }
    }

    @Override
    public boolean interruptFlag() {
        return (vmcs.read(GUEST_RFLAGS) & SystemState.INTERRUPT) != 0;
    }

    @Override
    public void interruptWindow(boolean wanted) {
        vmcs.set(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.INTERRUPT_WINDOW_EXITING, wanted);
    }

    @Override
    public void mapAll() {
        answers.mapAll();
    }

    /** As KVM does (arch/x86/kvm/mmu, MMIO SPTEs): an entry that no processor accepts, so that the exit is EPT_MISCONFIGURATION. */
    @Override
    public void markOutside(long physical) {
        nested.markOutside(physical);
    }

    @Override
    public boolean isRam(long physical) {
        return answers.isRam(physical);
    }

    @Override
    public boolean takesInterrupts() {
        boolean shadowed = (vmcs.read(GUEST_INTERRUPTIBILITY_STATE) & 3) != 0;
        return interruptFlag() && !shadowed && (vmcs.read(VMENTRY_INTERRUPTION_INFO) & Vmcs.VALID) == 0;
    }

    @Override
    public void injectInterrupt(int vector) {
        vmcs.write(VMENTRY_INTERRUPTION_INFO, vector | Vmcs.VALID);
        vmcs.write(GUEST_ACTIVITY_STATE, 0);
    }

    /** The exception that caused the exit is the guest's: it is injected, with what the processor left to the monitor to set. */
    public void reflect(VmExit exit) {
        long information = exit.interruptionInformation();
        int vector = (int) information & 0xFF;
        if (vector == Fault.PAGE_FAULT) {
            real.system.cr2 = exit.qualification();
        } else if (vector == Fault.DEBUG) {
            real.system.dr6 = real.system.dr6 & ~0xFL | SystemState.DR6_FIXED | exit.qualification();
            vmcs.write(GUEST_DR7, vmcs.read(GUEST_DR7) & ~SystemState.DR7_GENERAL_DETECT);
            vmcs.write(GUEST_PENDING_DBG_EXCEPTIONS, blocksAfterSingleStep() ? SystemState.DR6_SINGLE_STEP : 0);
        }
        vmcs.write(VMENTRY_INTERRUPTION_INFO, information);
        vmcs.write(VMENTRY_EXCEPTION_ERR_CODE, exit.errorCode());
        vmcs.write(VMENTRY_INSTRUCTION_LENGTH, vmcs.read(VMEXIT_INSTRUCTION_LENGTH));
    }

    /**
     * STI or MOV SS blocks, and TF is set: an entry then wants a single step to be pending, although the exception that is injected takes its
     * place (SDM 3C, Checks on Guest Non-Register State).
     */
    private boolean blocksAfterSingleStep() {
        boolean blocked = (vmcs.read(GUEST_INTERRUPTIBILITY_STATE) & 3) != 0;
        return blocked && (vmcs.read(GUEST_RFLAGS) & Registers.TRAP) != 0;
    }

    /** An exit that hit while an event was being delivered, and whose cause is out of the way now: the event is injected again. */
    public void redeliver() {
        long information = vmcs.read(IDT_VECTORING_INFO);
        if ((information & Vmcs.VALID) != 0) {
            vmcs.write(VMENTRY_INTERRUPTION_INFO, information);
            vmcs.write(VMENTRY_EXCEPTION_ERR_CODE, vmcs.read(IDT_VECTORING_ERR_CODE));
            vmcs.write(VMENTRY_INSTRUCTION_LENGTH, vmcs.read(VMEXIT_INSTRUCTION_LENGTH));
        }
    }

    /** Both processors, the VMCS and the nested tables' bookkeeping. */
    record Saved(
            Registers.State registers,
            SystemState.State believed,
            SystemState.State real,
            Tlb.State tlb,
            Vmcs.State vmcs,
            ExtendedPageTables.State nested,
            boolean inside)
            implements State {}

    @Override
    public State save() {
        return new Saved(
                real.registers.save(),
                believed.system.save(),
                real.system.save(),
                real.memory.tlb().save(),
                vmcs.save(),
                nested.save(),
                operation.isInside());
    }

    @Override
    public void restore(State saved) {
        Saved state = (Saved) saved;
        real.registers.restore(state.registers);
        believed.system.restore(state.believed);
        believed.stateReplaced();
        real.system.restore(state.real);
        real.memory.tlb().restore(state.tlb);
        real.stateReplaced();
        vmcs.restore(state.vmcs);
        nested.restore(state.nested);
        operation.restore(state.inside);
    }
}
