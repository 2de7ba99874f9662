package ringside.cpu.svm;

import static ringside.cpu.svm.VmcbField.*;

import java.util.Map;
import java.util.function.Supplier;
import ringside.bus.InterruptController;
import ringside.cpu.Boundary;
import ringside.cpu.Cpu;
import ringside.cpu.CpuModel;
import ringside.cpu.Exit;
import ringside.cpu.Fault;
import ringside.cpu.GuestBoundary;
import ringside.cpu.Svm;
import ringside.cpu.SystemState;
import ringside.cpu.SystemState.Activity;
import ringside.cpu.SystemState.Shadow;
import ringside.cpu.Virtualization;
import ringside.cpu.WorldParts;
import ringside.memory.PhysicalMemory;
import ringside.mmu.PaePaging;
import ringside.probe.Inspection;
import ringside.probe.Probe;

/**
 * SVM in a processor that runs a hypervisor: VMRUN and #VMEXIT between host and guest, and the flag that holds interrupts off in between.
 *
 * <p>The host's state is kept in memory, at VM_HSAVE_PA, in the layout of a VMCB; which layout is the processor's own business (APM 2,
 * VMRUN).
 */
public final class SvmExtension implements Virtualization, Svm {
    private static final int VM_CR = 0xC001_0114;
    private static final int VM_HSAVE_PA = 0xC001_0117;

    // VM_CR.
    private static final long CONTROL_KNOWN = 0x1F;
    private static final long R_INIT = 1 << 1;
    private static final long LOCK = 1 << 3;
    private static final long SVM_DISABLE = 1 << 4;

    /** Error code of the security exception (APM 2, #SX). */
    private static final int REDIRECTED_INIT = 1;

    // CPUID.
    private static final int EXTENDED = 0x8000_0000;
    private static final int SVM_LEAF = 0x8000_000A;
    private static final int SVM = 1 << 2;
    private static final int REVISION = 1;
    private static final int ADDRESS_SPACES = 16;
    private static final int NESTED_PAGING = 1;
    private static final int NEXT_RIP_SAVE = 1 << 3;
    private static final int FLUSH_BY_ASID = 1 << 6;
    private static final int DECODE_ASSISTS = 1 << 7;

    private final PhysicalMemory memory;
    private final InterruptController controller;
    private final GuestMode mode;
    private boolean entering;
    private boolean globalInterrupts = true;
    private long hostArea;
    private long control;

    private SvmExtension(PhysicalMemory memory, InterruptController controller, Probe probe) {
        this.memory = memory;
        this.controller = controller;
        mode = new GuestMode(memory, new Vmcb(memory, 0), SvmFeatures.ALL, probe);
    }

    /**
     * The parts of the same processor with SVM.
     *
     * @param host its parts without
     * @param controller what may interrupt it
     * @param probe told of the deliveries that guests see
     */
    public static Cpu.Parts extend(Cpu.Parts host, InterruptController controller, Probe probe) {
        var svm = new SvmExtension(host.physical(), controller, probe);
        Cpu.Parts guest = svm.mode.parts(host.ports(), host.clock(), host.code());
        return WorldParts.of(svm.mode::isInside, host, guest, svm.boundary(host.boundary()), svm);
    }

    @Override
    public Svm svm() {
        return this;
    }

    // Instructions.

    @Override
    public void requireEnabled(Cpu cpu) {
        Svm.requireMode(cpu);
    }

    @Override
    public void requireBlock(long address) {
        Vmcb.requireAddress(address);
    }

    private Vmcb block(long address) {
        return new Vmcb(memory, address);
    }

    @Override
    public void load(Cpu cpu, long address) {
        SaveArea.loadMore(cpu, block(address));
        cpu.modeChanged();
    }

    @Override
    public void save(Cpu cpu, long address) {
        SaveArea.saveMore(cpu, block(address));
    }

    @Override
    public void globalInterruptFlag(Cpu cpu, boolean flag) {
        globalInterrupts = flag;
        cpu.attend();
    }

