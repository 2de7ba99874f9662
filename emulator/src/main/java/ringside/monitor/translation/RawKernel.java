package ringside.monitor.translation;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.SystemState;
import ringside.memory.Ram;
import ringside.mmu.Paging;
import ringside.mmu.SegmentRegister;
import ringside.monitor.Translation;
import ringside.monitor.deprivileged.DeprivilegedGuest;
import ringside.monitor.deprivileged.MonitorMemory;
import ringside.monitor.deprivileged.Trapped;
import ringside.monitor.translation.Patch.Piece;
import ringside.monitor.translation.Patch.Role;
import ringside.probe.Actor;
import ringside.probe.Deed;
import ringside.probe.Event;
import ringside.probe.Probe;

/**
 * VirtualBox's way: the kernel runs at ring 1 from its own addresses, in raw mode, and is scanned and patched before. All that raw mode cannot
 * hold (EM.cpp, emR3Reschedule) is performed by the recompiler, here by performing each row: real mode, no paging, CR0.WP clear, interrupts
 * off outside a patch, I/O privilege, single steps, 16-bit code. So is 64-bit code, which VirtualBox did not have without hardware support.
 */
final class RawKernel implements Kernel {
    private static final int NOWHERE = -1;
    private static final int ANY_BREAKPOINT = 0xFF;

    private final DeprivilegedGuest guest;
    private final Cpu believed;
    private final Probe probe;
    private final Actor processor;
    private final Actor translator;
    private final Actor monitor;
    private final PatchMemory memory;
    private final ScannedCode code;
    private final CodeScanner scanner;
    private final PatchText text = new PatchText();

    /** Where in patch memory the guest was left and goes on; else it goes on in its own code. */
    private int position = NOWHERE;

    /** The place of the monitor's pages was looked at when the guest's translations had this number. */
    private long checked = -1;

    private Work work = new Work(0, 0, 0, 0);

    /** What was done up to now; see {@link Translation.Counts}. */
    private record Work(long patches, long instructions, long operations, long calls) {
        Work found(CodeScanner.Found found) {
            return new Work(
                    patches + found.patches(),
                    instructions + found.instructions(),
                    operations + found.operations(),
                    calls);
        }

        Work called() {
            return new Work(patches, instructions, operations, calls + 1);
        }
    }

    RawKernel(DeprivilegedGuest guest, Probe probe, PatchMemory memory, ScannedCode code) {
        this.guest = guest;
        this.believed = guest.believed();
        this.probe = probe;
        this.processor = Actor.processor(probe);
        this.translator = new Actor(probe, "translator");
        this.monitor = new Actor(probe, "monitor");
        this.memory = memory;
        this.code = code;
        this.scanner = new CodeScanner(guest.machine().ram(), memory);
        guest.kernelCode(memory);
        guest.machine().ram().observe(new Writes());
    }

    @Override
    public void run(long until) {
        if (!isRaw() || !hasPlace() || !findCode()) {
            left();
            guest.goOnEmulated();
            return;
        }
        runRaw(until);
    }

    // Which way the guest goes on.

    /** Whether raw mode can hold the kernel, but for its interrupt flag. */
    private boolean isRaw() {
        SystemState b = believed.system;
        int unusual = SystemState.PRIVILEGED & ~SystemState.INTERRUPT;
        return b.protectedMode()
                && !b.longMode()
                && b.cpl == 0
                && (b.cr0 & SystemState.PAGING) != 0
                && (b.cr0 & SystemState.WRITE_PROTECT) != 0
                && (b.flags & unusual) == 0
                && !believed.registers.trap()
                && (b.dr7 & ANY_BREAKPOINT) == 0
                && isFlat(b.segments[SystemState.CS])
                && isFlat(b.segments[SystemState.SS])
                && guest.isRepresentable();
    }

    private static boolean isFlat(SegmentRegister s) {
        return s.isBig() && s.base() == 0 && s.limit() == 0xFFFF_FFFFL;
    }

    /** Programs run in raw mode where the kernel would, whatever their segments. */
    @Override
    public boolean runsPrograms() {
        SystemState b = believed.system;
        long needed = SystemState.PAGING | SystemState.WRITE_PROTECT | SystemState.PROTECTION_ENABLE;
        return (b.cr0 & needed) == needed
                && !b.longMode()
                && !b.virtual8086()
                && b.interruptFlag()
                && !believed.registers.trap();
    }

