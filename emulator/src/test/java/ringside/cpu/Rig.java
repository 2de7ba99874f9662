package ringside.cpu;

import java.util.HexFormat;
import java.util.Optional;
import ringside.bus.Clock;
import ringside.bus.InterruptController;
import ringside.bus.PortBus;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.Assembler;
import ringside.isa.Source;
import ringside.isa.SourceFolder;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/**
 * A bare processor on 2 MiB of RAM, with flat segments and nothing around it, that runs bytes given as hex digits.
 *
 * <pre>
 *  1000 code   2000 GDT   3000 IDT   4000 TSS   5000 LDT   8000, 9000 ends of the stacks of rings 0 and 3
 *  10000 … page tables (long mode)   A000 handlers: vector v at A000 + 16 v
 * </pre>
 */
public final class Rig {
    public static final int CODE = 0x1000;
    public static final int GDT = 0x2000;
    public static final int IDT = 0x3000;
    public static final int TSS = 0x4000;
    public static final int LDT = 0x5000;
    public static final int STACK = 0x8000;
    public static final int USER_STACK = 0x9000;
    public static final int HANDLERS = 0xA000;

    // Selectors; those of ring 3 with their RPL.
    public static final int CODE_0 = 0x08;
    public static final int DATA_0 = 0x10;
    public static final int CODE_3 = 0x1B;
    public static final int DATA_3 = 0x23;
    public static final int TASK = 0x28;
    /** Two entries wide, for whatever a test puts there. */
    public static final int SPARE = 0x38;

    public static final int CONFORMING_0 = 0x48;
    public static final int CODE_1 = 0x51;
    public static final int DATA_1 = 0x59;
    public static final int LAST = 0x78;

    private static final int FRAMES = 512;
    private static final int FLAT = 0xFFFFF;
    private static final int CODE_RIGHTS = 0x9B;
    private static final int DATA_RIGHTS = 0x93;
    private static final int BIG = SegmentRegister.BIG | SegmentRegister.GRANULARITY;
    private static final int LONG = SegmentRegister.LONG | SegmentRegister.GRANULARITY;

    public final Ram ram = new Ram(FRAMES);
    public final Registers registers = new Registers();
    public final SystemState system = new SystemState();
    public final Clock clock = new Clock();
    public final PortBus ports = new PortBus();
    public final Line line = new Line();
    public final GuestBoundary boundary = new GuestBoundary(line);
    public final Cpu cpu;

    /** INTR, NMI and INIT, raised by hand. */
    public static final class Line implements InterruptController {
        private Optional<Integer> vector = Optional.empty();
        private boolean nonMaskable;
        private boolean initialization;

        public void raiseNonMaskable() {
            nonMaskable = true;
        }

        public void raiseInitialization() {
            initialization = true;
        }

        @Override
        public boolean nonMaskable() {
            return nonMaskable;
        }

        @Override
        public void takeNonMaskable() {
            nonMaskable = false;
        }

        @Override
        public boolean initialization() {
            return initialization;
        }

        @Override
        public void takeInitialization() {
            initialization = false;
        }

        @Override
        public boolean pending() {
            return vector.isPresent();
        }

        @Override
        public int acknowledge() {
            int acknowledged = vector.orElseThrow();
            vector = Optional.empty();
            return acknowledged;
        }

        @Override
        public void onChange(Runnable listener) {}
    }

    private Rig(Gate gate, EventReceiver events) {
        for (SegmentRegister segment : system.segments) {
            segment.load(0, 0, 0xFFFF, SegmentRegister.REAL_MODE_DATA);
        }
        system.segments[SystemState.CS].load(0, 0, 0xFFFF, SegmentRegister.REAL_MODE_DATA | SegmentRegister.CODE);
        system.idtrLimit = 0x3FF;
        system.tr.load(0, 0, 0xFFFF, SegmentRegister.PRESENT | Descriptor.BUSY_TSS_32);
        system.ldtr.load(0, 0, 0, SegmentRegister.UNUSABLE);
        registers.set(Registers.RSP, STACK);
        registers.rip(CODE);
        cpu = new Cpu(
                registers,
                system,
                new Cpu.Parts(
                        PhysicalMemory.direct(ram, FRAMES),
                        ports,
                        clock,
                        new StepCache(ram, InstructionSet.decoder(), InstructionSet.behaviours()),
                        gate,
                        boundary,
                        events));
    }

