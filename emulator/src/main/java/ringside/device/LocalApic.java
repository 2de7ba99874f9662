package ringside.device;

import static ringside.device.LocalVectorTable.ERROR;
import static ringside.device.LocalVectorTable.LINT0;
import static ringside.device.LocalVectorTable.LINT1;
import static ringside.device.LocalVectorTable.TIMER;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import ringside.bus.ApicRegisters;
import ringside.bus.Clock;
import ringside.bus.Device;
import ringside.bus.InterruptController;
import ringside.bus.MemoryBus;
import ringside.bus.Schedule;
import ringside.device.ApicMessage.Delivery;

/**
 * The local APIC of the one processor: it takes interrupts from its own table, from messages and from the 8259As, and gives the processor the
 * one of highest priority.
 *
 * <p>It begins as firmware leaves it, in virtual wire mode: enabled, with the 8259As at LINT0 as ExtINT and NMI at LINT1 (MultiProcessor
 * Specification, Virtual Wire Mode), so that software that knows nothing of it has a PC as before.
 *
 * <p>Source: SDM 3A, Advanced Programmable Interrupt Controller (APIC); sections are cited by title. There is no bus to arbitrate for, so that
 * the arbitration priority is always 0, and there is no system-management mode for SMI to enter.
 */
public final class LocalApic implements InterruptController, ApicRegisters {
    /** Where it is until software moves it, and how much room it takes. */
    public static final long ADDRESS = 0xFEE0_0000L;

    public static final int SIZE = 0x1000;

    public static final int IA32_APIC_BASE = 0x1B;
    public static final int IA32_TSC_DEADLINE = 0x6E0;

    private static final long BOOTSTRAP_PROCESSOR = 1 << 8;
    private static final long EXTENDED = 1 << 10;
    private static final long GLOBAL_ENABLE = 1 << 11;

    /** Base addresses have 40 bits, as all physical addresses. */
    private static final long BASE = 0xFF_FFFF_F000L;

    // Spurious-Interrupt Vector Register.
    private static final int SOFTWARE_ENABLE = 1 << 8;
    private static final int SPURIOUS_WRITABLE = 0x3FF;
    private static final int SPURIOUS_AFTER_RESET = 0xFF;

    // Error Status Register.
    private static final int SEND_ILLEGAL_VECTOR = 1 << 5;
    private static final int RECEIVE_ILLEGAL_VECTOR = 1 << 6;
    private static final int ILLEGAL_REGISTER_ADDRESS = 1 << 7;

    private final InterruptController pic;
    private final ApicPage page = new ApicPage(this);
    private final ExtendedApicRegisters extendedRegisters = new ExtendedApicRegisters(this, page);
    private final ApicTimer timer;
    private final LocalVectorTable table = new LocalVectorTable();
    private final InterruptPriorities priorities = new InterruptPriorities();
    private final ApicNames names = new ApicNames();
    private final InterruptCommand command = new InterruptCommand();

    private long base = ADDRESS | BOOTSTRAP_PROCESSOR | GLOBAL_ENABLE;
    private int spurious = SPURIOUS_AFTER_RESET;
    private int errors;
    private int errorsShown;

    /** The level at LINT0. */
    private boolean lint0;

    // What the processor has latched and not taken.
    private boolean nonMaskable;
    private boolean initialization;

    private boolean pending;
    private Runnable onChange = () -> {};
    private Runnable onAccepting = () -> {};
    private BooleanSupplier externalMessages = () -> false;
    private IntConsumer onEndOfInterrupt = vector -> {};
    private IntConsumer onTaskPriority = priority -> {};

    /** @param pic whose request arrives at LINT0 */
    public LocalApic(Clock clock, Schedule schedule, InterruptController pic) {
        this.pic = pic;
        timer = new ApicTimer(clock, schedule, this::timerInterrupts, this::timerExpired);
        pic.onChange(this::picChanged);
        spurious |= SOFTWARE_ENABLE;
        table.write(LINT0, Delivery.EXTERNAL.ordinal() << 8);
        table.write(LINT1, Delivery.NMI.ordinal() << 8);
    }

    /** Names the one listener that is told of the end of a level-triggered interrupt. */
    public void onEndOfInterrupt(IntConsumer listener) {
        onEndOfInterrupt = listener;
    }

    /** Names the one listener that is told when messages are accepted that were not before. */
    void onAccepting(Runnable listener) {
        onAccepting = listener;
    }

