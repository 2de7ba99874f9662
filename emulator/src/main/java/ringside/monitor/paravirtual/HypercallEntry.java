package ringside.monitor.paravirtual;

import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.probe.Actor;
import ringside.probe.Deed;
import ringside.probe.Event;

/** How a hypercall's number and arguments come in by registers, and its result goes back (Xen, docs/guest-guide/x86/hypercall-abi.rst). */
final class HypercallEntry {
    private static final int R11 = 11;
    private static final int[] ARGUMENTS_64 = {Registers.RDI, Registers.RSI, Registers.RDX, 10, 8};
    private static final int[] ARGUMENTS_32 = {Registers.RBX, Registers.RCX, Registers.RDX, Registers.RSI, Registers.RDI
    };

    private final Cpu cpu;
    private final Actor xen;

    // The call by which the domain is in Xen, if it is by one, and what is behind it; nobody takes a snapshot
    // meanwhile.
    private boolean called;
    private long calledAt;
    private long behind;

    HypercallEntry(Cpu cpu, Actor xen) {
        this.cpu = cpu;
        this.xen = xen;
    }

    /** RIP of the instruction behind the one that entered. */
    static long behind(Cpu cpu) {
        long next = cpu.registers.rip() + cpu.peek().length;
        return cpu.is64Bit() ? next : next & 0xFFFF_FFFFL;
    }

    /** The domain runs again. */
    void forget() {
        called = false;
    }

    /** RIP of the instruction at which a domain has left: where that was a hypercall, RIP is behind it by now. */
    long leftAt() {
        long rip = cpu.registers.rip();
        return called && rip == behind ? calledAt : rip;
    }

    /** Performs the call that the registers ask for. @return a fault that the guest has met with it */
    Optional<Fault> perform(Domain domain) {
        Registers r = cpu.registers;
        boolean wide = domain.abi().is64();
        long at = r.rip();
        long next = behind(cpu);
        Hypercall call = HypercallTable.call((int) r.get(Registers.RAX));
        xen.does(Deed.HANDLE_HYPERCALL, call.number());
        int[] places = wide ? ARGUMENTS_64 : ARGUMENTS_32;
        long[] arguments = new long[places.length];
        for (int i = 0; i < places.length; i++) {
            arguments[i] = domain.abi().truncate(r.get(places[i]));
        }
        if (wide) {
            r.set(Registers.RCX, next);
            r.set(R11, cpu.flags() & ~(long) SystemState.RESUME);
        }
        r.rip(next);
        called = true;
        calledAt = at;
        behind = next;
        Optional<Fault> met = Optional.empty();
        long result;
        xen.does(Deed.PERFORM_HYPERCALL, call.number());
        try {
            result = call.behaviour().perform(domain, arguments);
        } catch (Errno.Failure failure) {
            result = failure.result();
        } catch (Hypercall.Continued later) {
            long[] going = later.arguments();
            for (int i = 0; i < going.length; i++) {
                r.set(places[i], domain.abi().truncate(going[i]));
            }
            r.rip(at);
            domain.work(1);
            return Optional.empty();
        } catch (Fault fault) {
            result = r.get(Registers.RAX);
            met = Optional.of(fault);
        } catch (DomainCrash crash) {
            report(call, at, 0, arguments[0]);
            throw crash;
        }
        report(call, at, result, arguments[0]);
        r.set(Registers.RAX, domain.abi().truncate(result));
        cpu.clock.tick();
        return met;
    }

    /** Whoever watches sees the instruction that the guest left by. */
    private void report(Hypercall call, long at, long result, long argument) {
        long rip = cpu.registers.rip();
        cpu.registers.rip(at);
        xen.probe().event(new Event.Exit("hypercall", call.name(), call.number(), result, argument, xen.name(), 0));
        cpu.registers.rip(rip);
    }
}
