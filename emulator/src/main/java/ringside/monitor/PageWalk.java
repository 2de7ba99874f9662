package ringside.monitor;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import ringside.cpu.Cpu;
import ringside.cpu.Exit;
import ringside.cpu.svm.SvmExit;
import ringside.cpu.vmx.VmExit;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.FourLevelPaging;
import ringside.mmu.PaePaging;
import ringside.mmu.Paging;
import ringside.mmu.TwoLevelPaging;
import ringside.mmu.Walk;

/**
 * How a linear address becomes a physical one on a cold processor: every reference to a paging structure, in the order in which it is made.
 * The processor's own walker is run for it, over memory that records what is asked of it; nothing is changed by that.
 *
 * @param tables whose tables lead the walk
 * @param format of their entries; empty where paging is off
 * @param root what CR3 points at, a physical address of whoever walks; 0 where paging is off
 * @param pointer under PAE paging the entry that was loaded into the processor with CR3, and is not read from memory by a walk
 * @param access what was judged, as in the error code of a page fault: write, user, fetch
 * @param references to entries; the access itself is not among them
 * @param page where the page's bytes are in the guest's physical addresses; empty where the walk ends before
 * @param physical the host's physical address; empty where the walk ends before
 * @param errorCode of the page fault in which it ends
 * @param exit the reason for which the guest would be left
 */
