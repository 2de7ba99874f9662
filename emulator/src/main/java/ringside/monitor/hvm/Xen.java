package ringside.monitor.hvm;

import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SystemState.Activity;
import ringside.machine.Machine;
import ringside.monitor.Ending;
import ringside.monitor.Host;
import ringside.monitor.hardware.EmulatedMemory;
import ringside.monitor.hardware.EmulatedMemory.Access;
import ringside.monitor.hardware.HardwareExit;
import ringside.monitor.hardware.HardwareExit.PortAccess;
import ringside.monitor.hardware.HardwareProcessor;
import ringside.monitor.hardware.PortStrings;
import ringside.monitor.paravirtual.HardwareDomain;
import ringside.monitor.paravirtual.PhysicalMap;
import ringside.probe.Actor;
import ringside.probe.Deed;

/**
 * Xen, to which every exit of an HVM guest comes. It answers most of them itself; what concerns a device that it has not becomes a request to the
 * device model in domain 0, and the guest waits until that is answered (Xen 4.20, arch/x86/hvm/{emulate,intercept,io}.c, common/ioreq.c).
 */
final class Xen {
    private final Machine machine;
    private final Host host;
    private final Actor self;
    private final HardwareProcessor vcpu;
    private final XenDevices devices;
    private final XenPorts ports;
    private final EmulatedMemory memory;
    private final DeviceModel deviceModel;

    /** What it keeps of the domain whose guest knows it. */
    private final HardwareDomain domain;

    private final PhysicalMap map;

    /** What is read where nobody answers. */
    private static final long NOBODY = -1;

    /** A port instruction of which elements are still to be done. */
    private Rest rest = Rest.NONE;

    /**
     * What is left of a port instruction that Xen has begun to emulate.
     *
     * @param done elements
     * @param count of all elements
     * @param asked whether the device model has a request for them
     */
    private record Rest(PortAccess access, int done, int count, boolean asked) {
        static final Rest NONE = new Rest(PortAccess.NONE, 0, 0, false);
    }

    /** An access to memory of which the device model has been asked for a piece. */
    private Optional<Pieces> pieces = Optional.empty();

    /**
     * An access goes in pieces of 8, 4, 2 and 1 bytes (hvm/emulate.c, hvmemul_phys_mmio_access).
     *
     * @param done bytes
     * @param value of those that were read
     */
    record Pieces(Access access, int done, long value) {
        boolean isDone() {
            return done == access.size();
        }

        private int piece() {
            return Integer.highestOneBit(access.size() - done);
        }

        IoRequest request() {
            long data = access.write() ? access.value() >>> 8 * done & ones(piece()) : 0;
            return IoRequest.of(IoRequest.Type.COPY, access.physical() + done, piece(), !access.write(), data);
        }

        Pieces with(long answer) {
            long more = access.write() ? 0 : (answer & ones(piece())) << 8 * done;
            return new Pieces(access, done + piece(), value | more);
        }

        Access answered() {
            return new Access(access.physical(), access.size(), access.write(), value);
        }
    }

    Xen(Machine machine, Host host, Actor self, HardwareProcessor vcpu, DeviceModel deviceModel, Parts parts) {
        this.machine = machine;
        this.host = host;
        this.self = self;
        this.vcpu = vcpu;
        this.deviceModel = deviceModel;
        devices = parts.devices;
        ports = parts.ports;
        memory = parts.memory;
        domain = parts.domain;
        map = parts.map;
    }

    /** What it sees of the machine, and keeps of the domain. */
    record Parts(XenDevices devices, XenPorts ports, PhysicalMap map, EmulatedMemory memory, HardwareDomain domain) {}

    /** Runs until guest time, or until the virtual processor waits: for the device model, or in HLT where others use the machine meanwhile. */
    void run(long until) {
        while (machine.clock().now() < until && ending().isEmpty()) {
            if (isAsking()) {
                if (!deviceModel.isAnswered()) {
                    return;
                }
                answered();
                attend();
                continue;
            }
            long before = machine.clock().now();
            if (!rest.asked || !deviceModel.isWhole()) {
                giveEvents();
            }
            boolean waits = vcpu.believed().system.activity != Activity.ACTIVE;
            if (waits && !host.idles()) {
                return;
            }
            if (waits || machine.clock().now() != before) {
                attend();
                continue;
            }
            if (goesOn()) {
                goOn();
                attend();
                continue;
            }
            finish();
            Optional<HardwareExit> exit = vcpu.run(host.deadline(until));
            if (exit.isEmpty() && isPhysicalInterrupt()) {
                exit = Optional.of(vcpu.interrupt());
            }
            exit.ifPresent(left -> {
                domain.afterExit();
                answer(left);
            });
            attend();
        }
    }

