package ringside.monitor.kvm;

import java.util.List;
import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState.Activity;
import ringside.device.ApicMessage;
import ringside.machine.Machine;
import ringside.monitor.Host;
import ringside.monitor.Options.Irqchip;
import ringside.probe.Actor;
import ringside.probe.Deed;

/**
 * The monitor in user space (QEMU's place): it sets the virtual machine up by ioctl calls, calls KVM_RUN, and answers what that returns with:
 * its devices do what the guest asks of ports, and interrupt it.
 */
final class KvmUserspace {
    private final KvmApi kvm;
    private final Machine machine;
    private final Host host;
    private final InterruptChips chips;
    private final Cpu guest;
    private final Actor self;
    private final IoctlLog log = new IoctlLog();

    /** The bells that it waits for. */
    private List<IoEvent> events = List.of();

    /** KVM_RUN has not returned yet. */
    private boolean running;

    KvmUserspace(KvmApi kvm, Machine machine, Host host, Irqchip irqchip, InterruptChips chips, Cpu guest, Actor self) {
        this.self = self;
        this.kvm = kvm;
        this.machine = machine;
        this.host = host;
        this.chips = chips;
        this.guest = guest;
        setUp(irqchip);
    }

    /** The calls by which a monitor makes a virtual machine, in the order of KVM's API documentation. */
    private void setUp(Irqchip irqchip) {
        long memory = machine.config().memory();
        call(Ioctl.KVM_GET_API_VERSION, "", "12");
        call(Ioctl.KVM_CREATE_VM, "", "vm");
        // QEMU, target/i386/kvm/kvm.c: a page for the identity map, and three behind it for the TSS, whoever made the
        // processor.
        call(Ioctl.KVM_SET_IDENTITY_MAP_ADDR, "0xfffbc000", "0");
        call(Ioctl.KVM_SET_TSS_ADDR, "0xfffbd000", "0");
        switch (irqchip) {
            case USER -> {
                // PIC and PIT are this monitor's own.
            }
            case KERNEL -> {
                call(Ioctl.KVM_CREATE_IRQCHIP, "", "0");
                call(Ioctl.KVM_CREATE_PIT2, "", "0");
            }
            case SPLIT -> {
                call(Ioctl.KVM_ENABLE_CAP, "KVM_CAP_SPLIT_IRQCHIP", "0");
                machine.ioApic().onMessage(this::signal);
            }
        }
        call(Ioctl.KVM_SET_USER_MEMORY_REGION, "slot 0, guest 0x0, size 0x" + Long.toHexString(memory), "0");
        call(Ioctl.KVM_GET_VCPU_MMAP_SIZE, "", "" + KvmRun.SIZE);
        call(Ioctl.KVM_CREATE_VCPU, "0", "vcpu");
        call(Ioctl.KVM_SET_CPUID2, kvm.leaves(), "0");
        call(Ioctl.KVM_SET_SREGS, "", "0");
        call(Ioctl.KVM_SET_REGS, "rip 0x" + Long.toHexString(guest.registers.rip()), "0");
    }

    /** The I/O APIC in user space has a message for the local APIC in the kernel. */
    private void signal(ApicMessage message) {
        String argument =
                "address 0x" + Long.toHexString(message.address()) + ", data 0x" + Integer.toHexString(message.data());
        call(Ioctl.KVM_SIGNAL_MSI, argument, "1");
    }

    private void call(Ioctl ioctl, String argument, String result) {
        log.add(machine.clock().now(), ioctl, argument, result);
    }

    /** Runs until guest time {@code until} or the end. */
    void run(long until) {
        while (machine.clock().now() < until && host.ending().isEmpty()) {
            if (!running && guest.system.activity != Activity.ACTIVE) {
                self.does(Deed.BLOCK);
                host.attend(guest);
                continue;
            }
            if (!running) {
                offerInterrupt();
                running = true;
                self.does(Deed.CALL_KVM_RUN);
            }
            Optional<KvmExit> exit = kvm.run(until);
            while (exit.isPresent()) {
                running = false;
                call(Ioctl.KVM_RUN, "", exit.get().name());
                exit = answer(exit.get());
            }
            if (!running || guest.system.activity == Activity.ACTIVE) {
                host.attend(guest); // a guest that waits in the kernel is the kernel's to attend to
            }
        }
    }

