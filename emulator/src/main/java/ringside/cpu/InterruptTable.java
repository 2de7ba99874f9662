package ringside.cpu;

import java.util.Optional;
import ringside.probe.Event;
import ringside.probe.Probe;

/**
 * The processor's own way with events: they go through the guest's interrupt table to its handlers (SDM 3A, Interrupt and Exception
 * Handling). A fault met on the way is delivered instead, or makes a double fault, or ends in shutdown.
 */
public final class InterruptTable implements EventReceiver {
    private final Interception interception;
    private final Probe probe;

    public InterruptTable() {
        this(Interception.NONE, Probe.NONE);
    }

    /**
     * A table whose deliveries may be taken away, and are watched.
     *
     * @param interception who sees events before the guest does
     * @param probe told of each exception and interrupt that the guest is delivered
     */
    public InterruptTable(Interception interception, Probe probe) {
        this.interception = interception;
        this.probe = probe;
    }

    @Override
    public void fault(Cpu cpu, Fault fault) {
        exception(cpu, fault, fault.during());
    }

    @Override
    public void software(Cpu cpu, int vector, Software kind) {
        int length = (int) (cpu.registers.rip() - cpu.instructionStart());
        Delivery event = Delivery.software(kind, vector, length);
        interception.software(cpu, event);
        if (kind == Software.INT_N && cpu.system.virtual8086()) {
            if (RealModeTable.isRedirected(cpu, vector)) {
                RealModeTable.redirect(cpu, vector);
                cpu.cancelSingleStep();
                return;
            }
            if (cpu.system.iopl() < 3) {
                throw Fault.generalProtection(0);
            }
        }
        transfer(cpu, event, false);
        if (kind == Software.INT1) {
            cpu.system.dr7 &= ~SystemState.DR7_GENERAL_DETECT;
        }
        cpu.cancelSingleStep();
    }

    @Override
    public void external(Cpu cpu, int vector) {
        interrupt(cpu, Delivery.external(vector));
    }

    @Override
    public void nonMaskable(Cpu cpu) {
        cpu.system.nmiBlocked = true;
        interrupt(cpu, Delivery.nonMaskable());
    }

    @Override
    public void initialize(Cpu cpu) {
        Initialization.perform(cpu);
        cpu.clock.tickDelivery();
        probe.event(new Event.Delivery("interrupt", "INIT", 0, -1));
    }

    @Override
    public void taskSwitch(Cpu cpu, TaskSwitch.Cause cause, int selector, Optional<Delivery> during) {
        interception.taskSwitch(cpu, cause, selector, during);
    }

    /**
     * Delivers an event that a monitor hands to its guest with a VM entry: SDM 3C, Event Injection. The event itself is not offered for
     * interception, and changes neither CR2 nor debug registers; faults during its delivery are ordinary ones. What an instruction makes
     * returns behind that instruction, and counts as it.
     */
    public void inject(Cpu cpu, Delivery event) {
        inject(cpu, event, cpu.registers.rip() + event.length());
    }

    /**
     * As {@link #inject(Cpu, Delivery)}, where the monitor says what the event returns to.
     *
     * @param returns RIP that is pushed
     */
    public void inject(Cpu cpu, Delivery event, long returns) {
        long rip = cpu.registers.rip();
        boolean byInstruction = event.length() != 0;
        if (event.kind() == Delivery.Kind.NON_MASKABLE_INTERRUPT) {
            // Also where its delivery then fails or leaves: SDM 3C, Architectural State Before a VM Exit.
            cpu.system.nmiBlocked = true;
        }
        try {
            cpu.faultsReturnTo(rip);
            cpu.registers.rip(returns);
            transfer(cpu, event, false);
        } catch (Fault fault) {
            cpu.registers.rip(cpu.instructionStart());
            exception(cpu, fault, fault.during());
            return;
        } catch (Exit exit) {
            cpu.registers.rip(rip);
            throw exit;
        }
        if (byInstruction) {
            cpu.clock.tick();
        } else {
            delivered(cpu, event);
        }
    }

