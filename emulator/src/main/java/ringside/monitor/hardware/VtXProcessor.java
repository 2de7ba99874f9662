package ringside.monitor.hardware;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
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
import ringside.cpu.vmx.GuestStateArea;
import ringside.cpu.vmx.NonRootOperation;
import ringside.cpu.vmx.VmExit;
import ringside.cpu.vmx.Vmcs;
import ringside.cpu.vmx.VmcsText;
import ringside.cpu.vmx.VmxCapabilities;
import ringside.machine.Machine;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.Tlb;
import ringside.monitor.GuestProcessor;
import ringside.monitor.PageWalk;
import ringside.probe.Actor;
import ringside.probe.Deed;
import ringside.probe.Inspection;

/**
 * One virtual processor under VT-x: its VMCS and bitmaps, its nested or shadow tables, the real processor in non-root operation, and the
 * processor that the guest believes in, on which its monitor performs what it emulates.
 *
 * <p>Above the guest's RAM lie, one frame each, I/O bitmaps A and B and the MSR bitmap; where real mode must be disguised, its TSS; then
 * the tables.
 */
public final class VtXProcessor implements HardwareProcessor {
    private static final int BITMAP_FRAMES = 3;

    /** This VMCS is an object of ours, and lies nowhere in memory. */
    private static final long NO_MEMORY = -1;

    // SDM 3C, VM-Entry Controls for Event Injection: the type in bits 10:8.
    private static final int HARDWARE_EXCEPTION = 3 << 8;

    private static final int ERROR_CODE = 1 << 11;
    private static final long NON_MASKABLE = Vmcs.VALID | 2 << 8 | Fault.NON_MASKABLE;

    // SDM 3C, Format of Interruptibility State: by STI and by MOV SS; by NMI.
    private static final int SHADOW = 3;
    private static final int NMI_BLOCKING = 1 << 3;

    private final Vmcs vmcs = new Vmcs();
    private final VmxCapabilities capabilities;
    private final MemoryVirtualization memory;
    private final GuestModes modes;
    private final Cpu believed;
    private final Cpu real;
    private final NonRootOperation operation;
    private final InterruptTable table;
    private final VtXAnswers answers;
    private final Actor processor;
    private final Actor monitor;

    /** RFLAGS.RF at the last entry: what an event that was injected there will push. */
    private boolean resuming;

    /** An NMI waits for the guest, and the processor cannot say when it takes it. */
    private boolean watching;

    /** What the guest was left with, and nobody has answered yet; empty where it could not be entered. */
    private Optional<VmExit> lastExit = Optional.empty();

    /**
     * @param ports what the guest reaches where the I/O bitmaps let it through
     * @param monitor who answers exits
     */
    VtXProcessor(GuestProcessor guest, PortBus ports, VtX hardware, Actor monitor) {
        this.monitor = monitor;
        processor = Actor.processor(monitor.probe());
        Machine machine = guest.machine();
        believed = guest.cpu();
        Ram ram = machine.ram();
        int frames = machine.config().frames();
        int first = machine.config().guestFrames();
        capabilities = hardware.capabilities();
        operation = new NonRootOperation(vmcs, PhysicalMemory.direct(ram, ram.frames()), monitor.probe());
        table = new InterruptTable(Interception.NONE, monitor.probe());
        real = new Cpu(believed.registers, new SystemState(), operation.parts(ports, machine.clock(), guest.code()));
        VtXControls.write(vmcs, capabilities, ram, (long) first << 12);
        modes = hardware.modes(ram, first + BITMAP_FRAMES);
        int end = first + (int) (hardware.memory((long) frames << 12) >>> 12);
        memory = hardware.memory(vmcs, ram, frames, first + BITMAP_FRAMES + VtX.OWN_FRAMES, end, believed);
        answers = new VtXAnswers(this, monitor);
        copyBelievedToGuest();
    }

    public Vmcs vmcs() {
        return vmcs;
    }

    @Override
    public Map<String, Supplier<Inspection>> inspections() {
        return Map.of("vmcs", () -> VmcsText.ofRunningGuest(vmcs));
    }