    /** Where the guest has made a page table at the monitor's addresses, these move to others. */
    private boolean hasPlace() {
        if (checked != guest.changes()) {
            if (!guest.isFree(memory.base())) {
                OptionalInt other = otherPlace();
                if (other.isEmpty()) {
                    return false;
                }
                moveTo(other.getAsInt() * PatchMemory.STEP);
            }
            checked = guest.changes();
        }
        return true;
    }

    /** @return the number of a page directory entry that the guest does not use */
    private OptionalInt otherPlace() {
        int last = (int) (MonitorMemory.BASE_32 / PatchMemory.STEP);
        for (int i = 1; i < last; i++) {
            int candidate = (int) ((PatchMemory.FIRST_BASE / PatchMemory.STEP + i) % last);
            if (candidate > 0 && guest.isFree(candidate * PatchMemory.STEP)) {
                return OptionalInt.of(candidate);
            }
        }
        return OptionalInt.empty();
    }

    private void moveTo(long base) {
        left();
        memory.pages().forEach(this::drop);
        memory.moveTo(base);
        code.restore(code.performed());
        guest.kernelCode(memory);
    }

    /** Finds where the kernel goes on, and scans the code there if nobody has. */
    private boolean findCode() {
        if (position != NOWHERE) {
            return true;
        }
        long linear = believed.registers.rip();
        boolean off = !believed.system.interruptFlag();
        Optional<CodePage> page;
        try {
            page = pageAt(linear, off);
        } catch (Fault fetch) {
            // The guest's own: performing the instruction meets it again, and delivers it.
            return false;
        }
        Optional<Patch.Entry> entry = page.flatMap(there -> there.entry(linear, off));
        if (entry.isPresent()) {
            position = entry.get().at();
            return true;
        }
        if (page.isEmpty() || off) {
            return false;
        }
        if (!page.get().isKnown((int) linear & Ram.OFFSET)) {
            scan(page.get(), (int) linear & Ram.OFFSET);
        }
        return true;
    }

    /** The copy of the kernel's page at an address; empty where raw mode does not run it, and where interrupts are off and there is none. */
    private Optional<CodePage> pageAt(long linear, boolean off) {
        long physical = believed.memory.translateFor(linear, Paging.FETCH_ACCESS);
        if (physical >>> 12 >= guest.machine().config().guestFrames()
                || (believed.memory.tlb().rights(linear) & Paging.USER) != 0) {
            return Optional.empty();
        }
        int frame = (int) (physical >>> 12);
        Optional<CodePage> known = memory.pageAt(linear);
        if (known.isPresent() && known.get().frame() == frame) {
            return known;
        }
        known.ifPresent(this::drop);
        if (off) {
            return Optional.empty();
        }
        if (!memory.hasRoomForPage() || !scanner.hasRoom()) {
            memory.pages().forEach(this::drop);
        }
        CodePage page = memory.addPage(linear, frame);
        guest.protect(frame);
        guest.remap(page.linear());
        return Optional.of(page);
    }

    private void scan(CodePage page, int offset) {
        translator.does(Deed.STAY_OUT);
        translator.does(Deed.SCAN_CODE, page.linear() + offset);
        probe.event(new Event.Exit("scan", "SCAN", 0, 0, page.linear() + offset, "translator", 0));
        work = work.found(scanner.scan(page, offset));
    }

    private void drop(CodePage page) {
        memory.removePage(page);
        guest.remap(page.linear());
        if (!memory.isMadeFrom(page.frame())) {
            guest.unprotect(page.frame());
        }
    }

    // In raw mode.

    private void runRaw(long until) {
        guest.enter();
        boolean waits = guest.machine().interrupts().pending();
        memory.cell(PatchMemory.INTERRUPT_FLAG, believed.system.flags & SystemState.INTERRUPT);
        memory.cell(PatchMemory.INHIBITED, 0);
        memory.cell(PatchMemory.PENDING, waits ? 1 : 0);
        if (position != NOWHERE) {
            believed.registers.rip(memory.linear(position));
        }
        try {
            guest.runReal(until);
            leave();
            guest.reportTimer();
        } catch (Trapped trapped) {
            guest.trapped(trapped.fault());
            answer(trapped.fault(), leave());
        } catch (PatchTrap trap) {
            processor.does(Deed.EXCEPTION_ENTRY, Fault.BREAKPOINT);
            answerPatch(leave());
        } catch (NotScanned code) {
            leave();
            left();
        }
    }

