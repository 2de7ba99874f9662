package ringside.monitor.paravirtual;

import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.monitor.Ending;

/** What runs a domain's instructions: Xen's own processor at the domain's ring, or a virtual one on virtualizing hardware. */
public interface DomainProcessor {
    /** Runs until guest time comes to {@code until}, until the domain waits, or until something else is to be looked at. */
    void run(long until);

    /**
     * The guest is gone back to: an event that it takes is delivered now, before its next instruction.
     *
     * @return false where there is none, or where it is delivered when the guest is run
     */
    boolean givesEvents();

    /** The domain gets the machine's processor; the general registers are its own already. */
    void entered();

    /** The domain loses it; the general registers are still its own. */
    void leaving();

    /** Can anything beside the domain's timers end its wait? */
    boolean canWake();

    /** How its guest has ended, where Xen was not asked for that. */
    Optional<Ending> ending();

    /** What runs the instructions. */
    Cpu real();

    /** The processor that the guest believes in, brought up to date. */
    Cpu believed();
}
