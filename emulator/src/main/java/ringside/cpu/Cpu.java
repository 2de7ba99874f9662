package ringside.cpu;

import ringside.bus.ApicRegisters;
import ringside.bus.Clock;
import ringside.bus.PortBus;
import ringside.memory.PhysicalMemory;
import ringside.mmu.SegmentRegister;

/**
 * A processor: state, and the parts that decide what runs, what leaves and who receives events. A mode of virtualization is a choice of
 * these parts.
 *
 * <p>The run loop allocates nothing. It runs freely up to a horizon in guest time; whatever needs a look between two instructions (an
 * interrupt line, a flag that was set, a debug register) calls {@link #attend}, and the loop takes the careful path for as long as needed.
 */
public final class Cpu {
    public final Registers registers;
    public final SystemState system;
    public final LinearMemory memory;
    public final PortBus ports;
    public final Clock clock;

    private final CodePage page;
    private final Gate gate;
    private final Boundary boundary;
    private final EventReceiver events;
    private final Virtualization virtualization;
    private final ApicRegisters apic;

    private long horizon;
    private boolean attention = true;
    private boolean singleStep;

    /** RF was set before this instruction, and nothing has loaded it since. */
    private boolean resume;

    private boolean leaving;

    /** RIP of the instruction being performed. */
    private long start;

    // Derived from the system state by modeChanged().
    private int codeBits;
    private long codeMask;
    private boolean wide;
    private long stackMask;

    /** The parts of a processor, complete. */
    public record Parts(
            PhysicalMemory physical,
            PortBus ports,
            Clock clock,
            Code code,
            Gate gate,
            Boundary boundary,
            EventReceiver events,
            Virtualization virtualization,
            ApicRegisters apic) {
        /** A processor without virtualization of its own, and without a local APIC. */
        public Parts(
                PhysicalMemory physical,
                PortBus ports,
                Clock clock,
                Code code,
                Gate gate,
                Boundary boundary,
                EventReceiver events) {
            this(physical, ports, clock, code, gate, boundary, events, Virtualization.NONE, ApicRegisters.ABSENT);
        }

        /** The same with this virtualization. */
        public Parts with(Virtualization newVirtualization) {
            return new Parts(physical, ports, clock, code, gate, boundary, events, newVirtualization, apic);
        }

        /** The same with a local APIC. */
        public Parts with(ApicRegisters newApic) {
            return new Parts(physical, ports, clock, code, gate, boundary, events, virtualization, newApic);
        }
    }

    public Cpu(Registers registers, SystemState system, Parts parts) {
        this.registers = registers;
        this.system = system;
        this.memory = new LinearMemory(parts.physical, system);
        this.page = new CodePage(parts.code, memory);
        this.ports = parts.ports;
        this.clock = parts.clock;
        this.gate = parts.gate;
        this.boundary = parts.boundary;
        this.events = parts.events;
        this.virtualization = parts.virtualization;
        this.apic = parts.apic;
        pagingChanged();
    }

    // Running.

    /**
     * Runs until guest time reaches {@code until}, the processor stops being active, or somebody asks it to {@link #leave}.
     *
     * @throws Exit where the monitor must answer; RIP is at the instruction
     */
    public void run(long until) {
        leaving = false;
        while (clock.now() < until && !leaving && system.activity == SystemState.Activity.ACTIVE) {
            start = registers.rip();
            try {
                if (attention) {
                    runCarefully();
                } else {
                    horizon = until;
                    runFreely();
                }
            } catch (Fault fault) {
                registers.rip(start);
                attention = true;
                receive(fault);
            } catch (Exit exit) {
                registers.rip(start);
                leave(exit);
            }
        }
    }

    private void receive(Fault fault) {
        try {
            events.fault(this, fault);
        } catch (Exit exit) {
            leave(exit);
        }
    }

    /** The monitor's turn, whether it is a host on this processor or somebody outside. */
    private void leave(Exit exit) {
        attention = true;
        if (!virtualization.leave(this, exit)) {
            throw exit;
        }
    }

    /** Lets one thing happen: an event at this boundary, or one instruction (one iteration where it repeats), or its fault. */
    public void step() {
        attention = true;
        run(clock.now() + 1);
    }

    private void runFreely() {
        Step step = page.fetch(this);
        while (true) {
            long behind = start + step.length & codeMask;
            registers.rip(behind);
            step.behaviour.perform(this, step);
            clock.tick();
            if (clock.now() >= horizon) {
                return;
            }
            start = registers.rip();
            step = start == behind ? page.fetchBehind(this, step) : page.fetch(this);
        }
    }

    private void runCarefully() {
        attention = false;
        if (boundary.cross(this)) {
            attention = true;
            return;
        }
        start = registers.rip();
        singleStep = registers.trap();
        resume = (system.flags & SystemState.RESUME) != 0;
        Step step = page.fetch(this);
        registers.rip(start + step.length & codeMask);
        step.behaviour.perform(this, step);
        if (resume && !(step.repeats() && registers.rip() == start)) {
            // SDM 3B, Instruction-Breakpoint Exception Condition: until the instruction is done, all its iterations.
            system.flags &= ~SystemState.RESUME;
        }
        if (singleStep) {
            system.pendingDebug |= SystemState.DR6_SINGLE_STEP;
            if (system.activity == SystemState.Activity.HALTED) {
                system.activity = SystemState.Activity.ACTIVE;
            }
        }
        clock.tick();
        attention |= registers.trap()
                || system.pendingDebug != 0
                || (system.flags & SystemState.RESUME) != 0
                || memory.isWatching()
                || boundary.isWaiting(this);
    }

