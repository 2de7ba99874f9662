package ringside.probe;

import java.util.Locale;

/** What is done about an exit, step by step, named after the part that a function has in the real systems. */
public enum Deed {
    // The ways out of the guest and back; the processor's own, unless it is said otherwise.

    /** VT-x: the guest's state goes to the VMCS, the host's is loaded. */
    VM_EXIT(Place.OUT),
    VM_ENTRY(Place.IN),
    /** AMD-V: part of the guest's state goes to the VMCB; the monitor saves the rest by VMSAVE. */
    VMEXIT(Place.OUT),
    VMSAVE,
    VMLOAD,
    VMRUN(Place.IN),
    /** An exception, through the table of whoever is below the guest. Detail: its vector. */
    EXCEPTION_ENTRY(Place.OUT),
    /** A timer of whoever is below. Detail: its vector. */
    INTERRUPT_ENTRY(Place.OUT),
    /** SYSCALL, SYSENTER or a software interrupt that leads below. Detail: its vector, if it has one. */
    CALL_ENTRY(Place.OUT),
    /** INT n in translated code. Detail: its vector. */
    CALLOUT_ENTRY(Place.OUT),
    /** Nobody has left anything: the guest cannot go on by itself from here. */
    STAY_OUT(Place.OUT),
    RETURN_TO_GUEST(Place.IN),
    ENTER_CACHE(Place.IN),
    /** An emulator goes on with the guest's code, instruction by instruction. */
    GO_ON_EMULATED(Place.IN),

    // Which part of a monitor answers. Detail: number of the exit's reason, its vector, or its number of a call.

    HANDLE_IO,
    HANDLE_HALT,
    HANDLE_TRIPLE_FAULT,
    HANDLE_EXTERNAL_INTERRUPT,
    HANDLE_TASK_PRIORITY,
    HANDLE_INTERRUPT_WINDOW,
    HANDLE_MEMORY_FAULT,
    HANDLE_INTERCEPT,
    HANDLE_TRAP,
    HANDLE_HYPERCALL,
    HANDLE_SYSTEM_CALL,
    HANDLE_CALLOUT,
    HANDLE_PATCH_TRAP,
    /** User space looks why KVM_RUN has returned. */
    HANDLE_RUN_EXIT,

    // What it does.

    /** Copies what the guest has changed without telling into the state that it believes in. */
    READ_GUEST_STATE,
    /** Decodes the instruction, and performs its row on the processor that the guest believes in. */
    EMULATE_INSTRUCTION,
    /** Performs the delivery during which the guest was left. */
    EMULATE_DELIVERY,
    SWITCH_TASK,
    /** The exception is the guest's own: it is injected. Detail: vector. */
    REFLECT_EXCEPTION,
    /** Detail: vector. */
    INJECT_INTERRUPT,
    INJECT_NMI,
    /** INIT: the processor that the guest believes in begins anew. */
    INITIALIZE_PROCESSOR,
    /** An interrupt or debug trap is delivered by the processor that the guest believes in. */
    INJECT_EVENT,
    /** What was being delivered when the guest was left is delivered at the next entry. */
    REINJECT_EVENT,
    /** Is there an interrupt that the guest must see first? */
    CHECK_INTERRUPTS,
    OPEN_INTERRUPT_WINDOW,
    OPEN_NMI_WINDOW,
    CLOSE_INTERRUPT_WINDOW,
    ALLOW_DEBUG_REGISTERS,
    SHUT_DOWN,
    BLOCK,
    /** Detail: frame. */
    MAP_PAGE,
    /** The guest's tables are walked. Detail: linear address. */
    WALK_GUEST_TABLES,
    /** Detail: linear address. */
    FILL_SHADOW_ENTRY,
    DROP_SHADOWS,
    /** A device reads or writes. Detail: port or address. */
    ACCESS_DEVICE,

    // Between a kernel and a monitor in user space.

    /** Detail: port or address. */
    FILL_RUN_PAGE,
    /** KVM_RUN returns. Detail: number of the reason. */
    RETURN_TO_USER,
    /** Detail: 1 where it shall complete what was begun and return at once (immediate_exit), else 0. */
    CALL_KVM_RUN,
    COMPLETE_ACCESS,
    /** Detail: address. */
    SIGNAL_EVENT,
    /** Detail: vector. */
    QUEUE_INTERRUPT,
    QUEUE_NMI,

    // Between Xen and a device model.

    /** Detail: port or address. */
    POST_REQUEST,
    TAKE_REQUEST,
    RESPOND,
    TAKE_RESPONSE,

    // Xen and the domains that know it.

    /** Detail: number of the hypercall. */
    PERFORM_HYPERCALL,
    /** Detail: linear address. */
    MAP_DESCRIPTORS,
    /** Detail: linear address. */
    EMULATE_TABLE_WRITE,
    EMULATE_PRIVILEGED,
    EMULATE_FORCED,
    /** Writes a frame to the kernel's stack, and goes on at its handler. Detail: vector. */
    BOUNCE_TRAP,
    BOUNCE_EVENT,
    /** Goes on at the kernel's callback for SYSCALL or SYSENTER. */
    BOUNCE_SYSTEM_CALL,
    SERVE_TIMERS,
    /** The other end of a split driver takes what lies in the ring. Detail: address of its page. */
    SERVE_RING,
    /** Detail: number of the domain. */
    SWITCH_DOMAIN,
    CRASH_DOMAIN,

    // A translator.

    /** From where the guest is in the cache to where it is in its own code. Detail: its instruction pointer. */
    LEAVE_CACHE,
    /** Detail: the guest's instruction pointer. */
    FIND_BLOCK,
    /** Detail: the guest's instruction pointer. */
    TRANSLATE_BLOCK,
    FLUSH_CACHE,
    /** The jump at the end of a block is written anew, to where the next one lies. */
    CHAIN_BLOCKS,
    /** Detail: linear address. */
    SCAN_CODE,
    /** Copies what raw mode keeps apart, such as IF, back. */
    LEAVE_PATCH,

    // A kernel of programs.

    /** Detail: what the filter said. */
    FILTER_CALL,
    /** Detail: number of the call. */
    PERFORM_CALL,
    WAIT_FOR_EVENT,
    /** Detail: linear address. */
    TOUCH_PAGE,
    /** Detail: signal. */
    SEND_SIGNAL,
    /** Detail: number of the process. */
    END_FOR_MEMORY,
    /** Detail: number of the process. */
    SWITCH_TASKS;

    /** Where a step stands in the answer to an exit. */
    private enum Place {
        OUT,
        BETWEEN,
        IN
    }

    private final Place place;

    Deed() {
        this(Place.BETWEEN);
    }

    Deed(Place place) {
        this.place = place;
    }

    /** The guest is left by it. */
    public boolean isFirst() {
        return place == Place.OUT;
    }

    /** The guest goes on by it. */
    public boolean isLast() {
        return place == Place.IN;
    }

    /** Its name in traces: {@code vm-exit}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
