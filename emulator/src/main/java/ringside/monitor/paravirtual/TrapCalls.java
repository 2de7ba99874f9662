package ringside.monitor.paravirtual;

import static ringside.monitor.paravirtual.Hypercall.call;

import java.util.Arrays;
import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.DebugRegisters;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SegmentLoads;
import ringside.cpu.SystemState;
import ringside.mmu.SegmentRegister;
import ringside.monitor.paravirtual.DomainCrash.Cause;
import ringside.monitor.paravirtual.VirtualCpu.Handler;

/** Where exceptions, events and system calls lead to, and the way back: Xen's public headers xen.h and callback.h. */
final class TrapCalls {
    // spotless:off
    static final List<Hypercall> ROWS = List.of(
            call( 0, "set_trap_table",   TrapCalls::setTrapTable),
            call( 3, "stack_switch",     TrapCalls::stackSwitch),
            call( 4, "set_callbacks",    TrapCalls::setCallbacks),
            call( 5, "fpu_taskswitch",   TrapCalls::taskSwitch),
            call( 8, "set_debugreg",     TrapCalls::setDebugRegister),
            call( 9, "get_debugreg",     TrapCalls::getDebugRegister),
            call(23, "iret",             TrapCalls::interruptReturn),
            call(25, "set_segment_base", TrapCalls::setSegmentBase),
            call(28, "nmi_op",           TrapCalls::nmiOperation),
            call(30, "callback_op",      TrapCalls::callbackOperation));
    // spotless:on

    private static final int MOST_AT_ONCE = 512;
    private static final int MASKS = 4;
    private static final int R11 = 11;

    /** VGCF_in_syscall: RCX and R11 need not be restored. */
    private static final long IN_SYSCALL = 1 << 8;

    private TrapCalls() {}

    // Handlers.

    private static int codeSelector(Domain domain, long selector) {
        int ring = domain.abi().ring();
        int given = (int) selector & 0xFFFF;
        return (given & 3) >= ring ? given : given & ~3 | ring;
    }

    private static void requireCanonical(Domain domain, long address) {
        if (domain.abi().is64() && !Cpu.isCanonical(address)) {
            throw Errno.EINVAL.failure();
        }
    }

    private static long setTrapTable(Domain domain, long[] arguments) {
        Handler[] traps = domain.vcpu().traps;
        if (arguments[0] == 0) {
            Arrays.fill(traps, Handler.NONE);
            return 0;
        }
        Abi abi = domain.abi();
        int size = 2 * abi.word();
        long at = arguments[0];
        for (int i = 0; i < MOST_AT_ONCE; i++) {
            GuestMemory memory = domain.memory();
            int head = (int) memory.read(at, 4);
            long address = memory.word(at + abi.word());
            if (address == 0) {
                return 0;
            }
            requireCanonical(domain, address);
            int flags = head >>> 8 & 0xFF;
            traps[head & 0xFF] =
                    new Handler(flags & 3, (flags & MASKS) != 0, codeSelector(domain, head >>> 16), address);
            domain.work(1);
            at += size;
        }
        throw new Hypercall.Continued(at);
    }

    private static long stackSwitch(Domain domain, long[] arguments) {
        int ring = domain.abi().ring();
        int selector = (int) arguments[0] & 0xFFFF;
        domain.vcpu().kernelSs = (selector & 3) >= ring ? selector : selector & ~3 | ring;
        domain.vcpu().kernelSp = arguments[1];
        return 0;
    }

    private static Handler callback(Domain domain, long selector, long address, boolean masks) {
        return new Handler(0, masks, codeSelector(domain, selector), address);
    }

    private static long setCallbacks(Domain domain, long[] a) {
        VirtualCpu vcpu = domain.vcpu();
        if (!domain.abi().is64()) {
            vcpu.event = callback(domain, a[0], a[1], true);
            vcpu.failsafe = callback(domain, a[2], a[3], false);
            return 0;
        }
        // Each address is taken or not; nobody is told.
        if (Cpu.isCanonical(a[0])) {
            vcpu.event = callback(domain, 0, a[0], true);
        }
        if (Cpu.isCanonical(a[1])) {
            vcpu.failsafe = callback(domain, 0, a[1], false);
        }
        if (Cpu.isCanonical(a[2])) {
            vcpu.systemCall = callback(domain, 0, a[2], false);
        }
        return 0;
    }

    private static final int REGISTER = 0;
    private static final int UNREGISTER = 1;