    MemoryVirtualization memory() {
        return memory;
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
        if (!operation.isInside() && !isHeld()) {
            return interpret();
        }
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

    /** Can the processor hold the guest's segments, and what it is told of NMIs? */
    private boolean isHeld() {
        return !isWatched() && operation.segmentFailure(capabilities).isEmpty();
    }

    /**
     * The first processors do not tell of IRET, which ends the handling of an NMI: from its delivery on, or while one waits, each instruction is
     * the monitor's.
     */
    private boolean isWatched() {
        return !vmcs.pin(Vmcs.VIRTUAL_NMIS)
                && (watching || (vmcs.read(GUEST_INTERRUPTIBILITY_STATE) & NMI_BLOCKING) != 0);
    }

    /** The guest cannot be entered: its next instruction is to be emulated. */
    private Optional<HardwareExit> interpret() {
        lastExit = Optional.empty();
        monitor.does(Deed.STAY_OUT);
        prepareEmulation();
        return Optional.of(VtXExits.interpreted(believed));
    }

    private void enter() {
        if (memory.enter(real.system)) {
            real.memory.flush(true);
        }
        vmcs.write(GUEST_CR3, real.system.cr3);
        resuming = (vmcs.read(GUEST_RFLAGS) & SystemState.RESUME) != 0;
        processor.does(Deed.VM_ENTRY);
        operation.enter(real, capabilities, NO_MEMORY, true).ifPresent(failure -> {
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
        processor.does(Deed.VM_EXIT);
        lastExit = Optional.of(exit);
        return describe(exit);
    }

    private HardwareExit describe(VmExit exit) {
        copyGuestToBelieved();
        return VtXExits.describe(exit, believed, operation.interruptedDelivery().isPresent());
    }

    @Override
    public void answer() {
        lastExit.ifPresentOrElse(answers::answer, this::emulate);
    }

    @Override
    public List<PageWalk> walks(long linear, int access) {
        return memory.walks(linear, access, real, new PageWalk.Nested(operation::memoryOver, PageWalk.Format.EXTENDED));
    }

    @Override
    public void emulate() {
        monitor.does(Deed.EMULATE_INSTRUCTION);
        prepareEmulation();
        believed.step();
        copyBelievedToGuest();
    }

    @Override
    public void prepareEmulation() {
        copyGuestToBelieved();
        memory.beforeEmulation();
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
        monitor.does(Deed.EMULATE_DELIVERY);
        prepareEmulation();
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
        SystemState.State had = b.save();
        MemoryVirtualization.Control control = MemoryVirtualization.Control.of(b);
        b.restore(real.system.save());
        b.cr8 = taskPriority;
        GuestStateArea.load(believed, vmcs);
        b.cr0 = b.visibleCr0();
        b.cr4 = b.visibleCr4();
        b.cr0Mask = 0;
        b.cr4Mask = 0;
        b.cr0Shadow = 0;
        b.cr4Shadow = 0;
        memory.believe(b, control);
        modes.believe(b, had);
        believed.pagingChanged();
    }

    /** What emulation has changed becomes guest state; the bits that VMX operation needs are added behind the shadows. */
    private void copyBelievedToGuest() {
        SystemState b = believed.system;
        SystemState r = real.system;
        MemoryVirtualization.Control had = MemoryVirtualization.Control.of(r);
        r.restore(b.save());
        r.cr0 |= SystemState.NUMERIC_ERROR;
        r.cr4 |= SystemState.VMXE;
        memory.disguise(r, had);
        modes.disguise(r);
        VtXControls.interceptExceptions(vmcs, modes.isDisguised(b), memory.interceptsPageFaults(b));
        vmcs.write(CR0_READ_SHADOW, b.cr0);
        vmcs.write(CR4_READ_SHADOW, b.cr4);
        r.activity = Activity.ACTIVE;
        GuestStateArea.save(real, vmcs);
        vmcs.write(GUEST_IA32_EFER, r.efer);
        vmcs.set(VMENTRY_CONTROLS, Vmcs.IA32E_MODE_GUEST, b.longMode());
        if (had.cr0() != r.cr0 || had.cr3() != r.cr3 || had.cr4() != r.cr4 || had.efer() != r.efer) {
            real.memory.flush(true);
        }
    }

    @Override
    public boolean interruptFlag() {
        return (vmcs.read(GUEST_RFLAGS) & SystemState.INTERRUPT) != 0;
    }

    @Override
    public void interruptWindow(boolean wanted) {
        if (wanted) {
            monitor.does(Deed.OPEN_INTERRUPT_WINDOW);
        }
        vmcs.set(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.INTERRUPT_WINDOW_EXITING, wanted);
    }

    @Override
    public void mapAll() {
        memory.mapAll();
    }

    @Override
    public void markOutside(long physical) {
        memory.markOutside(physical);
    }

    @Override
    public boolean map(long page, int frame, boolean writable) {
        boolean mapped = memory.map(page, frame, writable);
        forgetFrames();
        return mapped;
    }

    @Override
    public void unmap(long page) {
        memory.unmap(page);
        forgetFrames();
    }

    @Override
    public void forgetTranslations() {
        real.memory.flush(true);
        believed.memory.flush(true);
    }

    private void forgetFrames() {
        real.memory.forgetFrames();
        believed.memory.forgetFrames();
    }

    @Override
    public boolean isRam(long physical) {
        return answers.isRam(physical);
    }

    @Override
    public boolean takesInterrupts() {
        return interruptFlag() && !holdsOff(SHADOW);
    }

    /** By blocking, by a debug exception that comes first, or by an event that is to be injected already. */
    private boolean holdsOff(int blocking) {
        return (vmcs.read(GUEST_INTERRUPTIBILITY_STATE) & blocking) != 0
                || vmcs.read(GUEST_PENDING_DBG_EXCEPTIONS) != 0
                || (vmcs.read(VMENTRY_INTERRUPTION_INFO) & Vmcs.VALID) != 0;
    }

    @Override
    public boolean takesNonMaskable() {
        return !holdsOff(SHADOW | NMI_BLOCKING);
    }

    @Override
    public void injectNonMaskable() {
        monitor.does(Deed.INJECT_NMI);
        if (modes.isDisguised(believed.system) || !isHeld() || !vmcs.pin(Vmcs.VIRTUAL_NMIS)) {
            prepareEmulation();
            believed.events().nonMaskable(believed);
            copyBelievedToGuest();
            return;
        }
        vmcs.write(VMENTRY_INTERRUPTION_INFO, NON_MASKABLE);
        vmcs.write(GUEST_ACTIVITY_STATE, 0);
    }

    @Override
    public void nonMaskableWindow(boolean wanted) {
        if (wanted) {
            monitor.does(Deed.OPEN_NMI_WINDOW);
        }
        if (vmcs.pin(Vmcs.VIRTUAL_NMIS)) {
            vmcs.set(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.NMI_WINDOW_EXITING, wanted);
        } else {
            watching = wanted;
        }
    }

    @Override
    public void initialize() {
        monitor.does(Deed.INITIALIZE_PROCESSOR);
        prepareEmulation();
        believed.events().initialize(believed);
        vmcs.write(VMENTRY_INTERRUPTION_INFO, 0);
        copyBelievedToGuest();
    }

    @Override
    public void injectInterrupt(int vector) {
        monitor.does(Deed.INJECT_INTERRUPT, vector);
        if (modes.isDisguised(believed.system) || !isHeld()) {
            prepareEmulation();
            believed.events().external(believed, vector);
            copyBelievedToGuest();
            return;
        }
        vmcs.write(VMENTRY_INTERRUPTION_INFO, vector | Vmcs.VALID);
        vmcs.write(GUEST_ACTIVITY_STATE, 0);
    }

    @Override
    public void injectGeneralProtection() {
        if (modes.isDisguised(believed.system) || !believed.system.protectedMode() || !isHeld()) {
            prepareEmulation();
            believed.events().fault(believed, Fault.generalProtection(0));
            copyBelievedToGuest();
            return;
        }
        injectException(Vmcs.VALID | ERROR_CODE | HARDWARE_EXCEPTION | Fault.GENERAL_PROTECTION, 0);
    }

    void answerException(VmExit exit) {
        int vector = (int) exit.interruptionInformation() & 0xFF;
        if (vector == Fault.PAGE_FAULT) {
            answerPageFault(exit);
        } else if (modes.isDisguised(believed.system)) {
            answerInDisguise(exit, vector);
        } else if (vector == Fault.INVALID_OPCODE && lacksInstruction()) {
            emulate();
        } else {
            reflect(exit);
        }
    }

    /** Older processors do not have all instructions that every guest is told of. */
    private boolean lacksInstruction() {
        prepareEmulation();
        try {
            String mnemonic = believed.peek().form.mnemonic();
            return mnemonic.equals("RDTSCP") || mnemonic.equals("INVPCID");
        } catch (Fault fault) {
            return false;
        }
    }

    /**
     * A page fault that the guest's tables do not know of is filled in, and whatever met it is tried again; others are the guest's own. What can
     * not be filled in is done for the guest.
     */
    private void answerPageFault(VmExit exit) {
        boolean delivering = operation.interruptedDelivery().isPresent();
        if (delivering
                && operation.interruptedDelivery().filter(Delivery::setsResume).isEmpty()) {
            // The page fault has set it for its own sake.
            vmcs.set(GUEST_RFLAGS, SystemState.RESUME, resuming);
        }
        boolean unblocked = hasUnblocked(exit.interruptionInformation());
        if (unblocked) {
            blockNonMaskable(true);
        }
        prepareEmulation();
        monitor.does(Deed.WALK_GUEST_TABLES, exit.qualification());
        try {
            if (memory.fill(exit.qualification(), exit.errorCode() & PageFaults.ACCESS)) {
                monitor.does(Deed.FILL_SHADOW_ENTRY, exit.qualification());
                redeliver();
            } else {
                performForGuest();
            }
        } catch (Fault fault) {
            if (delivering) {
                performForGuest();
            } else {
                real.system.cr2 = fault.address();
                if (unblocked) {
                    blockNonMaskable(false);
                }
                injectException(exit.interruptionInformation(), fault.errorCode());
            }
        }
    }

    /**
     * What cannot be done in virtual-8086 mode, or happens there, is done in real mode: the same instruction again, which meets the same
     * exception where it is one of its own, and a debug trap before it.
     */
    private void answerInDisguise(VmExit exit, int vector) {
        monitor.does(Deed.EMULATE_INSTRUCTION);
        prepareEmulation();
        if (vector == Fault.DEBUG) {
            believed.system.pendingDebug |= exit.qualification();
        }
        believed.step();
        copyBelievedToGuest();
    }

    /** The exception that caused the exit is the guest's: it is injected, with what the processor left to the monitor to set. */
    private void reflect(VmExit exit) {
        long information = exit.interruptionInformation();
        int vector = (int) information & 0xFF;
        if (vector == Fault.DEBUG) {
            real.system.dr6 = real.system.dr6 & ~0xFL | SystemState.DR6_FIXED | exit.qualification();
            vmcs.write(GUEST_DR7, vmcs.read(GUEST_DR7) & ~SystemState.DR7_GENERAL_DETECT);
            vmcs.write(GUEST_PENDING_DBG_EXCEPTIONS, blocksAfterSingleStep() ? SystemState.DR6_SINGLE_STEP : 0);
        }
        injectException(information, exit.errorCode());
    }

    private void injectException(long information, int errorCode) {
        monitor.does(Deed.REFLECT_EXCEPTION, information & 0xFF);
        vmcs.write(VMENTRY_INTERRUPTION_INFO, information);
        vmcs.write(VMENTRY_EXCEPTION_ERR_CODE, errorCode);
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

    /** SDM 3C, NMI Unblocking Due to IRET: the instruction has ended the blocking, and will run again. */
    private static boolean hasUnblocked(long information) {
        return (information & 1 << 12) != 0;
    }

    /** Virtual-NMI blocking, as the guest will find it. */
    private void blockNonMaskable(boolean on) {
        vmcs.set(GUEST_INTERRUPTIBILITY_STATE, NMI_BLOCKING, on);
        real.system.nmiBlocked = on;
    }

    /** The same for the exits of nested paging, where no event was being delivered. */
    void blockAgain(VmExit exit) {
        if ((vmcs.read(IDT_VECTORING_INFO) & Vmcs.VALID) == 0 && hasUnblocked(exit.qualification())) {
            blockNonMaskable(true);
        }
    }

    /** An exit that hit while an event was being delivered, and whose cause is out of the way now: the event is injected again. */
    void redeliver() {
        long information = vmcs.read(IDT_VECTORING_INFO);
        if ((information & Vmcs.VALID) != 0) {
            monitor.does(Deed.REINJECT_EVENT);
            if ((information >>> 8 & 7) == Delivery.Kind.NON_MASKABLE_INTERRUPT.type()) {
                // Its first delivery has blocked the next.
                blockNonMaskable(false);
            }
            vmcs.write(VMENTRY_INTERRUPTION_INFO, information);
            vmcs.write(VMENTRY_EXCEPTION_ERR_CODE, vmcs.read(IDT_VECTORING_ERR_CODE));
            vmcs.write(VMENTRY_INSTRUCTION_LENGTH, vmcs.read(VMEXIT_INSTRUCTION_LENGTH));
        }
    }

    /** Both processors, the VMCS and the tables' bookkeeping. */
    record Saved(
            Registers.State registers,
            SystemState.State believed,
            SystemState.State real,
            Tlb.State tlb,
            Tlb.State believedTlb,
            Vmcs.State vmcs,
            MemoryVirtualization.State memory,
            boolean watching,
            boolean inside)
            implements State {}

    @Override
    public State save() {
        return new Saved(
                real.registers.save(),
                believed.system.save(),
                real.system.save(),
                real.memory.tlb().save(),
                believed.memory.tlb().save(),
                vmcs.save(),
                memory.save(),
                watching,
                operation.isInside());
    }

    @Override
    public void restore(State saved) {
        Saved state = (Saved) saved;
        real.registers.restore(state.registers);
        believed.system.restore(state.believed);
        believed.memory.tlb().restore(state.believedTlb);
        believed.stateReplaced();
        real.system.restore(state.real);
        real.memory.tlb().restore(state.tlb);
        real.stateReplaced();
        vmcs.restore(state.vmcs);
        memory.restore(state.memory);
        watching = state.watching;
        operation.restore(state.inside);
    }
}
