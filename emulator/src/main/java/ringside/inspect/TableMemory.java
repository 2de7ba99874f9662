package ringside.inspect;

import java.util.OptionalLong;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;

/** Reads a processor's linear memory as its tables map it now, without a trace. */
record TableMemory(Cpu cpu) {
    /**
     * A little-endian number.
     *
     * @param size 1 to 8 bytes
     * @return empty where some of it is not mapped to RAM
     */
    OptionalLong read(long linear, int size) {
        long value = 0;
        for (int i = size - 1; i >= 0; i--) {
            int next = peek(linear + i);
            if (next < 0) {
                return OptionalLong.empty();
            }
            value = value << 8 | next;
        }
        return OptionalLong.of(value);
    }

    private int peek(long linear) {
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
}
