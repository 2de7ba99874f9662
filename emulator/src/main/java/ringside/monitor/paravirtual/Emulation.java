package ringside.monitor.paravirtual;

import java.util.Map;
import java.util.Optional;
import ringside.bus.PortBus;
import ringside.cpu.Boundary;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.InterruptTable;
import ringside.cpu.ModelSpecificRegisters;
import ringside.cpu.Registers;
import ringside.cpu.Step;
import ringside.cpu.StepCache;
import ringside.cpu.SystemState;
import ringside.isa.OperandKind;
import ringside.mmu.PaePaging;
import ringside.mmu.SegmentRegister;

/**
 * Privileged instructions that Xen performs for a guest's kernel, so that not all of it had to be ported (Xen, arch/x86/pv/emul-priv-op.c). To emulate
 * one is to perform its row on the processor that the guest believes in, at ring 0; what it has changed there is taken over
 * where Xen allows the change, and else the guest has its fault.
 */
final class Emulation {
    /** Takes over what an instruction has changed; false where the guest may not change it. */
    @FunctionalInterface
    private interface Taken {
        boolean over(Emulation emulation);
    }

    // spotless:off
    private static final Map<String, Taken> INSTRUCTIONS = Map.ofEntries(
            Map.entry("CLTS",   Emulation::takeControl),
            Map.entry("WBINVD", emulation -> true),
            Map.entry("RDTSC",  emulation -> true),
            Map.entry("RDTSCP", emulation -> true),
            Map.entry("CPUID",  emulation -> true),
            Map.entry("RDMSR",  Emulation::isReadable),
            Map.entry("WRMSR",  Emulation::takeModelSpecific),
            Map.entry("XSETBV", Emulation::takeExtendedControl),
            Map.entry("IN",     emulation -> true),
            Map.entry("OUT",    emulation -> true),
            Map.entry("INSB",   emulation -> true),
            Map.entry("INSW",   emulation -> true),
            Map.entry("INSD",   emulation -> true),
            Map.entry("OUTSB",  emulation -> true),
            Map.entry("OUTSW",  emulation -> true),
            Map.entry("OUTSD",  emulation -> true));
    // spotless:on

    /** What a guest may change of CR4, as far as this processor has it (Xen, asm-x86/domain.h, PV_CR4_GUEST_MASK). */
    private static final long CR4_CHANGEABLE =
            SystemState.TIME_STAMP_DISABLE | SystemState.DEBUGGING_EXTENSIONS | SystemState.OSXSAVE;

    /** Of the opcodes 0F 20 and 0F 22 the one that writes. */
    private static final int MOV_TO_CONTROL = 0x22;

    /** The task priority, which Xen does not offer. */
    private static final int CR8 = 8;

    /** What 32-bit guests do not see of EFER, on a processor of this vendor. */
    private static final long NOT_OF_32_BITS =
            SystemState.LONG_MODE_ENABLE | SystemState.LONG_MODE_ACTIVE | SystemState.SYSCALL_ENABLE;

    private final Domain domain;
    private final Cpu real;
    private final Cpu believed;

    Emulation(Domain domain, StepCache code) {
        this.domain = domain;
        real = domain.cpu();
        believed = new Cpu(
                real.registers,
                new SystemState(),
                new Cpu.Parts(
                        real.memory.physical(),
                        new PortBus(),
                        real.clock,
                        code,
                        this::admit,
                        new Boundary() {
                            @Override
                            public boolean cross(Cpu cpu) {
                                return false;
                            }

                            @Override
                            public boolean isWaiting(Cpu cpu) {
                                return false;
                            }
                        },
                        new InterruptTable()));
    }

    /** The processor that the guest believes in, brought up to date: what Xen keeps for it, over the same registers. */
    Cpu believed() {
        return believed(real.system.save());
    }

    /** The same with a state that the processor has had, or will have. */
    Cpu believed(SystemState.State state) {
        SystemState from = new SystemState();
        from.restore(state);
        SystemState to = believed.system;
        VirtualCpu vcpu = domain.vcpu();
        to.restore(state);
        to.cpl = domain.inKernel() ? 0 : 3;
        to.flags = from.flags & ~(SystemState.INTERRUPT | SystemState.IOPL)
                | (domain.upcallMask() ? 0 : SystemState.INTERRUPT)
                | vcpu.iopl << 12;
        to.cr2 = vcpu.cr2;
        to.cr4 = vcpu.cr4;
        to.kernelGsBase = vcpu.otherGsBase;
        to.pendingDebug = 0;
        if (!domain.abi().is64()) {
            to.efer = from.efer & ~NOT_OF_32_BITS;
            to.cr3 = compatibleRoot(vcpu.kernelRoot);
            for (int i = 0; i < to.pdpte.length; i++) {
                // A destroyed domain has no tables.
                long entry = vcpu.kernelRoot == 0 ? 0 : domain.ram().read(((long) vcpu.kernelRoot << 12) + i * 8L, 8);
                to.pdpte[i] = entry & (EntryRules.FRAME | 1);
                if (PaePaging.isInvalidPointer(to.pdpte[i])) {
                    throw new IllegalStateException("a validated pointer is invalid");
                }
            }
        }
        to.activity = domain.isRunning() ? SystemState.Activity.ACTIVE : SystemState.Activity.HALTED;
        believed.memory.flush(true);
        believed.pagingChanged();
        return believed;
    }

