package ringside.monitor;

import java.util.Optional;
import ringside.bus.InterruptController;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState.Activity;
import ringside.machine.Machine;

/**
 * What every monitor does with time: devices have their deadlines, a halted processor waits for them, and a run ends where nothing can
 * happen any more.
 */
public final class Host {
    private final Machine machine;
    private final boolean idles;
    private Optional<Ending> ending = Optional.empty();

    public Host(Machine machine) {
        this(machine, true);
    }

    /** @param idles whether the machine has nothing else to do while the processor waits; else whoever has given it the processor takes it back */
    public Host(Machine machine, boolean idles) {
        this.machine = machine;
        this.idles = idles;
    }

    /** Does the machine wait with the processor? */
    public boolean idles() {
        return idles;
    }

    public Optional<Ending> ending() {
        return ending;
    }

    /** Guest time up to which a processor may run before a device must be looked at. */
    public long deadline(long until) {
        return Math.min(until, machine.schedule().next());
    }

    /** Lets devices do what is due. */
    public void serveDevices() {
        machine.schedule().fire(machine.clock().now());
    }

    /**
     * After the guest was left: devices, the debug-exit port, a triple fault, a halt.
     *
     * @param guest the processor that the guest believes in
     */
    public void attend(Cpu guest) {
        serveDevices();
        if (machine.exitStatus().isPresent()) {
            ending = Optional.of(
                    new Ending(Ending.Kind.DEBUG_EXIT, machine.exitStatus().getAsInt()));
        } else if (idles
                && guest.system.activity != Activity.ACTIVE
                && !guest.virtualization().endsWait(guest)) {
            wait(guest);
        }
    }

    /** HLT: until an interrupt can be taken, or for ever. Shutdown: only what the processor itself has to do can end that. */
    private void wait(Cpu guest) {
        boolean halted = guest.system.activity == Activity.HALTED;
        boolean interruptible = halted && guest.virtualization().takesInterrupts(guest);
        long own = guest.virtualization().deadline();
        if (halted && isWoken(guest, interruptible)) {
            guest.system.activity = Activity.ACTIVE;
            guest.attend();
        } else if (halted && machine.schedule().canInterrupt(interruptible) || own != Long.MAX_VALUE) {
            machine.clock()
                    .skipTo(Math.max(
                            machine.clock().now(),
                            Math.min(own, machine.schedule().next())));
            serveDevices();
        } else if (halted) {
            ending = Optional.of(Ending.of(interruptible ? Ending.Kind.IDLE : Ending.Kind.HALT));
        } else {
            ending = Optional.of(Ending.of(Ending.Kind.TRIPLE_FAULT));
        }
    }

    private boolean isWoken(Cpu guest, boolean interruptible) {
        InterruptController requests = machine.interrupts();
        return interruptible && requests.pending()
                || requests.nonMaskable() && guest.virtualization().takesNonMaskable(guest)
                || requests.initialization() && guest.virtualization().takesInitialization(guest);
    }

    /** How the run ended, if it has. */
    public record State(Optional<Ending> ending) {}

    public State save() {
        return new State(ending);
    }

    public void restore(State state) {
        ending = state.ending;
    }
}
