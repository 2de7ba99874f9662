package ringside.cpu.vmx;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.Optional;
import java.util.OptionalInt;
import ringside.cpu.Cpu;
import ringside.cpu.Delivery;
import ringside.cpu.EventReceiver;
import ringside.cpu.Fault;
import ringside.cpu.Interception;
import ringside.cpu.InterruptTable;
import ringside.cpu.TaskSwitch;
import ringside.probe.Probe;

/**
 * Events in VMX non-root operation: the exception bitmap says which leave the guest, the others go through the guest's own interrupt table.
 * Where the guest is left in the middle of a delivery, the event that was being delivered is kept for the IDT-vectoring fields (SDM
 * 3C, Exceptions; Information for VM Exits During Event Delivery).
 */
final class GuestEvents implements EventReceiver {
    private static final int TYPE_SHIFT = 8;
    private static final int CAUSE_SHIFT = 30;
    private static final int UNBLOCKING = 1 << 12;

    private final Vmcs vmcs;
    private final InterruptTable table;
    private Optional<Delivery> delivering = Optional.empty();
    private Optional<Delivery> interrupted = Optional.empty();

    GuestEvents(Vmcs vmcs, Probe probe) {
        this.vmcs = vmcs;
        this.table = new InterruptTable(new Bitmap(), probe);
    }

    @Override
    public void fault(Cpu cpu, Fault fault) {
        deliver(Optional.empty(), () -> table.fault(cpu, fault));
    }

    @Override
    public void software(Cpu cpu, int vector, Software kind) {
        deliver(Optional.empty(), () -> table.software(cpu, vector, kind));
    }

    /** Without external-interrupt exiting the guest has them itself. */
    @Override
    public void external(Cpu cpu, int vector) {
        Delivery event = new Delivery(Delivery.Kind.EXTERNAL_INTERRUPT, vector, OptionalInt.empty(), 0);
        deliver(Optional.of(event), () -> table.external(cpu, vector));
    }

    @Override
    public void nonMaskable(Cpu cpu) {
        Delivery event = new Delivery(Delivery.Kind.NON_MASKABLE_INTERRUPT, Fault.NON_MASKABLE, OptionalInt.empty(), 0);
        if (vmcs.pin(Vmcs.NMI_EXITING)) {
            throw VmExit.exception(0, information(cpu, event), 0);
        }
        deliver(Optional.of(event), () -> table.nonMaskable(cpu));
    }

    /** SDM 3C, Other Causes of VM Exits: it leaves the guest, and does nothing else. */
    @Override
    public void initialize(Cpu cpu) {
        throw VmExit.of(ExitReason.INIT, 0);
    }

    /** SDM 3C, Treatment of Task Switches: they always leave. */
    @Override
    public void taskSwitch(Cpu cpu, TaskSwitch.Cause cause, int selector, Optional<Delivery> during) {
        int length = during.map(Delivery::length).orElseGet(() -> (int) (cpu.registers.rip() - cpu.instructionStart()));
        throw VmExit.of(ExitReason.TASK_SWITCH, (long) cause.ordinal() << CAUSE_SHIFT | selector)
                .by(length, 0);
    }

    /** Delivers the event that the VM-entry interruption information asks for. */
    void inject(Cpu cpu) {
        Delivery event =
                toDelivery(vmcs.read(VMENTRY_INTERRUPTION_INFO), (int) vmcs.read(VMENTRY_EXCEPTION_ERR_CODE), (int)
                        vmcs.read(VMENTRY_INSTRUCTION_LENGTH));
        vmcs.write(VMENTRY_INTERRUPTION_INFO, vmcs.read(VMENTRY_INTERRUPTION_INFO) & ~Vmcs.VALID);
        deliver(Optional.of(event), () -> table.inject(cpu, event));
    }

    private void deliver(Optional<Delivery> event, Runnable delivery) {
        delivering = event;
        try {
            delivery.run();
        } catch (VmExit exit) {
            if (exit.reason() != ExitReason.EXCEPTION_OR_NMI && exit.reason() != ExitReason.TRIPLE_FAULT) {
                interrupted = delivering;
            }
            throw exit.duringDelivery();
        }
    }

    /** Length of the instruction whose software interrupt was being delivered when the guest was left, in bytes; else 0. */
    int interruptedLength() {
        return interrupted.map(Delivery::length).orElse(0);
    }

    /** Was the guest left while an event was being delivered? */
    boolean isInterrupted() {
        return interrupted.isPresent();
    }

