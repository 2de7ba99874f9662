package ringside.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import ringside.mmu.Paging;
import ringside.monitor.PageWalk;
import ringside.monitor.PageWalk.Format;

/** Reads a walk with the manual's names: what each entry is called, which bits it has, and why the walk ends as it does. */
final class WalkReading {
    private static final List<String> SHORT_NAMES = List.of("PTE", "PDE");
    private static final List<String> LONG_NAMES = List.of("PTE", "PDE", "PDPTE", "PML4E");

    /** Bits that belong to an entry's address; the lowest twelve, and those of a large page, are none. */
    private static final long FRAME = (1L << Paging.PHYSICAL_BITS) - 1 & ~0xFFFL;

    /** EPT entries: SDM 3C, EPT Translation Mechanism. */
    private static final int EPT_READ = 1;

    private static final int EPT_WRITE = 1 << 1;
    private static final int EPT_EXECUTE = 1 << 2;
    private static final int EPT_ACCESSED = 1 << 8;
    private static final int EPT_DIRTY = 1 << 9;

    private final PageWalk walk;

    private WalkReading(PageWalk walk) {
        this.walk = walk;
    }

    static Walks.Walk of(PageWalk walk) {
        return new WalkReading(walk).told();
    }

    private Walks.Walk told() {
        OptionalInt culprit = culprit();
        return new Walks.Walk(
                name(walk.tables()),
                paging(),
                walk.root(),
                walk.pointer(),
                isUser(),
                walk.references().stream().map(WalkReading::reference).toList(),
                walk.page().stream().map(page -> page | walk.linear() & 0xFFF).findFirst(),
                walk.physical(),
                walk.errorCode(),
                walk.exit(),
                culprit,
                verdict(culprit));
    }

    private boolean isUser() {
        return (walk.access() & Paging.USER_ACCESS) != 0;
    }

    private String paging() {
        return walk.format()
                .map(format -> walk.pointer().isPresent() ? "pae" : format == Format.SHORT ? "two-level" : "four-level")
                .orElse("off");
    }

    private static String name(PageWalk.Tables tables) {
        return tables.name().toLowerCase(Locale.ROOT);
    }

    // Entries.

    private static Walks.Reference reference(PageWalk.Reference one) {
        return new Walks.Reference(
                name(one.tables()),
                one.level(),
                nameOf(one),
                index(one),
                one.address(),
                one.entry(),
                one.translates(),
                frame(one),
                flags(one));
    }

    private static String nameOf(PageWalk.Reference one) {
        String plain = (one.format() == Format.SHORT ? SHORT_NAMES : LONG_NAMES).get(one.level() - 1);
        return one.tables() != PageWalk.Tables.NESTED
                ? plain
                : (one.format() == Format.EXTENDED ? "EPT " : "n") + plain;
    }

    /** Bits of the address that an entry's index does not take. */
    private static int shift(PageWalk.Reference one) {
        return one.format() == Format.SHORT ? 2 + 10 * one.level() : 3 + 9 * one.level();
    }

    private static int index(PageWalk.Reference one) {
        return (int) (one.translates() >>> shift(one)) & (one.format() == Format.SHORT ? 0x3FF : 0x1FF);
    }

    private static boolean isLarge(PageWalk.Reference one) {
        return one.level() > 1 && one.level() < 4 && (one.entry() & Paging.LARGE) != 0;
    }

    private static long frame(PageWalk.Reference one) {
        if (!isLarge(one)) {
            return one.entry() & (one.format() == Format.SHORT ? 0xFFFF_F000L : FRAME);
        }
        if (one.format() == Format.SHORT) {
            // PSE-36: bits 20:13 give address bits 39:32.
            return one.entry() & 0xFFC0_0000L | (one.entry() >>> 13 & 0xFF) << 32;
        }
        return one.entry() & FRAME & -(1L << shift(one));
    }

