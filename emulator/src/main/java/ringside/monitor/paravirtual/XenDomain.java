package ringside.monitor.paravirtual;

import java.util.List;
import java.util.Optional;
import ringside.bus.Clock;
import ringside.machine.SerialLog;
import ringside.memory.Ram;

/**
 * What Xen keeps of every domain, however its processor is virtualized, and what the hypercalls work on that all kinds of domains have (Xen,
 * xen/sched.h: struct domain and struct vcpu).
 */
interface XenDomain {
    int id();

    /** Does a number in a hypercall's argument mean the domain itself? */
    default boolean isSelf(long number) {
        return number == Domain.SELF || number == id();
    }

    /** Domain 0 may do what concerns others (Xen, xsm/dummy.h: XSM_PRIV). */
    boolean isPrivileged();

    /** The interface by which it makes its hypercalls. */
    Abi abi();

    /** What a hypercall's arguments point to. */
    GuestMemory memory();

    Ram ram();

    Clock clock();

    /** The time-stamp counter as its processor reads it now. */
    long timeStamp();

    /** Xen's console. */
    SerialLog console();

    /** A byte that was typed at it; -1 where there is none. */
    int readConsole();

    /**
     * Performs the hypercall of a number, as this kind of domain has them.
     *
     * @return what the guest finds in RAX or EAX
     * @throws Errno.Failure where it fails
     */
    long perform(int number, long[] arguments);

    /** XENVER_get_features: the bits of the first and only word. */
    int features();

    /** vm_assist: one bit for each type that there is. */
    long possibleAssists();

    // Other domains.

    /** All domains of the machine. */
    List<XenDomain> all();

    /** The domain of a number; any may be asked for. */
    default Optional<XenDomain> find(long id) {
        return all().stream()
                .filter(domain -> domain.id() == id && !domain.isGone())
                .findFirst();
    }

    /** Was it destroyed, and does nobody use a frame that was its own any longer? Then its number is nobody's. */
    default boolean isGone() {
        return vcpu().destroyed
                && ownFrames() == 0
                && all().stream()
                        .noneMatch(other -> other != this && other.grants().useAnyOf(id()));
    }

    /** The domain that a number in an argument of a hypercall means. */
    default Optional<XenDomain> meant(long id) {
        return isSelf(id) ? Optional.of(this) : find(id);
    }

    /** Where its processor is one on virtualizing hardware: the same domain, as its device model knows it. */
    default Optional<HardwareDomain> hardware() {
        return Optional.empty();
    }

    /** The other end of an event channel is in another domain. */
    void notifyOther(int port);

    // Memory.

    /** Who has which frames, as this domain has to do with them. */
    FrameTable frames();

    /** How many frames are its own, and how many may be. */
    int ownFrames();

    /** It is destroyed: all that it has goes back to Xen, but what others use of it. */
    void relinquish();

    int mostFrames();

    /** The machine's frame that a number of the domain's own stands for, in its grant table or in an argument; -1 where it is none of its own. */
    int frame(long number);

    /** Uses a frame of the domain's for somebody, who may write to it or not; false where that cannot be. */
    boolean hold(int frame, boolean writable);

    /** The same use is over. */
    void letGo(int frame, boolean writable);

    GrantTables grants();

    /** The number by which the domain knows a frame of its grant table; all ones where it has none. */
    long grantFrame(int index);

    /** How it reaches what others grant. */
    GrantMapper mapper();

    /** Machine address of shared_info. */
    long sharedInfo();

    /**
     * A frame of the domain's, in which Xen will write from now on.
     *
     * @param frame as the domain counts them
     * @return the machine's frame; -1 where it is none that may be written
     */
    int pinWritable(long frame);

    // Event channels, and the processor that they tell.

    EventChannels events();

    VirtualCpu vcpu();

    Timers timers();

    // Whose turn it is.

    /** What runs its instructions. */
    DomainProcessor processor();

    /** Another domain gets the processor. */
    void leave();

    /** It gets the processor: the registers as it left them, and the time. */
    void enter();

    /** Does it have the processor? */
    boolean isCurrent();

    /** For how long it has run, in guest time. */
    default long ran() {
        VirtualCpu vcpu = vcpu();
        long now = clock().now();
        long waiting = !isRunning() ? now - vcpu.waitsSince : isCurrent() ? 0 : now - vcpu.readySince;
        return now - vcpu.waited - vcpu.stolen - waiting;
    }

