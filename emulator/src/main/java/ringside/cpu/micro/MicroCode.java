package ringside.cpu.micro;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import ringside.cpu.Behaviour;
import ringside.cpu.Code;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Step;
import ringside.cpu.StepCache;
import ringside.cpu.SystemState;
import ringside.isa.CodeSource;
import ringside.isa.Decoded;
import ringside.isa.Decoder;
import ringside.isa.UndefinedInstruction;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.Paging;

/**
 * Code as micro-operations: where an instruction is to run that was not translated yet, a block from there on is, and kept until one of
 * its bytes is written. Every fetch is first the processor's own, with all its checks.
 *
 * <p>An instruction belongs to one block. A jump into the middle of a block goes on there, and a new block ends where code begins that
 * was translated already; so what is translated follows from what the guest does, and not from how its run is cut into pieces. (QEMU
 * translates again from each place that is jumped to.)
 */
public final class MicroCode implements Code, Ram.Observer {
    /** More instructions than this, or pages of code, and all are dropped: it bounds memory to some tens of megabytes. */
    private static final int MOST_INSTRUCTIONS = 1 << 16;

    private static final int MOST_PAGES = 1024;

    /** Instructions that reach into another page are blocks of their own, by their offsets; used where their bytes are the same. */
    private static final int CROSSINGS = 16;

    private static final int LONGEST_INSTRUCTION = 15;

    private final Ram ram;
    private final StepCache decoded;
    private final Decoder decoder;
    private final List<Behaviour> rows;
    private final Lowering lowering;
    private final MicroUnit unit = new MicroUnit();

    private final @Nullable TranslatedPage[] pages;
    private final @Nullable Crossing[] crossings = new Crossing[CROSSINGS];
    private int keptBlocks;
    private int keptInstructions;
    private int keptPages;
    private Counts counts = Counts.NONE;
    private long @Nullable [] lastSaved = {};

    private record Crossing(Block block, byte[] bytes) {}

    /**
     * What the translator has done.
     *
     * @param blocks translated, also those that were translated again
     * @param instructions in them
     * @param operations that they became
     * @param dropped blocks thrown away because a byte was written, or because there were too many
     */
    public record Counts(long blocks, long instructions, long operations, long dropped) {
        static final Counts NONE = new Counts(0, 0, 0, 0);

        private Counts with(Block block) {
            return new Counts(
                    blocks + 1, instructions + block.instructions().size(), operations + block.operations(), dropped);
        }

        private Counts less(int number) {
            return new Counts(blocks, instructions, operations, dropped + number);
        }
    }

    /**
     * Translated code of a machine's RAM.
     *
     * @param decoded the same code as instructions
     * @param rows behaviours by {@link ringside.isa.Form#ordinal}, for what is not lowered
     */
    public MicroCode(Ram ram, StepCache decoded, Decoder decoder, List<Behaviour> rows, Lowering lowering) {
        this.ram = ram;
        this.decoded = decoded;
        this.decoder = decoder;
        this.rows = List.copyOf(rows);
        this.lowering = lowering;
        this.pages = new TranslatedPage[ram.frames()];
        ram.observe(this);
    }

    public Counts counts() {
        return counts;
    }

    /** What performs the micro-operations. */
    public MicroUnit unit() {
        return unit;
    }

    // Fetching.

    @Override
    public Step fetch(Cpu cpu) {
        Step guest = decoded.fetch(cpu);
        long linear = linear(cpu, cpu.registers.rip());
        int frame = cpu.memory.fetchFrame(linear);
        int offset = (int) linear & Ram.OFFSET;
        int bits = cpu.codeBits();
        if (frame == PhysicalMemory.NONE || offset + guest.length > Ram.FRAME_SIZE) {
            return crossing(cpu, guest, frame, offset, bits).first();
        }
        TranslatedPage page = pages[frame];
        Step known = page == null ? null : page.known(offset, bits);
        return known == null
                ? keep(translate(frame, offset, bits, Block.LONGEST)).first()
                : known;
    }

    @Override
    public Step @Nullable [] stepsOfFrame(int frame, int bits) {
        TranslatedPage page = frame == PhysicalMemory.NONE ? null : pages[frame];
        return page == null ? null : page.steps(bits);
    }

    private static long linear(Cpu cpu, long rip) {
        return cpu.is64Bit() ? rip : cpu.system.segments[SystemState.CS].base() + rip & 0xFFFF_FFFFL;
    }

