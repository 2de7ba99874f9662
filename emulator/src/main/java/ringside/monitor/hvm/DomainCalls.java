package ringside.monitor.hvm;

import java.util.Map;
import java.util.Optional;
import ringside.bus.DirectMemory;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SystemState.Activity;
import ringside.device.SerialSink;
import ringside.memory.Ram;
import ringside.monitor.Ending;
import ringside.probe.Deed;
import ringside.probe.Event;
import ringside.probe.Probe;

/**
 * Hypercalls of guests on virtualizing hardware: the number is in EAX, arguments in RDI, RSI, RDX, R10, R8 of 64-bit code or EBX, ECX, EDX, ESI, EDI of
 * other code; the result comes back in RAX (Xen, docs/guest-guide/x86/hypercall-abi.rst; arch/x86/hvm/hypercall.c). Addresses are the guest's linear
 * ones.
 */
final class DomainCalls {
    /** XENVER_version. */
    static final int RELEASE = 4 << 16 | 20;

    private static final int NOT_PERMITTED = 1;
    private static final int BAD_ADDRESS = 14;
    private static final int INVALID = 22;
    private static final int NO_SUCH_CALL = 38;

    private static final int SHUTDOWN_CRASH = 3;
    private static final int SHUTDOWN_MAX = 5;

    private static final int[] WIDE = {Registers.RDI, Registers.RSI, Registers.RDX, 10, 8};
    private static final int[] NARROW = {Registers.RBX, Registers.RCX, Registers.RDX, Registers.RSI, Registers.RDI};

    /** What a call does. @return its result */
    @FunctionalInterface
    private interface Call {
        long perform(Cpu cpu, long[] arguments);
    }

    private record Row(String name, Call call) {}

    // spotless:off
    private final Map<Integer, Row> rows = Map.of(
            17, new Row("xen_version", this::version),
            18, new Row("console_io",  this::console),
            29, new Row("sched_op",    this::schedule));
    // spotless:on

    private final DirectMemory memory;
    private final SerialSink console;
    private final Probe probe;
    private Optional<Ending> ending = Optional.empty();

    /** @param console of Xen's, which this one lets every domain write to, as one built for debugging does (xsm/dummy.h, xsm_console_io) */
    DomainCalls(DirectMemory memory, SerialSink console, Probe probe) {
        this.memory = memory;
        this.console = console;
        this.probe = probe;
    }

    void perform(Cpu cpu) {
        boolean wide = cpu.is64Bit();
        int size = wide ? 8 : 4;
        Registers r = cpu.registers;
        int number = (int) r.get(Registers.RAX, 4);
        long[] arguments = new long[WIDE.length];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = r.get(wide ? WIDE[i] : NARROW[i], size);
        }
        r.set(Registers.RAX, size, cpu.system.cpl == 0 ? answer(cpu, number, arguments) : -NOT_PERMITTED);
    }

    private long answer(Cpu cpu, int number, long[] arguments) {
        Row row = rows.get(number);
        if (row == null) {
            return -NO_SUCH_CALL;
        }
        probe.step(Deed.PERFORM_HYPERCALL, "xen", number);
        probe.event(new Event.Step("hypercall", row.name, number, arguments[0], arguments[1], "xen"));
        try {
            return row.call.perform(cpu, arguments);
        } catch (Fault fault) {
            return -BAD_ADDRESS;
        }
    }

    /** @throws Fault where the guest has no RAM there */
    private int byteAt(Cpu cpu, long linear) {
        long physical = cpu.memory.peek(cpu.is64Bit() ? linear : linear & 0xFFFF_FFFFL);
        if (!memory.holds(physical, 1)) {
            throw Fault.page(linear, 0);
        }
        return memory.bytes(physical, 1)[0] & 0xFF;
    }

    private long version(Cpu cpu, long[] a) {
        return (int) a[0] == 0 ? RELEASE : -NO_SUCH_CALL;
    }

    /** CONSOLEIO_write. Nothing is printed where a byte of the text cannot be read. */
    private long console(Cpu cpu, long[] a) {
        int count = (int) a[1];
        if ((int) a[0] != 0) {
            return -NOT_PERMITTED;
        }
        if (count < 0 || count > Ram.FRAME_SIZE) {
            return -INVALID;
        }
        int[] text = new int[count];
        for (int i = 0; i < count; i++) {
            text[i] = byteAt(cpu, a[2] + i);
        }
        for (int one : text) {
            console.accept(one);
        }
        return 0;
    }

    /** SCHEDOP_yield, SCHEDOP_block and SCHEDOP_shutdown. */
    private long schedule(Cpu cpu, long[] a) {
        return switch ((int) a[0]) {
            case 0 -> 0;
            case 1 -> {
                cpu.system.activity = Activity.HALTED;
                yield 0;
            }
            case 2 -> shutDown(cpu, a[1]);
            default -> -NO_SUCH_CALL;
        };
    }

    private long shutDown(Cpu cpu, long argument) {
        int reason = 0;
        for (int i = 0; i < Integer.BYTES; i++) {
            reason |= byteAt(cpu, argument + i) << 8 * i;
        }
        if (Integer.compareUnsigned(reason, SHUTDOWN_MAX) > 0) {
            return -INVALID;
        }
        ending = Optional.of(Ending.of(reason == SHUTDOWN_CRASH ? Ending.Kind.CRASH : Ending.Kind.SHUTDOWN));
        return 0;
    }

    Optional<Ending> ending() {
        return ending;
    }

    void restore(Optional<Ending> saved) {
        ending = saved;
    }
}