    /** Writes what was being delivered when the guest was left, and forgets it. */
    void recordVectoring(Cpu cpu) {
        vmcs.write(
                IDT_VECTORING_INFO,
                interrupted.map(event -> information(cpu, event)).orElse(0L));
        vmcs.write(
                IDT_VECTORING_ERR_CODE,
                interrupted.map(event -> event.errorCode().orElse(0)).orElse(0));
        interrupted = Optional.empty();
    }

    /** The event that the IDT-vectoring fields tell of. */
    static Optional<Delivery> vectoring(Vmcs vmcs) {
        long information = vmcs.read(IDT_VECTORING_INFO);
        return (information & Vmcs.VALID) == 0
                ? Optional.empty()
                : Optional.of(toDelivery(information, (int) vmcs.read(IDT_VECTORING_ERR_CODE), (int)
                        vmcs.read(VMEXIT_INSTRUCTION_LENGTH)));
    }

    /** In real mode no exception has an error code. */
    private static long information(Cpu cpu, Delivery event) {
        boolean coded = event.errorCode().isPresent() && cpu.system.protectedMode();
        return event.vector() | event.kind().type() << TYPE_SHIFT | (coded ? Vmcs.ERROR_CODE_VALID : 0) | Vmcs.VALID;
    }

    private static Delivery toDelivery(long information, int errorCode, int length) {
        int type = (int) information >>> TYPE_SHIFT & 7;
        for (Delivery.Kind kind : Delivery.Kind.values()) {
            if (kind.type() == type) {
                boolean coded = (information & Vmcs.ERROR_CODE_VALID) != 0;
                boolean byInstruction = type >= Delivery.Kind.SOFTWARE_INTERRUPT.type();
                return new Delivery(
                        kind,
                        (int) information & 0xFF,
                        coded ? OptionalInt.of(errorCode) : OptionalInt.empty(),
                        byInstruction ? length : 0);
            }
        }
        throw new IllegalStateException("no event has type " + type);
    }

    /** The exception bitmap, and the triple fault that always leaves. */
    private final class Bitmap implements Interception {
        @Override
        public void exception(Cpu cpu, Fault fault, Optional<Delivery> during) {
            OptionalInt code = fault.hasErrorCode() ? OptionalInt.of(fault.errorCode()) : OptionalInt.empty();
            Delivery event = new Delivery(Delivery.Kind.HARDWARE_EXCEPTION, fault.vector(), code, 0);
            if (leaves(fault)) {
                interrupted = during;
                // SDM 3C, Information for VM Exits Due to Vectored Events: NMI unblocking due to IRET.
                long unblocking = fault.isUnblocking() ? UNBLOCKING : 0;
                throw VmExit.exception(qualification(cpu, fault), information(cpu, event) | unblocking, code.orElse(0));
            }
            delivering = Optional.of(event);
        }

        private boolean leaves(Fault fault) {
            boolean bit = (vmcs.read(EXCEPTION_BITMAP) >>> fault.vector() & 1) != 0;
            if (fault.vector() != Fault.PAGE_FAULT) {
                return bit;
            }
            boolean match =
                    (fault.errorCode() & vmcs.read(PAGE_FAULT_ERR_CODE_MASK)) == vmcs.read(PAGE_FAULT_ERR_CODE_MATCH);
            return match == bit;
        }

        /** SDM 3C, Exit Qualification for Debug Exceptions; for #PF the faulting address. CR2 and DR6 stay as they are. */
        private long qualification(Cpu cpu, Fault fault) {
            return switch (fault.vector()) {
                case Fault.PAGE_FAULT -> fault.address();
                case Fault.DEBUG -> cpu.system.pendingDebug & 0x600F;
                default -> 0;
            };
        }

        @Override
        public void software(Cpu cpu, Delivery event) {
            boolean exception = event.kind() == Delivery.Kind.SOFTWARE_EXCEPTION
                    || event.kind() == Delivery.Kind.PRIVILEGED_SOFTWARE_EXCEPTION;
            if (exception && (vmcs.read(EXCEPTION_BITMAP) >>> event.vector() & 1) != 0) {
                throw VmExit.exception(0, information(cpu, event), 0).by(event.length(), 0);
            }
            delivering = Optional.of(event);
        }

        @Override
        public void tripleFault(Cpu cpu) {
            throw VmExit.of(ExitReason.TRIPLE_FAULT, 0);
        }
    }
}