    private static long callbackOperation(Domain domain, long[] a) {
        GuestMemory memory = domain.memory();
        Abi abi = domain.abi();
        int type = (int) memory.read(a[1], 2);
        if ((int) a[0] == UNREGISTER) {
            if (type == 4) {
                domain.vcpu().traps[Fault.NON_MASKABLE] = Handler.NONE;
                return 0;
            }
            throw (type < 8 && type != 3 && type != 6 ? Errno.EINVAL : Errno.ENOSYS).failure();
        }
        if ((int) a[0] != REGISTER) {
            throw Errno.ENOSYS.failure();
        }
        boolean masks = (memory.read(a[1] + 2, 2) & 1) != 0;
        // A 32-bit address is a selector and an offset.
        long selector = abi.is64() ? 0 : memory.read(a[1] + 4, 4);
        long address = memory.word(a[1] + 8);
        requireCanonical(domain, address);
        VirtualCpu vcpu = domain.vcpu();
        Handler handler = callback(domain, selector, address, masks);
        switch (type) {
            case 0 -> vcpu.event = callback(domain, selector, address, true);
            case 1 -> vcpu.failsafe = handler;
            case 2 -> {
                if (!abi.is64()) {
                    throw Errno.ENOSYS.failure();
                }
                vcpu.systemCall = handler;
            }
            case 4 -> vcpu.traps[Fault.NON_MASKABLE] = callback(domain, selector, address, true);
            case 5 -> vcpu.sysenter = handler;
            case 7 -> vcpu.systemCall32 = handler;
            default -> throw Errno.ENOSYS.failure();
        }
        return 0;
    }

    private static long nmiOperation(Domain domain, long[] a) {
        switch ((int) a[0]) {
            case 0 -> {
                long address = domain.memory().word(a[1]);
                requireCanonical(domain, address);
                domain.vcpu().traps[Fault.NON_MASKABLE] = callback(domain, 0, address, true);
            }
            case 1 -> domain.vcpu().traps[Fault.NON_MASKABLE] = Handler.NONE;
            default -> throw Errno.ENOSYS.failure();
        }
        return 0;
    }

    // The way back.

    private static long interruptReturn(Domain domain, long[] arguments) {
        domain.vcpu().nonMaskableMasked = false;
        try {
            return domain.abi().is64() ? return64(domain) : return32(domain);
        } catch (Errno.Failure unreadable) {
            throw new DomainCrash(Cause.RETURN_FRAME);
        }
    }

    /** rax, r11, rcx, flags, rip, cs, rflags, rsp, ss. */
    private static long return64(Domain domain) {
        Cpu cpu = domain.cpu();
        VirtualCpu vcpu = domain.vcpu();
        long[] frame = new long[9];
        long at = cpu.registers.get(Registers.RSP);
        for (int i = 0; i < frame.length; i++) {
            frame[i] = domain.memory().read(at + i * 8L, 8);
        }
        long flags = frame[6];
        if ((frame[5] & 3) == 3) {
            if (vcpu.userRoot == 0) {
                throw new DomainCrash(Cause.NO_USER_TABLES);
            }
            domain.switchSides();
        }
        returnFlags(domain, flags);
        cpu.registers.set(Registers.RAX, frame[0]);
        if ((frame[3] & IN_SYSCALL) == 0) {
            cpu.registers.set(R11, frame[1]);
            cpu.registers.set(Registers.RCX, frame[2]);
        } else {
            cpu.registers.set(R11, cpu.flags());
            cpu.registers.set(Registers.RCX, frame[4]);
        }
        domain.upcallMask((flags & SystemState.INTERRUPT) == 0);
        domain.bounce().resume((int) frame[5] & 0xFFFF | 3, frame[4], (int) frame[8] & 0xFFFF | 3, frame[7]);
        return frame[0];
    }

    /** IOPL stays 0 and IF 1, whatever the frame says; the mask of event channels takes IF's place. */
    private static void returnFlags(Domain domain, long flags) {
        VirtualCpu vcpu = domain.vcpu();
        if (vcpu.assists(Domain.ARCHITECTURAL_IOPL)) {
            vcpu.iopl = (int) flags >>> 12 & 3;
        }
        int all = Registers.UNPRIVILEGED | SystemState.RESUME;
        domain.cpu().flags(flags, all);
    }

