package ringside.reference;

import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import ringside.bus.Clock;
import ringside.bus.PortBus;
import ringside.cpu.Boundary;
import ringside.cpu.Code;
import ringside.cpu.Cpu;
import ringside.cpu.CpuModel;
import ringside.cpu.EventReceiver;
import ringside.cpu.Fault;
import ringside.cpu.FloatingPoint;
import ringside.cpu.Gate;
import ringside.cpu.Registers;
import ringside.cpu.SegmentLoads;
import ringside.cpu.StepCache;
import ringside.cpu.SystemState;
import ringside.cpu.instruction.InstructionSet;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/**
 * Ringside's processor in the place of a user program under 64-bit Linux: ring 3 of long mode, with the descriptors and pages of
 * {@link Layout}.
 */
final class EmulatedCpu {
    private static final int FRAMES = 16;
    /** In the upper half, as Linux has its own: no case can tell there which pages are present. */
    private static final long TABLES = 0xFFFF_8000_0000_0000L;

    private static final long LOCAL_TABLE = TABLES + 0x400;
    private static final long TASK = TABLES + 0x800;

    private static final int TABLES_FRAME = 7;
    private static final int CODE_FRAME = 8;
    private static final int WINDOW_FRAME = 9;

    private static final long PRESENT = 1;
    private static final long WRITABLE = 2;
    private static final long USER = 4;
    private static final long NO_EXECUTE = 1L << 63;

    /** No case repeats so often. */
    private static final int MOST_ITERATIONS = 20_000;

    private final Ram ram = new Ram(FRAMES);
    private final Registers registers = new Registers();
    private final FloatingPoint.State floating = initialFloating();
    private final SystemState system = new SystemState();
    private final Witness witness = new Witness();
    private final Cpu cpu;

    /** With instructions as they stand. */
    EmulatedCpu() {
        this((ram, steps) -> steps);
    }

    /** @param code what runs, made from the memory and the decoded instructions in it */
    EmulatedCpu(BiFunction<Ram, StepCache, Code> code) {
        pages();
        tables();
        system.cr0 = SystemState.PROTECTION_ENABLE
                | SystemState.MONITOR_COPROCESSOR
                | SystemState.EXTENSION_TYPE
                | SystemState.NUMERIC_ERROR
                | SystemState.WRITE_PROTECT
                | SystemState.ALIGNMENT_MASK
                | SystemState.PAGING;
        system.cr3 = 0x1000;
        system.cr4 =
                SystemState.PHYSICAL_ADDRESS_EXTENSION | SystemState.FXSAVE | SystemState.UMIP | SystemState.OSXSAVE;
        system.xcr0 = CpuModel.EXTENDED_STATES;
        system.efer = SystemState.SYSCALL_ENABLE
                | SystemState.LONG_MODE_ENABLE
                | SystemState.LONG_MODE_ACTIVE
                | SystemState.NO_EXECUTE_ENABLE;
        cpu = new Cpu(
                registers,
                system,
                new Cpu.Parts(
                        PhysicalMemory.direct(ram, FRAMES),
                        // Ring 3 without an I/O permission map reaches none of them.
                        new PortBus(),
                        new Clock(),
                        code.apply(ram, new StepCache(ram, InstructionSet.decoder(), InstructionSet.behaviours())),
                        Gate.RINGS,
                        new NothingPending(),
                        witness));
    }

    private static FloatingPoint.State initialFloating() {
        var floating = new FloatingPoint();
        floating.initialize();
        return floating.save();
    }

    private void pages() {
        long all = PRESENT | WRITABLE | USER;
        ram.write(0x1000, 8, 0x2000 | all);
        ram.write(0x2000, 8, 0x3000 | all);
        ram.write(0x3000 + (Layout.CODE >> 21) * 8, 8, 0x4000 | all);
        ram.write(0x3000 + (Layout.WINDOW >> 21) * 8, 8, 0x5000 | all);
        ram.write(0x1800, 8, 0xB000 | all);
        ram.write(0xB000, 8, 0xC000 | all);
        ram.write(0xC000, 8, 0x6000 | all);
        ram.write(0x4000, 8, (long) CODE_FRAME << 12 | PRESENT | USER);
        ram.write(0x5000, 8, (long) WINDOW_FRAME << 12 | all | NO_EXECUTE);
        ram.write(0x5008, 8, (long) (WINDOW_FRAME + 1) << 12 | all | NO_EXECUTE);
        ram.write(0x6000, 8, (long) TABLES_FRAME << 12 | PRESENT | WRITABLE | NO_EXECUTE);
    }

    private void tables() {
        long[] global = Layout.globalTable();
        for (int i = 0; i < global.length; i++) {
            ram.write((long) TABLES_FRAME << 12 | i * 8L, 8, global[i]);
        }
        long[] local = Layout.localTable();
        for (int i = 0; i < local.length; i++) {
            ram.write((TABLES_FRAME << 12) + (LOCAL_TABLE - TABLES) + i * 8L, 8, local[i]);
        }
        system.gdtrBase = TABLES;
        system.gdtrLimit = global.length * 8 - 1;
        system.ldtr.load(0x50, LOCAL_TABLE, local.length * 8L - 1, SegmentRegister.PRESENT | Descriptor.LDT);
        // A TSS without an I/O permission map: its offset lies beyond the limit.
        ram.write((TABLES_FRAME << 12) + (TASK - TABLES) + 0x66, 2, 0xFFFF);
        system.tr.load(0x40, TASK, 0x67, SegmentRegister.PRESENT | Descriptor.BUSY_TSS_32);
    }