    // Translating.

    /**
     * The block that begins here, from the bytes as they are now; nothing is kept or counted.
     *
     * @param most instructions in it
     */
    private Block translate(int frame, int offset, int bits, int most) {
        byte[] bytes = ram.readable(frame);
        TranslatedPage page = pages[frame];
        List<Block.Instruction> instructions = new ArrayList<>();
        int at = offset;
        boolean ended = false;
        while (!ended && instructions.size() < most && at < Ram.FRAME_SIZE) {
            if (page != null && page.known(at, bits) != null) {
                break;
            }
            try {
                Decoded next = decoder.decode(CodeSource.of(bytes, at), bits);
                Block.Instruction instruction = translate(next, at);
                instructions.add(instruction);
                at += next.length;
                ended = Block.ends(next, instruction.operations());
            } catch (UndefinedInstruction | ArrayIndexOutOfBoundsException notHere) {
                // Undefined, or it reaches into the next page.
                break;
            }
        }
        return new Block(frame, offset, bits, instructions);
    }

    private Block.Instruction translate(Decoded guest, int offset) {
        List<MicroOperation> operations = lowering.lower(guest);
        Behaviour row = rows.get(guest.form.ordinal());
        Step step = StepCache.bind(guest, unit.program(operations.toArray(MicroOperation[]::new), row));
        return new Block.Instruction(offset, step, operations);
    }

    private Block keep(Block block) {
        int more = pages[block.frame()] == null ? 1 : 0;
        if (keptInstructions + block.instructions().size() > MOST_INSTRUCTIONS || keptPages + more > MOST_PAGES) {
            counts = counts.less(keptBlocks);
            clear();
        }
        install(block);
        counts = counts.with(block);
        return block;
    }

    private void install(Block block) {
        TranslatedPage page = pages[block.frame()];
        if (page == null) {
            page = new TranslatedPage();
            pages[block.frame()] = page;
            keptPages++;
            ram.watch(block.frame());
        }
        page.keep(block);
        keptBlocks++;
        keptInstructions += block.instructions().size();
        lastSaved = null;
    }

    private Block crossing(Cpu cpu, Step guest, int frame, int offset, int bits) {
        Crossing known = crossings[offset & CROSSINGS - 1];
        if (known != null
                && known.block.bits() == bits
                && known.block.offset() == offset
                && hasBytes(cpu, known.bytes)) {
            return known.block;
        }
        byte[] bytes = new byte[guest.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = byteAt(cpu, i);
        }
        Block block = new Block(frame, offset, bits, List.of(translate(guest.decoded, offset)));
        crossings[offset & CROSSINGS - 1] = new Crossing(block, bytes);
        counts = counts.with(block);
        return block;
    }

    private static boolean hasBytes(Cpu cpu, byte[] wanted) {
        for (int i = 0; i < wanted.length; i++) {
            if (byteAt(cpu, i) != wanted[i]) {
                return false;
            }
        }
        return true;
    }

    /** A byte of the instruction at CS:RIP, which has just been fetched. */
    private static byte byteAt(Cpu cpu, int index) {
        long linear = linear(cpu, cpu.registers.rip() + index);
        int access = Paging.FETCH_ACCESS | (cpu.system.cpl == 3 ? Paging.USER_ACCESS : 0);
        long physical = cpu.memory.translateFor(linear, access);
        PhysicalMemory memory = cpu.memory.physical();
        int frame = memory.frame(physical, PhysicalMemory.Use.FETCH, linear);
        return frame == PhysicalMemory.NONE
                ? (byte) memory.readOutside(physical, 1)
                : memory.ram().readable(frame)[(int) physical & Ram.OFFSET];
    }

    // Dropping.

    @Override
    public void written(int frame, int offset, int size) {
        TranslatedPage page = pages[frame];
        if (page == null || !page.covers(offset, size)) {
            return;
        }
        for (Block block : List.copyOf(page.blocks())) {
            if (block.overlaps(offset, size)) {
                page.drop(block);
                keptBlocks--;
                keptInstructions -= block.instructions().size();
                counts = counts.less(1);
            }
        }
        lastSaved = null;
    }

    @Override
    public void dropWritable() {}

    @Override
    public void dropAll() {}