    /** Names the I/O APIC's answer to whether it passes the 8259As' request on as ExtINT; {@link #reconsider} after each change. */
    void externalMessages(BooleanSupplier pass) {
        externalMessages = pass;
    }

    /** Names the one listener that is told of the task priority, 0 to 15, when a write to memory has changed it. */
    public void onTaskPriority(IntConsumer listener) {
        onTaskPriority = listener;
    }

    // Towards the processor.

    @Override
    public boolean isEnabled() {
        return (base & GLOBAL_ENABLE) != 0;
    }

    private boolean isSoftwareEnabled() {
        return isEnabled() && (spurious & SOFTWARE_ENABLE) != 0;
    }

    /** In x2APIC mode? Its registers are in no memory then. */
    private boolean isExtended() {
        return (base & EXTENDED) != 0;
    }

    /** The first address of its page, or {@link MemoryBus#NOWHERE}. */
    public long place() {
        return isEnabled() && !isExtended() ? base & BASE : MemoryBus.NOWHERE;
    }

    /** Do the 8259As reach the processor: without an APIC in between, through LINT0, or by messages of the I/O APIC? */
    public boolean passesExternal() {
        return !isEnabled() || isExternal(LINT0) || isSoftwareEnabled() && externalMessages.getAsBoolean();
    }

    /**
     * Would a request of the 8259As, made now, interrupt the processor?
     *
     * @param maskable whether it takes maskable interrupts
     */
    public boolean hearsPic(boolean maskable) {
        boolean heard = isEnabled() && !table.isMasked(LINT0) && !lint0;
        boolean asFixed = table.delivery(LINT0) == Delivery.FIXED && wouldInterrupt(table.vector(LINT0));
        return maskable && (passesExternal() || heard && asFixed) || heard && takesUnmaskable(table.delivery(LINT0));
    }

    /** Does a request that is delivered so reach the processor past its interrupt flag? */
    boolean takesUnmaskable(Delivery delivery) {
        return isEnabled() && (delivery == Delivery.NMI || delivery == Delivery.INIT);
    }

    private boolean isExternal(int register) {
        return !table.isMasked(register) && table.delivery(register) == Delivery.EXTERNAL;
    }

    @Override
    public boolean pending() {
        return pending;
    }

    /** An 8259A's vector bypasses IRR and ISR, and goes first; where no request is left, the spurious vector is the answer. */
    @Override
    public int acknowledge() {
        boolean own = requestsItself();
        if (passesExternal() && (pic.pending() || !own)) {
            return pic.acknowledge();
        }
        if (!own) {
            return spurious & 0xFF;
        }
        int vector = priorities.take();
        update();
        return vector;
    }

    /** Is an interrupt of its own, not the 8259As', to be taken now? */
    public boolean requestsItself() {
        return isEnabled() && priorities.isReady();
    }

    @Override
    public void onChange(Runnable listener) {
        onChange = listener;
    }

    @Override
    public boolean nonMaskable() {
        return nonMaskable;
    }

    @Override
    public void takeNonMaskable() {
        nonMaskable = false;
    }

    @Override
    public boolean initialization() {
        return initialization;
    }

    @Override
    public void takeInitialization() {
        initialization = false;
    }

    private void update() {
        boolean now = pic.pending() && passesExternal() || requestsItself();
        if (now != pending) {
            pending = now;
            onChange.run();
        }
    }

    // Requests.

    private void picChanged() {
        boolean rises = pic.pending() && !lint0;
        lint0 = pic.pending();
        if (rises && isEnabled()) {
            raise(LINT0);
        }
        update();
    }

    /** What an answer may depend on has changed. */
    void reconsider() {
        update();
    }

    /** A local source has something to tell. */
    private void raise(int register) {
        if (table.isMasked(register)) {
            return;
        }
        switch (table.delivery(register)) {
            case FIXED -> request(table.vector(register), false);
            case NMI -> raiseNonMaskable();
            case INIT -> raiseInitialization();
            // The 8259As' request is looked at where the processor asks for it; the others do not exist for a local
            // source.
            case EXTERNAL, LOWEST_PRIORITY, SMI, START_UP, RESERVED -> {}
        }
    }

    private void raiseNonMaskable() {
        nonMaskable = true;
        onChange.run();
    }

    private void raiseInitialization() {
        initialization = true;
        onChange.run();
    }

