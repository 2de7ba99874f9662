package ringside.monitor.deprivileged;

import static ringside.cpu.SystemState.*;

import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.SegmentLoads;
import ringside.cpu.SystemState;
import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/**
 * Between the state that the guest believes in and the state that lets its code run deprivileged.
 *
 * <p>Going in, real segment registers, control registers and flags are made from the believed ones. Coming out, segment registers that
 * the guest has loaded without a trap are believed too.
 */
final class WorldSwitch {
    private static final long REAL_CR0 = PAGING | WRITE_PROTECT | NUMERIC_ERROR | EXTENSION_TYPE | PROTECTION_ENABLE;

    private final Cpu believed;
    private final Cpu real;
    private final MonitorMemory place;
    private final ShadowPaging paging;
    private final ShadowDescriptors descriptors;

    /** Real segment registers as they were made: a difference shows a load that did not trap. */
    private final SegmentRegister.State[] made = new SegmentRegister.State[6];

    /** What the shadow descriptor tables were made from. */
    private record Tables(
            boolean protectedMode,
            long gdtBase,
            int gdtLimit,
            boolean local,
            long ldtBase,
            long ldtLimit,
            ShadowPaging.View view,
            int generation) {}

    private Optional<Tables> shadowed = Optional.empty();

    WorldSwitch(Cpu believed, Cpu real, MonitorMemory place, ShadowPaging paging, ShadowDescriptors descriptors) {
        this.believed = believed;
        this.real = real;
        this.place = place;
        this.paging = paging;
        this.descriptors = descriptors;
        for (int i = 0; i < made.length; i++) {
            made[i] = real.system.segments[i].save();
        }
    }

    /** The guest has written to its descriptor tables. */
    void descriptorsChanged() {
        shadowed = Optional.empty();
    }

    /** The believed and the real state were replaced: what the guest changed since is not known any more, and nothing is shadowed. */
    void restored() {
        shadowed = Optional.empty();
        for (int i = 0; i < made.length; i++) {
            made[i] = real.system.segments[i].save();
        }
    }

    ShadowPaging.View view() {
        if (!believed.system.longMode()) {
            return ShadowPaging.View.LEGACY;
        }
        return believed.system.cpl == 3 ? ShadowPaging.View.LONG_USER : ShadowPaging.View.LONG_KERNEL;
    }

    /** The ring in which code of a believed ring runs. */
    private int realRing(int ring) {
        return believed.system.longMode() || believed.system.paragraphs() ? 3 : Math.max(ring, 1);
    }

    /**
     * Can the guest's state be held by a deprivileged processor? Not between MOV CR0 and the far jump that follows, and not with
     * segments in real mode that are no paragraphs of 64 KiB: then the monitor performs each instruction itself.
     */
    boolean isRepresentable() {
        SystemState b = believed.system;
        if (b.paragraphs()) {
            for (SegmentRegister s : b.segments) {
                boolean paragraph = s.base() == (long) s.selector() << 4
                        && s.limit() == 0xFFFF
                        && !s.isBig()
                        && (s.rights() & SegmentRegister.PRESENT) != 0;
                if (!paragraph) {
                    return false;
                }
            }
            return true;
        }
        boolean stack = b.is64Bit() && !b.segments[SS].isUsable() || isAsInTable(SS);
        return isAsInTable(CS) && stack;
    }

    /**
     * Would loading the selector now give the hidden part that is there? Not where it was loaded in another mode, or where the table
     * was changed since. FS and GS of a 64-bit guest have bases of their own.
     */
    private boolean isAsInTable(int i) {
        SegmentRegister s = believed.system.segments[i];
        if (!s.isUsable() || SegmentLoads.isNull(s.selector()) || !fits(s)) {
            return false;
        }
        long d = descriptors.ofGuest(s.selector());
        boolean base = believed.system.longMode() && i >= FS || Descriptor.base(d) == s.base();
        return base
                && Descriptor.isPresent(d)
                && Descriptor.limit(d) == s.limit()
                && (Descriptor.rights(d) | SegmentRegister.ACCESSED) == (s.rights() | SegmentRegister.ACCESSED);
    }