    /** The step at CS:RIP without performing it, for views and monitors; faults as a fetch does. */
    public Step peek() {
        start = registers.rip();
        return page.fetchAnew(this);
    }

    /**
     * Performs the instruction at CS:RIP and nothing else: no event comes before it, its fault goes to the caller, and no time passes. For a
     * monitor that looks at what would happen, and puts back what this has changed.
     *
     * @throws Fault what the instruction meets
     */
    public void performOnly() {
        Step step = peek();
        registers.rip(start + step.length & codeMask);
        step.behaviour.perform(this, step);
    }

    /** Something may have to happen before the next instruction. */
    public void attend() {
        attention = true;
        horizon = Long.MIN_VALUE;
    }

    /** After this instruction, {@link #run} returns: a deadline has come nearer, or the run is to end. */
    public void leave() {
        leaving = true;
        horizon = Long.MIN_VALUE;
    }

    /** A delivery through a gate has cleared TF: the interrupted instruction makes no single-step trap. */
    public void cancelSingleStep() {
        singleStep = false;
    }

    public EventReceiver events() {
        return events;
    }

    /** The processor's own virtualization, or its absence. */
    public Virtualization virtualization() {
        return virtualization;
    }

    /** The instructions of SVM. */
    public Svm svm() {
        return virtualization.svm();
    }

    /** The instructions of VMX. */
    public Vmx vmx() {
        return virtualization.vmx();
    }

    /** The registers of its local APIC, or their absence. */
    public ApicRegisters apic() {
        return apic;
    }

    /** RIP of the instruction being performed, or that was performed last. */
    public long instructionStart() {
        return start;
    }

    /** Is an instruction breakpoint set in DR7? */
    public boolean hasInstructionBreakpoints() {
        return DebugRegisters.anyInstruction(system);
    }

    /** DR6 bits of the instruction breakpoints at CS:RIP; 0 while RF holds them back. */
    public long instructionBreakpoints() {
        boolean held = (system.flags & SystemState.RESUME) != 0;
        return held ? 0 : DebugRegisters.instructionHits(system, page.linear(registers.rip()));
    }

    /** What leaves this instruction from now on returns there: a task switch has gone past its old task, or a trap lies behind its instruction. */
    public void faultsReturnTo(long rip) {
        start = rip;
    }

    /** The iteration being performed is not the last one of its instruction: RIP goes back there. */
    public void iterateAgain() {
        registers.rip(start);
        registers.iterated = clock.now() + 1;
    }

    /** Has an iteration of a repeated instruction just completed that was not its last one? */
    public boolean isBetweenIterations() {
        return registers.iterated == clock.now();
    }

    // What behaviours ask first.

    /** Asks the gate, where the manual says. */
    public void admit(Step step) {
        gate.admit(this, step, 0);
    }

    /** Asks the gate with the operand that decides; see {@link Gate}. */
    public void admit(Step step, long operand) {
        gate.admit(this, step, operand);
    }

    /** Asks the gate whether the instruction exists here. */
    public void requireExistence(Step step) {
        gate.requireExistence(step);
    }

    /** Asks the gate whether IRET ends the blocking of NMIs. */
    public boolean returnUnblocks() {
        return gate.returnUnblocks();
    }

    /** #GP(0) outside ring 0 (virtual-8086 mode is ring 3). */
    public void requireRingZero() {
        if (system.cpl != 0) {
            throw Fault.generalProtection(0);
        }
    }

    /** #UD in real-address and virtual-8086 mode. */
    public void requireProtectedMode() {
        if (system.paragraphs()) {
            throw Fault.invalidOpcode();
        }
    }

    // Memory through segments.

    /**
     * SDM 3A, Segment Limit and Type Checking; in 64-bit mode, canonical form.
     *
     * @param size bytes, at least 1
     * @return linear address
     * @throws Fault #SS(0) for the stack segment, else #GP(0)
     */
    public long linear(int segment, long offset, int size, boolean write) {
        SegmentRegister s = system.segments[segment];
        if (wide) {
            long linear = segment >= SystemState.FS ? s.base() + offset : offset;
            if (!isCanonical(linear) || !isCanonical(linear + size - 1)) {
                throw segmentFault(segment);
            }
            return linear;
        }
        if (write ? s.mayWrite(offset, size) : s.mayRead(offset, size)) {
            return s.base() + offset & 0xFFFF_FFFFL;
        }
        throw segmentFault(segment);
    }

    public static boolean isCanonical(long linear) {
        return linear << 16 >> 16 == linear;
    }

    private static Fault segmentFault(int segment) {
        return segment == SystemState.SS ? Fault.stack(0) : Fault.generalProtection(0);
    }

