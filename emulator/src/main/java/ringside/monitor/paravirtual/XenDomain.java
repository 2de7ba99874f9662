package ringside.monitor.paravirtual;

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

    /** The domain of a number; any may be asked for. */
    Optional<? extends XenDomain> find(long id);

    /** The domain that a number in an argument of a hypercall means. */
    default Optional<? extends XenDomain> meant(long id) {
        return isSelf(id) ? Optional.of(this) : find(id);
    }

    /** The other end of an event channel is in another domain. */
    void notifyOther(int port);

    // Memory.

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

    /** Does it have the processor? */
    boolean isCurrent();

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

    /** Makes an event channel pending; the processor may have to be told. */
    default void raise(int port) {
        events().raise(port, vcpu().info);
        wake();
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
            case RUNNING, IN_XEN, DOWN -> {}
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

    /** The domain's processors stop for ever. */
    default void shutdown() {
        vcpu().activity = VirtualCpu.Activity.DOWN;
    }

    /** SCHEDOP_shutdown_code: the reason of a later shutdown; -1 while none was given. */
    default int shutdownCode() {
        return vcpu().shutdownCode;
    }

    default void shutdownCode(int reason) {
        vcpu().shutdownCode = reason;
    }
}