    private void timerExpired() {
        request(table.vector(TIMER), false);
    }

    /** When its timer wants to act next, in guest time. */
    public long timerAlarm() {
        return timer.alarm();
    }

    private boolean timerInterrupts() {
        return wouldInterrupt(table.vector(TIMER));
    }

    /** Would a request for this vector, made now, interrupt the processor? */
    boolean wouldInterrupt(int vector) {
        return isSoftwareEnabled() && priorities.isAbove(vector);
    }

    /** A hypervisor asks for an interrupt of this vector, whether the APIC takes messages or not. */
    public void request(int vector) {
        request(vector, false);
    }

    /** A hypervisor sends an NMI, past the APIC. */
    public void requestNonMaskable() {
        raiseNonMaskable();
    }

    private void request(int vector, boolean level) {
        if (vector < InterruptPriorities.FIRST_VECTOR) {
            error(RECEIVE_ILLEGAL_VECTOR);
            return;
        }
        priorities.request(vector, level);
        update();
    }

    /**
     * A message on the bus.
     *
     * @return whether it was for this APIC, and accepted
     */
    public boolean accept(ApicMessage message) {
        return isAddressed(message.destination(), message.logical()) && take(message);
    }

    private boolean take(ApicMessage message) {
        if (!isEnabled()) {
            return false;
        }
        return switch (message.delivery()) {
            case FIXED, LOWEST_PRIORITY -> {
                if (isSoftwareEnabled()) {
                    request(message.vector(), message.level());
                }
                yield isSoftwareEnabled();
            }
            case NMI -> {
                raiseNonMaskable();
                yield true;
            }
            case INIT -> {
                raiseInitialization();
                yield true;
            }
            // The bootstrap processor never waits for a start-up message: Boot Phase of the MP initialization protocol.
            case SMI, START_UP, EXTERNAL, RESERVED -> true;
        };
    }

    boolean isAddressed(int destination, boolean logical) {
        return names.isAddressed(destination, logical);
    }

    private void error(int bit) {
        boolean first = (errors & bit) == 0;
        errors |= bit;
        if (first && !table.isMasked(ERROR)) {
            int vector = table.vector(ERROR);
            if (vector < InterruptPriorities.FIRST_VECTOR) {
                errors |= RECEIVE_ILLEGAL_VECTOR;
            } else {
                request(vector, false);
            }
        }
    }

    // What its registers are made of, for their page in memory.

    /** Its registers in memory. */
    public Device page() {
        return page;
    }

    InterruptPriorities priorities() {
        return priorities;
    }

    ApicNames names() {
        return names;
    }

    LocalVectorTable table() {
        return table;
    }

    ApicTimer timer() {
        return timer;
    }

    int spurious() {
        return spurious;
    }

    /** What the Error Status Register shows: the errors up to the last write there. */
    int errors() {
        return errorsShown;
    }

    void showErrors() {
        errorsShown = errors;
        errors = 0;
    }

    void illegalRegister() {
        error(ILLEGAL_REGISTER_ADDRESS);
    }

    InterruptCommand command() {
        return command;
    }

    /** A write to the Interrupt Command Register's low half sends an interprocessor interrupt. */
    void send(int value) {
        command.low(value);
        send(command);
    }

    /** SDM 3A, SELF IPI Register: what is written to it leaves the command register alone. */
    void sendToItself(int value) {
        var self = new InterruptCommand();
        self.low(value);
        send(self);
    }

    private void send(InterruptCommand command) {
        if (command.isIllegal()) {
            error(SEND_ILLEGAL_VECTOR); // and where it arrives at itself, one of the receiver too: Error Handling
        }
        command.toItself(names).ifPresent(this::take);
    }

    /** Task Priority Register (TPR). */
    void writeTaskPriority(int value) {
        setTaskPriority(value);
        onTaskPriority.accept(priorities.task() >>> 4);
    }

    void writeTable(int register, int value) {
        table.write(register, isSoftwareEnabled() ? value : value | LocalVectorTable.MASK);
        if (register == TIMER) {
            timer.configure(table.timerMode(), table.isMasked(TIMER));
        }
        update();
    }

    /** Local APIC State After It Has Been Software Disabled: what was requested stays, the table is masked. */
    void writeSpurious(int value) {
        spurious = value & SPURIOUS_WRITABLE;
        if (isSoftwareEnabled()) {
            onAccepting.run();
        } else {
            table.maskAll();
            timer.configure(table.timerMode(), true);
        }
        update();
    }

