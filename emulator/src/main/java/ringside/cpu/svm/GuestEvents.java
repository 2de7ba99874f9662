package ringside.cpu.svm;

import static ringside.cpu.svm.VmcbField.*;

import java.util.Optional;
import java.util.OptionalInt;
import ringside.cpu.Cpu;
import ringside.cpu.DebugRegisters;
import ringside.cpu.Delivery;
import ringside.cpu.EventReceiver;
import ringside.cpu.Fault;
import ringside.cpu.Interception;
import ringside.cpu.InterruptTable;
import ringside.cpu.TaskSwitch;
import ringside.probe.Probe;

/**
 * Events in guest mode: the exception intercepts say which leave the guest, the others go through the guest's own interrupt table. Where
 * the guest is left in the middle of a delivery, the event that was being delivered is kept for EXITINTINFO (APM 2, Exception Intercepts;
 * Event Injection).
 */
final class GuestEvents implements EventReceiver {
    private static final int SOFTWARE = 4;
    private static final int EXCEPTION = 3;
    private static final int LONGEST_INSTRUCTION = 15;

    // EXITINFO2 of a task switch.
    private static final long BY_IRET = 1L << 36;
    private static final long BY_JMP = 1L << 38;
    private static final long WITH_ERROR_CODE = 1L << 44;
    private static final long RESUME_FLAG = 1L << 48;

    private final CurrentGuest guest;
    private final InterruptTable table;
    private Optional<Delivery> delivering = Optional.empty();
    private Optional<Delivery> interrupted = Optional.empty();

    /** What was being delivered when {@link #delivering} came up, which the two may turn into a double fault. */
    private Optional<Delivery> earlier = Optional.empty();

    GuestEvents(CurrentGuest guest, Probe probe) {
        this.guest = guest;
        this.table = new InterruptTable(new ExceptionIntercepts(), probe);
    }

    @Override
    public void fault(Cpu cpu, Fault fault) {
        deliver(Optional.empty(), () -> table.fault(cpu, fault));
    }

    @Override
    public void software(Cpu cpu, int vector, Software kind) {
        deliver(Optional.empty(), () -> table.software(cpu, vector, kind));
    }

    /** A virtual interrupt, or a physical one that is not intercepted. */
    @Override
    public void external(Cpu cpu, int vector) {
        deliver(
                Optional.of(new Delivery(Delivery.Kind.EXTERNAL_INTERRUPT, vector, OptionalInt.empty(), 0)),
                () -> table.external(cpu, vector));
    }

    @Override
    public void nonMaskable(Cpu cpu) {
        deliver(
                Optional.of(
                        new Delivery(Delivery.Kind.NON_MASKABLE_INTERRUPT, Fault.NON_MASKABLE, OptionalInt.empty(), 0)),
                () -> table.nonMaskable(cpu));
    }

    @Override
    public void initialize(Cpu cpu) {
        table.initialize(cpu);
    }

    @Override
    public void taskSwitch(Cpu cpu, TaskSwitch.Cause cause, int selector, Optional<Delivery> during) {
        if (!guest.vmcb().intercepts(ExitCode.TASK_SWITCH)) {
            return;
        }
        OptionalInt code = during.map(Delivery::errorCode).orElse(OptionalInt.empty());
        long info = (cause == TaskSwitch.Cause.IRET ? BY_IRET : 0)
                | (cause == TaskSwitch.Cause.JMP ? BY_JMP : 0)
                | (code.isPresent() ? WITH_ERROR_CODE | code.getAsInt() & 0xFFFF_FFFFL : 0)
                | ((cpu.flags() & ringside.cpu.SystemState.RESUME) != 0 ? RESUME_FLAG : 0);
        throw SvmExit.of(ExitCode.TASK_SWITCH, selector, info);
    }

    /** Delivers the event of EVENTINJ, whose validity VMRUN has checked. It is not offered for interception. */
    void inject(Cpu cpu) {
        Vmcb vmcb = guest.vmcb();
        long event = vmcb.read(EVENTINJ);
        long rip = cpu.registers.rip();
        Delivery delivery = toDelivery(event, vmcb.read(NRIP) - rip);
        long returns = delivery.length() == 0 ? rip : vmcb.read(NRIP);
        deliver(Optional.of(delivery), () -> table.inject(cpu, delivery, returns));
    }

    private void deliver(Optional<Delivery> event, Runnable delivery) {
        delivering = event;
        try {
            delivery.run();
        } catch (SvmExit exit) {
            if (exit.code() != ExitCode.EXCP && exit.code() != ExitCode.SHUTDOWN) {
                interrupted = delivering;
            }
            throw exit;
        }
    }

    /** Writes what was being delivered when the guest was left, and forgets it. */
    void recordInterrupted(Vmcb vmcb) {
        vmcb.write(EXITINTINFO, interrupted.map(GuestEvents::information).orElse(0L));
        interrupted = Optional.empty();
    }

