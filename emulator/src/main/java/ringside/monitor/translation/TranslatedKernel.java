package ringside.monitor.translation;

import java.util.Optional;
import java.util.OptionalInt;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.SystemState;
import ringside.cpu.SystemState.Activity;
import ringside.memory.Ram;
import ringside.mmu.Paging;
import ringside.mmu.SegmentRegister;
import ringside.monitor.Translation;
import ringside.monitor.deprivileged.DeprivilegedGuest;
import ringside.monitor.deprivileged.MonitorMemory;
import ringside.monitor.deprivileged.Trapped;
import ringside.monitor.translation.Block.Way;
import ringside.probe.Actor;
import ringside.probe.Deed;
import ringside.probe.Event;
import ringside.probe.Probe;

/** VMware's way: the kernel's code is translated where it runs, and the translation runs in its place. */
final class TranslatedKernel implements Kernel {
    private static final int NOWHERE = -1;

    private final DeprivilegedGuest guest;
    private final Cpu believed;
    private final Probe probe;
    private final Actor processor;
    private final Actor self;
    private final VirtualProcessor virtual;
    private final CodeCache cache;
    private final CacheCode code;
    private final Translator translator = new Translator();
    private final CacheText text = new CacheText();

    /** Where in the cache the guest was left and goes on, unless something was performed for it since. */
    private int position = NOWHERE;

    /** Where the guest goes on was looked up for an instruction that can find it itself the next time. */
    private boolean lookedUp;

    /** Of the code that the table of targets is for. */
    private Optional<CodeContext> tableContext = Optional.empty();

    private Work work = new Work(0, 0, 0, 0, 0);

    /** What was done up to now; see {@link Translation.Counts}. */
    private record Work(long blocks, long instructions, long operations, long completed, long calls) {
        Work translated(long ofGuest, long ofCache) {
            return new Work(blocks + 1, instructions + ofGuest, operations + ofCache, completed, calls);
        }

        Work ran(long more) {
            return new Work(blocks, instructions, operations, completed + more, calls);
        }

        Work called() {
            return new Work(blocks, instructions, operations, completed, calls + 1);
        }
    }

    TranslatedKernel(DeprivilegedGuest guest, Probe probe, VirtualProcessor virtual, CodeCache cache, CacheCode code) {
        this.guest = guest;
        this.believed = guest.believed();
        this.probe = probe;
        this.processor = Actor.processor(probe);
        this.self = new Actor(probe, "translator");
        this.virtual = virtual;
        this.cache = cache;
        this.code = code;
        guest.kernelCode(virtual);
        guest.machine().ram().observe(new Writes());
    }

    CodeCache cache() {
        return cache;
    }

    @Override
    public void run(long until) {
        if (!canRunTranslated()) {
            left();
            guest.interpret();
            return;
        }
        if (position == NOWHERE) {
            try {
                position = translationOfNext().orElse(NOWHERE);
            } catch (Fault fetch) {
                // The guest's own: performing the instruction meets it again, and delivers it.
                guest.performForGuest();
                return;
            }
            if (position == NOWHERE) {
                guest.interpret();
                return;
            }
        }
        CodeContext context = CodeContext.of(believed);
        if (context.inCache()) {
            useTable(context);
        }
        runTranslated(until, context);
    }

    /** The table of targets is for this code from now on, and what was just looked up comes into it. */
    private void useTable(CodeContext context) {
        if (!tableContext.equals(Optional.of(context))) {
            virtual.forgetTargets();
            tableContext = Optional.of(context);
        }
        if (lookedUp) {
            virtual.target(believed.registers.rip(), position);
            lookedUp = false;
        }
    }

    /**
     * Not with instruction breakpoints, which name the guest's addresses; and not in compatibility mode, whose 32-bit addresses do not
     * reach the cache.
     */
    private boolean canRunTranslated() {
        return !believed.hasInstructionBreakpoints() && (!believed.system.longMode() || believed.is64Bit());
    }

    private void runTranslated(long until, CodeContext context) {
        guest.enterWith(segment(), data(context));
        virtual.cell(VirtualProcessor.INTERRUPT_FLAG, believed.system.flags & SystemState.INTERRUPT);
        believed.registers.rip(cacheRip(position));
        long before = guest.machine().clock().now();
        self.does(Deed.ENTER_CACHE, position);
        try {
            guest.runReal(until);
            leave();
            guest.reportTimer();
        } catch (Trapped trapped) {
            guest.trapped(trapped.fault());
            leave();
            if (guest.answer(trapped.fault())) {
                left();
            }
        } catch (Callout callout) {
            processor.does(Deed.CALLOUT_ENTRY, callout.vector());
            leave();
            work = work.ran(guest.machine().clock().now() - before);
            answer(callout.vector());
            return;
        }
        work = work.ran(guest.machine().clock().now() - before);
    }

    private SegmentRegister.State segment() {
        var system = believed.system;
        int ring = system.longMode() ? 3 : system.paragraphs() ? 1 : Math.max(system.cpl, 1);
        return MonitorMemory.codeSegment(believed.codeBits(), ring);
    }

    /** GS is the translator's where its code keeps the guest's state. */
    private static Optional<SegmentRegister.State> data(CodeContext context) {
        return context.inCache() ? Optional.of(VirtualProcessor.segment(1)) : Optional.empty();
    }

    private long cacheRip(int at) {
        return believed.system.longMode() ? MonitorMemory.BASE_64 + MonitorMemory.CODE + at : at;
    }