public record PageWalk(
        Tables tables,
        Optional<Format> format,
        long root,
        OptionalLong pointer,
        long linear,
        int access,
        List<Reference> references,
        OptionalLong page,
        OptionalLong physical,
        OptionalInt errorCode,
        Optional<String> exit) {
    /** Whose tables. */
    public enum Tables {
        /** The guest's own. */
        GUEST,
        /** The guest's own, which lead to the host's addresses and which its hypervisor looks through before the processor walks them. */
        DIRECT,
        /** Those that a monitor keeps in their place. */
        SHADOW,
        /** Those that lead from the guest's physical addresses to the host's. */
        NESTED
    }

    /** What an entry looks like. */
    public enum Format {
        /** 4 bytes: SDM 3A, 32-Bit Paging. */
        SHORT,
        /** 8 bytes: SDM 3A, PAE Paging and 4-Level Paging; so are AMD-V's nested tables. */
        LONG,
        /** 8 bytes: SDM 3C, EPT Translation Mechanism. */
        EXTENDED
    }

    /**
     * An entry that was read.
     *
     * @param level 4 to 1
     * @param address where it lies in the host's memory
     * @param entry its value
     * @param translates what it helps to translate: a linear address, or in nested tables a physical address of the guest
     */
    public record Reference(Tables tables, Format format, int level, long address, long entry, long translates) {}

    /**
     * The second dimension of a processor in guest mode.
     *
     * @param over what the guest's physical addresses reach, made over the host's memory
     * @param format of the nested tables' entries
     */
    public record Nested(UnaryOperator<PhysicalMemory> over, Format format) {}

    public PageWalk {
        references = List.copyOf(references);
    }

    /** The access at the processor's present ring, which leaves no flags behind. */
    private static int judged(Cpu cpu, int access) {
        return Paging.PEEK | access | (cpu.system.cpl == 3 ? Paging.USER_ACCESS : 0);
    }

    /**
     * The walk of a processor whose physical memory is the host's.
     *
     * @param access as in {@link Monitor#walks}
     */
    public static PageWalk of(Tables tables, Cpu cpu, long linear, int access) {
        var host = new Nested(UnaryOperator.identity(), Format.LONG);
        return new Recorder(tables, cpu.memory.paging(), cpu.memory.physical(), host).walk(linear, judged(cpu, access));
    }

    /**
     * The walk of a processor in guest mode.
     *
     * @param real the processor, whose ring it is judged by
     * @param paging the guest's
     */
    public static PageWalk nested(
            Cpu real, Paging paging, long linear, int access, PhysicalMemory host, Nested nested) {
        return new Recorder(Tables.GUEST, paging, host, nested).walk(linear, judged(real, access));
    }

    /** Physical memory as the guest's walker sees it: each address that it asks for is one walk through the nested tables, if there are any. */
    private static final class Recorder implements PhysicalMemory {
        private final Tables tables;
        private final Paging paging;
        private final Host host;
        private final PhysicalMemory guest;
        private final List<Reference> references = new ArrayList<>();
        private final Format nestedFormat;
        private int guestLevel;
        private OptionalLong page = OptionalLong.empty();

        Recorder(Tables tables, Paging paging, PhysicalMemory host, Nested nested) {
            this.tables = tables;
            this.paging = paging;
            this.host = new Host(host);
            this.guest = nested.over().apply(this.host);
            this.nestedFormat = nested.format();
            guestLevel = paging instanceof FourLevelPaging ? 4 : 2;
        }

        PageWalk walk(long linear, int access) {
            Walk walk = new Walk();
            try {
                long start = linear & ~(long) Ram.OFFSET;
                if (!paging.isOff()) {
                    paging.walk(linear, access, this, walk);
                    if (walk.error >= 0) {
                        return ended(
                                linear, access, OptionalLong.empty(), OptionalInt.of(walk.error), Optional.empty());
                    }
                    start = walk.page;
                }
                page = OptionalLong.of(start);
                int frame = frame(start | linear & Ram.OFFSET, use(access), linear);
                long physical = frame == NONE ? start : (long) frame << 12;
                return ended(
                        linear,
                        access,
                        OptionalLong.of(physical | linear & Ram.OFFSET),
                        OptionalInt.empty(),
                        Optional.empty());
            } catch (Exit exit) {
                return ended(linear, access, OptionalLong.empty(), OptionalInt.empty(), Optional.of(reason(exit)));
            }
        }

        private static Use use(int access) {
            return (access & Paging.WRITE_ACCESS) != 0
                    ? Use.WRITE
                    : (access & Paging.FETCH_ACCESS) != 0 ? Use.FETCH : Use.READ;
        }

        private static String reason(Exit exit) {
            return exit instanceof VmExit left
                    ? left.reason().name()
                    : exit instanceof SvmExit left ? left.reason() : "EXIT";
        }

        private PageWalk ended(
                long linear, int access, OptionalLong physical, OptionalInt error, Optional<String> exit) {
            return new PageWalk(
                    tables,
                    format(),
                    paging.rules().root(),
                    paging instanceof PaePaging pae ? OptionalLong.of(pae.pointer(linear)) : OptionalLong.empty(),
                    linear,
                    access & ~Paging.PEEK,
                    references,
                    page,
                    physical,
                    error,
                    exit);
        }

        private Optional<Format> format() {
            return paging.isOff() ? Optional.empty() : Optional.of(isWide() ? Format.LONG : Format.SHORT);
        }

        @Override
        public Ram ram() {
            return host.ram();
        }

        @Override
        public int frame(long physical, Use use, long linear) {
            host.asked.clear();
            int frame;
            try {
                frame = guest.frame(physical, use, linear);
            } catch (Exit exit) {
                nested(host.asked, physical);
                throw exit;
            }
            // What was asked for last is the access itself.
            nested(host.asked.subList(0, host.asked.size() - 1), physical);
            if (use == Use.WALK_READ) {
                long address = frame == NONE ? physical : (long) frame << 12 | physical & Ram.OFFSET;
                references.add(new Reference(
                        tables,
                        isWide() ? Format.LONG : Format.SHORT,
                        guestLevel--,
                        address,
                        host.value(address, isWide() ? 8 : 4),
                        linear));
            }
            return frame;
        }

        private boolean isWide() {
            return !(paging instanceof TwoLevelPaging);
        }

        private void nested(List<Long> addresses, long physical) {
            int level = 4;
            for (long address : addresses) {
                references.add(
                        new Reference(Tables.NESTED, nestedFormat, level--, address, host.value(address, 8), physical));
            }
        }
    }

    /** The host's memory, which keeps in mind what it was asked for. */
    private static final class Host implements PhysicalMemory {
        private final PhysicalMemory memory;
        private final List<Long> asked = new ArrayList<>();

        Host(PhysicalMemory memory) {
            this.memory = memory;
        }

        long value(long address, int size) {
            int frame = memory.frame(address, Use.READ, address);
            return frame == NONE
                    ? memory.readOutside(address, size)
                    : Ram.get(ram().readable(frame), (int) address & Ram.OFFSET, size);
        }

        @Override
        public Ram ram() {
            return memory.ram();
        }

        @Override
        public int frame(long physical, Use use, long linear) {
            asked.add(physical);
            return memory.frame(physical, use, linear);
        }
    }
}
