package ringside.monitor.container;

import static ringside.monitor.container.SystemCall.call;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import ringside.cpu.Registers;

/** System calls about processes, their identity and their time. */
final class ProcessCalls {
    // spotless:off
    static final List<SystemCall> ROWS = List.of(
            call(24,  "sched_yield",   (kernel, task, a) -> kernel.yield(task)),
            call(35,  "nanosleep",     ProcessCalls::sleep),
            call(39,  "getpid",        (kernel, task, a) -> task.pids.number(task)),
            call(56,  "clone",         ProcessCalls::clone),
            call(57,  "fork",          (kernel, task, a) -> kernel.fork(task, 0, 0)),
            call(59,  "execve",        ProcessCalls::execute),
            call(60,  "exit",          (kernel, task, a) -> kernel.exit(task, ((int) a[0] & 0xFF) << 8)),
            call(61,  "wait4",         ProcessCalls::waitFor),
            call(62,  "kill",          ProcessCalls::kill),
            call(102, "getuid",        (kernel, task, a) -> task.users.inward(task.user, false)),
            call(104, "getgid",        (kernel, task, a) -> task.users.inward(task.userGroup, true)),
            call(105, "setuid",        ProcessCalls::setUser),
            call(106, "setgid",        ProcessCalls::setGroup),
            call(107, "geteuid",       (kernel, task, a) -> task.users.inward(task.user, false)),
            call(108, "getegid",       (kernel, task, a) -> task.users.inward(task.userGroup, true)),
            call(110, "getppid",       ProcessCalls::parent),
            call(158, "arch_prctl",    ProcessCalls::architecture),
            call(186, "gettid",        (kernel, task, a) -> task.pids.number(task)),
            call(228, "clock_gettime", ProcessCalls::time),
            call(231, "exit_group",    (kernel, task, a) -> kernel.exit(task, ((int) a[0] & 0xFF) << 8)));
    // spotless:on

    // clone: include/uapi/linux/sched.h.
    private static final long EXIT_SIGNAL = 0xFF;
    private static final long SIGCHLD = 17;

    private static final int WITHOUT_WAITING = 1;
    private static final long ANY_CHILD_TYPE = 0x4000_0000;

    private static final int MOST_STRINGS = 64;

    private ProcessCalls() {}

    /** A process of its own: threads, and namespaces that this kernel does not have, are refused as invalid. */
    private static long clone(HostKernel kernel, Task task, long[] a) {
        long signal = a[0] & EXIT_SIGNAL;
        if ((a[0] & ~(EXIT_SIGNAL | Namespaces.ALL)) != 0 || signal != 0 && signal != SIGCHLD) {
            throw Errno.EINVAL.failure();
        }
        return kernel.fork(task, a[0] & Namespaces.ALL, a[1]);
    }

    private static long execute(HostKernel kernel, Task task, long[] a) {
        Inode inode = Paths.find(kernel, task, Paths.text(task, a[0])).existing();
        if (inode.isDirectory() || inode.kind() != Inode.Kind.REGULAR) {
            throw Errno.EACCES.failure();
        }
        Paths.require(task, inode, 1);
        kernel.execute(task, Programs.parse(inode.content), strings(task, a[1]), strings(task, a[2]));
        return 0;
    }

    private static List<String> strings(Task task, long address) {
        List<String> strings = new ArrayList<>();
        if (address == 0) {
            return strings;
        }
        for (long at = address; ; at += 8) {
            long text = ByteBuffer.wrap(task.memory.read(at, 8))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getLong();
            if (text == 0) {
                break;
            }
            if (strings.size() == MOST_STRINGS) {
                throw Errno.E2BIG.failure();
            }
            strings.add(Paths.text(task, text));
        }
        return strings;
    }

    private static long waitFor(HostKernel kernel, Task task, long[] a) {
        int wanted = (int) a[0];
        if ((a[2] & ~(WITHOUT_WAITING | ANY_CHILD_TYPE)) != 0 || wanted == 0 || wanted < -1) {
            throw Errno.EINVAL.failure();
        }
        boolean any = false;
        for (Task child : task.children) {
            int number = task.pids.number(child);
            if (wanted != -1 && wanted != number) {
                continue;
            }
            any = true;
            if (child.hasEnded()) {
                if (a[1] != 0) {
                    task.memory.write(
                            a[1],
                            ByteBuffer.allocate(4)
                                    .order(ByteOrder.LITTLE_ENDIAN)
                                    .putInt(child.status)
                                    .array());
                }
                child.bury();
                return number;
            }
        }
        if (!any) {
            throw Errno.ECHILD.failure();
        }
        if ((a[2] & WITHOUT_WAITING) != 0) {
            return 0;
        }
        throw new SystemCall.Blocked(Task.Waiting.CALL);
    }

