package ringside.session;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.mmu.SegmentRegister;
import ringside.monitor.Monitor;

/**
 * What there is to see of a guest at one boundary, copied, so that two boundaries can be compared.
 *
 * @param time guest time
 * @param domain which domain runs; empty where there is only one
 * @param bits code size
 * @param rip offset of the next instruction
 * @param linear linear address of the next instruction
 * @param general the sixteen general registers
 * @param flags RFLAGS, with the privileged ones as the processor has them
 * @param believed system state by name, as the guest's monitor keeps it
 * @param real the same, as the processor has it
 * @param memory 256 bytes from the address looked at; -1 where nothing is mapped
 * @param stackAddress linear address of the top of the stack
 * @param stackSegment linear address of offset 0 of the stack segment
 * @param stackWidth bytes of an entry
 * @param stack the topmost entries; only those that are mapped
 * @param below what lies where the next entries will be pushed, nearest first; only what is mapped
 */
record Scene(
        long time,
        String domain,
        int bits,
        long rip,
        long linear,
        List<Long> general,
        long flags,
        Map<String, String> believed,
        Map<String, String> real,
        List<Integer> memory,
        long stackAddress,
        long stackSegment,
        int stackWidth,
        List<Long> stack,
        List<Long> below) {
    static final int MEMORY_SIZE = 256;

    private static final String GUEST = "domU";
    private static final String DOMAIN_0 = "dom0";
    private static final int STACK_ENTRIES = 16;

    /** PUSHA pushes so many. */
    private static final int BELOW = 8;

    private static final String[] SEGMENTS = {"es", "cs", "ss", "ds", "fs", "gs"};

    /** The system state's names, in the order in which a learner wants to see them. */
    static final List<String> NAMES = List.of(
            "cpl", "if", "iopl", "cs", "ss", "ds", "es", "fs", "gs", "cr0", "cr2", "cr3", "cr4", "efer", "gdtr", "idtr",
            "tr", "ldtr");

    /** @param address linear address of the memory to copy */
    static Scene of(Monitor monitor, long address) {
        Cpu cpu = monitor.believed();
        Registers registers = cpu.registers;
        SystemState system = cpu.system;
        long base = cpu.is64Bit() ? 0 : system.segments[SystemState.CS].base();
        int width = stackWidth(cpu);
        long stack = cpu.is64Bit() ? 0 : system.segments[SystemState.SS].base();
        long top = cpu.stackPointer() + stack;
        return new Scene(
                monitor.machine().clock().now(),
                monitor.domain(),
                cpu.codeBits(),
                registers.rip(),
                base + registers.rip(),
                IntStream.range(0, 16).mapToObj(registers::get).toList(),
                cpu.flags(),
                state(system),
                monitor.real() == cpu ? state(system) : state(monitor.real().system),
                memory(monitor, cpu, address),
                top,
                stack,
                width,
                stack(cpu, top, width, width, STACK_ENTRIES),
                stack(cpu, top - width, width, -width, BELOW));
    }

    /** Linear address of the top of the stack. */
    static long stackTop(Cpu cpu) {
        return cpu.stackPointer() + (cpu.is64Bit() ? 0 : cpu.system.segments[SystemState.SS].base());
    }

    /** As the domain that runs sees it; where that has nothing, as the other one does, whose start it may be. */
    private static List<Integer> memory(Monitor monitor, Cpu cpu, long address) {
        String domain = monitor.domain();
        Cpu other = domain.isEmpty() ? cpu : monitor.believed(domain.equals(GUEST) ? DOMAIN_0 : GUEST);
        return IntStream.range(0, MEMORY_SIZE)
                .mapToObj(i -> {
                    int value = peek(cpu, address + i);
                    return value >= 0 || other == cpu ? value : peek(other, address + i);
                })
                .toList();
    }

    /** A value of the system state as the guest's monitor keeps it. */
    String believes(String name) {
        return believed.getOrDefault(name, "");
    }

    /** A value of the system state as the processor has it. */
    String has(String name) {
        return real.getOrDefault(name, "");
    }

    static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    static int stackWidth(Cpu cpu) {
        return cpu.is64Bit() ? 8 : cpu.codeBits() == 32 ? 4 : 2;
    }

    private static List<Long> stack(Cpu cpu, long top, int width, int distance, int most) {
        return IntStream.range(0, most)
                .mapToLong(i -> top + (long) i * distance)
                .takeWhile(address -> peek(cpu, address) >= 0 && peek(cpu, address + width - 1) >= 0)
                .mapToObj(address -> read(cpu, address, width))
                .toList();
    }

    private static long read(Cpu cpu, long address, int width) {
        long value = 0;
        for (int i = width - 1; i >= 0; i--) {
            value = value << 8 | peek(cpu, address + i);
        }
        return value;
    }

    /** A byte of memory as the guest's tables map it, or -1; leaves no trace. */
    static int peek(Cpu cpu, long linear) {
        try {
            long physical = cpu.memory.peek(cpu.is64Bit() ? linear : linear & 0xFFFF_FFFFL);
            var ram = cpu.memory.physical().ram();
            return physical >= 0 && physical < ram.size()
                    ? ram.readable((int) (physical >>> 12))[(int) physical & 0xFFF] & 0xFF
                    : -1;
        } catch (Fault notMapped) {
            return -1;
        }
    }

    private static Map<String, String> state(SystemState system) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("cpl", Integer.toString(system.cpl));
        all.put("if", system.interruptFlag() ? "1" : "0");
        all.put("iopl", Integer.toString(system.iopl()));
        for (int i = 0; i < SEGMENTS.length; i++) {
            all.put(SEGMENTS[i], hex(system.segments[i].selector()));
        }
        all.put("cr0", hex(system.cr0));
        all.put("cr2", hex(system.cr2));
        all.put("cr3", hex(system.cr3));
        all.put("cr4", hex(system.cr4));
        all.put("efer", hex(system.efer));
        all.put("gdtr", table(system.gdtrBase, system.gdtrLimit));
        all.put("idtr", table(system.idtrBase, system.idtrLimit));
        all.put("tr", selector(system.tr));
        all.put("ldtr", selector(system.ldtr));
        return Collections.unmodifiableMap(all);
    }

    private static String selector(SegmentRegister register) {
        return hex(register.selector());
    }

    private static String table(long base, int limit) {
        return String.format(Locale.ROOT, "0x%x:0x%x", base, limit & 0xFFFF);
    }
}
