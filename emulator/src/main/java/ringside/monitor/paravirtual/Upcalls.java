package ringside.monitor.paravirtual;

import java.util.function.BooleanSupplier;
import ringside.bus.InterruptController;
import ringside.bus.InterruptLine;
import ringside.machine.InterruptWiring;
import ringside.machine.Machine;

/**
 * How an HVM guest is told that an event channel is pending, as it has chosen by HVM_PARAM_CALLBACK_IRQ: by a line to its interrupt controllers, which
 * is high while evtchn_upcall_pending is set, or by a vector that Xen injects before any other interrupt and no controller knows of; or else by a
 * vector of its local APIC (Xen, arch/x86/hvm/irq.c; public headers hvm/params.h and hvm/hvm_op.h).
 */
final class Upcalls {
    /** The numbers of HVM_PARAM_CALLBACK_TYPE_*, and no callback. */
    private enum Via {
        GSI,
        PCI_INTX,
        VECTOR,
        NONE
    }

    private static final int TYPE_SHIFT = 56;
    private static final int IO_APIC_INPUTS = 24;

    private final Machine machine;

    /** Has the domain an I/O APIC and the 8259As? */
    private final boolean controllers;

    private Via via = Via.NONE;

    /** The global system interrupt, or the vector. */
    private int number;

    /** The line is high. */
    private boolean asserted;

    /** HVMOP_set_evtchn_upcall_vector; 0 for none. */
    private int apicVector;

    Upcalls(Machine machine, boolean controllers) {
        this.machine = machine;
        this.controllers = controllers;
    }

    /** @param pending evtchn_upcall_pending */
    void set(long parameter, boolean pending) {
        Via[] all = Via.values();
        int type = (int) (parameter >>> TYPE_SHIFT);
        Via wanted = type < Via.NONE.ordinal() && parameter != 0 ? all[type] : Via.NONE;
        if (wanted != Via.VECTOR && !controllers) {
            return;
        }
        level(false);
        via = wanted;
        number = switch (wanted) {
            case GSI, VECTOR -> (int) parameter & 0xFF;
            case PCI_INTX -> interrupt((int) parameter >>> 11 & 31, (int) parameter & 3);
            case NONE -> 0;
        };
        if (via == Via.GSI && number == 0) {
            via = Via.NONE;
        }
        level(pending);
    }

    /** The I/O APIC's input of a PCI device's pin: hvm_pci_intx_gsi(). There is no bridge that leads it to an 8259A. */
    private static int interrupt(int device, int pin) {
        return 16 + ((device << 2) + (device >>> 3) + pin & 31);
    }

    /** A vector of the local APIC, in place of the other ways. */
    void apicVector(int vector, boolean pending) {
        apicVector = vector;
        if (pending) {
            raised();
        }
    }

    /** evtchn_upcall_pending has been set. */
    void raised() {
        if (apicVector != 0) {
            machine.localApic().request(apicVector);
        } else {
            level(true);
        }
    }

    /** An NMI to the guest's processor. */
    void sendNonMaskable() {
        machine.localApic().requestNonMaskable();
    }

    /** The guest is left: the line falls where it has cleared evtchn_upcall_pending. */
    void settle(boolean pending) {
        if (asserted && !pending) {
            level(false);
        }
    }

    private void level(boolean high) {
        if (asserted == high || via != Via.GSI && via != Via.PCI_INTX) {
            return;
        }
        asserted = high;
        if (number < IO_APIC_INPUTS) {
            line().set(high);
        }
    }

    /** A device may drive the same input. */
    private InterruptLine line() {
        InterruptWiring wiring = machine.interruptWiring();
        return via == Via.GSI ? wiring.other(number) : wiring.otherToIoApic(number);
    }

    /** Would the guest hear of an event now, were its interrupts open? */
    boolean heard() {
        if (apicVector != 0) {
            return true;
        }
        return switch (via) {
            case VECTOR -> true;
            case GSI, PCI_INTX -> number < IO_APIC_INPUTS && line().heard(true);
            case NONE -> false;
        };
    }

    /** The machine's interrupts, and before them the injected vector. */
    InterruptController before(InterruptController others, BooleanSupplier pending) {
        return new InterruptController() {
            private boolean injects() {
                return via == Via.VECTOR && pending.getAsBoolean();
            }

            @Override
            public boolean pending() {
                return injects() || others.pending();
            }

            @Override
            public int acknowledge() {
                return injects() ? number : others.acknowledge();
            }

            @Override
            public boolean nonMaskable() {
                return others.nonMaskable();
            }

            @Override
            public void takeNonMaskable() {
                others.takeNonMaskable();
            }

            @Override
            public boolean initialization() {
                return others.initialization();
            }

            @Override
            public void takeInitialization() {
                others.takeInitialization();
            }

            @Override
            public void onChange(Runnable listener) {
                others.onChange(listener);
            }
        };
    }

    /** What the guest has chosen, and the level of the line. */
    record State(int via, int number, boolean asserted, int apicVector) {}

    State save() {
        return new State(via.ordinal(), number, asserted, apicVector);
    }

    /** The controllers know the levels of their lines themselves. */
    void restore(State state) {
        via = Via.values()[state.via];
        number = state.number;
        asserted = state.asserted;
        apicVector = state.apicVector;
    }
}
