package ringside.monitor.translation;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import ringside.memory.Ram;
import ringside.monitor.deprivileged.MonitorMemory;
import ringside.monitor.translation.Block.Line;
import ringside.monitor.translation.Block.Way;

/**
 * The translated code in the monitor's memory, and what is known about it: which bytes stand for which instruction of the guest, which
 * jumps have been made to lead to another block. Positions are bytes from the begin of the cache.
 *
 * <p>It only grows: blocks that are dropped leave their bytes behind. When it is full, all is forgotten.
 */
final class CodeCache {
    static final int FRAMES = 16;
    static final int SIZE = FRAMES * Ram.FRAME_SIZE;

    private record Place(CodeContext context, int frame, long rip) {}

    /** A way out that leads to a translation. */
    private record Link(Way way, int to, boolean leavesPage) {}

    private final Ram ram;
    private final MonitorMemory memory;
    private final VirtualProcessor processor;

    private final TreeMap<Integer, Block> blocks = new TreeMap<>();
    private final TreeMap<Integer, Link> links = new TreeMap<>();
    private int next;
    private long dropped;

    // Derived from the blocks.
    private final Map<Place, Integer> places = new HashMap<>();
    private final Map<Integer, List<Block>> ofFrame = new HashMap<>();
    private final BitSet added = new BitSet(SIZE);

    CodeCache(Ram ram, MonitorMemory memory, VirtualProcessor processor) {
        this.ram = ram;
        this.memory = memory;
        this.processor = processor;
        for (int i = 0; i < FRAMES; i++) {
            ram.watch(memory.firstCodeFrame() + i);
        }
    }

    /** Where the translation of an instruction lies, if there is one. */
    OptionalInt find(CodeContext context, int frame, long rip) {
        Integer at = places.get(new Place(context, frame, rip));
        return at == null ? OptionalInt.empty() : OptionalInt.of(at);
    }

    /** The block that a position belongs to. */
    Optional<Block> blockAt(int at) {
        var below = blocks.floorEntry(at);
        return below != null && below.getValue().holds(at) ? Optional.of(below.getValue()) : Optional.empty();
    }

    /** All blocks, in the order of the cache. */
    List<Block> blocks() {
        return List.copyOf(blocks.values());
    }

    /** Does an instruction begin here that the guest does not have? */
    boolean isAdded(int at) {
        return added.get(at);
    }