    private void clear() {
        Arrays.fill(pages, null);
        keptBlocks = 0;
        keptInstructions = 0;
        keptPages = 0;
        lastSaved = null;
        ram.forgetCode();
    }

    // Looking.

    /**
     * The block that the instruction at CS:RIP belongs to; where it has not been translated yet, what it would become. Empty where there is
     * no instruction. Leaves no trace.
     */
    public Optional<Block> look(Cpu cpu) {
        byte[] bytes = peek(cpu);
        if (bytes.length == 0) {
            return Optional.empty();
        }
        long linear = linear(cpu, cpu.registers.rip());
        int frame = cpu.memory.physical().frame(cpu.memory.peek(linear), PhysicalMemory.Use.READ, linear);
        int offset = (int) linear & Ram.OFFSET;
        int bits = cpu.codeBits();
        TranslatedPage page = pages[frame];
        if (page != null && page.known(offset, bits) != null) {
            return page.blocks().stream()
                    .filter(block -> block.bits() == bits && block.contains(offset))
                    .findFirst();
        }
        Block block = translate(frame, offset, bits, Block.LONGEST);
        if (!block.instructions().isEmpty()) {
            return Optional.of(block);
        }
        try {
            Decoded crossing = decoder.decode(CodeSource.of(bytes, 0), bits);
            return Optional.of(new Block(frame, offset, bits, List.of(translate(crossing, offset))));
        } catch (UndefinedInstruction | ArrayIndexOutOfBoundsException nothing) {
            return Optional.empty();
        }
    }

    /** Is this block kept, or what would be made? */
    public boolean keeps(Block block) {
        TranslatedPage page = pages[block.frame()];
        return page != null && page.blocks().stream().anyMatch(other -> other == block);
    }

    /** The bytes at CS:RIP, as many as can be read without a fault, up to the longest instruction. */
    private static byte[] peek(Cpu cpu) {
        byte[] bytes = new byte[LONGEST_INSTRUCTION];
        for (int i = 0; i < bytes.length; i++) {
            try {
                long linear = linear(cpu, cpu.registers.rip() + i);
                long physical = cpu.memory.peek(linear);
                PhysicalMemory memory = cpu.memory.physical();
                int frame = memory.frame(physical, PhysicalMemory.Use.READ, linear);
                if (frame == PhysicalMemory.NONE) {
                    return Arrays.copyOf(bytes, i);
                }
                bytes[i] = memory.ram().readable(frame)[(int) physical & Ram.OFFSET];
            } catch (Fault notMapped) {
                return Arrays.copyOf(bytes, i);
            }
        }
        return bytes;
    }

    // State.

    /**
     * Which blocks are kept, and what has been counted. What a block became follows from the bytes in RAM, so that its place and length say
     * all; the few that cross pages are kept whole, and run on this translator's unit.
     */
    public static final class State {
        private final long[] places;
        private final @Nullable Crossing[] crossings;
        private final Counts counts;
        private final long performed;
        private final long calls;

        private State(MicroCode code, long[] places) {
            this.places = places;
            this.crossings = code.crossings.clone();
            this.counts = code.counts;
            this.performed = code.unit.performed();
            this.calls = code.unit.calls();
        }
    }

    public State save() {
        long[] places = lastSaved;
        if (places == null) {
            places = Arrays.stream(pages)
                    .filter(Objects::nonNull)
                    .flatMap(page -> page.blocks().stream())
                    .mapToLong(Block::place)
                    .toArray();
            lastSaved = places;
        }
        return new State(this, places);
    }

    /** RAM has been restored already; blocks whose bytes did not change by that are still there and are used again. */
    public void restore(State state) {
        if (lastSaved != state.places) {
            Map<Long, Block> known = new HashMap<>();
            for (TranslatedPage page : pages) {
                if (page != null) {
                    page.blocks().forEach(block -> known.put(block.place(), block));
                }
            }
            clear();
            for (long place : state.places) {
                Block block = known.get(place);
                install(block == null ? again(place) : block);
            }
            lastSaved = state.places;
        }
        System.arraycopy(state.crossings, 0, crossings, 0, CROSSINGS);
        counts = state.counts;
        unit.restore(state.performed, state.calls);
    }

    private Block again(long place) {
        return translate(Block.frameOf(place), Block.offsetOf(place), Block.bitsOf(place), Block.lengthOf(place));
    }
}