    /** The real instruction pointer becomes the guest's again. */
    private void leave() {
        position = (int) (believed.registers.rip() - cacheRip(0));
        believed.registers.rip(cache.guestRip(position));
        if (cache.isWithin(position)) {
            position = NOWHERE;
        }
        guest.leave();
        SystemState b = believed.system;
        b.flags = b.flags & ~SystemState.INTERRUPT | virtual.cell(VirtualProcessor.INTERRUPT_FLAG);
        self.does(Deed.LEAVE_CACHE, believed.registers.rip());
    }

    private void answer(int vector) {
        int at = position;
        self.does(Deed.HANDLE_CALLOUT, vector);
        left();
        long linear = CodeContext.of(believed).linear(believed.registers.rip());
        probe.event(new Event.Exit(Callout.kind(vector), "CALLOUT", vector, 0, linear, "translator", 0));
        if (vector == Callout.TRANSLATE) {
            link(cache.wayOfStub(at));
        } else {
            work = work.called();
            guest.performForGuest();
            lookedUp = vector == Callout.LOOK_UP;
        }
    }

    private void link(Way way) {
        OptionalInt to;
        try {
            to = translationOfNext();
        } catch (Fault fetch) {
            return;
        }
        if (to.isPresent()) {
            position = to.getAsInt();
            boolean isThere = cache.blockAt(way.field())
                    .filter(block -> block.ways().contains(way))
                    .isPresent();
            if (isThere) {
                self.does(Deed.CHAIN_BLOCKS, believed.registers.rip());
                cache.link(way, position);
            }
        }
    }

    /**
     * Where the translation of the guest's next instruction lies; it is translated if it was not.
     *
     * @return empty where no RAM is behind its address
     * @throws Fault where fetching it faults
     */
    private OptionalInt translationOfNext() {
        CodeContext context = CodeContext.of(believed);
        long rip = believed.registers.rip();
        if (!context.allows(rip, 1)) {
            throw Fault.generalProtection(0);
        }
        long physical = believed.memory.translateFor(context.linear(rip), Paging.FETCH_ACCESS);
        int frame = (int) Math.min(physical >>> 12, Integer.MAX_VALUE);
        if (frame >= guest.machine().config().guestFrames()) {
            return OptionalInt.empty();
        }
        self.does(Deed.FIND_BLOCK, rip);
        OptionalInt known = cache.find(context, frame, rip);
        if (known.isPresent()) {
            return known;
        }
        if (!cache.hasRoom()) {
            self.does(Deed.FLUSH_CACHE);
            cache.sources().forEach(guest::unprotect);
            cache.flush();
        }
        self.does(Deed.TRANSLATE_BLOCK, rip);
        Translator.Translation made = translate(context, frame, rip);
        cache.add(made);
        guest.protect(frame);
        Block block = made.block();
        work = work.translated(block.lines().size(), text.instructions(block, made.bytes()));
        return OptionalInt.of(block.start());
    }

    private Translator.Translation translate(CodeContext context, int frame, long rip) {
        byte[] page = guest.machine().ram().readable(frame);
        var source = new Translator.Source(context, frame, page, rip);
        return translator.translate(
                source,
                cache.nextStart(),
                other -> cache.find(context, frame, other).isPresent());
    }

    @Override
    public Optional<Translation> translation() {
        if (!canRunTranslated()) {
            return Optional.empty();
        }
        CodeContext context = CodeContext.of(believed);
        long rip = believed.registers.rip();
        long physical;
        try {
            physical = believed.memory.peek(context.linear(rip));
        } catch (Fault fetch) {
            return Optional.empty();
        }
        int frame = (int) Math.min(physical >>> 12, Integer.MAX_VALUE);
        if (frame >= guest.machine().config().guestFrames()) {
            return Optional.empty();
        }
        OptionalInt known = cache.find(context, frame, rip);
        if (known.isPresent()) {
            Block block = cache.blockAt(known.getAsInt()).orElseThrow();
            return Optional.of(new Translation(true, text.rows(block, cache.bytes(block))));
        }
        Translator.Translation future = translate(context, frame, rip);
        return Optional.of(new Translation(false, text.rows(future.block(), future.bytes())));
    }

    /** Completed instructions of the cache are the guest's, which take its time, the added ones, and the callouts. */
    @Override
    public Optional<Translation.Counts> translated() {
        return Optional.of(new Translation.Counts(
                work.blocks,
                work.instructions,
                work.operations,
                work.completed + code.performed() + work.calls,
                work.calls,
                cache.dropped(),
                guest.emulated()));
    }

    @Override
    public void left() {
        position = NOWHERE;
        lookedUp = false;
    }

    @Override
    public Cpu real() {
        if (believed.system.activity == Activity.ACTIVE && canRunTranslated()) {
            return guest.realWith(segment(), data(CodeContext.of(believed)));
        }
        return guest.real();
    }

    /** Drops what was made from bytes that the guest writes. */
    private final class Writes implements Ram.Observer {
        @Override
        public void written(int frame, int offset, int size) {
            if (cache.isMadeFrom(frame)) {
                cache.written(frame, offset, size);
                if (!cache.isMadeFrom(frame)) {
                    guest.unprotect(frame);
                }
            }
        }

        @Override
        public void dropWritable() {}

        @Override
        public void dropAll() {}
    }

    private record Saved(
            CodeCache.State cache,
            int position,
            boolean lookedUp,
            Optional<CodeContext> tableContext,
            Work work,
            long added)
            implements State {}

    @Override
    public State save() {
        return new Saved(cache.save(), position, lookedUp, tableContext, work, code.performed());
    }

    @Override
    public void beginRestore() {
        cache.flush();
    }

    @Override
    public void restore(State state) {
        Saved saved = (Saved) state;
        cache.restore(saved.cache);
        code.restore(saved.added);
        position = saved.position;
        lookedUp = saved.lookedUp;
        tableContext = saved.tableContext;
        work = saved.work;
    }
}
