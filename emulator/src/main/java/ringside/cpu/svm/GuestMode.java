package ringside.cpu.svm;

import static ringside.cpu.svm.VmcbField.*;

import java.util.Optional;
import ringside.bus.Clock;
import ringside.bus.PortBus;
import ringside.cpu.Boundary;
import ringside.cpu.Code;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState;
import ringside.cpu.SystemState.Activity;
import ringside.memory.PhysicalMemory;
import ringside.mmu.FourLevelPaging;
import ringside.mmu.NoPaging;
import ringside.mmu.PaePaging;
import ringside.mmu.Paging;
import ringside.mmu.TwoLevelPaging;
import ringside.probe.Probe;

/**
 * Guest mode of one processor, under one VMCB at a time: the parts that the processor has while it runs the guest, the guest's half of VMRUN,
 * and that of #VMEXIT (APM 2, VMRUN; #VMEXIT).
 */
public final class GuestMode {
    /**
     * What of the host decides about nested paging: its tables are in the format of the host's paging mode.
     *
     * @param cr0 of the processor that performs VMRUN
     */
    public record Host(long cr0, long cr4, long efer) {
        /** Long mode with execute-disable: what monitors of 64 bits have. */
        public static final Host LONG_MODE = new Host(
                SystemState.PROTECTION_ENABLE | SystemState.PAGING | SystemState.WRITE_PROTECT,
                SystemState.PHYSICAL_ADDRESS_EXTENSION,
                SystemState.LONG_MODE_ENABLE
                        | SystemState.LONG_MODE_ACTIVE
                        | SystemState.NO_EXECUTE_ENABLE
                        | SystemState.SVME);
    }

    private final PhysicalMemory hostMemory;
    private final SvmFeatures features;
    private final Intercepts intercepts;
    private final VirtualInterrupts boundary;
    private final GuestEvents events;
    private final NestedPaging memory;
    private Vmcb vmcb;
    private Paging nested = new NoPaging();
    private boolean inside;

    /**
     * A processor that is not in guest mode yet.
     *
     * @param hostMemory physical memory as the host sees it
     * @param vmcb the first guest's
     */
    public GuestMode(PhysicalMemory hostMemory, Vmcb vmcb, SvmFeatures features, Probe probe) {
        this.hostMemory = hostMemory;
        this.vmcb = vmcb;
        this.features = features;
        CurrentGuest current = this::vmcb;
        intercepts = new Intercepts(current, features);
        boundary = new VirtualInterrupts(current);
        events = new GuestEvents(current, probe);
        memory = new NestedPaging(hostMemory, () -> nested);
    }

    private Vmcb vmcb() {
        return vmcb;
    }

    /** What a processor is made of that does nothing but run guests. */
    public Cpu.Parts parts(PortBus ports, Clock clock, Code code) {
        return new Cpu.Parts(memory, ports, clock, code, intercepts, boundary, events).with(new InterceptedSvm());
    }

    /** Is the processor in guest mode? */
    public boolean isInside() {
        return inside;
    }

    /** Another guest's turn. */
    void use(Vmcb next) {
        vmcb = next;
    }

    /** The VMCB in force. */
    Vmcb current() {
        return vmcb;
    }

    /** What the guest's physical addresses reach, over another view of the host's memory; reading it leaves no trace in the tables. */
    public PhysicalMemory memoryOver(PhysicalMemory view) {
        return new NestedPaging(view, () -> nested, Paging.PEEK);
    }

    Boundary boundary() {
        return boundary;
    }

    /**
     * The guest's half of VMRUN: its state is loaded, and an event injected where the VMCB asks for one.
     *
     * @throws SvmExit at once, where the state is invalid or the injected event does not reach the guest
     */
    public void enter(Cpu cpu, Host host) {
        if (refusal(host).isPresent()) {
            throw SvmExit.of(ExitCode.INVALID);
        }
        load(cpu, host);
        if ((vmcb.read(EVENTINJ) & Vmcb.VALID) != 0) {
            inject(cpu);
        }
    }

    /** Loads a guest that VMRUN does not refuse. */
    void load(Cpu cpu, Host host) {
        inside = true;
        nested = paging(host);
        SaveArea.load(cpu, vmcb);
        cpu.system.tscOffset = vmcb.read(TSC_OFFSET);
        int flush = (int) vmcb.read(TLB_CONTROL);
        if (flush != 0) {
            cpu.memory.flush(flush <= Vmcb.FLUSH_THIS_GUEST);
        }
        cpu.system.activity = Activity.ACTIVE;
        cpu.pagingChanged();
    }

    /** Delivers the event of EVENTINJ. */
    void inject(Cpu cpu) {
        events.inject(cpu);
    }

    /** Why VMRUN would refuse the guest; empty where it would not. */
    public Optional<String> refusal(Host host) {
        return EntryChecks.refusal(vmcb, host.cr0);
    }

    boolean isNested() {
        return (vmcb.read(NP_ENABLE) & 1) != 0;
    }

    private Paging paging(Host host) {
        if (!isNested()) {
            return new NoPaging();
        }
        Paging.Rules rules = new Paging.Rules(
                vmcb.read(N_CR3) & ~0xFFFL,
                true,
                (host.cr4 & SystemState.PAGE_SIZE_EXTENSIONS) != 0,
                false,
                (host.efer & SystemState.NO_EXECUTE_ENABLE) != 0,
                false);
        if ((host.efer & SystemState.LONG_MODE_ACTIVE) != 0) {
            return new FourLevelPaging(rules);
        }
        return (host.cr4 & SystemState.PHYSICAL_ADDRESS_EXTENSION) != 0
                ? new PaePaging(rules, pointers(vmcb.read(N_CR3) & 0xFFFF_FFE0L))
                : new TwoLevelPaging(rules);
    }

    private long[] pointers(long table) {
        Vmcb page = new Vmcb(hostMemory, table);
        return new long[] {page.readHost(0), page.readHost(8), page.readHost(16), page.readHost(24)};
    }

    /** The guest's half of #VMEXIT: its state is saved, the VMCB says why. Every exit ends a pending injection. */
    public void leave(Cpu cpu, SvmExit exit) {
        boolean entered = inside;
        inside = false;
        if (entered) {
            SaveArea.save(cpu, vmcb);
            cpu.system.tscOffset = 0;
            vmcb.write(NRIP, features.nextRip() ? exit.nextRip() : 0);
            cpu.system.activity = Activity.ACTIVE;
        }
        vmcb.write(EXITCODE, exit.number());
        vmcb.write(EXITINFO1, exit.info1());
        vmcb.write(EXITINFO2, exit.info2());
        vmcb.set(EVENTINJ, Vmcb.VALID, false);
        events.recordInterrupted(vmcb);
    }

    /** INIT ends guest mode without a #VMEXIT. */
    void abandon() {
        inside = false;
    }

    /** A snapshot was restored that was taken inside or outside. */
    public void restore(boolean wasInside, Host host) {
        inside = wasInside;
        nested = paging(host);
    }
}
