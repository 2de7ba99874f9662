package ringside.monitor;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import ringside.cpu.Cpu;
import ringside.machine.Machine;
import ringside.probe.Inspection;

/**
 * A guest under one way of virtualizing it: the loop that lets it run, and answers what leaves it.
 *
 * <p>There are always two processors over the same general registers: the real one, and the one that the guest believes in, whose
 * state its monitor keeps. On a bare machine they are the same.
 */
public interface Monitor {
    /** Runs until guest time reaches {@code until} (idle time may lead beyond) or the run has ended. */
    void run(long until);

    /** How the run ended; empty while it can go on. */
    Optional<Ending> ending();

    Machine machine();

    /** What the processor has. */
    Cpu real();

    /** What the guest believes, brought up to date. */
    Cpu believed();

    /** Which of several domains has the processor: {@code dom0} or {@code domU}; empty where there is only one. */
    default String domain() {
        return "";
    }

    /** What the guest of a domain believes, also while it has no processor: its general registers are then those of the one that has. */
    default Cpu believed(String domain) {
        return believed();
    }

    /** What the code at the guest's next instruction is translated to; empty where instructions run as they stand. Leaves no trace. */
    default Optional<Translation> translation() {
        return Optional.empty();
    }

    /**
     * How a linear address is translated now: by the guest's own tables, and where the processor walks others, by those. Leaves no trace.
     *
     * @param access as a page fault's error code has it: {@link ringside.mmu.Paging#WRITE_ACCESS}, {@link ringside.mmu.Paging#FETCH_ACCESS}, and
     *     {@link ringside.mmu.Paging#USER_ACCESS} where it is a program's whatever the present ring
     */
    default List<PageWalk> walks(long linear, int access) {
        return List.of(PageWalk.of(PageWalk.Tables.GUEST, believed(), linear, access));
    }

    /**
     * Is every instruction of the guest fetched from where it lies in the guest's own memory, by {@link #real} or {@link #believed}? Not
     * where copies of them run elsewhere.
     */
    default boolean runsInPlace() {
        return true;
    }

    /** What a translator has done up to now; empty where nothing is translated. */
    default Optional<Translation.Counts> translated() {
        return Optional.empty();
    }

    /**
     * What this monitor and its parts can tell of themselves beside the processors' state, by name: {@code vmcs}, {@code ioctl} …; the
     * names are those of the lab's views. To ask leaves no trace.
     */
    default Map<String, Supplier<Inspection>> inspections() {
        return believed().virtualization().inspections();
    }

    /** Everything that can change what happens next. */
    State save();

    void restore(State state);

    /** A monitor's saved state; each kind of monitor has its own record. */
    interface State {
        /** The machine's part of it, which says what the snapshot weighs. */
        Machine.State machine();
    }
}