    private void attend() {
        if (vcpu.believed().system.activity != Activity.ACTIVE) {
            self.does(Deed.BLOCK);
        }
        host.attend(vcpu.believed());
    }

    /** What it keeps of its domain. */
    HardwareDomain domain() {
        return domain;
    }

    /** How the domain has ended, or was ended. */
    Optional<Ending> ending() {
        return domain.ending().or(host::ending);
    }

    /** Has the device model a request that the virtual processor waits for? */
    boolean isAsking() {
        return rest.asked && rest.done == 0 || pieces.isPresent();
    }

    /** The request is answered: what it was made for goes on. */
    private void answered() {
        vcpu.prepareEmulation();
        if (pieces.isPresent()) {
            ask(pieces.get().with(take()));
        } else {
            perform();
        }
    }

    /** What the device model has read, of a request for a single element. */
    private long take() {
        long answer = deviceModel.element(0);
        deviceModel.finish(1);
        return answer;
    }

    /** Another domain gets the processor: a physical interrupt has led out of the guest. */
    void leave() {
        if (vcpu.isInside()) {
            answer(vcpu.interrupt());
        }
    }

    /** An event channel is none: where the domain is told by a vector, Xen has that ready for the next entry. */
    private boolean isPhysicalInterrupt() {
        return machine.schedule().next() <= machine.clock().now()
                || machine.interrupts().pending();
    }

    /** Xen's own controllers interrupt the guest: at the next entry, or after a window. */
    private void giveEvents() {
        if (vcpu.isInside()) {
            return;
        }
        if (vcpu.giveUnmaskable(machine.interrupts())) {
            finish();
        }
        if (!domain.interrupts().pending()) {
            return;
        }
        if (!vcpu.takesInterrupts()) {
            vcpu.interruptWindow(true);
            return;
        }
        finish();
        vcpu.injectInterrupt(domain.interrupts().acknowledge());
        vcpu.believed().system.activity = Activity.ACTIVE;
    }

    private void answer(HardwareExit exit) {
        exit.handledBy(self);
        switch (exit.kind()) {
            case PORT -> answerPort(exit);
            case MEMORY -> answerMemory(exit);
            case HALT, SHUTDOWN, INTERRUPT, WINDOW, TASK_PRIORITY, OTHER -> answerSelf(exit);
        }
    }

    private void answerSelf(HardwareExit exit) {
        self.probe().event(exit.answeredBy("xen"));
        vcpu.answer();
        memory.completed();
    }

    private void emulate() {
        vcpu.emulate();
        memory.completed();
    }

    // Ports.

    private void answerPort(HardwareExit exit) {
        PortAccess access = exit.port();
        vcpu.prepareEmulation();
        Cpu believed = vcpu.believed();
        int value = 0;
        int count = 1;
        long first = 0;
        try {
            if (access.string()) {
                if (PortStrings.isOver(believed)) {
                    answerSelf(exit);
                    return;
                }
                value = PortStrings.reach(believed, access);
                first = Repetition.first(believed, access);
                count = Repetition.count(believed, access, this::isRam);
            } else if (!access.in()) {
                value = (int) believed.registers.get(Registers.RAX, access.size());
            }
        } catch (Fault fault) {
            // The string operand faults: emulation delivers that, and no port is touched.
            answerSelf(exit);
            return;
        }
        boolean asks = asks(access, value);
        rest = new Rest(access, 0, count, asks);
        self.probe().event(exit.answeredBy(asks ? "dom0" : "xen"));
        if (asks) {
            deviceModel.send(
                    count > 1
                            ? IoRequest.ofString(
                                    access.port(),
                                    access.size(),
                                    access.in(),
                                    first,
                                    count,
                                    believed.registers.direction())
                            : IoRequest.of(
                                    IoRequest.Type.PIO,
                                    access.port(),
                                    access.size(),
                                    access.in(),
                                    Integer.toUnsignedLong(value)));
        }
        if (!asks) {
            self.does(Deed.ACCESS_DEVICE, access.port());
        }
        if (!asks || deviceModel.isAnswered()) {
            perform();
        }
    }

    /** Must the device model be asked? Where the domain has none for a port, nobody answers. */
    private boolean asks(PortAccess access, int value) {
        return !isOwn(access, value) && deviceModel.serves(IoRequest.Type.PIO, access.port(), access.size());
    }

