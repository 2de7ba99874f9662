package ringside.monitor.paravirtual;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import ringside.cpu.Boundary;
import ringside.cpu.Cpu;
import ringside.cpu.EventReceiver;
import ringside.cpu.Exit;
import ringside.cpu.Fault;
import ringside.cpu.Gate;
import ringside.probe.Deed;

/** The guest enters Xen: by SYSCALL or SYSENTER, by a software interrupt, or by a fault. */
final class XenEntry extends Exit {
    private static final long serialVersionUID = 1;

    /** The vector of 32-bit kernels' hypercalls: Xen's public header xen-x86_32.h. */
    static final int HYPERCALL_VECTOR = 0x82;

    /** The vector that programs of Linux use: a gate of its own, open to ring 3. */
    static final int DIRECT_VECTOR = 0x80;

    /** How the guest came. */
    enum Way {
        SYSCALL,
        SYSENTER,
        /** INT n, INT3 or INTO: RIP is at the instruction, and the handler returns behind it. */
        SOFTWARE,
        FAULT
    }

    private final Way way;
    private final int vector;
    private final transient @Nullable Fault fault;

    private XenEntry(Way way, int vector, @Nullable Fault fault) {
        this.way = way;
        this.vector = vector;
        this.fault = fault;
    }

    static XenEntry of(Fault fault) {
        return new XenEntry(Way.FAULT, fault.vector(), fault);
    }

    Way way() {
        return way;
    }

    /** What the processor does. */
    Deed deed() {
        return way == Way.FAULT ? Deed.EXCEPTION_ENTRY : Deed.CALL_ENTRY;
    }

    /** Of a software interrupt or a fault. */
    int vector() {
        return vector;
    }

    Optional<Fault> fault() {
        return Optional.ofNullable(fault);
    }

    /** IA32_LSTAR and IA32_SYSENTER_EIP lead to Xen. */
    static final Gate SYSTEM_CALLS = (cpu, step, operand) -> {
        switch (step.form.mnemonic()) {
            case "SYSCALL" -> throw new XenEntry(Way.SYSCALL, 0, null);
            case "SYSENTER" -> throw new XenEntry(Way.SYSENTER, 0, null);
            default -> {}
        }
    };

    /**
     * So do the gates of the interrupt table (Xen, arch/x86/traps.c): those of INT3 and INTO and of vector 80H are open to all rings, that of
     * vector 82H to ring 1; INT n faults at all others.
     */
    static final EventReceiver TO_XEN = new EventReceiver() {
        @Override
        public void fault(Cpu cpu, Fault fault) {
            throw of(fault);
        }

        @Override
        public void software(Cpu cpu, int vector, Software kind) {
            boolean open = vector == Fault.BREAKPOINT
                    || vector == Fault.OVERFLOW
                    || vector == DIRECT_VECTOR
                    || vector == HYPERCALL_VECTOR && cpu.system.cpl == 1;
            if (kind == Software.INT_N && !open) {
                throw of(Fault.ofSoftware(kind, vector));
            }
            throw new XenEntry(Way.SOFTWARE, vector, null);
        }

        @Override
        public void external(Cpu cpu, int vector) {
            throw new IllegalStateException("interrupts come between two stretches of the guest");
        }

        @Override
        public void nonMaskable(Cpu cpu) {
            throw new IllegalStateException("no NMI here");
        }

        @Override
        public void initialize(Cpu cpu) {
            throw new IllegalStateException("no INIT here");
        }
    };

    /** Between the guest's instructions the processor looks for debug traps only. */
    static final Boundary DEBUG_TRAPS = new Boundary() {
        @Override
        public boolean cross(Cpu cpu) {
            long breakpoints = cpu.instructionBreakpoints();
            if (cpu.system.pendingDebug != 0 || breakpoints != 0) {
                cpu.system.pendingDebug |= breakpoints;
                throw of(Fault.debug());
            }
            return false;
        }

        @Override
        public boolean isWaiting(Cpu cpu) {
            return cpu.hasInstructionBreakpoints();
        }
    };
}
