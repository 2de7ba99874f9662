package ringside.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import ringside.mmu.Paging;
import ringside.mmu.Tlb;
import ringside.monitor.Monitor;

/**
 * How an access to a linear address is translated at one moment, and what the processor has kept of earlier translations.
 *
 * @param typed the address as it was asked for
 * @param walks one for each set of tables that leads there: the guest's own, and what a monitor keeps in their place
 * @param explained the page fault that CR2 belongs to, where the guest has had one lately
 */
public record Walks(
        String typed, long linear, Access access, List<Walk> walks, Buffer buffer, Optional<Access> explained) {
    public Walks {
        walks = List.copyOf(walks);
    }

    /** What is done with the address. */
    public enum Kind {
        READ,
        WRITE,
        FETCH;

        /** Its bits of a page fault's error code. */
        int bits() {
            return switch (this) {
                case READ -> 0;
                case WRITE -> Paging.WRITE_ACCESS;
                case FETCH -> Paging.FETCH_ACCESS;
            };
        }
    }

    /** @param program it is judged as ring 3's, whatever the present ring */
    public record Access(Kind kind, boolean program) {
        /** Reading, as the present ring does. */
        public static final Access READ = new Access(Kind.READ, false);

        /** The access that a page fault's error code tells of. */
        static Access of(int errorCode) {
            Kind kind = (errorCode & Paging.FETCH_ACCESS) != 0
                    ? Kind.FETCH
                    : (errorCode & Paging.WRITE_ACCESS) != 0 ? Kind.WRITE : Kind.READ;
            return new Access(kind, (errorCode & Paging.USER_ACCESS) != 0);
        }

        int bits() {
            return kind.bits() | (program ? Paging.USER_ACCESS : 0);
        }
    }

    /**
     * One walk.
     *
     * @param tables whose tables lead it: {@code guest}, {@code direct} (the guest's own, with the host's addresses) or {@code shadow}
     * @param paging {@code off}, {@code two-level}, {@code pae} or {@code four-level}
     * @param root what CR3 points at
     * @param pointer of PAE paging, the entry that was loaded with CR3
     * @param user the access is judged as ring 3's
     * @param references to entries, in the order in which they are made
     * @param page the address in the guest's physical memory; empty where the walk ends before
     * @param physical the host's address; empty where the walk ends before
     * @param errorCode of the page fault in which it ends
     * @param exit the reason for which the guest would be left
     * @param culprit which reference it ends at, from 0; empty where it ends well, or at none
     * @param verdict how it ends, in a sentence
     */
    public record Walk(
            String tables,
            String paging,
            long root,
            OptionalLong pointer,
            boolean user,
            List<Reference> references,
            OptionalLong page,
            OptionalLong physical,
            OptionalInt errorCode,
            Optional<String> exit,
            OptionalInt culprit,
            Sentence verdict) {
        public Walk {
            references = List.copyOf(references);
        }

        /** Is each of its physical addresses translated by a second set of tables? */
        public boolean nested() {
            return references.stream().anyMatch(one -> one.tables().equals("nested"));
        }
    }

    /**
     * An entry that is read.
     *
     * @param tables {@code guest}, {@code direct}, {@code shadow} or {@code nested}
     * @param name as the manual calls it: {@code PDE}
     * @param index which entry of its table
     * @param address in the host's memory
     * @param translates a linear address, or in nested tables a physical address of the guest
     * @param frame the physical address that it leads to
     * @param flags its bits with names
     */
    public record Reference(
            String tables,
            int level,
            String name,
            int index,
            long address,
            long entry,
            long translates,
            long frame,
            List<Flag> flags) {
        public Reference {
            flags = List.copyOf(flags);
        }

        /** Is a flag of that name set? */
        public boolean has(String flag) {
            return flags.stream().anyMatch(one -> one.name().equals(flag) && one.on());
        }
    }

    /** A bit of an entry. */
    public record Flag(String name, boolean on) {}

    /**
     * The translation lookaside buffer of the processor that runs the guest.
     *
     * @param held what it has, by linear address: the entries around the address that was asked for, where there are many
     * @param count how many it has
     * @param stale it still has another translation of the address than the tables
     */
    public record Buffer(List<Held> held, int count, boolean stale) {
        /** Entries that are shown. */
        static final int MOST = 48;

        public Buffer {
            held = List.copyOf(held);
        }
    }

    /**
     * A translation that is held.
     *
     * @param page physical address of the page, in the guest's physical memory where the guest's own tables are walked in two dimensions
     * @param asked it is that of the address
     */
    public record Held(
            long linear,
            long page,
            boolean writable,
            boolean user,
            boolean noExecute,
            boolean global,
            boolean large,
            boolean dirty,
            boolean asked) {}

    /** What an address goes through now. Leaves no trace. */
    static Walks of(Monitor monitor, String typed, long linear, Access access, Optional<Access> explained) {
        List<Walk> walks = monitor.walks(linear, access.bits()).stream()
                .map(WalkReading::of)
                .toList();
        return new Walks(
                typed, linear, access, walks, buffer(monitor.real().memory.tlb(), linear, walks), explained);
    }

    private static Buffer buffer(Tlb tlb, long linear, List<Walk> walks) {
        List<Held> all = tlb.entries().stream().map(one -> held(one, linear)).toList();
        int after = 0;
        while (after < all.size() && Long.compareUnsigned(all.get(after).linear(), linear) <= 0) {
            after++;
        }
        int from = Math.max(0, Math.min(after - Buffer.MOST / 2, all.size() - Buffer.MOST));
        List<Held> shown = new ArrayList<>(all.subList(from, Math.min(all.size(), from + Buffer.MOST)));
        // The processor walks the last set of tables.
        Walk real = walks.get(walks.size() - 1);
        boolean stale = tlb.holds(linear)
                && (real.page().isEmpty() || real.page().getAsLong() >>> 12 != tlb.page(linear) >>> 12);
        return new Buffer(shown, all.size(), stale);
    }

    private static Held held(Tlb.Entry entry, long linear) {
        return new Held(
                entry.linear(),
                entry.page(),
                (entry.rights() & Paging.WRITABLE) != 0,
                (entry.rights() & Paging.USER) != 0,
                (entry.rights() & Paging.NO_EXECUTE) != 0,
                entry.global(),
                entry.large(),
                entry.dirty(),
                entry.linear() >>> 12 == linear >>> 12);
    }
}