    /** @return what the completion of the access returned with, if it asks for another one */
    private Optional<KvmExit> answer(KvmExit exit) {
        self.does(Deed.HANDLE_RUN_EXIT, exit.number());
        return switch (exit) {
            case KVM_EXIT_IO -> {
                KvmRun shared = kvm.shared();
                if (shared.ioIsOut()) {
                    self.does(Deed.ACCESS_DEVICE, shared.ioPort());
                    machine.ports().write(shared.ioPort(), shared.ioSize(), shared.ioData());
                } else {
                    self.does(Deed.ACCESS_DEVICE, shared.ioPort());
                    shared.ioData(machine.ports().read(shared.ioPort(), shared.ioSize()));
                }
                yield finish();
            }
            case KVM_EXIT_MMIO -> {
                answerMemory();
                listenForEvents();
                yield finish();
            }
            // What there is to do follows from devices and the guest's activity.
            case KVM_EXIT_HLT, KVM_EXIT_IRQ_WINDOW_OPEN, KVM_EXIT_SHUTDOWN, KVM_EXIT_INTR, KVM_EXIT_SET_TPR ->
                Optional.empty();
            case KVM_EXIT_IOAPIC_EOI -> {
                machine.ioApic().endOfInterrupt(kvm.shared().endedVector());
                yield Optional.empty();
            }
        };
    }

    private void answerMemory() {
        KvmRun shared = kvm.shared();
        self.does(Deed.ACCESS_DEVICE, shared.mmioAddress());
        if (shared.mmioIsWrite()) {
            machine.memoryBus().write(shared.mmioAddress(), shared.mmioLength(), shared.mmioData());
        } else {
            shared.mmioData(machine.memoryBus().read(shared.mmioAddress(), shared.mmioLength()));
        }
    }

    /** As soon as a driver is ready, the bells of its queues ring in the kernel, and a thread beside KVM_RUN hears them. */
    private void listenForEvents() {
        List<IoEvent> wanted = machine.doorbells().stream()
                .map(bell -> new IoEvent(bell.address(), Integer.BYTES, bell.queue()))
                .toList();
        for (IoEvent event : events) {
            if (!wanted.contains(event)) {
                kvm.ioEvent(event, false);
                call(Ioctl.KVM_IOEVENTFD, event.text(false), "0");
            }
        }
        for (IoEvent event : wanted) {
            if (!events.contains(event)) {
                kvm.ioEvent(event, true);
                call(Ioctl.KVM_IOEVENTFD, event.text(true), "0");
            }
        }
        events = wanted;
    }

    /** The bell of a queue has rung: the device works on it. */
    void event(IoEvent event) {
        machine.memoryBus().write(event.address(), event.length(), event.value());
    }

    /** The access takes effect in the guest with the next KVM_RUN, which may stop at once. */
    private Optional<KvmExit> finish() {
        self.does(Deed.CALL_KVM_RUN, 1);
        return kvm.run(Long.MIN_VALUE);
    }

    /** Before KVM_RUN: an interrupt of this monitor's own controllers goes in, or a window for it is asked for. */
    private void offerInterrupt() {
        KvmRun shared = kvm.shared();
        if (chips.userHasUnmaskable(kvm.hasNonMaskable())) {
            offerUnmaskable();
        }
        if (!chips.userRequests()) {
            shared.requestInterruptWindow(false);
        } else if (shared.readyForInterruptInjection()) {
            int vector = chips.acknowledgeByUser();
            kvm.interrupt(vector);
            shared.requestInterruptWindow(false);
            call(Ioctl.KVM_INTERRUPT, "vector " + vector, "0");
        } else {
            shared.requestInterruptWindow(true);
        }
    }

    /** What no flag masks goes in whatever the guest does; the kernel keeps an NMI until it can be taken. */
    private void offerUnmaskable() {
        if (chips.local().initialization()) {
            chips.local().takeInitialization();
            kvm.initialize();
            call(Ioctl.KVM_SET_REGS, "rip 0xfff0", "0");
            call(Ioctl.KVM_SET_SREGS, "cs 0xf000, base 0xffff0000", "0");
            call(Ioctl.KVM_SET_VCPU_EVENTS, "", "0");
        } else {
            kvm.nonMaskable();
            call(Ioctl.KVM_NMI, "", "0");
        }
    }

    IoctlLog log() {
        return log;
    }

    record State(boolean running, List<IoEvent> events, IoctlLog.State log) {}

    State save() {
        return new State(running, events, log.save());
    }

    void restore(State state) {
        running = state.running;
        events = state.events;
        log.restore(state.log);
    }
}