    /** eax, eip, cs, eflags, and esp, ss where it leads to another ring. */
    private static long return32(Domain domain) {
        Cpu cpu = domain.cpu();
        long at = cpu.registers.get(Registers.RSP, 4);
        long[] frame = new long[4];
        for (int i = 0; i < frame.length; i++) {
            frame[i] = domain.memory().read(at + i * 4L, 4);
        }
        int code = (int) frame[2] & 0xFFFF;
        long flags = frame[3];
        if ((flags & SystemState.VIRTUAL_8086) != 0) {
            // There is no virtual-8086 mode here: #GP at the first instruction, as if it was the kernel's.
            returnFlags(domain, flags);
            throw Fault.generalProtection(0);
        }
        if ((code & 3) == 0) {
            throw new DomainCrash(Cause.RETURN_FRAME);
        }
        int stack = cpu.system.segments[SystemState.SS].selector();
        long pointer = at + 16;
        if ((code & 3) > 1) {
            pointer = domain.memory().read(at + 16, 4);
            stack = (int) domain.memory().read(at + 20, 4) & 0xFFFF;
        }
        returnFlags(domain, flags);
        cpu.registers.set(Registers.RAX, frame[0]);
        domain.upcallMask((flags & SystemState.INTERRUPT) == 0);
        domain.bounce().resume(code, frame[1], stack, pointer);
        return frame[0];
    }

    // The rest of the processor.

    private static long taskSwitch(Domain domain, long[] arguments) {
        domain.taskSwitched((int) arguments[0] != 0);
        return 0;
    }

    private static long setDebugRegister(Domain domain, long[] arguments) {
        setDebugRegister(domain, (int) arguments[0], arguments[1]);
        return 0;
    }

    /** The guest may not watch Xen, nor be told of its own accesses to debug registers. */
    static void setDebugRegister(Domain domain, int given, long value) {
        int number = given == 4 || given == 5 ? given + 2 : given;
        if (number < 0 || number > 7) {
            throw Errno.ENODEV.failure();
        }
        boolean invisible = number < 4 && !domain.abi().isGuests(domain.abi().truncate(value));
        boolean detects = number == 7 && (value & SystemState.DR7_GENERAL_DETECT) != 0;
        if (number > 3 && value >>> 32 != 0) {
            throw Errno.EINVAL.failure();
        }
        if (invisible || detects || number == 7 && watchesPorts(value)) {
            throw Errno.EPERM.failure();
        }
        DebugRegisters.load(domain.cpu(), number, value);
    }

    /** Conditions of breakpoints for ports need CR4.DE, which this Xen leaves clear. */
    private static boolean watchesPorts(long control) {
        for (int n = 0; n < 4; n++) {
            if ((control >>> 16 + n * 4 & 3) == 2) {
                return (control & 0xFF) != 0;
            }
        }
        return false;
    }

    private static long getDebugRegister(Domain domain, long[] arguments) {
        SystemState system = domain.cpu().system;
        int number = (int) arguments[0];
        return switch (number) {
            case 0, 1, 2, 3 -> system.breakpoints[number];
            case 4, 6 -> system.dr6;
            case 5, 7 -> system.dr7;
            default -> throw Errno.ENODEV.failure();
        };
    }

    private static long setSegmentBase(Domain domain, long[] a) {
        if (!domain.abi().is64()) {
            throw Errno.ENOSYS.failure();
        }
        SystemState system = domain.cpu().system;
        int which = (int) a[0];
        if (which >= 0 && which <= 2 && !Cpu.isCanonical(a[1])) {
            throw Errno.EINVAL.failure();
        }
        switch (which) {
            case 0 -> base(system.segments[SystemState.FS], a[1]);
            case 1 -> domain.vcpu().otherGsBase = a[1];
            case 2 -> base(system.segments[SystemState.GS], a[1]);
            case 3 -> selectUserGs(domain, (int) a[1] & 0xFFFF);
            default -> throw Errno.EINVAL.failure();
        }
        return 0;
    }

    private static void base(SegmentRegister segment, long base) {
        segment.load(segment.selector(), base, segment.limit(), segment.rights());
    }

    /** The programs' GS is loaded from the descriptor tables; a selector that cannot be loaded becomes null, and nobody is told. */
    private static void selectUserGs(Domain domain, int given) {
        Cpu cpu = domain.cpu();
        SegmentRegister gs = cpu.system.segments[SystemState.GS];
        long kernelBase = gs.base();
        int selector = given > 3 ? given | 3 : given;
        try {
            SegmentLoads.load(cpu, SystemState.GS, selector);
        } catch (Fault fault) {
            gs.load(0, 0, 0, SegmentRegister.UNUSABLE);
        }
        domain.vcpu().otherGsBase = gs.base();
        base(gs, kernelBase);
    }
}
