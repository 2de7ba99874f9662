package ringside.cpu.vmx;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.Optional;
import ringside.bus.Clock;
import ringside.bus.InterruptController;
import ringside.bus.PortBus;
import ringside.cpu.Code;
import ringside.cpu.Cpu;
import ringside.cpu.Delivery;
import ringside.cpu.Fault;
import ringside.cpu.SystemState;
import ringside.cpu.SystemState.Activity;
import ringside.cpu.Virtualization;
import ringside.cpu.Vmx;
import ringside.cpu.vmx.EntryFailure.Kind;
import ringside.memory.PhysicalMemory;
import ringside.mmu.PaePaging;
import ringside.probe.Probe;

/**
 * VMX non-root operation of one logical processor, under one VMCS: the parts that the processor has while it runs the guest, VM entry, and
 * VM exit (SDM 3C, VM Entries; VM Exits).
 */
public final class NonRootOperation {
    /** Exit reason: the entry failed. */
    static final long ENTRY_FAILURE = 1L << 31;

    // VMX-abort indicators.
    private static final int ABORT_SAVING_MSRS = 1;
    private static final int ABORT_HOST_POINTERS = 2;
    private static final int ABORT_LOADING_MSRS = 4;

    /** Interruption type of an event that is pending at the first boundary: the monitor trap flag. */
    private static final int OTHER_EVENT = 7;

    /** Instructions of VMX, which all leave the guest: the processor is in VMX operation. */
    private static final Vmx IN_OPERATION = new Vmx() {
        @Override
        public void requireEnabled(Cpu cpu) {}

        @Override
        public void requireOperation(Cpu cpu) {}
    };

    private final Vmcs vmcs;
    private final PhysicalMemory host;
    private final VirtualApic apic;
    private final ExtendedPaging paging;
    private final ExitControls controls;
    private final NonRootBoundary boundary;
    private final GuestEvents events;
    private boolean inside;

    /** Outside an operation of its own: physical interrupts end the guest's run whenever they come. */
    public NonRootOperation(Vmcs vmcs, PhysicalMemory host, Probe probe) {
        this(vmcs, host, InterruptController.NONE, probe);
    }

    /**
     * @param host the physical memory where everything is that the VMCS points to
     * @param controller who may interrupt the processor
     */
    public NonRootOperation(Vmcs vmcs, PhysicalMemory host, InterruptController controller, Probe probe) {
        this.vmcs = vmcs;
        this.host = host;
        apic = new VirtualApic(vmcs, host);
        paging = new ExtendedPaging(vmcs, host, new ApicAccessPage(vmcs, apic, host));
        controls = new ExitControls(vmcs, host);
        boundary = new NonRootBoundary(vmcs, apic, controller);
        events = new GuestEvents(vmcs, probe);
    }

    /** What the processor is made of in non-root operation. */
    public Cpu.Parts parts(PortBus ports, Clock clock, Code code) {
        return new Cpu.Parts(paging, ports, clock, code, controls, boundary, events).with(virtualization());
    }

    /** Of a processor that does not tell how it came into non-root operation. */
    private Virtualization virtualization() {
        return new Virtualization() {
            @Override
            public Vmx vmx() {
                return IN_OPERATION;
            }

            @Override
            public long taskPriority(Cpu cpu) {
                return NonRootOperation.this.taskPriority(cpu);
            }

            @Override
            public boolean shadowsTaskPriority(long value) {
                return shadowTaskPriority(value);
            }
        };
    }

    /** What MOV from CR8 reads; where the guest has no task priority of its own, the processor's. */
    long taskPriority(Cpu cpu) {
        return inside && apic.isShadowed() ? apic.priorityClass() : cpu.system.cr8;
    }

    /** MOV to CR8. @return false where the guest has no task priority of its own */
    boolean shadowTaskPriority(long value) {
        if (!inside || !apic.isShadowed()) {
            return false;
        }
        apic.priorityClass(value);
        return true;
    }

    NonRootBoundary boundary() {
        return boundary;
    }

    /** What the guest's physical addresses reach, over another view of the host's memory. */
    public PhysicalMemory memoryOver(PhysicalMemory view) {
        return new ExtendedPaging(vmcs, view, view);
    }

    /** Is the processor in non-root operation? */
    public boolean isInside() {
        return inside;
    }

