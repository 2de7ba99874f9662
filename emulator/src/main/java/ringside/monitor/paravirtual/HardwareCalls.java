package ringside.monitor.paravirtual;

import static java.util.Map.entry;

import java.util.Map;
import ringside.cpu.Cpu;
import ringside.cpu.Registers;
import ringside.memory.PhysicalMemory;
import ringside.probe.Deed;
import ringside.probe.Event;
import ringside.probe.Probe;

/**
 * Hypercalls of guests on virtualizing hardware, by number, and how they are made: the number is in RAX, arguments in RDI, RSI, RDX, R10, R8 of 64-bit
 * code or EBX, ECX, EDX, ESI, EDI of other code, which has 32-bit structures; the result comes back in RAX (Xen 4.20, arch/x86/hvm/hypercall.c;
 * docs/guest-guide/x86/hypercall-abi.rst). Addresses are the guest's linear ones.
 */
final class HardwareCalls {
    // HVMOP_*.
    private static final int SET_PARAM = 0;
    private static final int GET_PARAM = 1;
    private static final int FLUSH_TLBS = 5;
    private static final int GET_TIME = 10;
    private static final int GET_MEM_TYPE = 15;
    private static final int SET_EVTCHN_UPCALL_VECTOR = 23;

    // HVMMEM_*.
    private static final int RAM_RW = 0;
    private static final int RAM_RO = 1;
    private static final int MMIO_DM = 2;

    private static final int FIRST_VECTOR = 0x10;

    private static final int[] WIDE = {Registers.RDI, Registers.RSI, Registers.RDX, 10, 8};
    private static final int[] NARROW = {Registers.RBX, Registers.RCX, Registers.RDX, Registers.RSI, Registers.RDI};

    /** What a call does. */
    @FunctionalInterface
    interface Call {
        /** See {@link Hypercall.Behaviour}. */
        long perform(HardwareDomain domain, long[] arguments);
    }

    private record Row(String name, Call call) {}

    // spotless:off
    private static final Map<Integer, Row> ROWS = Map.ofEntries(
            entry( 7, new Row("platform_op",      HardwareCalls::refuse)),
            entry(12, new Row("memory_op",        HardwareMemoryCalls::operation)),
            entry(13, new Row("multicall",        InformationCalls::several)),
            entry(15, new Row("set_timer_op",     SchedulingCalls::setTimer)),
            entry(17, new Row("xen_version",      InformationCalls::version)),
            entry(18, new Row("console_io",       InformationCalls::console)),
            entry(20, new Row("grant_table_op",   GrantCalls::common)),
            entry(21, new Row("vm_assist",        InformationCalls::assist)),
            entry(24, new Row("vcpu_op",          HardwareCalls::processorOperation)),
            entry(29, new Row("sched_op",         SchedulingCalls::operation)),
            entry(32, new Row("event_channel_op", EventCalls::operation)),
            entry(34, new Row("hvm_op",           HardwareCalls::operation)),
            entry(35, new Row("sysctl",           HardwareCalls::refuse)),
            entry(36, new Row("domctl",           HardwareCalls::refuse)));
    // spotless:on

    private HardwareCalls() {}

    private static Row row(int number) {
        return ROWS.getOrDefault(
                number, new Row("hypercall_" + Integer.toUnsignedString(number), HardwareCalls::absent));
    }

    /** The call of a number: of one that there is not, a call that says so. */
    static Call call(int number) {
        return row(number).call;
    }

    /** vcpu_op; an NMI comes to this kind of processor as its own hardware brings it (Xen, arch/x86/hvm/irq.c). */
    private static long processorOperation(HardwareDomain domain, long[] a) {
        long result = SchedulingCalls.processorOperation(domain, a);
        if (domain.vcpu().nonMaskable) {
            domain.vcpu().nonMaskable = false;
            domain.upcalls().sendNonMaskable();
        }
        return result;
    }

    private static long absent(HardwareDomain domain, long[] arguments) {
        throw Errno.ENOSYS.failure();
    }

    /** For a privileged domain alone. */
    private static long refuse(HardwareDomain domain, long[] arguments) {
        throw Errno.EPERM.failure();
    }