    /** The guest sees the event: that takes its time, and may be watched. */
    private void delivered(Cpu cpu, Delivery event) {
        cpu.clock.tickDelivery();
        boolean exception = event.kind() == Delivery.Kind.HARDWARE_EXCEPTION;
        probe.event(new Event.Delivery(
                exception ? "fault" : "interrupt",
                exception ? Fault.name(event.vector()) : event.kind().name(),
                event.vector(),
                event.errorCode().orElse(-1)));
    }

    private void interrupt(Cpu cpu, Delivery event) {
        try {
            transfer(cpu, event, false);
            delivered(cpu, event);
        } catch (Fault fault) {
            exception(cpu, fault, fault.during());
        }
    }

    /** Delivers an exception, or what comes of trying to. */
    private void exception(Cpu cpu, Fault first, Optional<Delivery> firstDuring) {
        Fault fault = first;
        Optional<Delivery> during = firstDuring;
        while (true) {
            boolean resume = resumes(cpu, fault);
            try {
                interception.exception(cpu, fault, during);
            } catch (Exit exit) {
                throw left(cpu, resume, exit);
            }
            recordCause(cpu, fault);
            switch (Nesting.of(during, fault)) {
                case SERIAL -> {}
                case DOUBLE_FAULT -> {
                    fault = Fault.of(Fault.DOUBLE_FAULT, 0);
                    resume = false;
                    interception.exception(cpu, fault, Optional.empty());
                }
                case SHUTDOWN -> {
                    // No handler will see RF, whoever else has seen the faults on the way.
                    cpu.system.flags &= ~SystemState.RESUME;
                    interception.tripleFault(cpu);
                    cpu.system.activity = SystemState.Activity.SHUTDOWN;
                    return;
                }
            }
            Delivery event = Delivery.exception(fault);
            try {
                transfer(cpu, event, resume);
                delivered(cpu, event);
                return;
            } catch (Fault next) {
                fault = next;
                during = Optional.of(event);
            } catch (Exit exit) {
                throw left(cpu, resume, exit);
            }
        }
    }

    /** SDM 3C, Saving RIP, RSP, and RFLAGS: the guest is left with RF as the image of its fault would have had it. */
    private static Exit left(Cpu cpu, boolean resume, Exit exit) {
        if (resume) {
            cpu.system.flags |= SystemState.RESUME;
        }
        return exit;
    }

    /** SDM 3A, Interrupt 14 and Interrupt 1: CR2 and DR6 say what has happened. */
    private static void recordCause(Cpu cpu, Fault fault) {
        SystemState system = cpu.system;
        if (fault.vector() == Fault.PAGE_FAULT) {
            system.cr2 = fault.address();
        } else if (fault.vector() == Fault.DEBUG) {
            DebugRegisters.record(system);
        }
    }

    /**
     * SDM 3B, Instruction-Breakpoint Exception Condition: RF is set in the image that a fault pushes, so that the instruction does not meet
     * its breakpoint again. Debug traps and breakpoints leave it as it is.
     */
    private static boolean resumes(Cpu cpu, Fault fault) {
        return switch (fault.vector()) {
            case Fault.DEBUG -> (cpu.system.pendingDebug & SystemState.DR6_GENERAL_DETECT) != 0;
            case Fault.DOUBLE_FAULT -> false;
            default -> true;
        };
    }

    /**
     * Everything that a delivery changes, or nothing of it and a fault that names it. Software interrupts push RF as 0: SDM 3B,
     * Instruction-Breakpoint Exception Condition.
     */
    private static void transfer(Cpu cpu, Delivery event, boolean resume) {
        boolean byInstruction = event.isSoftware() || event.kind() == Delivery.Kind.PRIVILEGED_SOFTWARE_EXCEPTION;
        try {
            if (!cpu.system.protectedMode()) {
                RealModeTable.deliver(cpu, event);
            } else {
                long flags = byInstruction ? cpu.flags() & ~SystemState.RESUME : cpu.flags();
                long image = resume ? flags | SystemState.RESUME : flags;
                GateTable.deliver(cpu, event, image);
            }
        } catch (Fault fault) {
            throw fault.during(event);
        }
        if (cpu.system.activity == SystemState.Activity.HALTED) {
            cpu.system.activity = SystemState.Activity.ACTIVE;
        }
    }
}