    @Override
    public void run(Cpu cpu, long address) {
        Vmcb guest = block(address);
        SystemState s = cpu.system;
        Vmcb host = new Vmcb(memory, hostArea);
        // With virtual interrupt masking, so that the task priority is kept too.
        host.write(V_INTR, Vmcb.V_INTR_MASKING);
        SaveArea.save(cpu, host);
        cpu.cancelSingleStep();
        mode.use(guest);
        GuestMode.Host rules = new GuestMode.Host(s.cr0, s.cr4, s.efer);
        if (mode.refusal(rules).isPresent()) {
            mode.leave(cpu, SvmExit.of(ExitCode.INVALID));
            loadHost(cpu);
            return;
        }
        mode.load(cpu, rules);
        if (s.shadowTime >= 0) {
            // The guest's first boundary is the one behind this instruction.
            s.shadowTime = cpu.clock.now() + 1;
            s.shadow = Shadow.STI;
        }
        cpu.memory.flush(true);
        globalInterrupts = true;
        entering = true;
        cpu.attend();
    }

    @Override
    public boolean leave(Cpu cpu, Exit exit) {
        if (!mode.isInside() || !(exit instanceof SvmExit reason)) {
            return false;
        }
        boolean own = keepsTaskPriority();
        long taskPriority = cpu.system.cr8;
        mode.leave(cpu, reason);
        loadHost(cpu);
        if (!own) {
            // APM 2, Virtualizing APIC.TPR: what the guest wrote to CR8, it wrote to the host's.
            cpu.system.cr8 = taskPriority;
        }
        return true;
    }

    /** The host's half of #VMEXIT: what VMRUN saved; breakpoints are off, CR2 and DR6 stay the guest's. A broken host shuts down. */
    private void loadHost(Cpu cpu) {
        SystemState s = cpu.system;
        Vmcb host = new Vmcb(memory, hostArea);
        long cr2 = s.cr2;
        long dr6 = s.dr6;
        SaveArea.load(cpu, host);
        s.cr2 = cr2;
        s.dr6 = dr6;
        s.dr7 = SystemState.DR7_FIXED;
        s.pendingDebug = 0;
        s.shadowTime = -1;
        s.cpl = 0;
        globalInterrupts = false;
        entering = false;
        if (EntryChecks.isBroken(host) || !loadPointers(cpu, s.cr3)) {
            s.activity = Activity.SHUTDOWN;
            return;
        }
        cpu.memory.flush(true);
        cpu.pagingChanged();
    }

    /** PAE paging has four pointers in registers. @return false where one has a reserved bit */
    private static boolean loadPointers(Cpu cpu, long cr3) {
        SystemState s = cpu.system;
        boolean valid = true;
        boolean pae = (s.cr0 & SystemState.PAGING) != 0 && (s.cr4 & SystemState.PHYSICAL_ADDRESS_EXTENSION) != 0;
        if (pae && !s.longMode()) {
            Vmcb table = new Vmcb(cpu.memory.physical(), cr3 & 0xFFFF_FFE0L);
            for (int i = 0; i < 4; i++) {
                s.pdpte[i] = table.readHost(8 * i);
                valid &= !PaePaging.isInvalidPointer(s.pdpte[i]);
            }
            cpu.pagingChanged();
        }
        return valid;
    }

    // Interrupts.

    /** A physical interrupt waits, and the flag that masks it is set: the host's IF with virtual interrupt masking, else the guest's. */
    private boolean isInterrupted(Cpu cpu) {
        return controller.pending() && takesInterrupts(cpu);
    }

    @Override
    public boolean keepsTaskPriority() {
        return mode.isInside() && mode.current().has(V_INTR, Vmcb.V_INTR_MASKING);
    }