    /** @return {@code size} bytes (1, 2, 4 or 8), zero-extended */
    public long read(int segment, long offset, int size) {
        return memory.read(linear(segment, offset, size, false), size);
    }

    /** Reads what will be written back: judged as a write. */
    public long readForWrite(int segment, long offset, int size) {
        SegmentRegister s = system.segments[segment];
        if (!wide && !s.mayRead(offset, size)) {
            throw segmentFault(segment);
        }
        return memory.readForWrite(linear(segment, offset, size, true), size);
    }

    public void write(int segment, long offset, int size, long value) {
        memory.write(linear(segment, offset, size, true), size, value);
    }

    /** Throws what a write would meet. */
    public void probeWrite(int segment, long offset, int size) {
        memory.probeWrite(linear(segment, offset, size, true), size);
    }

    // The stack.

    /** Ones for the width of the stack pointer: 16, 32 or 64 bits, by SS.B and 64-bit mode. */
    public long stackMask() {
        return stackMask;
    }

    public long stackPointer() {
        return registers.general[Registers.RSP] & stackMask;
    }

    /** Changes the stack pointer's bits; the bits above stay (32 bits clear the upper half). */
    public void stackPointer(long value) {
        registers.general[Registers.RSP] = withStackPointer(value);
    }

    /** RSP as {@link #stackPointer} would leave it. */
    public long withStackPointer(long value) {
        long old = registers.general[Registers.RSP];
        return stackMask == 0xFFFFL ? old & ~0xFFFFL | value & 0xFFFFL : value & stackMask;
    }

    public void push(int size, long value) {
        long to = stackPointer() - size & stackMask;
        write(SystemState.SS, to, size, value);
        stackPointer(to);
    }

    /** The value {@code depth} bytes above the stack pointer, which stays. */
    public long peekStack(long depth, int size) {
        return read(SystemState.SS, stackPointer() + depth & stackMask, size);
    }

    /** Reads the top and moves the stack pointer. */
    public long pop(int size) {
        long value = peekStack(0, size);
        stackPointer(stackPointer() + size);
        return value;
    }

    // Near transfers.

    /**
     * Where a near transfer with this operand size leads.
     *
     * @throws Fault #GP(0) outside the code segment's limit or not canonical
     */
    public long checkTarget(long target, int operandBits) {
        long masked = operandBits == 16 ? target & 0xFFFFL : wide ? target : target & 0xFFFF_FFFFL;
        boolean allowed = wide ? isCanonical(masked) : masked <= system.segments[SystemState.CS].limit();
        if (!allowed) {
            throw Fault.generalProtection(0);
        }
        return masked;
    }

    // Flags.

    /**
     * RFLAGS as the debugger and the image of an event see it: bit 1 is always set, and RF between two iterations of a repeated
     * instruction (SDM 3B, Instruction-Breakpoint Exception Condition).
     */
    public long flags() {
        long resuming = isBetweenIterations() ? SystemState.RESUME : 0;
        return registers.flags() | system.flags | resuming | 2L;
    }

    /** Replaces the flags under the mask; takes care of what TF, IF and RF bring about. */
    public void flags(long value, long mask) {
        registers.flags((int) value, (int) mask);
        int privileged = (int) mask & SystemState.PRIVILEGED;
        resume &= (privileged & SystemState.RESUME) == 0;
        boolean wasVirtual = system.virtual8086();
        system.flags = system.flags & ~privileged | (int) value & privileged;
        if (wasVirtual != system.virtual8086() || (mask & Registers.ALIGNMENT_CHECK) != 0) {
            modeChanged();
        }
        attend();
    }

    // What follows from a change of state.

    /** Code size in bits: 16, 32 or 64. */
    public int codeBits() {
        return codeBits;
    }

    /** True in 64-bit mode. */
    public boolean is64Bit() {
        return wide;
    }

    /** After a load of CS or SS, a change of ring, of VM or AC, or of the operating mode. */
    public void modeChanged() {
        SegmentRegister cs = system.segments[SystemState.CS];
        wide = system.is64Bit();
        codeBits = wide ? 64 : cs.isBig() ? 32 : 16;
        codeMask = wide ? -1L : 0xFFFF_FFFFL;
        stackMask = wide ? -1L : system.segments[SystemState.SS].isBig() ? 0xFFFF_FFFFL : 0xFFFFL;
        page.forget(cs, wide);
        boolean user = system.cpl == 3;
        boolean align = user
                && (system.cr0 & SystemState.ALIGNMENT_MASK) != 0
                && (registers.flags() & Registers.ALIGNMENT_CHECK) != 0;
        memory.configure(memory.paging(), user, wide, align, DebugRegisters.anyData(system));
        attend();
    }

    /** After a load of CR0, CR3, CR4 or IA32_EFER: the paging mode is chosen anew. What the TLB loses is the instruction's business. */
    public void pagingChanged() {
        memory.configure(PagingMode.of(system), false, false, false, false);
        modeChanged();
    }

    /** After the state was replaced as a whole. */
    public void stateReplaced() {
        memory.forgetFrames();
        pagingChanged();
        attention = true;
    }
}
