package ringside.cpu.vmx;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.Optional;
import ringside.bus.Clock;
import ringside.bus.PortBus;
import ringside.cpu.Code;
import ringside.cpu.Cpu;
import ringside.cpu.Delivery;
import ringside.cpu.SystemState.Activity;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.probe.Probe;

/**
 * VMX non-root operation of one logical processor, under one VMCS: the parts that the processor has while it runs the guest, VM entry, and
 * VM exit (SDM 3C, VM Entries; VM Exits).
 */
public final class NonRootOperation {
    private final Vmcs vmcs;
    private final ExitControls controls;
    private final WindowBoundary boundary;
    private final GuestEvents events;
    private boolean inside;

    /** @param ram where the bitmaps are that the VMCS points to */
    public NonRootOperation(Vmcs vmcs, Ram ram, Probe probe) {
        this.vmcs = vmcs;
        controls = new ExitControls(vmcs, ram);
        boundary = new WindowBoundary(vmcs);
        events = new GuestEvents(vmcs, probe);
    }

    /** What the processor is made of in non-root operation. */
    public Cpu.Parts parts(PhysicalMemory physical, PortBus ports, Clock clock, Code code) {
        return new Cpu.Parts(physical, ports, clock, code, controls, boundary, events);
    }

    /** Is the processor in non-root operation? */
    public boolean isInside() {
        return inside;
    }

    /** VM entry: guest state is loaded, an event is injected where the VMCS asks for one. */
    public void enter(Cpu cpu) {
        GuestStateArea.load(cpu, vmcs);
        cpu.pagingChanged();
        inside = true;
        if ((vmcs.read(VMENTRY_INTERRUPTION_INFO) & Vmcs.VALID) != 0) {
            cpu.system.activity = Activity.ACTIVE;
            events.inject(cpu);
        }
    }

    /** VM exit: guest state is saved, the VMCS says why. Every exit ends a pending injection. */
    public void leave(Cpu cpu, VmExit exit) {
        int length = exit.isInstruction() ? cpu.peek().length : events.interruptedLength();
        GuestStateArea.save(cpu, vmcs);
        inside = false;
        vmcs.write(VMENTRY_INTERRUPTION_INFO, vmcs.read(VMENTRY_INTERRUPTION_INFO) & ~Vmcs.VALID);
        vmcs.write(VMEXIT_REASON, exit.reason().number());
        vmcs.write(VMEXIT_QUALIFICATION, exit.qualification());
        vmcs.write(GUEST_PHYSICAL_ADDR, exit.physicalAddress());
        vmcs.write(GUEST_LINEAR_ADDR, exit.linearAddress());
        vmcs.write(VMEXIT_INTERRUPTION_INFO, exit.interruptionInformation());
        vmcs.write(VMEXIT_INTERRUPTION_ERR_CODE, exit.errorCode());
        vmcs.write(VMEXIT_INSTRUCTION_LENGTH, length);
        events.recordVectoring();
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
