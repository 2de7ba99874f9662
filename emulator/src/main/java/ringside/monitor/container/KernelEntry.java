package ringside.monitor.container;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import ringside.cpu.Cpu;
import ringside.cpu.EventReceiver;
import ringside.cpu.Exit;
import ringside.cpu.Fault;
import ringside.cpu.Gate;

/** The program enters its kernel: by SYSCALL, or by a fault. */
final class KernelEntry extends Exit {
    private static final long serialVersionUID = 1;

    private final transient @Nullable Fault fault;

    private KernelEntry(@Nullable Fault fault) {
        this.fault = fault;
    }

    /** The fault; none where it was a system call. */
    Optional<Fault> fault() {
        return Optional.ofNullable(fault);
    }

    /** IA32_LSTAR leads into the host's kernel. */
    static final Gate SYSTEM_CALLS = (cpu, step, operand) -> {
        if (step.form.mnemonic().equals("SYSCALL")) {
            throw new KernelEntry(null);
        }
    };

    /**
     * So do all gates of its interrupt table. INT3 and INTO may be used from ring 3 (Linux, arch/x86/kernel/idt.c); INT n faults, as
     * this kernel is built without IA32 emulation.
     */
    static final EventReceiver TO_KERNEL = new EventReceiver() {
        @Override
        public void fault(Cpu cpu, Fault fault) {
            throw new KernelEntry(fault);
        }

        @Override
        public void software(Cpu cpu, int vector, Software kind) {
            throw new KernelEntry(Fault.ofSoftware(kind, vector));
        }

        @Override
        public void external(Cpu cpu, int vector) {
            throw new IllegalStateException("no device interrupts a program");
        }

        @Override
        public void nonMaskable(Cpu cpu) {
            throw new IllegalStateException("no device interrupts a program");
        }

        @Override
        public void initialize(Cpu cpu) {
            throw new IllegalStateException("no device interrupts a program");
        }
    };
}