    private static long kill(HostKernel kernel, Task task, long[] a) {
        int number = (int) a[0];
        if (number <= 0) {
            throw (number == -1 ? Errno.EPERM : Errno.EINVAL).failure();
        }
        Task target = task.pids.tasks.get(number);
        if (target == null) {
            throw Errno.ESRCH.failure();
        }
        if (task.user != target.user && !task.isCapable(target.users)) {
            throw Errno.EPERM.failure();
        }
        target.receiveFrom(task, (int) a[1]);
        return 0;
    }

    private static long parent(HostKernel kernel, Task task, long[] a) {
        return task.parent == null ? HostKernel.INIT : task.pids.number(task.parent);
    }

    /** Who is not privileged may only become himself; root that becomes another is root no more. */
    private static long setUser(HostKernel kernel, Task task, long[] a) {
        long user = task.users.outward(a[0] & 0xFFFF_FFFFL, false);
        if (user < 0) {
            throw Errno.EINVAL.failure();
        }
        if (!task.privileged && user != task.user) {
            throw Errno.EPERM.failure();
        }
        task.user = (int) user;
        task.privileged &= (a[0] & 0xFFFF_FFFFL) == 0;
        return 0;
    }

    private static long setGroup(HostKernel kernel, Task task, long[] a) {
        long group = task.users.outward(a[0] & 0xFFFF_FFFFL, true);
        if (group < 0) {
            throw Errno.EINVAL.failure();
        }
        if (!task.privileged && group != task.userGroup) {
            throw Errno.EPERM.failure();
        }
        task.userGroup = (int) group;
        return 0;
    }

    private static final int SET_GS = 0x1001;
    private static final int SET_FS = 0x1002;
    private static final int GET_FS = 0x1003;
    private static final int GET_GS = 0x1004;

    /** The bases of FS and GS: Linux, arch/x86/include/uapi/asm/prctl.h. */
    private static long architecture(HostKernel kernel, Task task, long[] a) {
        switch ((int) a[0]) {
            case SET_FS, SET_GS -> {
                if (a[1] < 0 || a[1] >= AddressSpace.USER_END) {
                    throw Errno.EPERM.failure();
                }
                kernel.setBase((int) a[0] == SET_FS, a[1]);
            }
            case GET_FS, GET_GS -> task.memory.write(a[1], longBytes(kernel.base((int) a[0] == GET_FS)));
            default -> throw Errno.EINVAL.failure();
        }
        return 0;
    }

    private static byte[] longBytes(long value) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    private static final long SECOND = 1_000_000_000;

    /** CLOCK_REALTIME and CLOCK_MONOTONIC count guest time; the first since 1970, as the real-time clock has it. */
    private static long time(HostKernel kernel, Task task, long[] a) {
        long now = switch ((int) a[0]) {
            case 0 -> kernel.now() + HostKernel.START_OF_TIME * SECOND;
            case 1 -> kernel.now();
            default -> throw Errno.EINVAL.failure();
        };
        byte[] time = ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(now / SECOND)
                .putLong(now % SECOND)
                .array();
        task.memory.write(a[1], time);
        return 0;
    }

    private static long sleep(HostKernel kernel, Task task, long[] a) {
        if (task.wakes > 0) {
            boolean over = kernel.now() >= task.wakes;
            if (!over) {
                throw new SystemCall.Blocked(Task.Waiting.TIME);
            }
            task.wakes = 0;
            return 0;
        }
        ByteBuffer time = ByteBuffer.wrap(task.memory.read(a[0], 16)).order(ByteOrder.LITTLE_ENDIAN);
        long seconds = time.getLong();
        long rest = time.getLong();
        if (seconds < 0 || rest < 0 || rest >= SECOND) {
            throw Errno.EINVAL.failure();
        }
        if (seconds == 0 && rest == 0) {
            return 0;
        }
        task.wakes = kernel.now() + Math.min(seconds, Integer.MAX_VALUE) * SECOND + rest;
        throw new SystemCall.Blocked(Task.Waiting.TIME);
    }

    /** Registers of a child: as its parent's behind the call, with the result 0 and perhaps another stack. */
    static Registers.State ofChild(Registers.State parent, long stack, int length, long flags) {
        Registers registers = new Registers();
        registers.restore(parent);
        registers.rip(registers.rip() + length);
        registers.set(Registers.RAX, 0);
        registers.set(Registers.RCX, registers.rip());
        registers.set(R11, flags);
        if (stack != 0) {
            registers.set(Registers.RSP, stack);
        }
        return registers.save();
    }

    private static final int R11 = 11;
}