    /**
     * VM entry: everything is checked, guest state is loaded, an event is injected where the VMCS asks for one.
     *
     * @param pointer physical address of the VMCS, or -1 where it lies in no memory
     * @param longModeHost whether the processor is in IA-32e mode now
     * @return why the guest does not run; nothing is loaded then, but by a failure to load MSRs
     * @throws VmExit where the delivery of the injected event leaves the guest again
     */
    public Optional<EntryFailure> enter(Cpu cpu, VmxCapabilities capabilities, long pointer, boolean longModeHost) {
        Optional<EntryFailure> failure = load(cpu, capabilities, pointer, longModeHost);
        if (failure.isEmpty()) {
            begin(cpu);
        }
        return failure;
    }

    /** The entry up to the guest's first boundary, where {@link #begin} follows. */
    Optional<EntryFailure> load(Cpu cpu, VmxCapabilities capabilities, long pointer, boolean longModeHost) {
        ProposedEntry entry = new ProposedEntry(vmcs, pointer, capabilities, host, longModeHost);
        Optional<EntryFailure> failure = EntryCheck.firstFailure(ControlChecks.ALL, entry)
                .or(() -> EntryCheck.firstFailure(HostChecks.ALL, entry))
                .or(() -> EntryCheck.firstFailure(GuestChecks.ALL, entry))
                .or(() -> EntryCheck.firstFailure(GuestSegmentChecks.ALL, entry));
        if (failure.isPresent()) {
            return failure;
        }
        GuestStateArea.load(cpu, vmcs);
        if (!vmcs.secondary(Vmcs.ENABLE_VPID)) {
            // SDM 3C, Operations that Invalidate Cached Mappings: without a tag, no translation survives an entry.
            cpu.memory.flush(true);
        }
        if (!vmcs.secondary(Vmcs.ENABLE_EPT)) {
            loadPointers(cpu);
        }
        cpu.pagingChanged();
        long refused = MsrAreas.loadAtEntry(cpu, vmcs, host);
        if (refused != 0) {
            return Optional.of(new EntryFailure(
                    Kind.MSR_LOADING, refused, "every register of the VM-entry MSR-load area can be loaded"));
        }
        cpu.system.tscOffset = vmcs.primary(Vmcs.TSC_OFFSETTING) ? vmcs.read(TSC_OFFSET) : 0;
        inside = true;
        return Optional.empty();
    }

    /** Why the guest's segments would make an entry fail; empty where they would not. */
    public Optional<EntryFailure> segmentFailure(VmxCapabilities capabilities) {
        ProposedEntry entry = new ProposedEntry(vmcs, -1, capabilities, host, true);
        return EntryCheck.firstFailure(GuestSegmentChecks.ALL, entry);
    }

    /** At the guest's first boundary: the preemption timer starts, an event is injected. @return whether one has been delivered */
    boolean begin(Cpu cpu) {
        if (vmcs.injects()) {
            return inject(cpu);
        }
        boundary.entered(cpu, false);
        return false;
    }

    /** Without EPT the entries of PAE paging are in the memory that CR3 points to. */
    private void loadPointers(Cpu cpu) {
        long table = cpu.system.cr3 & 0xFFFF_FFE0L;
        for (int i = 0; i < 4; i++) {
            cpu.system.pdpte[i] = HostMemory.read(host, table + i * 8L, 8);
        }
    }

    private boolean inject(Cpu cpu) {
        boolean trap = (vmcs.read(VMENTRY_INTERRUPTION_INFO) >>> 8 & 7) == OTHER_EVENT;
        boundary.entered(cpu, trap || vmcs.primary(Vmcs.MONITOR_TRAP_FLAG));
        if (trap) {
            vmcs.write(VMENTRY_INTERRUPTION_INFO, vmcs.read(VMENTRY_INTERRUPTION_INFO) & ~Vmcs.VALID);
            return false;
        }
        cpu.system.activity = Activity.ACTIVE;
        cpu.system.shadowTime = -1;
        if (isDebugException(vmcs.read(VMENTRY_INTERRUPTION_INFO))) {
            cpu.system.pendingDebug = 0;
        }
        events.inject(cpu);
        return true;
    }

    /** An injected #DB takes the place of the debug exceptions that are pending. */
    private static boolean isDebugException(long information) {
        boolean hardware = (information >>> 8 & 7) == Delivery.Kind.HARDWARE_EXCEPTION.type();
        return hardware && (information & 0xFF) == Fault.DEBUG;
    }

