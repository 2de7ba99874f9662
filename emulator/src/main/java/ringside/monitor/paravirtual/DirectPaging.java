package ringside.monitor.paravirtual;

import ringside.memory.Ram;
import ringside.mmu.Paging;

/**
 * Page tables that the guest owns and the processor walks: a frame becomes a page table only when every entry in it is harmless, and from then
 * on each change is looked at (Xen, arch/x86/mm.c; docs: "direct paging"). Every entry refers to its frame, and to what the frame is
 * used as, so that nothing that is in use can become something else.
 */
final class DirectPaging {
    private static final int ENTRIES = 512;

    /** A kernel with PAE has four page-directory pointers. */
    private static final int POINTERS = 4;

    /** Looking at a whole table takes as long as moving it: a unit for 16 bytes. */
    private static final int TABLE_WORK = Ram.FRAME_SIZE / 16;

    private final Ram ram;
    private final FrameTable frames;
    private final Abi abi;
    private final XenSpace space;
    private final EntryRules rules;
    private final Runnable flush;
    private long work;

    /** @param flush drops all translations that the processor holds */
    DirectPaging(Ram ram, FrameTable frames, Abi abi, XenSpace space, Runnable flush) {
        this.ram = ram;
        this.frames = frames;
        this.abi = abi;
        this.space = space;
        this.rules = new EntryRules(abi);
        this.flush = flush;
    }

    /** Units of guest time that this has worked since it was asked last. */
    long takeWork() {
        long units = work;
        work = 0;
        return units;
    }

    // References and types.

    /** Refers to a frame of the domain, and uses it as a type; false where it is another's or is used as something else. */
    boolean get(long frame, FrameType type) {
        return get(frame, type, frames.own());
    }

    private boolean get(long frame, FrameType type, int owner) {
        if (!frames.get(frame, owner)) {
            return false;
        }
        if (getType((int) frame, type)) {
            return true;
        }
        frames.put((int) frame);
        return false;
    }

    void put(int frame) {
        putType(frame);
        frames.put(frame);
    }

    /** Uses a frame as a type once more; false where that cannot be. The frame is referred to. */
    boolean getType(int frame, FrameType type) {
        if (frames.typeCount(frame) == 0) {
            if (frames.type(frame) != type) {
                if (frames.type(frame) == FrameType.WRITABLE) {
                    flush.run(); // A translation from before may still let the guest write.
                }
                frames.type(frame, type);
            }
        } else if (frames.type(frame) != type) {
            return false;
        }
        if (!frames.countUp(frame)) {
            return false;
        }
        if (frames.isValidated(frame)) {
            return true;
        }
        if (frames.typeCount(frame) > 1) {
            // It is being looked at: a table cannot prove itself.
            frames.countDown(frame);
            return false;
        }
        if (validate(frame, type)) {
            frames.validated(frame, true);
            return true;
        }
        frames.type(frame, FrameType.NONE);
        return false;
    }

    void putType(int frame) {
        frames.countDown(frame);
        FrameType type = frames.type(frame);
        if (frames.typeCount(frame) == 0 && type.level() > 0) {
            frames.validated(frame, false);
            devalidate(frame, type, ENTRIES);
        }
    }

    private boolean validate(int frame, FrameType type) {
        if (type == FrameType.WRITABLE) {
            return true;
        }
        work += TABLE_WORK;
        return type == FrameType.SEGMENTS ? validateSegments(frame) : validateTable(frame, type);
    }

    private boolean validateSegments(int frame) {
        long address = (long) frame << 12;
        for (int i = 0; i < ENTRIES; i++) {
            if (Descriptors.checked(ram.read(address + i * 8L, 8), abi).isEmpty()) {
                return false;
            }
        }
        for (int i = 0; i < ENTRIES; i++) {
            long descriptor = ram.read(address + i * 8L, 8);
            ram.write(address + i * 8L, 8, Descriptors.checked(descriptor, abi).getAsLong());
        }
        return true;
    }

    private boolean validateTable(int table, FrameType type) {
        if (type == FrameType.L4 != abi.is64() && type.level() == 4) {
            return false;
        }
        for (int slot = 0; slot < ENTRIES; slot++) {
            if (isIgnored(type, slot)) {
                continue;
            }
            long entry = entry(table, slot);
            if (isMissing(type, slot, entry) || !acquire(entry, type, slot, table, frames.own())) {
                devalidate(table, type, slot);
                return false;
            }
            long adjusted = rules.adjusted(entry, type.level());
            if (adjusted != entry) {
                entry(table, slot, adjusted);
            }
        }
        if (isPointers(type)) {
            for (int slot = POINTERS; slot < ENTRIES; slot++) {
                entry(table, slot, 0); // In compatibility mode the processor would see them.
            }
        }
        space.fillSlots(type, table);
        return true;
    }