    /** Real-address mode with an interrupt table at 0. */
    public static Rig real() {
        return new Rig(Gate.RINGS, new InterruptTable());
    }

    public static Rig real(EventReceiver events) {
        return new Rig(Gate.RINGS, events);
    }

    /** 32-bit protected mode, ring 0, without paging. */
    public static Rig protectedMode() {
        return protectedMode(Gate.RINGS, new InterruptTable());
    }

    public static Rig protectedMode(Gate gate, EventReceiver events) {
        Rig rig = new Rig(gate, events);
        rig.system.cr0 = SystemState.PROTECTION_ENABLE | SystemState.EXTENSION_TYPE;
        rig.tables(BIG);
        rig.ram.write(TSS + 4, 4, STACK);
        rig.ram.write(TSS + 8, 2, DATA_0);
        rig.inRing(0);
        return rig;
    }

    /** 64-bit mode, ring 0; the first 2 MiB are mapped for everyone. */
    public static Rig longMode() {
        return longMode(Gate.RINGS, new InterruptTable());
    }

    public static Rig longMode(Gate gate, EventReceiver events) {
        Rig rig = new Rig(gate, events);
        rig.ram.write(0x10000, 8, 0x11007);
        rig.ram.write(0x11000, 8, 0x12007);
        rig.ram.write(0x12000, 8, 0x13007);
        for (int page = 0; page < FRAMES; page++) {
            rig.ram.write(0x13000 + page * 8, 8, (long) page << 12 | 7);
        }
        rig.system.cr3 = 0x10000;
        rig.system.cr4 = SystemState.PHYSICAL_ADDRESS_EXTENSION;
        rig.system.cr0 = SystemState.PROTECTION_ENABLE
                | SystemState.EXTENSION_TYPE
                | SystemState.PAGING
                | SystemState.WRITE_PROTECT;
        rig.system.efer = SystemState.LONG_MODE_ENABLE | SystemState.LONG_MODE_ACTIVE | SystemState.SYSCALL_ENABLE;
        rig.tables(LONG);
        rig.ram.write(TSS + 4, 8, STACK);
        rig.inRing(0);
        rig.cpu.pagingChanged();
        return rig;
    }

    private void tables(int codeSize) {
        descriptor(CODE_0, Descriptor.of(0, FLAT, CODE_RIGHTS | codeSize));
        descriptor(DATA_0, Descriptor.of(0, FLAT, DATA_RIGHTS | BIG));
        descriptor(CODE_3, Descriptor.of(0, FLAT, CODE_RIGHTS | codeSize | 0x60));
        descriptor(DATA_3, Descriptor.of(0, FLAT, DATA_RIGHTS | BIG | 0x60));
        descriptor(TASK, Descriptor.of(TSS, 0x67, 0x8B));
        descriptor(CONFORMING_0, Descriptor.of(0, FLAT, CODE_RIGHTS | codeSize | 4));
        descriptor(CODE_1, Descriptor.of(0, FLAT, CODE_RIGHTS | codeSize | 0x20));
        descriptor(DATA_1, Descriptor.of(0, FLAT, DATA_RIGHTS | BIG | 0x20));
        system.gdtrBase = GDT;
        system.gdtrLimit = LAST + 7;
        system.idtrBase = IDT;
        system.idtrLimit = 0xFFF;
        system.tr.load(TASK, TSS, 0x67, SegmentRegister.PRESENT | Descriptor.BUSY_TSS_32);
    }

    /** Puts a descriptor into the GDT. */
    public Rig descriptor(int selector, long descriptor) {
        ram.write(GDT + (selector & ~7), 8, descriptor);
        return this;
    }