    private boolean isOwn(PortAccess access, int value) {
        return access.in()
                ? devices.reads(access.port(), access.size())
                : devices.writes(access.port(), access.size(), value);
    }

    private boolean isRam(long physical) {
        return map.isOwn(physical);
    }

    /** The next element of a string, or an instruction that has no further ones. */
    private void perform() {
        ports.answer(rest.access.port(), rest.asked ? deviceModel.element(rest.done) : NOBODY);
        rest = new Rest(rest.access, rest.done + 1, rest.count, rest.asked);
        if (rest.done == rest.count) {
            finish();
        }
        emulate();
        host.serveDevices();
    }

    /**
     * Guest time passes with each element, so an interrupt that becomes due in between is taken there, as on the bare machine; Xen's guest takes
     * it after the last one of the request.
     */
    private boolean goesOn() {
        return rest.done < rest.count && !vcpu.isInside() && PortStrings.goesOn(vcpu.believed(), rest.access);
    }

    private void goOn() {
        try {
            int value = PortStrings.reach(vcpu.believed(), rest.access);
            if (rest.asked == asks(rest.access, value)) {
                perform();
                return;
            }
        } catch (Fault fault) {
            // The guest meets it itself.
        }
        finish();
    }

    /** What was begun is over, or goes no further. */
    private void finish() {
        if (rest.asked) {
            deviceModel.finish(rest.done);
        }
        rest = Rest.NONE;
    }

    // Memory.

    /**
     * Memory without RAM or a device of Xen's is the device model's: it is asked for the accesses that the instruction makes there, one after the
     * other. Where Xen's emulator gives up (a fetch there, an event that is delivered there), this one does as the bare machine.
     *
     * <p>A write to a page that was granted for reading only is none of the emulator's: the guest gets #GP(0) for it (hvm_hap_nested_page_fault). Over
     * shadow tables it is performed, and lost (sh_page_fault: "Ignore attempts to write to read-only memory").
     */
    private void answerMemory(HardwareExit exit) {
        HardwareExit.MemoryAccess wanted = exit.memory();
        if (wanted.nested() && wanted.write() && !wanted.delivery() && map.isReadOnly(wanted.physical())) {
            refuseWrite(exit);
            return;
        }
        if (vcpu.isRam(exit.memory().physical()) || exit.memory().delivery()) {
            answerSelf(exit);
            return;
        }
        vcpu.prepareEmulation();
        Optional<Access> access = memory.next(vcpu.believed());
        if (access.isEmpty()) {
            answerSelf(exit);
            return;
        }
        Pieces first = new Pieces(access.get(), 0, 0);
        self.probe().event(exit.answeredBy(serves(first.request()) ? "dom0" : "xen"));
        ask(first);
    }

    private void refuseWrite(HardwareExit exit) {
        self.probe().event(exit.answeredBy("xen"));
        vcpu.injectGeneralProtection();
        memory.completed();
    }

    private boolean serves(IoRequest request) {
        return deviceModel.serves(request.type(), request.address(), request.size());
    }

    /** Asks for one piece after the other, and one access after the other, until one must be waited for. */
    private void ask(Pieces from) {
        Pieces now = from;
        while (true) {
            while (!now.isDone()) {
                IoRequest request = now.request();
                long answer = NOBODY;
                if (serves(request)) {
                    deviceModel.send(request);
                    pieces = Optional.of(now);
                    if (!deviceModel.isAnswered()) {
                        return;
                    }
                    answer = take();
                }
                now = now.with(answer);
            }
            memory.answer(now.answered());
            Optional<Access> next = memory.next(vcpu.believed());
            if (next.isEmpty()) {
                break;
            }
            now = new Pieces(next.get(), 0, 0);
        }
        pieces = Optional.empty();
        emulate();
        host.serveDevices();
    }

    private static long ones(int bytes) {
        return -1L >>> 64 - 8 * bytes;
    }

    /** What of an emulation is still to be done; what it keeps of the domain is saved with that. */
    record State(
            PortAccess access,
            int done,
            int count,
            boolean asked,
            Optional<Pieces> pieces,
            DeviceModel.State deviceModel,
            EmulatedMemory.State memory,
            XenDevices.State devices) {}

    State save() {
        return new State(
                rest.access,
                rest.done,
                rest.count,
                rest.asked,
                pieces,
                deviceModel.save(),
                memory.save(),
                devices.save());
    }

    void restore(State state) {
        rest = new Rest(state.access, state.done, state.count, state.asked);
        pieces = state.pieces;
        deviceModel.restore(state.deviceModel);
        memory.restore(state.memory);
        devices.restore(state.devices);
    }
}