    /** The last page directory holds Xen's part of the address space. */
    private boolean isMissing(FrameType type, int slot, long entry) {
        return isPointers(type) && slot == POINTERS - 1 && !EntryRules.isPresent(entry);
    }

    private boolean isPointers(FrameType type) {
        return type == FrameType.L3 && !abi.is64();
    }

    private boolean isIgnored(FrameType type, int slot) {
        return XenSpace.isXensSlot(type, slot) || isPointers(type) && slot >= POINTERS;
    }

    /** Lets go what the entries below {@code end} refer to. */
    private void devalidate(int table, FrameType type, int end) {
        work += TABLE_WORK;
        for (int slot = 0; slot < end; slot++) {
            if (isIgnored(type, slot)) {
                continue;
            }
            long entry = entry(table, slot);
            release(entry, type, table);
            long restored = rules.restored(entry, type.level());
            if (restored != entry) {
                entry(table, slot, restored);
            }
        }
    }

    private long entry(int table, int slot) {
        return ram.read(((long) table << 12) + slot * 8L, 8);
    }

    private void entry(int table, int slot, long value) {
        ram.write(((long) table << 12) + slot * 8L, 8, value);
    }

    // Entries.

    private FrameType below(FrameType type, int slot) {
        return switch (type) {
            case L4 -> FrameType.L3;
            case L3 -> isPointers(type) && slot == POINTERS - 1 ? FrameType.L2_TOP : FrameType.L2;
            case L2, L2_TOP -> FrameType.L1;
            case L1, NONE, SEGMENTS, WRITABLE -> throw new IllegalStateException("no table below " + type);
        };
    }

    private boolean acquire(long entry, FrameType type, int slot, int table, int owner) {
        if (!EntryRules.isPresent(entry)) {
            return true;
        }
        if (!rules.allows(entry, type.level())) {
            return false;
        }
        int frame = EntryRules.frame(entry);
        if (type.level() == 1) {
            return EntryRules.isWritable(entry) ? get(frame, FrameType.WRITABLE, owner) : frames.get(frame, owner);
        }
        // A table may be seen by the guest through an entry of its own, but not written: a linear page table.
        return frame == table ? !EntryRules.isWritable(entry) && abi.is64() : get(frame, below(type, slot));
    }

    private void release(long entry, FrameType type, int table) {
        if (!EntryRules.isPresent(entry)) {
            return;
        }
        int frame = EntryRules.frame(entry);
        if (type.level() == 1 && !EntryRules.isWritable(entry)) {
            frames.put(frame);
        } else if (frame != table) {
            put(frame);
        }
    }

    /**
     * Changes an entry of a page table that is in use.
     *
     * @param offset of the entry in the table, in bytes
     * @param keep the accessed and dirty flags stay as they are
     * @throws Errno.Failure where the guest may not have this entry
     */
    void update(int table, int offset, long wanted, boolean keep) {
        update(table, offset, wanted, keep, frames.own());
    }

    /**
     * The same where an entry of the last level may lead to another domain's frames.
     *
     * @param owner whose frames it may lead to: {@link FrameTable#own}
     */
    void update(int table, int offset, long wanted, boolean keep, int owner) {
        work++;
        FrameType type = frames.type(table);
        int slot = offset >>> 3;
        long old = entry(table, slot);
        long flags = Paging.ACCESSED | Paging.DIRTY;
        long entry = keep && EntryRules.isPresent(wanted) ? wanted & ~flags | old & flags : wanted;
        boolean fixed = isPointers(type) && slot >= POINTERS - 1;
        if ((offset & 7) != 0 || fixed || isIgnored(type, slot)) {
            throw Errno.EINVAL.failure();
        }
        if (!acquire(entry, type, slot, table, owner)) {
            throw reason(entry, type).failure();
        }
        entry(table, slot, rules.adjusted(entry, type.level()));
        release(old, type, table);
        if (isPointers(type)) {
            flush.run();
        }
    }

    /** Why an entry was refused: a bit, no memory at all, or memory that is another's or something else. */
    private Errno reason(long entry, FrameType type) {
        if (type.level() > 1 || !rules.allowsFlags(entry, type.level())) {
            return Errno.EINVAL;
        }
        long frame = (entry & EntryRules.ADDRESS) >>> 12;
        return frame < frames.frames() ? Errno.EBUSY : Errno.EPERM;
    }
}
