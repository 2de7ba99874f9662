package ringside.trace;

import java.util.Arrays;
import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.CodeSource;
import ringside.isa.Decoded;
import ringside.isa.Decoder;
import ringside.isa.Disassembler;
import ringside.isa.Symbols;
import ringside.isa.UndefinedInstruction;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.Paging;
import ringside.mmu.Walk;

/**
 * Reads what comes next without a trace: no accessed flag is set, no translation is kept, nothing faults. Not for the run itself, which
 * fetches with all checks. Ask it about the processor that the guest believes in: its physical memory is the guest's RAM.
 */
public final class NextInstruction {
    private static final int LONGEST = 15;

    private final Decoder decoder = InstructionSet.decoder();
    private final Walk walk = new Walk();

    /**
     * An instruction as it stands in memory.
     *
     * @param bytes all its bytes; where they are no instruction, those that were read
     * @param text in NASM's syntax; empty where the bytes are no instruction
     */
    public record Instruction(long rip, byte[] bytes, Optional<Decoded> decoded, String text) {}

    /** The instruction at CS:RIP; its bytes are empty where no memory can be read. */
    public Instruction of(Cpu cpu) {
        return at(cpu, cpu.registers.rip(), Symbols.NONE);
    }

    /** The instruction at an offset in the code segment. */
    public Instruction at(Cpu cpu, long rip, Symbols symbols) {
        byte[] bytes = read(cpu, codeBase(cpu) + rip, LONGEST);
        try {
            Decoded decoded = decoder.decode(CodeSource.of(bytes, 0), cpu.codeBits());
            return new Instruction(
                    rip,
                    Arrays.copyOf(bytes, decoded.length),
                    Optional.of(decoded),
                    Disassembler.text(decoded, rip, symbols));
        } catch (UndefinedInstruction undefined) {
            return new Instruction(rip, Arrays.copyOf(bytes, undefined.length()), Optional.empty(), "");
        } catch (ArrayIndexOutOfBoundsException shortened) {
            // The page after it cannot be read.
            return new Instruction(rip, bytes, Optional.empty(), "");
        }
    }

    /** Linear address of offset 0 of the code segment. */
    public static long codeBase(Cpu cpu) {
        return cpu.is64Bit() ? 0 : cpu.system.segments[SystemState.CS].base();
    }

    /** Linear address of the next instruction. */
    public static long linear(Cpu cpu) {
        long linear = codeBase(cpu) + cpu.registers.rip();
        return cpu.is64Bit() ? linear : linear & 0xFFFF_FFFFL;
    }

    /**
     * Bytes at a linear address, as a supervisor may read them by the tables as they are now.
     *
     * @return as many of the {@code most} bytes as can be read
     */
    public byte[] read(Cpu cpu, long linear, int most) {
        byte[] bytes = new byte[most];
        for (int i = 0; i < most; i++) {
            long at = cpu.is64Bit() ? linear + i : linear + i & 0xFFFF_FFFFL;
            long physical = physical(cpu, at);
            int frame = physical < 0
                    ? PhysicalMemory.NONE
                    : cpu.memory.physical().frame(physical, PhysicalMemory.Use.READ, at);
            if (frame == PhysicalMemory.NONE) {
                return Arrays.copyOf(bytes, i);
            }
            bytes[i] = cpu.memory.physical().ram().readable(frame)[(int) physical & Ram.OFFSET];
        }
        return bytes;
    }

    private long physical(Cpu cpu, long linear) {
        Paging paging = cpu.memory.paging();
        if (paging.isOff()) {
            return linear;
        }
        paging.walk(linear, Paging.PEEK, cpu.memory.physical(), walk);
        return walk.error >= 0 ? -1 : walk.page | linear & Ram.OFFSET;
    }
}