    /** CR3 as PAE kernels see it: frame numbers of more than 20 bits go round (Xen's public header xen-x86_32.h). */
    private static long compatibleRoot(int frame) {
        return ((long) frame << 12 | frame >>> 20) & 0xFFFF_FFFFL;
    }

    private static boolean isControl(Step step) {
        return step.form.has(OperandKind.CR);
    }

    private static boolean isDebug(Step step) {
        return step.form.has(OperandKind.DR);
    }

    /**
     * Performs the instruction at which the guest has met #GP(0).
     *
     * @return false where it is not one that Xen performs, or may not do what it would: nothing has happened then
     */
    boolean perform() {
        Registers.State before = real.registers.save();
        try {
            Step step = real.peek();
            if (isFlagInstruction(step)) {
                return passOver(step);
            }
            Optional<Taken> taken = taken(step);
            if (taken.isEmpty() || needsKernel(step) && !domain.inKernel()) {
                return false;
            }
            believed();
            if (loadsTables(step)) {
                return moveToControl(step);
            }
            believed.system.flags |= SystemState.IOPL;
            believed.system.dr7 &= ~SystemState.DR7_GENERAL_DETECT;
            believed.performOnly();
            if (taken.get().over(this)) {
                return true;
            }
        } catch (Fault fault) {
            if (fault.vector() == Fault.PAGE_FAULT) {
                real.registers.restore(before);
                throw fault;
            }
        }
        real.registers.restore(before);
        return false;
    }

    private static Optional<Taken> taken(Step step) {
        if (isControl(step)) {
            return step.decoded.reg == CR8 ? Optional.empty() : Optional.of(Emulation::takeControl);
        }
        if (isDebug(step)) {
            return Optional.of(Emulation::takeDebug);
        }
        return Optional.ofNullable(INSTRUCTIONS.get(step.form.mnemonic()));
    }

    /** All but those for ports: programs may have ports of their own. */
    private static boolean needsKernel(Step step) {
        return !switch (step.form.mnemonic()) {
            case "IN", "OUT", "INSB", "INSW", "INSD", "OUTSB", "OUTSW", "OUTSD", "CPUID" -> true;
            default -> false;
        };
    }

    // CLI and STI.

    private static boolean isFlagInstruction(Step step) {
        return step.form.mnemonic().equals("CLI") || step.form.mnemonic().equals("STI");
    }

    /** They do nothing at all where the guest has asked for I/O privilege, and fault elsewhere: POPF could not be told. */
    private boolean passOver(Step step) {
        return hasPortPrivilege() && moveOn(step);
    }

    private boolean moveOn(Step step) {
        real.registers.rip(real.registers.rip() + step.length & (real.is64Bit() ? -1L : 0xFFFF_FFFFL));
        return true;
    }

    private boolean hasPortPrivilege() {
        int kernelRing = domain.vcpu().assists(Domain.ARCHITECTURAL_IOPL) ? 0 : 1;
        return domain.vcpu().iopl >= (domain.inKernel() ? kernelRing : 3);
    }

    // Ports.

    private void admit(Cpu cpu, Step step, long operand) {
        String name = step.form.mnemonic();
        boolean port = name.startsWith("IN") && !name.startsWith("INV") || name.startsWith("OUT");
        if (port && !hasPortPrivilege() && !isInBitmap((int) operand, step.size)) {
            throw Fault.generalProtection(0);
        }
    }

    /** A bit for each port, clear where a program may use it. */
    private boolean isInBitmap(int port, int size) {
        VirtualCpu vcpu = domain.vcpu();
        if (vcpu.portBitmap == 0 || port + size > vcpu.portCount) {
            return false;
        }
        try {
            for (int i = port; i < port + size; i++) {
                long bits = domain.memory().read(vcpu.portBitmap + i / 8, 1);
                if ((bits >>> i % 8 & 1) != 0) {
                    return false;
                }
            }
            return true;
        } catch (Errno.Failure unreadable) {
            return false;
        }
    }