    /** VM exit: guest state is saved, the VMCS says why. Every exit ends a pending injection. */
    public void leave(Cpu cpu, VmExit exit) {
        int length = exit.instructionLength() != 0 ? exit.instructionLength() : events.interruptedLength();
        if (exit.isDebugException()) {
            cpu.system.pendingDebug = 0;
        }
        GuestStateArea.save(cpu, vmcs);
        if (exit.isOfAccess() && !events.isInterrupted()) {
            vmcs.set(GUEST_RFLAGS, SystemState.RESUME, true);
        }
        if (vmcs.atExit(Vmcs.SAVE_PREEMPTION_TIMER)) {
            vmcs.write(GUEST_PREEMPTION_TIMER_VALUE, boundary.timerValue(cpu));
        }
        // SDM 3C, Saving Control Registers, Debug Registers, and MSRs: where unrestricted guests exist, so that such a
        // guest
        // may come and go.
        vmcs.set(VMENTRY_CONTROLS, Vmcs.IA32E_MODE_GUEST, cpu.system.longMode());
        cpu.system.tscOffset = 0;
        apic.left();
        inside = false;
        vmcs.write(VMENTRY_INTERRUPTION_INFO, vmcs.read(VMENTRY_INTERRUPTION_INFO) & ~Vmcs.VALID);
        vmcs.write(VMEXIT_REASON, exit.reason().number());
        vmcs.write(VMEXIT_QUALIFICATION, exit.qualification());
        vmcs.write(GUEST_PHYSICAL_ADDR, exit.physicalAddress());
        vmcs.write(GUEST_LINEAR_ADDR, exit.linearAddress());
        vmcs.write(VMEXIT_INTERRUPTION_INFO, exit.interruptionInformation());
        vmcs.write(VMEXIT_INTERRUPTION_ERR_CODE, exit.errorCode());
        vmcs.write(VMEXIT_INSTRUCTION_LENGTH, length);
        vmcs.write(VMEXIT_INSTRUCTION_INFO, exit.instructionInformation());
        events.recordVectoring(cpu);
    }

    /** Records an entry that failed after its controls and host state were accepted; all other fields stay. */
    void recordFailure(EntryFailure failure) {
        vmcs.write(VMEXIT_REASON, failure.kind().number() | ENTRY_FAILURE);
        vmcs.write(VMEXIT_QUALIFICATION, failure.qualification());
    }

    /**
     * After an exit, or an entry that failed: the host's state is loaded.
     *
     * @param exited whether there was a guest whose MSRs are stored
     * @return 0, or the VMX-abort indicator (SDM 3C, VMX Aborts)
     */
    int loadHost(Cpu cpu, boolean exited) {
        if (exited && MsrAreas.store(cpu, vmcs, host) != 0) {
            return ABORT_SAVING_MSRS;
        }
        HostStateArea.load(cpu, vmcs);
        if (exited) {
            cpu.system.nmiBlocked = blocksNonMaskable(cpu);
        }
        boolean pae = (cpu.system.cr4 & SystemState.PHYSICAL_ADDRESS_EXTENSION) != 0 && !cpu.system.longMode();
        if (pae) {
            loadPointers(cpu);
            for (long pointer : cpu.system.pdpte) {
                if (PaePaging.isInvalidPointer(pointer)) {
                    return ABORT_HOST_POINTERS;
                }
            }
        }
        cpu.pagingChanged();
        return MsrAreas.loadAtExit(cpu, vmcs, host) != 0 ? ABORT_LOADING_MSRS : 0;
    }

    /** SDM 3C, Architectural State Before a VM Exit: an NMI that leaves the guest blocks the next. With virtual NMIs only those were blocked. */
    private boolean blocksNonMaskable(Cpu cpu) {
        boolean byNonMaskable = vmcs.read(VMEXIT_REASON) == ExitReason.EXCEPTION_OR_NMI.number()
                && (vmcs.read(VMEXIT_INTERRUPTION_INFO) >>> 8 & 7) == Delivery.Kind.NON_MASKABLE_INTERRUPT.type();
        return byNonMaskable || cpu.system.nmiBlocked && !vmcs.pin(Vmcs.VIRTUAL_NMIS);
    }

    /** What cannot be seen from the VMCS. */
    record State(boolean inside, NonRootBoundary.State boundary) {}

    State save() {
        return new State(inside, boundary.save());
    }

    void restore(State state) {
        inside = state.inside;
        boundary.restore(state.boundary);
    }

    /** The event in whose delivery the guest was left: SDM 3C, Information for VM Exits During Event Delivery. */
    public Optional<Delivery> interruptedDelivery() {
        return GuestEvents.vectoring(vmcs);
    }

    /** A snapshot was restored that was taken inside or outside. */
    public void restore(boolean wasInside) {
        inside = wasInside;
    }
}