    /**
     * XEN_DOMCTL_pausedomain, by another domain: it does not get the processor.
     *
     * @return false where it has been paused too often (Xen, common/domain.c, domain_pause_by_systemcontroller)
     */
    default boolean pause() {
        VirtualCpu vcpu = vcpu();
        if (vcpu.pauses == VirtualCpu.MOST_PAUSES) {
            return false;
        }
        if (isRunning()) {
            vcpu.stolen += clock().now() - vcpu.readySince;
            vcpu.waitsSince = clock().now();
        }
        vcpu.pauses++;
        return true;
    }

    /**
     * XEN_DOMCTL_unpausedomain: takes one pause back.
     *
     * @return false where it is not paused
     */
    default boolean unpause() {
        VirtualCpu vcpu = vcpu();
        if (vcpu.pauses == 0) {
            return false;
        }
        vcpu.pauses--;
        if (isRunning()) {
            ready();
        }
        return true;
    }

    /** An event waits that the guest takes now. */
    boolean hasUpcall();

    /** Could an event be taken, were it pending and the guest not unwilling? */
    boolean hearsEvents();

    /** Xen's own work takes guest time. */
    void work(long units);

    default boolean upcallMask() {
        return ram().read(vcpu().info + Abi.UPCALL_MASK, 1) != 0;
    }

    default void upcallMask(boolean masked) {
        ram().write(vcpu().info + Abi.UPCALL_MASK, 1, masked ? 1 : 0);
    }

    default boolean upcallPending() {
        return ram().read(vcpu().info + Abi.UPCALL_PENDING, 1) != 0;
    }

    /** An event of a channel whose end is Xen's goes on in Xen, where that waits for it; any other is the guest's, whose processor may have to be told. */
    default void raise(int port) {
        if (!events().channel(port).isXens()) {
            events().raise(port, vcpu().info);
            wake();
        } else if (vcpu().activity == VirtualCpu.Activity.IN_XEN) {
            run();
        }
    }

    /** Ends a wait that an event was waited for. */
    default void wake() {
        switch (vcpu().activity) {
            case BLOCKED -> {
                if (hasUpcall()) {
                    run();
                }
            }
            case POLLING -> {
                for (int port : vcpu().polled) {
                    if (events().isPending(port)) {
                        run();
                        return;
                    }
                }
                if (hasUpcall()) {
                    run();
                }
            }
            case RUNNING, HALTED, IN_XEN, DOWN -> {}
        }
    }

    /** The processor goes on. */
    default void run() {
        VirtualCpu vcpu = vcpu();
        vcpu.activity = VirtualCpu.Activity.RUNNING;
        vcpu.polled = new int[0];
        timers().cancelPoll();
        ready();
    }

    /** A wait is over; who is paused waits on for that. */
    default void ready() {
        VirtualCpu vcpu = vcpu();
        long now = clock().now();
        vcpu.waited += now - vcpu.waitsSince;
        vcpu.waitsSince = now;
        vcpu.readySince = now;
        timers().updateTime();
    }

    default void waitAs(VirtualCpu.Activity activity) {
        vcpu().activity = activity;
        vcpu().waitsSince = clock().now();
    }

    /** It runs, or waits for nothing but the processor. */
    default boolean isRunning() {
        return vcpu().activity == VirtualCpu.Activity.RUNNING && vcpu().pauses == 0;
    }

    default boolean isDown() {
        return vcpu().activity == VirtualCpu.Activity.DOWN;
    }

    /** The domain's processors stop for ever, of which domain 0 is told. */
    default void shutdown() {
        vcpu().activity = VirtualCpu.Activity.DOWN;
        find(Domain.ZERO).ifPresent(domain0 -> domain0.raiseVirtual(EventCalls.DOMAIN_EXCEPTION));
    }

    /** A virtual interrupt, where the domain has bound it to a port. */
    default void raiseVirtual(int interrupt) {
        int port = events().portOf(interrupt);
        if (port != 0) {
            raise(port);
        }
    }

    /** SCHEDOP_shutdown_code: the reason of a later shutdown; -1 while none was given. */
    default int shutdownCode() {
        return vcpu().shutdownCode;
    }

    default void shutdownCode(int reason) {
        vcpu().shutdownCode = reason;
    }

    // What can change of it, but for the machine, its frames, and the registers of the domain that has the processor.

    /** See {@link #save}. */
    interface State {}

    State save();

    void restore(State state);
}
