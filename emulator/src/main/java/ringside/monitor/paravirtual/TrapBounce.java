package ringside.monitor.paravirtual;

import static ringside.cpu.SystemState.CS;
import static ringside.cpu.SystemState.SS;

import ringside.cpu.CodeSegments;
import ringside.cpu.Cpu;
import ringside.cpu.FarReturns;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SegmentLoads;
import ringside.cpu.SystemState;
import ringside.mmu.SegmentRegister;
import ringside.monitor.paravirtual.DomainCrash.Cause;
import ringside.monitor.paravirtual.VirtualCpu.Handler;

/**
 * How Xen makes the guest's kernel go on at one of its handlers: it writes a frame to the kernel's stack and changes the registers, as the
 * processor would do for a kernel in ring 0 (Xen, docs/guest-guide/x86/pv-traps.rst; arch/x86/x86_64/entry.S, create_bounce_frame).
 *
 * <pre>
 * 64-bit, from low addresses to high:  rcx  r11  [error code]  rip  mask:cs  rflags  rsp  ss
 * 32-bit:                              [error code]  eip  mask:cs  eflags  [esp  ss, from another ring]
 * </pre>
 *
 * CS has in its upper half what the mask of event channels was. In a 64-bit frame its RPL tells kernel from program, although both ran at
 * ring 3.
 */
final class TrapBounce {
    private static final int NO_CODE = -1;
    private static final int R11 = 11;
    private static final int FLAT_CODE_64 = 0xE033;
    private static final int FLAT_STACK_64 = 0xE02B;
    private static final int CLEARED_32 = Registers.TRAP | Registers.NESTED_TASK | SystemState.RESUME;
    private static final int CLEARED_64 = CLEARED_32 | Registers.ALIGNMENT_CHECK;

    private final Domain domain;
    private final Cpu cpu;
    private final VirtualCpu vcpu;

    TrapBounce(Domain domain) {
        this.domain = domain;
        this.cpu = domain.cpu();
        this.vcpu = domain.vcpu();
    }

    /** Delivers something that has no error code. RIP is what the handler shall return to. */
    void to(Handler handler) {
        to(handler, NO_CODE);
    }

    /**
     * Delivers an exception.
     *
     * @param errorCode -1 where it has none
     * @throws DomainCrash where there is no handler or no stack
     */
    void to(Handler handler, int errorCode) {
        if (handler.address() == 0) {
            throw new DomainCrash(Cause.NO_HANDLER);
        }
        try {
            if (domain.abi().is64()) {
                bounce64(handler, errorCode);
            } else {
                bounce32(handler, errorCode);
            }
        } catch (Errno.Failure | Fault unreachable) {
            throw new DomainCrash(Cause.KERNEL_STACK);
        }
        if (handler.masks()) {
            domain.upcallMask(true);
        }
        cpu.modeChanged();
    }

    /** RFLAGS as the guest believes them. */
    private long flags() {
        long flags = cpu.flags() & ~(long) (SystemState.INTERRUPT | SystemState.IOPL);
        long iopl = vcpu.assists(Domain.ARCHITECTURAL_IOPL) ? (long) vcpu.iopl << 12 : 0;
        return flags | iopl | (domain.upcallMask() ? 0 : SystemState.INTERRUPT);
    }

    private void bounce64(Handler handler, int errorCode) {
        SystemState system = cpu.system;
        Registers registers = cpu.registers;
        boolean wasKernel = vcpu.kernel;
        long code = system.segments[CS].selector() & 0xFFFFL;
        long[] top = {
            wasKernel ? code & ~3L : code | 3, flags(), registers.get(Registers.RSP), system.segments[SS].selector()
        };
        top[0] |= domain.upcallMask() ? 1L << 32 : 0;
        if (!wasKernel) {
            domain.switchSides();
        }
        long pointer = (wasKernel ? registers.get(Registers.RSP) : vcpu.kernelSp) & ~0xFL;
        for (int i = top.length - 1; i >= 0; i--) {
            pointer = push(pointer, 8, top[i]);
        }
        pointer = push(pointer, 8, registers.rip());
        if (errorCode != NO_CODE) {
            pointer = push(pointer, 8, errorCode);
        }
        pointer = push(pointer, 8, registers.get(R11));
        pointer = push(pointer, 8, registers.get(Registers.RCX));
        registers.set(Registers.RSP, pointer);
        registers.rip(handler.address());
        load(CS, FLAT_CODE_64);
        load(SS, FLAT_STACK_64);
        system.cpl = 3;
        cpu.flags(0, CLEARED_64);
    }