    /**
     * The guest's instruction pointer and interrupt flag are its own again.
     *
     * @return where in a patch it was left
     */
    private Optional<Piece> leave() {
        OptionalInt at = memory.place(believed.registers.rip());
        Optional<Piece> piece = at.isEmpty() || guest.real().system.cpl == 3
                ? Optional.empty()
                : memory.patchAt(at.getAsInt()).flatMap(patch -> patch.pieceAt(at.getAsInt()));
        position = piece.map(Piece::at).orElse(NOWHERE);
        piece.ifPresent(there -> {
            monitor.does(Deed.LEAVE_PATCH, there.linear());
            believed.registers.rip(there.linear());
        });
        guest.leave();
        SystemState b = believed.system;
        b.flags = b.flags & ~SystemState.INTERRUPT | memory.cell(PatchMemory.INTERRUPT_FLAG) & SystemState.INTERRUPT;
        if (piece.isPresent()
                && memory.cell(PatchMemory.INHIBITED) == (int) piece.get().linear()) {
            b.shadow = SystemState.Shadow.STI;
            b.shadowTime = guest.machine().clock().now();
        }
        return piece;
    }

    private void answer(Fault fault, Optional<Piece> piece) {
        boolean dispatch = piece.filter(there -> there.role() == Role.DISPATCH).isPresent();
        if (dispatch && fault.vector() == Fault.INVALID_OPCODE) {
            monitor.does(Deed.HANDLE_PATCH_TRAP, fault.vector());
            report("INVALID_OPCODE", Fault.INVALID_OPCODE);
            left();
            return;
        }
        boolean fetch = fault.vector() == Fault.PAGE_FAULT && (fault.errorCode() & Paging.FETCH_ACCESS) != 0;
        if (fetch && position == NOWHERE && isNew(fault.address())) {
            // A page of code that was not run before: it is scanned next.
            return;
        }
        if (guest.answer(fault)) {
            left();
        }
    }

    private boolean isNew(long linear) {
        try {
            long physical = believed.memory.translateFor(linear, Paging.FETCH_ACCESS);
            return memory.pageAt(linear)
                    .filter(page -> page.frame() == physical >>> 12)
                    .isEmpty();
        } catch (Fault ofGuest) {
            return false;
        }
    }

    private void answerPatch(Optional<Piece> piece) {
        boolean performs = piece.isEmpty() || piece.get().role() == Role.PERFORM;
        left();
        monitor.does(Deed.HANDLE_PATCH_TRAP, Fault.BREAKPOINT);
        report("BREAKPOINT", Fault.BREAKPOINT);
        if (performs) {
            work = work.called();
            guest.performForGuest();
        }
    }

    private void report(String reason, int vector) {
        probe.event(new Event.Exit("patch", reason, vector, 0, believed.registers.rip(), "monitor", 0));
    }

    @Override
    public void left() {
        position = NOWHERE;
    }

    @Override
    public Cpu real() {
        return guest.realInside();
    }

    // What is shown.

    @Override
    public Optional<Translation> translation() {
        if (!isRaw()) {
            return Optional.empty();
        }
        return memory.pageAt(believed.registers.rip())
                .map(page -> text.block(memory, page, guest.machine().ram(), believed.registers.rip()))
                .filter(block -> !block.rows().isEmpty());
    }

    @Override
    public Optional<Translation.Counts> translated() {
        return Optional.of(new Translation.Counts(
                work.patches,
                work.instructions,
                work.operations,
                code.performed() + work.calls,
                work.calls,
                memory.dropped(),
                guest.emulated()));
    }

    /** Drops what was made from bytes that the guest writes, and copies what it writes beside its code. */
    private final class Writes implements Ram.Observer {
        @Override
        public void written(int frame, int offset, int size) {
            if (!memory.isMadeFrom(frame)) {
                return;
            }
            List<CodePage> pages = memory.pagesOf(frame);
            for (CodePage page : pages) {
                if (page.knows(offset, size)) {
                    left();
                    drop(page);
                } else {
                    memory.follow(page, offset, size);
                }
            }
        }

        @Override
        public void dropWritable() {}

        @Override
        public void dropAll() {}
    }

    private record Saved(PatchMemory.State memory, int position, Work work, long performed) implements State {}

    @Override
    public State save() {
        return new Saved(memory.save(), position, work, code.performed());
    }

    @Override
    public void beginRestore() {
        memory.forget();
    }

    @Override
    public void restore(State state) {
        Saved saved = (Saved) state;
        memory.restore(saved.memory);
        code.restore(saved.performed);
        position = saved.position;
        work = saved.work;
        checked = -1;
    }
}
