package ringside.monitor.hardware;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import ringside.bus.InterruptController;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState.Activity;
import ringside.monitor.PageWalk;
import ringside.probe.Inspection;

/**
 * One virtual processor under hardware virtualization, as the monitor above it uses it, whoever made the hardware: the real processor with
 * its control structure and nested tables, and the processor that the guest believes in, on which the monitor performs what it emulates.
 */
public interface HardwareProcessor {
    /** The processor that runs the guest. */
    Cpu real();

    /** The processor that the guest believes in; up to date after {@link #copyGuestToBelieved}. */
    Cpu believed();

    /** Has the guest been entered and not left? */
    boolean isInside();

    /**
     * Enters where the guest was left, and runs it.
     *
     * @param until guest time
     * @return the exit; empty where guest time has come to {@code until}, the guest halts without an exit, or the run is to end
     */
    Optional<HardwareExit> run(long until);

    /** A physical interrupt arrives: the guest is left, wherever it is. */
    HardwareExit interrupt();

    /** Answers the exit that the guest was left with last, so that it can be entered again. */
    void answer();

    /** To emulate is to perform the same row on the believed processor: one instruction, or the fault that it meets. */
    void emulate();

    /** Brings what the guest believes up to date. */
    void copyGuestToBelieved();

    /** The same; and the believed processor's TLB knows nothing that the guest's would not. */
    void prepareEmulation();

    /** The guest's IF, while the guest is left. */
    boolean interruptFlag();

    /** Has the guest its IF open, no shadow, and does no event wait to be injected already? */
    boolean takesInterrupts();

    /** Injects an external interrupt at the next entry. */
    void injectInterrupt(int vector);

    /** Injects #GP(0) in place of what the guest was left with. */
    void injectGeneralProtection();

    /** Asks for an exit as soon as the guest would take an interrupt, or no longer. */
    void interruptWindow(boolean wanted);

    /** Has the guest returned from its last NMI, is there no shadow, and does no event wait to be injected already? */
    boolean takesNonMaskable();

    /** Injects an NMI at the next entry; from then on the guest takes none until its IRET. */
    void injectNonMaskable();

    /** Asks to be left as soon as the guest would take an NMI, or no longer. */
    void nonMaskableWindow(boolean wanted);

    /** INIT: the guest's processor and its local APIC begin anew. */
    void initialize();

    /**
     * While the guest is left: what no flag masks is handed to it, INIT first. An NMI that it does not take yet waits.
     *
     * @return whether it goes on, where it has waited
     */
    default boolean giveUnmaskable(InterruptController requests) {
        if (requests.initialization()) {
            requests.takeInitialization();
            initialize();
            return true;
        }
        boolean gives = requests.nonMaskable() && takesNonMaskable();
        nonMaskableWindow(requests.nonMaskable() && !gives);
        if (gives) {
            requests.takeNonMaskable();
            injectNonMaskable();
            believed().system.activity = Activity.ACTIVE;
        }
        return gives;
    }

    /** Maps all of the guest's RAM beforehand. */
    void mapAll();

    /**
     * From now on a page of guest-physical memory leads to a frame of the host's that need not have the same number. What the guest believes must
     * say the same: the memory of {@link #believed()}.
     *
     * @param writable may the guest write there?
     * @return false where there is no room for the tables that this takes: nothing has changed
     */
    boolean map(long page, int frame, boolean writable);

    /** From now on a page of guest-physical memory leads nowhere. */
    void unmap(long page);

    /** The processor knows no translation of the guest's any more. */
    void forgetTranslations();

    /** Has the guest RAM at this guest-physical address? */
    boolean isRam(long physical);

    /**
     * There is no RAM at this guest-physical address: where the hardware has a way, later accesses to its page say so at once, by an exit of
     * another reason.
     */
    void markOutside(long physical);

    /**
     * How a linear address of the guest is translated now: by its own tables, and each of their addresses by the nested ones; or by its own
     * tables as it believes, and by the shadow tables.
     *
     * @param access as in {@link ringside.monitor.Monitor#walks}
     */
    List<PageWalk> walks(long linear, int access);

    /** The control structure that it runs the guest by, as {@code vmcs} or {@code vmcb}. To ask leaves no trace. */
    Map<String, Supplier<Inspection>> inspections();

    /** Everything that can change what happens next, RAM apart. */
    State save();

    void restore(State state);

    /** A virtual processor's saved state; each kind has its own record. */
    interface State {}
}