    private static List<Walks.Flag> flags(PageWalk.Reference one) {
        List<Walks.Flag> flags = new ArrayList<>();
        long entry = one.entry();
        boolean last = one.level() == 1 || isLarge(one);
        boolean mayBeLarge = one.level() > 1 && one.level() < 4;
        if (one.format() == Format.EXTENDED) {
            flags.add(flag("R", entry, EPT_READ));
            flags.add(flag("W", entry, EPT_WRITE));
            flags.add(flag("X", entry, EPT_EXECUTE));
            flags.add(flag("A", entry, EPT_ACCESSED));
            if (last) {
                flags.add(flag("D", entry, EPT_DIRTY));
            }
        } else {
            flags.add(flag("P", entry, Paging.PRESENT));
            flags.add(flag("RW", entry, Paging.WRITABLE));
            flags.add(flag("US", entry, Paging.USER));
            flags.add(flag("A", entry, Paging.ACCESSED));
            if (last) {
                flags.add(flag("D", entry, Paging.DIRTY));
                flags.add(flag("G", entry, Paging.GLOBAL));
            }
        }
        if (mayBeLarge) {
            flags.add(flag("PS", entry, Paging.LARGE));
        }
        if (one.format() == Format.LONG) {
            flags.add(flag("NX", entry, Paging.NO_EXECUTE));
        }
        return flags;
    }

    private static Walks.Flag flag(String name, long entry, long bit) {
        return new Walks.Flag(name, (entry & bit) != 0);
    }

    // How it ends.

    /** The entry that does not let the access pass: the last one read, or the outermost that withholds the right. */
    private OptionalInt culprit() {
        int last = walk.references().size() - 1;
        if (walk.exit().isPresent() || last < 0) {
            return walk.exit().isPresent() && last >= 0 ? OptionalInt.of(last) : OptionalInt.empty();
        }
        if (walk.errorCode().isEmpty()) {
            return OptionalInt.empty();
        }
        if (!isProtection()) {
            return OptionalInt.of(last);
        }
        for (int i = 0; i <= last; i++) {
            PageWalk.Reference one = walk.references().get(i);
            if (one.tables() == walk.tables() && withholds(one.entry())) {
                return OptionalInt.of(i);
            }
        }
        return OptionalInt.of(last);
    }

    /** A page fault in which every entry was present and well formed. */
    private boolean isProtection() {
        int code = walk.errorCode().orElse(0);
        return (code & Paging.PROTECTION) != 0 && (code & Paging.RESERVED_BIT) == 0;
    }

    private boolean withholds(long entry) {
        return isUser() && (entry & Paging.USER) == 0
                || (walk.access() & Paging.WRITE_ACCESS) != 0 && (entry & Paging.WRITABLE) == 0
                || (walk.access() & Paging.FETCH_ACCESS) != 0 && (entry & Paging.NO_EXECUTE) != 0;
    }

    private Sentence verdict(OptionalInt culprit) {
        String name = culprit.isPresent() ? nameOf(walk.references().get(culprit.getAsInt())) : "PDPTE";
        if (walk.exit().isPresent()) {
            String asked = walk.references().isEmpty()
                    ? ""
                    : Scene.hex(
                            walk.references().get(walk.references().size() - 1).translates());
            return Sentence.of("walk.verdict.exit", walk.exit().get(), asked, name);
        }
        if (walk.errorCode().isEmpty()) {
            return Sentence.of(
                    walk.format().isEmpty() && walk.references().isEmpty() ? "walk.verdict.off" : "walk.verdict.good",
                    walk.references().size(),
                    Scene.hex(walk.physical().orElse(0)));
        }
        int code = walk.errorCode().getAsInt();
        Sentence what = Sentence.of("walk.access." + kind() + (isUser() ? ".program" : ".kernel"));
        if (!isProtection()) {
            return Sentence.of(
                    (code & Paging.RESERVED_BIT) != 0 ? "walk.verdict.reserved" : "walk.verdict.absent",
                    name,
                    code,
                    what);
        }
        return Sentence.of("walk.verdict." + withheld(culprit), name, code, what);
    }

    private String kind() {
        return (walk.access() & Paging.WRITE_ACCESS) != 0
                ? "write"
                : (walk.access() & Paging.FETCH_ACCESS) != 0 ? "fetch" : "read";
    }

    /** Which right the entry does not grant. */
    private String withheld(OptionalInt culprit) {
        long entry =
                culprit.isPresent() ? walk.references().get(culprit.getAsInt()).entry() : 0;
        if (isUser() && (entry & Paging.USER) == 0) {
            return "user";
        }
        if ((walk.access() & Paging.WRITE_ACCESS) != 0 && (entry & Paging.WRITABLE) == 0) {
            return "write";
        }
        return (entry & Paging.NO_EXECUTE) != 0 ? "execute" : "smep";
    }
}
