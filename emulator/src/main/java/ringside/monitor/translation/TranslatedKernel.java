package ringside.monitor.translation;

import java.util.OptionalInt;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.SystemState.Activity;
import ringside.memory.Ram;
import ringside.mmu.Paging;
import ringside.mmu.SegmentRegister;
import ringside.monitor.deprivileged.DeprivilegedGuest;
import ringside.monitor.deprivileged.MonitorMemory;
import ringside.monitor.deprivileged.Trapped;
import ringside.monitor.translation.Block.Way;
import ringside.probe.Event;
import ringside.probe.Probe;

/** VMware's way: the kernel's code is translated where it runs, and the translation runs in its place. */
final class TranslatedKernel implements Kernel {
    private static final int NOWHERE = -1;

    private final DeprivilegedGuest guest;
    private final Cpu believed;
    private final Probe probe;
    private final CodeCache cache;
    private final CacheCode code;
    private final Translator translator = new Translator();

    /** Where in the cache the guest was left and goes on, unless something was performed for it since. */
    private int position = NOWHERE;

    TranslatedKernel(DeprivilegedGuest guest, Probe probe, CodeCache cache, CacheCode code) {
        this.guest = guest;
        this.believed = guest.believed();
        this.probe = probe;
        this.cache = cache;
        this.code = code;
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
        runTranslated(until);
    }

    /**
     * Not with instruction breakpoints, which name the guest's addresses; and not in compatibility mode, whose 32-bit addresses do not
     * reach the cache.
     */
    private boolean canRunTranslated() {
        return !believed.hasInstructionBreakpoints() && (!believed.system.longMode() || believed.is64Bit());
    }

    private void runTranslated(long until) {
        guest.enterWith(segment());
        believed.registers.rip(cacheRip(position));
        try {
            guest.runReal(until);
            leave();
        } catch (Trapped trapped) {
            leave();
            if (guest.answer(trapped.fault())) {
                left();
            }
        } catch (Callout callout) {
            leave();
            answer(callout.vector());
        }
    }

    private SegmentRegister.State segment() {
        var system = believed.system;
        int ring = system.longMode() ? 3 : system.paragraphs() ? 1 : Math.max(system.cpl, 1);
        return MonitorMemory.codeSegment(believed.codeBits(), ring);
    }

    private long cacheRip(int at) {
        return believed.system.longMode() ? MonitorMemory.BASE_64 + MonitorMemory.CODE + at : at;
    }

    /** The real instruction pointer becomes the guest's again. */
    private void leave() {
        position = (int) (believed.registers.rip() - cacheRip(0));
        believed.registers.rip(cache.guestRip(position));
        guest.leave();
    }

    private void answer(int vector) {
        int at = position;
        left();
        long linear = CodeContext.of(believed).linear(believed.registers.rip());
        probe.event(new Event.Exit(Callout.kind(vector), "CALLOUT", vector, 0, linear, "translator", 0));
        if (vector == Callout.TRANSLATE) {
            link(cache.wayOfStub(at));
        } else {
            guest.performForGuest();
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
        OptionalInt known = cache.find(context, frame, rip);
        if (known.isPresent()) {
            return known;
        }
        if (!cache.hasRoom()) {
            cache.sources().forEach(guest::unprotect);
            cache.flush();
        }
        int start = cache.nextStart();
        byte[] page = guest.machine().ram().readable(frame);
        var source = new Translator.Source(context, frame, page, rip);
        cache.add(translator.translate(
                source, start, other -> cache.find(context, frame, other).isPresent()));
        guest.protect(frame);
        return OptionalInt.of(start);
    }

    @Override
    public void left() {
        position = NOWHERE;
    }

    @Override
    public Cpu real() {
        if (believed.system.activity == Activity.ACTIVE && canRunTranslated()) {
            guest.enterWith(segment());
            guest.leave();
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

    private record Saved(CodeCache.State cache, int position) implements State {}

    @Override
    public State save() {
        return new Saved(cache.save(), position);
    }

    @Override
    public void beginRestore() {
        cache.flush();
    }

    @Override
    public void restore(State state) {
        Saved saved = (Saved) state;
        cache.restore(saved.cache);
        code.forget();
        position = saved.position;
    }
}