    /** Does the segment begin below the monitor's own addresses, and grow upwards? */
    private boolean fits(SegmentRegister s) {
        boolean expandDown = (s.rights() & (SegmentRegister.CODE | SegmentRegister.EXPAND_DOWN_OR_CONFORMING))
                == SegmentRegister.EXPAND_DOWN_OR_CONFORMING;
        return believed.system.longMode() || s.base() < MonitorMemory.BASE_32 && !expandDown;
    }

    // Going in.

    /** The guest will run its own code. */
    void enter() {
        enterSystem(realRing(believed.system.cpl), believed.system.paragraphs());
        for (int i = 0; i < 6; i++) {
            enterSegment(i);
            made[i] = real.system.segments[i].save();
        }
        real.pagingChanged();
    }

    /**
     * The guest's kernel will run code of the monitor. As that never loads a segment register, each can hold what the guest has there,
     * whatever its tables say meanwhile, in real mode too.
     */
    void enterWith(SegmentRegister.State code, Optional<SegmentRegister.State> data) {
        enterSystem(code.rights() >>> 5 & 3, false);
        for (int i = 0; i < 6; i++) {
            if (i == CS) {
                real.system.segments[i].restore(code);
            } else if (i == GS && data.isPresent()) {
                real.system.segments[i].restore(data.get());
            } else {
                enterCached(i);
            }
            made[i] = real.system.segments[i].save();
        }
        real.pagingChanged();
    }

    /** All but the segment registers. */
    private void enterSystem(int ring, boolean virtual8086) {
        SystemState b = believed.system;
        SystemState r = real.system;
        ShadowPaging.View view = view();
        boolean longMode = b.longMode();
        long root = paging.root(view);
        shadowDescriptors(view);
        long base = longMode ? MonitorMemory.BASE_64 : MonitorMemory.BASE_32;
        r.gdtrBase = base + MonitorMemory.GDT;
        r.gdtrLimit = 0xFFFF;
        r.idtrBase = base + MonitorMemory.IDT;
        r.idtrLimit = longMode ? 0xFFF : 0x7FF;
        r.tr.load(
                MonitorMemory.TSS_SELECTOR,
                base + MonitorMemory.TSS,
                0x67,
                SegmentRegister.PRESENT | Descriptor.BUSY_TSS_32);
        boolean local = descriptors.hasLocalTable();
        r.ldtr.load(
                local ? MonitorMemory.LDT_SELECTOR : 0,
                base + MonitorMemory.LDT,
                0xFFFF,
                local ? SegmentRegister.PRESENT | Descriptor.LDT : SegmentRegister.UNUSABLE);
        r.cpl = ring;
        r.flags = INTERRUPT | b.flags & RESUME | (virtual8086 ? VIRTUAL_8086 : 0);
        r.efer = NO_EXECUTE_ENABLE | (longMode ? LONG_MODE_ENABLE | LONG_MODE_ACTIVE : 0);
        r.cr0 = REAL_CR0 | b.cr0 & (ALIGNMENT_MASK | TASK_SWITCHED | MONITOR_COPROCESSOR | EMULATION);
        r.cr4 = PHYSICAL_ADDRESS_EXTENSION
                | b.cr4 & (TIME_STAMP_DISABLE | DEBUGGING_EXTENSIONS | UMIP | FXSAVE | OSXSAVE);
        r.xcr0 = b.xcr0;
        for (int i = 0; i < 4; i++) {
            r.breakpoints[i] = b.breakpoints[i];
            r.pdpte[i] = longMode ? 0 : paging.pointer(i);
        }
        r.dr7 = b.dr7 & ~DR7_GENERAL_DETECT;
        if (r.cr3 != root) {
            r.cr3 = root;
            real.memory.flush(true);
        }
    }

    private void enterSegment(int i) {
        SystemState b = believed.system;
        SegmentRegister from = b.segments[i];
        SegmentRegister to = real.system.segments[i];
        if (b.paragraphs()) {
            int rights = SegmentRegister.REAL_MODE_DATA | 3 << 5;
            to.load(from.selector(), from.base(), 0xFFFF, rights);
            return;
        }
        if (!isAsInTable(i)) {
            makeUnusable(i);
            return;
        }
        boolean system = i == CS || i == SS;
        int ring = realRing(from.dpl());
        boolean conforming = from.isConformingCode();
        int rights = conforming ? from.rights() : from.rights() & ~(3 << 5) | ring << 5;
        int selector = system ? from.selector() & ~3 | real.system.cpl : from.selector();
        to.load(selector, from.base(), realLimit(from), rights);
    }