    /** APM 2, Virtualizing APIC.TPR: without V_INTR_MASKING a guest writes both, the APIC's task priority and the virtual one. */
    @Override
    public void taskPriorityWritten(long value) {
        if (mode.isInside()) {
            Vmcb guest = mode.current();
            guest.write(V_INTR, guest.read(V_INTR) & ~Vmcb.V_TPR | value);
        }
    }

    @Override
    public boolean takesNonMaskable(Cpu cpu) {
        return globalInterrupts && !cpu.system.nmiBlocked;
    }

    @Override
    public boolean takesInitialization(Cpu cpu) {
        return globalInterrupts;
    }

    @Override
    public boolean takesInterrupts(Cpu cpu) {
        boolean hostDecides = mode.isInside() && mode.current().has(V_INTR, Vmcb.V_INTR_MASKING);
        boolean flag = hostDecides
                ? new Vmcb(memory, hostArea).has(RFLAGS, SystemState.INTERRUPT)
                : cpu.system.interruptFlag();
        return globalInterrupts && flag;
    }

    /** The host's own boundary while interrupts reach it; one that only knows debug traps while they are held off; the guest's. */
    private Boundary boundary(Boundary host) {
        var held = new GuestBoundary(InterruptController.NONE);
        return new Boundary() {
            @Override
            public boolean cross(Cpu cpu) {
                if (mode.isInside()) {
                    return crossInGuest(cpu);
                }
                if (isInitialized(cpu) && redirects()) {
                    controller.takeInitialization();
                    throw Fault.of(Fault.SECURITY, REDIRECTED_INIT);
                }
                return (globalInterrupts ? host : held).cross(cpu);
            }

            @Override
            public boolean isWaiting(Cpu cpu) {
                if (isInitialized(cpu)) {
                    return true;
                }
                if (mode.isInside()) {
                    return entering
                            || isInterrupted(cpu)
                            || isInterruptedPastMask(cpu)
                            || mode.boundary().isWaiting(cpu);
                }
                return (globalInterrupts ? host : held).isWaiting(cpu);
            }
        };
    }

    private boolean crossInGuest(Cpu cpu) {
        if (entering) {
            entering = false;
            if (!loadPointers(cpu, cpu.system.cr3) && !mode.isNested()) {
                throw SvmExit.of(ExitCode.INVALID);
            }
            if ((mode.current().read(EVENTINJ) & Vmcb.VALID) != 0) {
                mode.inject(cpu);
                return true;
            }
        }
        SystemState s = cpu.system;
        if (isInitialized(cpu)) {
            initializeInGuest(cpu);
            return true;
        }
        if (isInterruptedPastMask(cpu) && s.pendingDebug == 0 && !s.shadowed(cpu.clock.now())) {
            if (mode.current().intercepts(ExitCode.NMI)) {
                throw SvmExit.of(ExitCode.NMI);
            }
            controller.takeNonMaskable();
            cpu.events().nonMaskable(cpu);
            return true;
        }
        if (isInterrupted(cpu) && s.pendingDebug == 0 && !s.shadowed(cpu.clock.now())) {
            if (mode.current().intercepts(ExitCode.INTR)) {
                throw SvmExit.of(ExitCode.INTR);
            }
            cpu.events().external(cpu, controller.acknowledge());
            return true;
        }
        return mode.boundary().cross(cpu);
    }

    // What no flag masks. Intercepted, it stays pending: the host has it when it sets GIF (APM 2, Interrupt
    // Intercepts).

    private boolean isInterruptedPastMask(Cpu cpu) {
        return controller.nonMaskable() && takesNonMaskable(cpu);
    }

    private boolean isInitialized(Cpu cpu) {
        return controller.initialization() && takesInitialization(cpu);
    }

    /** APM 2, VM_CR: INIT becomes a security exception. */
    private boolean redirects() {
        return (control & R_INIT) != 0;
    }