    /** Performs a case. */
    Result run(Case given) {
        byte[] before = given.window();
        begin(given, before);
        witness.vector = Result.COMPLETED;
        int iterations = 0;
        do {
            cpu.step();
            if (++iterations > MOST_ITERATIONS) {
                witness.vector = Result.ENDLESS;
            }
        } while (!given.step() && witness.vector == Result.COMPLETED && registers.rip() == given.rip());
        return result(given, before);
    }

    /** Performs several instructions, up to a fault or the INT3 behind them. */
    Result runToTrap(Case given) {
        byte[] before = given.window();
        begin(given, before);
        witness.vector = Result.COMPLETED;
        while (witness.vector == Result.COMPLETED) {
            cpu.step();
        }
        if (witness.vector == Fault.BREAKPOINT) {
            witness.vector = Result.COMPLETED;
            registers.rip(registers.rip() - 1);
        }
        return result(given, before);
    }

    private void begin(Case given, byte[] window) {
        byte[] code = new byte[Layout.CODE_SIZE];
        java.util.Arrays.fill(code, (byte) 0xCC);
        System.arraycopy(
                given.code(), 0, code, given.offset(), Math.min(given.code().length, code.length - given.offset()));
        ram.load((long) CODE_FRAME << 12, code);
        ram.load((long) WINDOW_FRAME << 12, window);

        long[] wanted = given.bits() == 64 ? given.registers() : Result.lowHalves(given.registers());
        for (int i = 0; i < 16; i++) {
            registers.set(i, wanted[i]);
        }
        registers.rip(given.rip());
        registers.floating.restore(floating);
        registers.flags(given.flags() & Result.FLAGS, Registers.UNPRIVILEGED);
        system.flags = SystemState.INTERRUPT;
        system.cpl = 3;
        system.cr2 = 0;
        system.pendingDebug = 0;
        system.activity = SystemState.Activity.ACTIVE;
        for (int i = 0; i < 6; i++) {
            load(i, given.selectors()[i]);
        }
        if (given.bits() == 64) {
            system.segments[SystemState.FS].load(0, given.fsBase(), 0, SegmentRegister.UNUSABLE);
            system.segments[SystemState.GS].load(0, given.gsBase(), 0, SegmentRegister.UNUSABLE);
        }
        cpu.stateReplaced();
    }

    private void load(int segment, int selector) {
        if (SegmentLoads.isNull(selector)) {
            system.segments[segment].load(selector, 0, 0, SegmentRegister.UNUSABLE);
        } else {
            SegmentLoads.fill(system.segments[segment], selector, SegmentLoads.descriptor(cpu, selector));
        }
    }

    private Result result(Case given, byte[] before) {
        var after = new long[16];
        var selectors = new int[6];
        for (int i = 0; i < 16; i++) {
            after[i] = registers.get(i);
        }
        for (int i = 0; i < 6; i++) {
            selectors[i] = system.segments[i].selector();
        }
        SortedMap<Integer, Integer> changes = new TreeMap<>();
        for (int i = 0; i < Layout.WINDOW_SIZE; i++) {
            byte now = ram.readable(WINDOW_FRAME + i / Ram.FRAME_SIZE)[i % Ram.FRAME_SIZE];
            if (now != before[i]) {
                changes.put(i, now & 0xFF);
            }
        }
        return new Result(
                witness.vector,
                witness.vector == Result.COMPLETED ? 0 : witness.error,
                witness.vector == Fault.PAGE_FAULT ? witness.address : 0,
                registers.rip(),
                (int) cpu.flags() & Result.FLAGS,
                selectors,
                given.bits() == 64 ? after : Result.lowHalves(after),
                changes);
    }

    /** In the place of Linux: remembers the exception, and lets programs reach the gates of INT3 and INTO only. */
    private static final class Witness implements EventReceiver {
        private int vector;
        private int error;
        private long address;

        @Override
        public void fault(Cpu cpu, Fault fault) {
            vector = fault.vector();
            error = fault.hasErrorCode() ? fault.errorCode() : 0;
            address = fault.address();
            cpu.clock.tickDelivery();
        }

        @Override
        public void software(Cpu cpu, int number, Software kind) {
            if (kind == Software.INT_N && number != Fault.BREAKPOINT && number != Fault.OVERFLOW) {
                // SDM 3A, Error Code: the gate's index, bit 1 for the IDT.
                throw Fault.generalProtection(number << 3 | 2);
            }
            vector = number;
            error = 0;
        }

        @Override
        public void external(Cpu cpu, int number) {
            throw new IllegalStateException("no device is there");
        }

        @Override
        public void nonMaskable(Cpu cpu) {
            throw new IllegalStateException("no device is there");
        }

        @Override
        public void initialize(Cpu cpu) {
            throw new IllegalStateException("no device is there");
        }
    }

    private static final class NothingPending implements Boundary {
        @Override
        public boolean cross(Cpu cpu) {
            return false;
        }

        @Override
        public boolean isWaiting(Cpu cpu) {
            return false;
        }
    }
}
