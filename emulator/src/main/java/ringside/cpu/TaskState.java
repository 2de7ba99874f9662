package ringside.cpu;

import static ringside.cpu.SystemState.CS;
import static ringside.cpu.SystemState.ES;
import static ringside.cpu.SystemState.PRIVILEGED;

import ringside.mmu.SegmentRegister;

/**
 * What a TSS keeps of a task that does not run: SDM 3A, Task-State Segment. A 16-bit one has no CR3, FS, GS and trap bit.
 *
 * @param cr3 page tables; meaningful in a 32-bit TSS only
 * @param general EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI
 * @param selectors ES, CS, SS, DS, FS, GS
 * @param trap a debug exception follows the switch to this task
 */
record TaskState(long cr3, long rip, long flags, long[] general, int[] selectors, int ldt, boolean trap) {
    /**
     * Where things are, in bytes from the beginning.
     *
     * @param size of a register in bytes; a selector takes as much room and fills two bytes of it
     */
    record Layout(int size, long leastLimit, int rip, int general, int selectors, int selectorCount, int ldt) {
        private static final Layout OF_16_BITS = new Layout(2, 0x2B, 0x0E, 0x12, 0x22, 4, 0x2A);
        private static final Layout OF_32_BITS = new Layout(4, 0x67, 0x20, 0x28, 0x48, 6, 0x60);

        /** @param type of the TSS descriptor, busy or not */
        static Layout of(int type) {
            return (type & 8) != 0 ? OF_32_BITS : OF_16_BITS;
        }

        /** Bytes behind {@link #rip} that a switch away from the task writes. */
        private int savedBytes() {
            return selectors + selectorCount * size - rip;
        }

        int flags() {
            return rip + size;
        }
    }

    private static final int CR3 = 0x1C;
    private static final int TRAP = 0x64;

    /** A 16-bit TSS leaves the upper halves open; they are set, as in other emulators. */
    private static final long OPEN = 0xFFFF_0000L;

    /** Reads the state of a task from its TSS. */
    static TaskState read(Cpu cpu, long base, Layout layout) {
        LinearMemory memory = cpu.memory;
        int size = layout.size;
        boolean narrow = size == 2;
        long[] general = new long[8];
        for (int i = 0; i < general.length; i++) {
            general[i] = memory.readSystem(base + layout.general + (long) i * size, size) | (narrow ? OPEN : 0);
        }
        int[] selectors = new int[6];
        for (int i = 0; i < layout.selectorCount; i++) {
            selectors[i] = (int) memory.readSystem(base + layout.selectors + (long) i * size, 2);
        }
        return new TaskState(
                narrow ? 0 : memory.readSystem(base + CR3, 4),
                memory.readSystem(base + layout.rip, size),
                memory.readSystem(base + layout.flags(), size),
                general,
                selectors,
                (int) memory.readSystem(base + layout.ldt, 2),
                !narrow && (memory.readSystem(base + TRAP, 1) & 1) != 0);
    }

    /** @throws Fault #PF where {@link #save} could not write */
    static void probeSave(Cpu cpu, long base, Layout layout) {
        for (int at = 0; at < layout.savedBytes(); at += layout.size) {
            cpu.memory.probeWriteSystem(base + layout.rip + at, layout.size);
        }
    }

    /** Writes the running task into its TSS. */
    static void save(Cpu cpu, long base, Layout layout, long flags) {
        LinearMemory memory = cpu.memory;
        int size = layout.size;
        memory.writeSystem(base + layout.rip, size, cpu.registers.rip());
        memory.writeSystem(base + layout.flags(), size, flags);
        for (int i = 0; i < 8; i++) {
            memory.writeSystem(base + layout.general + (long) i * size, size, cpu.registers.get(i));
        }
        for (int i = 0; i < layout.selectorCount; i++) {
            int selector = cpu.system.segments[i].selector();
            memory.writeSystem(base + layout.selectors + (long) i * size, 2, selector);
        }
    }

    /** Registers, flags and selectors become the task's; no descriptor is loaded yet, so no segment can be used. */
    void load(Cpu cpu, boolean nested) {
        SystemState system = cpu.system;
        for (int i = 0; i < general.length; i++) {
            cpu.registers.set(i, general[i]);
        }
        boolean virtual = (flags & SystemState.VIRTUAL_8086) != 0;
        system.cpl = virtual ? 3 : selectors[CS] & 3;
        for (int i = ES; i < selectors.length; i++) {
            system.segments[i].load(selectors[i], 0, 0, SegmentRegister.UNUSABLE);
        }
        system.ldtr.load(ldt, 0, 0, SegmentRegister.UNUSABLE);
        cpu.registers.rip(rip);
        long image = nested ? flags | Registers.NESTED_TASK : flags;
        cpu.flags(image, Registers.UNPRIVILEGED | PRIVILEGED);
        cpu.modeChanged();
    }
}