    /** Is an interrupt in service whose end makes nobody else come in, and is nobody else's business? */
    public boolean endChangesNothingElse() {
        return isEnabled() && priorities.servesOneAlone();
    }

    /** End of Interrupt (EOI) Register. */
    public void endOfInterrupt() {
        int vector = priorities.end();
        if (vector >= 0 && priorities.isLevelTriggered(vector)) {
            onEndOfInterrupt.accept(vector);
        }
        update();
    }

    private void setTaskPriority(int value) {
        priorities.task(value);
        update();
    }

    // Registers that are not in memory.

    @Override
    public void taskPriority(int priority) {
        setTaskPriority(priority << 4);
    }

    @Override
    public boolean hasMsr(int number) {
        return number == IA32_APIC_BASE
                || number == IA32_TSC_DEADLINE
                || isExtended() && extendedRegisters.canRead(number);
    }

    @Override
    public long readMsr(int number) {
        return switch (number) {
            case IA32_APIC_BASE -> base;
            case IA32_TSC_DEADLINE -> timer.deadline();
            default -> extendedRegisters.read(number);
        };
    }

    @Override
    public boolean writeMsr(int number, long value) {
        return switch (number) {
            case IA32_APIC_BASE -> writeBase(value);
            case IA32_TSC_DEADLINE -> {
                timer.deadline(value);
                yield true;
            }
            default -> isExtended() && extendedRegisters.write(number, value);
        };
    }

    /** Enabling or Disabling the Local APIC: whoever comes back from being disabled comes back as after reset. */
    private boolean writeBase(long value) {
        if ((value & ~(BASE | GLOBAL_ENABLE | EXTENDED | BOOTSTRAP_PROCESSOR)) != 0 || !isTransition(value)) {
            return false;
        }
        boolean was = isEnabled();
        boolean wasExtended = isExtended();
        base = value | BOOTSTRAP_PROCESSOR;
        if (was && !isEnabled()) {
            names.narrow();
            reset();
        } else if (!wasExtended && isExtended()) {
            names.extend();
            command.extendedDestination(0);
        }
        update();
        return true;
    }

    /** SDM 3A, x2APIC State Transitions: x2APIC mode begins out of xAPIC mode, and ends where the APIC is disabled. */
    private boolean isTransition(long value) {
        boolean enables = (value & GLOBAL_ENABLE) != 0;
        boolean extendsIt = (value & EXTENDED) != 0;
        return extendsIt ? enables && isEnabled() : !enables || !isExtended();
    }

    @Override
    public void timeStampAdjusted(long adjust) {
        timer.timeStampAdjusted(adjust);
    }

    /** Local APIC State After an INIT Reset: as after power-up, but for its ID, and for where it is. An NMI that waited is gone. */
    @Override
    public void initialize() {
        reset();
        nonMaskable = false;
        update();
    }

    /** Local APIC State After Power-Up or Reset. */
    private void reset() {
        priorities.reset();
        names.reset();
        table.reset();
        timer.reset();
        onTaskPriority.accept(0);
        spurious = SPURIOUS_AFTER_RESET;
        errors = 0;
        errorsShown = 0;
        command.reset();
    }

    /** Every register. */
    public record State(
            long base,
            ApicNames.State names,
            int spurious,
            List<Integer> errors,
            List<Integer> command,
            List<Integer> table,
            InterruptPriorities.State priorities,
            boolean lint0,
            boolean nonMaskable,
            boolean initialization,
            ApicTimer.State timer) {}

    public State save() {
        return new State(
                base,
                names.save(),
                spurious,
                List.of(errors, errorsShown),
                command.save(),
                table.save(),
                priorities.save(),
                lint0,
                nonMaskable,
                initialization,
                timer.save());
    }

    /** Restores the registers; the schedule restores the deadline. */
    public void restore(State state) {
        base = state.base;
        names.restore(state.names);
        spurious = state.spurious;
        errors = state.errors.get(0);
        errorsShown = state.errors.get(1);
        command.restore(state.command);
        table.restore(state.table);
        priorities.restore(state.priorities);
        lint0 = state.lint0;
        nonMaskable = state.nonMaskable;
        initialization = state.initialization;
        timer.restore(state.timer);
        update();
    }
}