    // How a call is made.

    /** VMCALL or VMMCALL is being performed. Outside of ring 0 there is nothing to ask for. */
    static void perform(HardwareDomain domain, Cpu cpu, Probe probe) {
        boolean wide = cpu.is64Bit();
        int size = wide ? 8 : 4;
        Registers r = cpu.registers;
        if (cpu.system.cpl != 0) {
            r.set(Registers.RAX, size, Errno.EPERM.result());
            return;
        }
        int[] places = wide ? WIDE : NARROW;
        long[] arguments = new long[places.length];
        for (int i = 0; i < places.length; i++) {
            arguments[i] = r.get(places[i], size);
        }
        long given = r.get(Registers.RAX, size);
        int number = given >>> 32 == 0 ? (int) given : -1;
        domain.begin(wide ? Abi.X86_64 : Abi.X86_32);
        probe.step(Deed.PERFORM_HYPERCALL, "xen", number);
        try {
            long result = result(domain, number, arguments);
            Row row = row(number);
            probe.event(new Event.Step("hypercall", row.name, number, result, arguments[0], "xen"));
            r.set(Registers.RAX, size, result);
            domain.end();
        } catch (Hypercall.Continued later) {
            long[] going = later.arguments();
            for (int i = 0; i < going.length; i++) {
                r.set(places[i], size, going[i]);
            }
            domain.end();
            cpu.iterateAgain();
        } catch (DomainCrash crash) {
            domain.end();
            domain.crash(crash);
        }
    }

    private static long result(HardwareDomain domain, int number, long[] arguments) {
        try {
            return call(number).perform(domain, arguments);
        } catch (Errno.Failure failure) {
            return failure.result();
        }
    }

    // hvm_op.

    private static long operation(HardwareDomain domain, long[] a) {
        long at = a[1];
        GuestMemory memory = domain.memory();
        switch ((int) a[0]) {
            case SET_PARAM -> setParameter(domain, at);
            case GET_PARAM -> {
                requireSelf(domain, memory.read(at, 2));
                memory.write(at + 8, 8, domain.parameters().read(memory.read(at + 4, 4)));
            }
            case FLUSH_TLBS -> {
                if (at != 0) {
                    throw Errno.EINVAL.failure();
                }
                domain.flush();
            }
            case GET_TIME -> memory.write(at, 8, domain.clock().now());
            case GET_MEM_TYPE -> {
                requireSelf(domain, memory.read(at, 2));
                memory.write(at + 2, 2, memoryType(domain.own().map(), memory.read(at + 8, 8)));
            }
            case SET_EVTCHN_UPCALL_VECTOR -> setVector(domain, memory.read(at, 4), (int) memory.read(at + 4, 1));
            default -> throw Errno.ENOSYS.failure();
        }
        return 0;
    }

    private static int memoryType(PhysicalMap map, long page) {
        if (map.frame(page) == PhysicalMemory.NONE) {
            return MMIO_DM;
        }
        return map.isReadOnly(page << 12) ? RAM_RO : RAM_RW;
    }

    private static void requireSelf(HardwareDomain domain, long number) {
        if (!domain.isSelf(number)) {
            throw (number == Domain.ZERO ? Errno.EPERM : Errno.ESRCH).failure();
        }
    }

    /** struct xen_hvm_param: domid, index, value. */
    private static void setParameter(HardwareDomain domain, long at) {
        GuestMemory memory = domain.memory();
        long index = memory.read(at + 4, 4);
        long value = memory.read(at + 8, 8);
        requireSelf(domain, memory.read(at, 2));
        domain.parameters().set(index, value);
        if (index == Parameters.CALLBACK_IRQ) {
            domain.upcalls().set(value, domain.upcallPending());
            domain.latchLayout();
        }
    }

    private static void setVector(HardwareDomain domain, long processor, int vector) {
        if (vector < FIRST_VECTOR) {
            throw Errno.EINVAL.failure();
        }
        if (processor != 0) {
            throw Errno.ENOENT.failure();
        }
        domain.upcalls().apicVector(vector, domain.upcallPending());
    }
}