    /** Loads flat segments of a ring, and its stack. */
    public Rig inRing(int ring) {
        int code = switch (ring) {
            case 0 -> CODE_0;
            case 1 -> CODE_1;
            default -> CODE_3;
        };
        int data = switch (ring) {
            case 0 -> DATA_0;
            case 1 -> DATA_1;
            default -> DATA_3;
        };
        for (int segment = 0; segment < 6; segment++) {
            int selector = segment == SystemState.CS ? code : data;
            SegmentLoads.fill(system.segments[segment], selector, ram.read(GDT + (selector & ~7), 8));
        }
        system.cpl = ring;
        registers.set(Registers.RSP, ring == 3 ? USER_STACK : STACK);
        cpu.modeChanged();
        return this;
    }

    /** Virtual-8086 mode: all segments at 0, handlers in ring 0. */
    public Rig inVirtual8086(int iopl) {
        for (SegmentRegister segment : system.segments) {
            segment.load(0, 0, 0xFFFF, SegmentRegister.REAL_MODE_DATA | 0x60);
        }
        system.cpl = 3;
        cpu.flags(SystemState.VIRTUAL_8086 | (long) iopl << 12, SystemState.VIRTUAL_8086 | SystemState.IOPL);
        registers.set(Registers.RSP, USER_STACK);
        cpu.modeChanged();
        return this;
    }

    /**
     * Puts a gate of protected mode into the interrupt table, to the handler of its vector.
     *
     * @param type as in {@link Descriptor}
     */
    public Rig gate(int vector, int type, int dpl, int selector) {
        ram.write(IDT + vector * 8, 8, gateDescriptor(type, dpl, selector, HANDLERS + vector * 16L));
        return this;
    }

    /** Puts a 64-bit gate into the interrupt table. */
    public Rig longGate(int vector, int type, int dpl, int selector, int stack) {
        long handler = HANDLERS + vector * 16L;
        ram.write(IDT + vector * 16, 8, gateDescriptor(type, dpl, selector, handler) | (long) stack << 32);
        ram.write(IDT + vector * 16 + 8, 8, 0);
        return this;
    }

    public static long gateDescriptor(int type, int dpl, int selector, long offset) {
        return offset & 0xFFFF
                | (long) selector << 16
                | (0x80L | dpl << 5 | type) << 40
                | (offset >>> 16 & 0xFFFF) << 48;
    }

    /** Puts an entry into the table of real mode. */
    public Rig realGate(int vector, int segment, int offset) {
        ram.write(vector * 4L, 4, (long) segment << 16 | offset);
        return this;
    }

    /** Puts bytes where execution begins. */
    public Rig code(String hex) {
        return bytes(CODE, hex);
    }

    /** Puts assembled lines where execution begins. */
    public Rig assembly(String... lines) {
        var source = new Source("rig", String.join("\n", lines), SourceFolder.NONE, cpu.codeBits(), CODE);
        byte[] program = new Assembler(InstructionSet.forms())
                .assemble(source)
                .get()
                .bytes()
                .toArray();
        return code(HexFormat.of().formatHex(program));
    }

    public Rig bytes(long address, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        for (int i = 0; i < bytes.length; i++) {
            ram.write(address + i, 1, bytes[i] & 0xFF);
        }
        return this;
    }

    public Rig set(int register, long value) {
        registers.set(register, value);
        return this;
    }

    public Rig flag(int flag) {
        cpu.flags(-1, flag);
        return this;
    }

    /** Lets so many things happen: instructions or deliveries. */
    public Rig step(int count) {
        for (int i = 0; i < count; i++) {
            cpu.step();
        }
        return this;
    }

    public void raiseInterrupt(int vector) {
        line.vector = Optional.of(vector);
        cpu.attend();
    }

    public long get(int register) {
        return registers.get(register);
    }

    public int selector(int segment) {
        return system.segments[segment].selector();
    }

    /** A value above the stack pointer, by its place. */
    public long stacked(int index, int size) {
        long top = system.segments[SystemState.SS].base() + cpu.stackPointer();
        return ram.read(top + (long) index * size, size);
    }

    /** The vector whose handler runs, or -1. */
    public int handler() {
        long offset = registers.rip() - HANDLERS;
        return offset >= 0 && offset < 0x1000 && offset % 16 == 0 ? (int) offset / 16 : -1;
    }
}