    // Control and debug registers.

    /** MOV to CR3 or CR4. */
    private static boolean loadsTables(Step step) {
        return isControl(step)
                && step.form.encoding().opcode() == MOV_TO_CONTROL
                && (step.decoded.reg == 3 || step.decoded.reg == 4);
    }

    /**
     * Their rows would load a PAE kernel's pointers, and check them as a processor in that mode does; Xen's is in long mode, and has validated
     * them by its own rules (Xen, arch/x86/pv/emul-priv-op.c, write_cr).
     */
    private boolean moveToControl(Step step) {
        long value = domain.abi().truncate(real.registers.get(step.decoded.rm));
        if (step.decoded.reg == 3) {
            believed.system.cr3 = value;
        } else {
            believed.system.cr4 = value;
        }
        return takeControl() && moveOn(step);
    }

    private boolean takeControl() {
        SystemState wanted = believed.system;
        VirtualCpu vcpu = domain.vcpu();
        if (((wanted.cr0 ^ real.system.cr0) & ~SystemState.TASK_SWITCHED) != 0) {
            return false;
        }
        long root = domain.abi().is64() ? real.system.cr3 : compatibleRoot(vcpu.kernelRoot);
        if (wanted.cr3 != root) {
            try {
                long frame =
                        domain.abi().is64() ? wanted.cr3 >>> 12 : (wanted.cr3 >>> 12 | wanted.cr3 << 20) & 0xFFFF_FFFFL;
                TableCalls.newRoot(domain, frame);
            } catch (Errno.Failure refused) {
                return false;
            }
        }
        domain.taskSwitched((wanted.cr0 & SystemState.TASK_SWITCHED) != 0);
        if (wanted.cr2 != vcpu.cr2) {
            domain.faultAddress(wanted.cr2);
        }
        if (wanted.cr4 != vcpu.cr4) {
            vcpu.cr4 = vcpu.cr4 & ~CR4_CHANGEABLE | wanted.cr4 & CR4_CHANGEABLE;
            real.system.cr4 = vcpu.cr4;
            real.pagingChanged();
        }
        return true;
    }

    private boolean takeExtendedControl() {
        real.system.xcr0 = believed.system.xcr0;
        return true;
    }

    private boolean takeDebug() {
        SystemState wanted = believed.system;
        SystemState now = real.system;
        try {
            for (int n = 0; n < 4; n++) {
                if (wanted.breakpoints[n] != now.breakpoints[n]) {
                    TrapCalls.setDebugRegister(domain, n, wanted.breakpoints[n]);
                }
            }
            if (wanted.dr6 != now.dr6) {
                TrapCalls.setDebugRegister(domain, 6, wanted.dr6);
            }
            if (wanted.dr7 != now.dr7) {
                TrapCalls.setDebugRegister(domain, 7, wanted.dr7);
            }
            return true;
        } catch (Errno.Failure refused) {
            return false;
        }
    }

    // Model-specific registers.

    private boolean isReadable() {
        return switch (number()) {
            case ModelSpecificRegisters.IA32_TIME_STAMP_COUNTER,
                    ModelSpecificRegisters.IA32_MISC_ENABLE,
                    ModelSpecificRegisters.IA32_PAT,
                    ModelSpecificRegisters.IA32_EFER,
                    ModelSpecificRegisters.IA32_TSC_AUX -> true;
            case ModelSpecificRegisters.IA32_FS_BASE,
                    ModelSpecificRegisters.IA32_GS_BASE,
                    ModelSpecificRegisters.IA32_KERNEL_GS_BASE -> domain.abi().is64();
            default -> false;
        };
    }

    private boolean takeModelSpecific() {
        SystemState wanted = believed.system;
        SystemState now = real.system;
        switch (number()) {
            case ModelSpecificRegisters.IA32_EFER -> {
                return wanted.efer == (domain.abi().is64() ? now.efer : now.efer & ~NOT_OF_32_BITS);
            }
            case ModelSpecificRegisters.IA32_FS_BASE -> take(SystemState.FS);
            case ModelSpecificRegisters.IA32_GS_BASE -> take(SystemState.GS);
            case ModelSpecificRegisters.IA32_KERNEL_GS_BASE -> domain.vcpu().otherGsBase = wanted.kernelGsBase;
            default -> {
                return false;
            }
        }
        return domain.abi().is64();
    }

    private void take(int segment) {
        SegmentRegister to = real.system.segments[segment];
        to.load(to.selector(), believed.system.segments[segment].base(), to.limit(), to.rights());
    }

    private int number() {
        return (int) real.registers.get(Registers.RCX);
    }
}