    private void bounce32(Handler handler, int errorCode) {
        SystemState system = cpu.system;
        Registers registers = cpu.registers;
        int from = system.cpl;
        long code = system.segments[CS].selector() & 0xFFFFL | (domain.upcallMask() ? 1L << 16 : 0);
        long flags = flags();
        long oldStack = system.segments[SS].selector();
        long oldPointer = registers.get(Registers.RSP, 4);
        boolean inner = from != 1;
        system.cpl = 1;
        cpu.modeChanged();
        SegmentRegister stack = system.segments[SS];
        long pointer = oldPointer;
        if (inner) {
            int selector = vcpu.kernelSs;
            SegmentLoads.fill(stack, selector, SegmentLoads.checkStack(cpu, selector, 1, false));
            pointer = vcpu.kernelSp & 0xFFFF_FFFFL;
        }
        long base = stack.base();
        if (inner) {
            pointer = push(base, pointer, oldStack);
            pointer = push(base, pointer, oldPointer);
        }
        pointer = push(base, pointer, flags);
        pointer = push(base, pointer, code);
        pointer = push(base, pointer, registers.rip());
        if (errorCode != NO_CODE) {
            pointer = push(base, pointer, errorCode);
        }
        int selector = handler.selector();
        long descriptor = FarReturns.code(cpu, selector);
        CodeSegments.checkOffset(cpu, descriptor, handler.address());
        if ((selector & 3) != 1) {
            throw Fault.generalProtection(0);
        }
        FarReturns.enter(cpu, selector, descriptor, handler.address());
        registers.set(Registers.RSP, pointer);
        cpu.flags(0, CLEARED_32);
    }

    private long push(long pointer, int size, long value) {
        domain.memory().write(pointer - size, size, value);
        return pointer - size;
    }

    private long push(long base, long pointer, long value) {
        long below = pointer - 4 & 0xFFFF_FFFFL;
        domain.memory().write(base + below & 0xFFFF_FFFFL, 4, value & 0xFFFF_FFFFL);
        return below;
    }

    /** SYSCALL keeps neither CS nor SS: what goes on behind it has Xen's flat segments (Xen, arch/x86/x86_64/entry.S, lstar_enter). */
    void flatten() {
        load(CS, FLAT_CODE_64);
        load(SS, FLAT_STACK_64);
    }

    /**
     * SYSENTER keeps nothing of where the program was, so neither does the frame: RIP and RSP are 0, CS is no segment, and SS is flat (Xen,
     * arch/x86/x86_64/entry.S, sysenter_entry). Program and kernel agree on registers for it.
     */
    void forget() {
        cpu.registers.rip(0);
        cpu.registers.set(Registers.RSP, 0);
        keep(cpu.system.segments[CS], 3);
        keep(cpu.system.segments[SS], FLAT_STACK_64);
        cpu.system.cpl = 3;
    }

    private void load(int register, int selector) {
        domain.space().loadFlat(cpu.system.segments[register], selector);
    }

    /**
     * Goes on where a return frame says: what IRET does at the end of Xen's work.
     *
     * @throws Fault what the selectors meet; CS and SS then have them, as the frame of the exception shall show them
     */
    void resume(int code, long rip, int stack, long pointer) {
        SystemState system = cpu.system;
        Registers registers = cpu.registers;
        registers.rip(rip);
        registers.set(Registers.RSP, pointer);
        try {
            int cpl = system.cpl;
            system.cpl = Math.min(cpl, domain.abi().ring());
            long codeDescriptor = FarReturns.code(cpu, code);
            long stackDescriptor = FarReturns.stack(cpu, stack, code & 3, codeDescriptor);
            CodeSegments.checkOffset(cpu, codeDescriptor, rip);
            SegmentLoads.markAccessed(cpu, stack, stackDescriptor);
            FarReturns.enter(cpu, code, codeDescriptor, rip);
            FarReturns.loadStack(cpu, stack, stackDescriptor, pointer);
            registers.set(Registers.RSP, pointer);
        } catch (Fault fault) {
            keep(system.segments[CS], code);
            keep(system.segments[SS], stack);
            cpu.modeChanged();
            throw fault;
        }
    }

    private static void keep(SegmentRegister register, int selector) {
        register.load(selector, register.base(), register.limit(), register.rights());
    }
}