    /** APM 2, EXITINTINFO: INT3, INTO and INT1 are exceptions here. */
    private static long information(Delivery event) {
        int type = Math.min(event.kind().type(), SOFTWARE);
        boolean exception = event.kind() == Delivery.Kind.SOFTWARE_EXCEPTION
                || event.kind() == Delivery.Kind.PRIVILEGED_SOFTWARE_EXCEPTION;
        OptionalInt code = event.errorCode();
        return event.vector()
                | (long) (exception ? EXCEPTION : type) << Vmcb.TYPE_SHIFT
                | (code.isPresent() ? Vmcb.ERROR_CODE_VALID | (long) code.getAsInt() << Vmcb.ERROR_CODE_SHIFT : 0)
                | Vmcb.VALID;
    }

    /** @param distance from RIP to the next instruction, where an instruction makes the event */
    private static Delivery toDelivery(long information, long distance) {
        int vector = (int) information & 0xFF;
        int type = (int) (information >>> Vmcb.TYPE_SHIFT) & 7;
        Delivery.Kind kind = switch (type) {
            case 0 -> Delivery.Kind.EXTERNAL_INTERRUPT;
            case 2 -> Delivery.Kind.NON_MASKABLE_INTERRUPT;
            case SOFTWARE -> Delivery.Kind.SOFTWARE_INTERRUPT;
            default ->
                vector == Fault.BREAKPOINT || vector == Fault.OVERFLOW
                        ? Delivery.Kind.SOFTWARE_EXCEPTION
                        : Delivery.Kind.HARDWARE_EXCEPTION;
        };
        boolean byInstruction = kind == Delivery.Kind.SOFTWARE_INTERRUPT || kind == Delivery.Kind.SOFTWARE_EXCEPTION;
        int length = (int) Math.max(1, Math.min(LONGEST_INSTRUCTION, distance));
        return new Delivery(
                kind,
                kind == Delivery.Kind.NON_MASKABLE_INTERRUPT ? Fault.NON_MASKABLE : vector,
                (information & Vmcb.ERROR_CODE_VALID) != 0
                        ? OptionalInt.of((int) (information >>> Vmcb.ERROR_CODE_SHIFT))
                        : OptionalInt.empty(),
                byInstruction ? length : 0);
    }

    /** The intercepts of exceptions, and of the shutdown that a triple fault is. */
    private final class ExceptionIntercepts implements Interception {
        @Override
        public void exception(Cpu cpu, Fault fault, Optional<Delivery> during) {
            OptionalInt code = fault.hasErrorCode() ? OptionalInt.of(fault.errorCode()) : OptionalInt.empty();
            if (guest.vmcb().intercepts(ExitCode.EXCP, fault.vector())) {
                if (fault.vector() == Fault.DEBUG) {
                    // APM 2, #DB intercept: DR6 and DR7 are saved as a handler would see them. CR2 stays as it is.
                    DebugRegisters.record(cpu.system);
                }
                // APM 2, EXITINTINFO Pseudo-Code: a double fault has not been recorded yet, and nor has the last of
                // those it is made of.
                interrupted = fault.vector() == Fault.DOUBLE_FAULT ? earlier : during;
                long address = fault.vector() == Fault.PAGE_FAULT ? fault.address() : 0;
                SvmExit exit = SvmExit.of(ExitCode.EXCP, fault.vector(), code.orElse(0) & 0xFFFF_FFFFL, address);
                throw fault.vector() == Fault.BOUND_RANGE ? exit.before(behind(cpu)) : exit;
            }
            earlier = during;
            delivering = Optional.of(new Delivery(Delivery.Kind.HARDWARE_EXCEPTION, fault.vector(), code, 0));
        }

        /** APM 2, State Saved on Exit: BOUND has a next RIP, though its exception is a fault. */
        private static long behind(Cpu cpu) {
            long mask = cpu.is64Bit() ? -1L : 0xFFFF_FFFFL;
            return cpu.registers.rip() + cpu.peek().length & mask;
        }

        /** APM 2, #DB intercept: INT1 does not ask it; ICEBP's has been asked. */
        @Override
        public void software(Cpu cpu, Delivery event) {
            boolean exception = event.kind() == Delivery.Kind.SOFTWARE_EXCEPTION;
            if (exception && guest.vmcb().intercepts(ExitCode.EXCP, event.vector())) {
                throw SvmExit.of(ExitCode.EXCP, event.vector(), 0, 0).before(cpu.registers.rip());
            }
            earlier = Optional.empty();
            delivering = Optional.of(event);
        }

        @Override
        public void tripleFault(Cpu cpu) {
            if (guest.vmcb().intercepts(ExitCode.SHUTDOWN)) {
                throw SvmExit.of(ExitCode.SHUTDOWN);
            }
        }
    }
}