    /** The bytes of a block as they are now. */
    byte[] bytes(Block block) {
        byte[] bytes = new byte[block.size()];
        long from = memory.address(MonitorMemory.CODE) + block.start();
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) ram.read(from + i, 1);
        }
        return bytes;
    }

    /** How many blocks were thrown away. */
    long dropped() {
        return dropped;
    }

    /** The guest's RIP for a position where translated code was left, between two instructions of the cache. */
    long guestRip(int at) {
        Block block = blockAt(at).orElseThrow(() -> new IllegalStateException("no translation at " + at));
        if (added.get(at)) {
            Optional<Way> way = wayAt(block, at);
            if (way.isPresent()) {
                return way.get().target();
            }
        }
        return block.lines().stream()
                .filter(line -> line.at() <= at)
                .reduce((first, second) -> second)
                .orElseThrow(() -> new IllegalStateException("no instruction begins at " + at))
                .rip();
    }

    /** Is this a place in what stands for one instruction, where the guest can only begin that again? */
    boolean isWithin(int at) {
        Block block = blockAt(at).orElseThrow();
        return block.lines().stream().noneMatch(line -> line.at() == at)
                && wayAt(block, at).isEmpty();
    }

    /** The way out whose added jump or whose stub begins here. */
    private static Optional<Way> wayAt(Block block, int at) {
        return block.ways().stream()
                .filter(way -> way.stub() == at || way.field() == at + 1)
                .findFirst();
    }

    /** The way out whose stub asks here. */
    Way wayOfStub(int at) {
        return wayAt(blockAt(at).orElseThrow(), at).orElseThrow(() -> new IllegalStateException("no way out at " + at));
    }

    /** Is there room for a block of the largest size? */
    boolean hasRoom() {
        return next + Translator.MOST_BYTES <= SIZE;
    }

    /** Where the next block will lie. */
    int nextStart() {
        return next;
    }

    void add(Translator.Translation translation) {
        Block block = translation.block();
        ram.load(memory.address(MonitorMemory.CODE) + block.start(), translation.bytes());
        next = block.start() + block.size();
        register(block, translation.added());
    }

    private void register(Block block, BitSet addedThere) {
        blocks.put(block.start(), block);
        ofFrame.computeIfAbsent(block.frame(), frame -> new ArrayList<>()).add(block);
        for (Line line : block.lines()) {
            places.put(new Place(block.context(), block.frame(), line.rip()), line.at());
        }
        added.or(addedThere);
    }

    /** Makes a way out lead to a translation: its jump's bytes change. */
    void link(Way way, int to) {
        Block from = blockAt(way.field()).orElseThrow();
        write(way, to);
        links.put(way.field(), new Link(way, to, leavesPage(from, way)));
    }

    private static boolean leavesPage(Block from, Way way) {
        CodeContext context = from.context();
        long here = context.linear(from.lines().get(0).rip());
        return (here ^ context.linear(way.target())) >>> 12 != 0;
    }

    private void write(Way way, int to) {
        ram.load(memory.address(MonitorMemory.CODE) + way.field(), Emission.distance(way, to));
    }

    private void unlink(Link link) {
        write(link.way, link.way.stub());
        links.remove(link.way.field());
    }

    /**
     * Linear addresses may lead elsewhere now: ways into other pages ask again. Within a page the question is asked when the guest comes
     * there.
     */
    void translationsDropped() {
        List.copyOf(links.values()).stream().filter(Link::leavesPage).forEach(this::unlink);
        processor.forgetTargets();
    }

    /** The guest's bytes were written: drops the blocks that were made from them. */
    void written(int frame, int offset, int size) {
        List<Block> there = ofFrame.get(frame);
        if (there != null) {
            List.copyOf(there).stream()
                    .filter(block -> block.overlaps(offset, size))
                    .forEach(this::drop);
        }
    }

    boolean isMadeFrom(int frame) {
        return ofFrame.containsKey(frame);
    }

    /** The guest's frames that blocks were made from. */
    Set<Integer> sources() {
        return Set.copyOf(ofFrame.keySet());
    }

    private void drop(Block block) {
        dropped++;
        processor.forgetTargets(block.start(), block.size());
        List.copyOf(links.values()).forEach(link -> {
            if (block.holds(link.to)) {
                unlink(link);
            } else if (block.holds(link.way.field())) {
                links.remove(link.way.field());
            }
        });
        blocks.remove(block.start());
        added.clear(block.start(), block.start() + block.size());
        block.lines().forEach(line -> places.remove(new Place(block.context(), block.frame(), line.rip())));
        List<Block> there = ofFrame.get(block.frame());
        if (there != null && there.remove(block) && there.isEmpty()) {
            ofFrame.remove(block.frame());
        }
    }

    /** Forgets all; the bytes stay until others come in their place. */
    void flush() {
        dropped += blocks.size();
        processor.forgetTargets();
        forget();
    }

    private void forget() {
        blocks.clear();
        links.clear();
        places.clear();
        ofFrame.clear();
        added.clear();
        next = 0;
    }

    /** Blocks, links and the first free byte; the code itself is in RAM. */
    record State(
            List<Block> blocks, List<Integer> linked, List<Integer> targets, BitSet added, int next, long dropped) {}

    State save() {
        return new State(
                blocks(),
                List.copyOf(links.keySet()),
                links.values().stream().map(Link::to).toList(),
                (BitSet) added.clone(),
                next,
                dropped);
    }

    /** After the memory was restored. */
    void restore(State state) {
        forget();
        state.blocks.forEach(block -> register(block, new BitSet()));
        added.or(state.added);
        for (int i = 0; i < state.linked.size(); i++) {
            int field = state.linked.get(i);
            int to = state.targets.get(i);
            Block from = blockAt(field).orElseThrow();
            Way way = from.ways().stream()
                    .filter(one -> one.field() == field)
                    .findFirst()
                    .orElseThrow();
            links.put(field, new Link(way, to, leavesPage(from, way)));
        }
        next = state.next;
        dropped = state.dropped;
    }
}
