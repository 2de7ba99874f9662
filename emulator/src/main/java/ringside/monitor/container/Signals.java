package ringside.monitor.container;

import ringside.cpu.Fault;

/** The signals that this kernel sends: Linux, include/uapi/asm-generic/signal.h. Tasks have no handlers: each ends its task, or is ignored. */
final class Signals {
    static final int SIGILL = 4;
    static final int SIGTRAP = 5;
    static final int SIGBUS = 7;
    static final int SIGFPE = 8;
    static final int SIGKILL = 9;
    static final int SIGSEGV = 11;
    static final int SIGPIPE = 13;
    static final int SIGCHLD = 17;
    static final int SIGCONT = 18;
    static final int SIGSTOP = 19;
    static final int SIGTTOU = 22;
    static final int SIGURG = 23;
    static final int SIGWINCH = 28;
    static final int SIGSYS = 31;
    static final int LAST = 64;

    private Signals() {}

    /** What a task gets for a fault that its kernel cannot mend (Linux, arch/x86/kernel/traps.c). */
    static int of(Fault fault) {
        return switch (fault.vector()) {
            case Fault.DIVIDE_ERROR -> SIGFPE;
            case Fault.DEBUG, Fault.BREAKPOINT -> SIGTRAP;
            case Fault.INVALID_OPCODE -> SIGILL;
            case Fault.STACK, Fault.ALIGNMENT_CHECK -> SIGBUS;
            default -> SIGSEGV;
        };
    }

    /** signal(7): what happens where nobody has said otherwise. */
    static boolean isIgnored(int signal) {
        return signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH;
    }

    /** Nothing is stopped and continued here. */
    static boolean stops(int signal) {
        return signal >= SIGSTOP && signal <= SIGTTOU;
    }
}