    private void initializeInGuest(Cpu cpu) {
        if (mode.current().intercepts(ExitCode.INIT)) {
            throw SvmExit.of(ExitCode.INIT);
        }
        controller.takeInitialization();
        if (redirects()) {
            throw Fault.of(Fault.SECURITY, REDIRECTED_INIT);
        }
        mode.abandon();
        cpu.events().initialize(cpu);
    }

    // Registers and identification.

    @Override
    public long eferBits() {
        return (control & SVM_DISABLE) != 0 ? 0 : SystemState.SVME;
    }

    @Override
    public long readMsr(int number) {
        return switch (number) {
            case VM_CR -> control;
            case VM_HSAVE_PA -> hostArea;
            default -> throw Fault.generalProtection(0);
        };
    }

    @Override
    public void writeMsr(Cpu cpu, int number, long value) {
        switch (number) {
            case VM_CR -> writeControl(cpu, value);
            case VM_HSAVE_PA -> {
                Vmcb.requireAddress(value);
                hostArea = value;
            }
            default -> throw Fault.generalProtection(0);
        }
    }

    /** Once locked, SVM_DISABLE and the lock stay as they are; SVM cannot be disabled while it is in use. */
    private void writeControl(Cpu cpu, long value) {
        long kept = (control & LOCK) != 0 ? LOCK | SVM_DISABLE : 0;
        long next = value & ~kept | control & kept;
        boolean inUse = (cpu.system.efer & SystemState.SVME) != 0;
        if ((value & ~CONTROL_KNOWN) != 0 || inUse && (next & SVM_DISABLE) != 0) {
            throw Fault.generalProtection(0);
        }
        control = next;
    }

    /** APM 3, CPUID Fn0000_0000, Fn8000_0001_ECX, Fn8000_000A: a processor with SVM is AMD's. */
    @Override
    public CpuModel.Leaf identify(int leaf, int subLeaf, CpuModel.Leaf plain) {
        return switch (leaf) {
            case 0 -> amd(plain.eax());
            case EXTENDED -> amd(SVM_LEAF);
            case EXTENDED + 1 -> new CpuModel.Leaf(plain.eax(), plain.ebx(), plain.ecx() | SVM, plain.edx());
            case EXTENDED + 9 -> new CpuModel.Leaf(0, 0, 0, 0);
            case SVM_LEAF ->
                new CpuModel.Leaf(
                        REVISION, ADDRESS_SPACES, 0, NESTED_PAGING | NEXT_RIP_SAVE | FLUSH_BY_ASID | DECODE_ASSISTS);
            default -> plain;
        };
    }

    /** "AuthenticAMD". */
    private static CpuModel.Leaf amd(int highest) {
        return new CpuModel.Leaf(highest, 0x6874_7541, 0x444D_4163, 0x6974_6E65);
    }

    @Override
    public Map<String, Supplier<Inspection>> inspections() {
        Vmcb current = mode.current();
        return current.address() == 0 || !current.isInRam() ? Map.of() : Map.of("vmcb", () -> VmcbText.of(current));
    }

    /**
     * What SVM keeps inside the processor.
     *
     * @param inside the processor is in guest mode
     * @param entering VMRUN is done, and its guest's first boundary has not been crossed
     * @param vmcb physical address of the VMCB in force
     * @param hostArea VM_HSAVE_PA
     * @param control VM_CR
     */
    private record Saved(
            boolean inside, boolean entering, boolean globalInterrupts, long vmcb, long hostArea, long control)
            implements State {}

    @Override
    public State save() {
        return new Saved(
                mode.isInside(), entering, globalInterrupts, mode.current().address(), hostArea, control);
    }

    @Override
    public void restore(State saved) {
        Saved state = (Saved) saved;
        entering = state.entering();
        globalInterrupts = state.globalInterrupts();
        hostArea = state.hostArea();
        control = state.control();
        mode.use(new Vmcb(memory, state.vmcb()));
        Vmcb host = new Vmcb(memory, hostArea);
        mode.restore(state.inside(), new GuestMode.Host(host.read(CR0), host.read(CR4), host.read(EFER)));
    }
}