    /** Using it faults, and the monitor performs the access with what the guest has there. */
    private void makeUnusable(int i) {
        SegmentRegister from = believed.system.segments[i];
        int ring = i == SS ? real.system.cpl : 0;
        int selector = i == SS ? from.selector() & ~3 | ring : from.selector();
        real.system.segments[i].load(selector, i >= FS ? from.base() : 0, 0, SegmentRegister.UNUSABLE | ring << 5);
    }

    private void enterCached(int i) {
        SegmentRegister from = believed.system.segments[i];
        if (!from.isUsable() || !fits(from)) {
            makeUnusable(i);
            return;
        }
        int rights = from.rights() & ~(3 << 5) | real.system.cpl << 5;
        real.system.segments[i].load(from.selector(), from.base(), realLimit(from), rights);
    }

    /** The limit as the shadow descriptor has it: below the monitor's own addresses. */
    private long realLimit(SegmentRegister s) {
        if (believed.system.longMode()) {
            return s.limit();
        }
        long room = MonitorMemory.BASE_32 - 1 - s.base();
        return s.limit() <= room ? s.limit() : (room + 1 & ~0xFFFL) - 1;
    }

    /** Makes the shadow descriptor tables, where they are not up to date; writes to the guest's tables trap from then on. */
    private void shadowDescriptors(ShadowPaging.View view) {
        SystemState b = believed.system;
        boolean local = descriptors.hasLocalTable();
        Tables tables = new Tables(
                b.protectedMode(),
                b.gdtrBase,
                b.gdtrLimit,
                local,
                b.ldtr.base(),
                b.ldtr.limit(),
                view,
                paging.generation());
        if (shadowed.isPresent() && shadowed.get().equals(tables)) {
            return;
        }
        if (b.protectedMode()) {
            guard(b.gdtrBase, b.gdtrLimit);
        }
        if (local) {
            guard(b.ldtr.base(), Math.min(b.ldtr.limit(), 0xFFFF));
        }
        descriptors.rebuild(b.longMode() ? 3 : 1, view);
        shadowed = Optional.of(tables);
    }

    private void guard(long base, long limit) {
        for (long at = base & ~0xFFFL; at <= base + limit; at += 0x1000) {
            try {
                long frame = believed.memory.peek(at) >>> 12;
                if (frame < place.firstFrame()) {
                    paging.guard((int) frame);
                }
            } catch (Fault unmapped) {
                // That part of the table is not in memory: there is nothing to follow.
                continue;
            }
        }
    }

    // Coming out.

    /** What the guest has changed without a trap is believed from now on. */
    void leave() {
        SystemState b = believed.system;
        SystemState r = real.system;
        if (!b.paragraphs() && !b.longMode() && r.cpl != realRing(b.cpl)) {
            b.cpl = r.cpl == 1 ? 0 : r.cpl;
        }
        for (int i = 0; i < 6; i++) {
            if (!r.segments[i].save().equals(made[i])) {
                believeSegment(i);
                made[i] = r.segments[i].save();
            }
        }
        if (r.shadowed(real.clock.now())) {
            b.shadow = r.shadow;
            b.shadowTime = r.shadowTime;
        }
        b.flags = b.flags & ~RESUME | r.flags & RESUME;
        b.pendingDebug |= r.pendingDebug;
        r.pendingDebug = 0;
        believed.modeChanged();
    }

    private void believeSegment(int i) {
        SystemState b = believed.system;
        int selector = real.system.segments[i].selector();
        SegmentRegister to = b.segments[i];
        if (b.paragraphs()) {
            to.loadRealMode(selector);
            return;
        }
        if (i == CS || i == SS) {
            selector = selector & ~3 | b.cpl;
        }
        if (SegmentLoads.isNull(selector)) {
            to.load(selector, 0, 0, SegmentRegister.UNUSABLE | (i == SS ? b.cpl << 5 : 0));
            return;
        }
        SegmentLoads.fill(to, selector, SegmentLoads.descriptor(believed, selector));
    }
}
