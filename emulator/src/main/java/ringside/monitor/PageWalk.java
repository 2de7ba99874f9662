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
import ringside.mmu.Paging;
import ringside.mmu.TwoLevelPaging;
import ringside.mmu.Walk;

/**
 * How a linear address becomes a physical one on a cold processor: every reference to a paging structure, in the order in which it is made.
 * The processor's own walker is run for it, over memory that records what is asked of it; nothing is changed by that.
 *
 * @param tables whose tables lead the walk
 * @param references to entries; the access itself is not among them
 * @param physical the host's physical address; empty where the walk ends before
 * @param errorCode of the page fault in which it ends
 * @param exit the reason for which the guest would be left
 */
public record PageWalk(
        Tables tables,
        long linear,
        List<Reference> references,
        OptionalLong physical,
        OptionalInt errorCode,
        Optional<String> exit) {
    /** Whose tables. */
    public enum Tables {
        /** The guest's own. */
        GUEST,
        /** Those that a monitor keeps in their place. */
        SHADOW,
        /** Those that lead from the guest's physical addresses to the host's. */
        NESTED
    }

    /**
     * An entry that was read.
     *
     * @param level 4 to 1
     * @param address where it lies in the host's memory
     * @param entry its value
     * @param translates what it helps to translate: a linear address, or in nested tables a physical address of the guest
     */
    public record Reference(Tables tables, int level, long address, long entry, long translates) {}

    public PageWalk {
        references = List.copyOf(references);
    }

    /** The access of a read of data at the processor's present ring, which leaves no flags behind. */
    private static int read(Cpu cpu) {
        return Paging.PEEK | (cpu.system.cpl == 3 ? Paging.USER_ACCESS : 0);
    }

    /** The walk of a processor whose physical memory is the host's. */
    public static PageWalk of(Tables tables, Cpu cpu, long linear) {
        return new Recorder(tables, cpu.memory.paging(), cpu.memory.physical(), UnaryOperator.identity())
                .walk(linear, read(cpu));
    }

    /**
     * The walk of a processor in guest mode.
     *
     * @param real the processor, whose ring reads
     * @param paging the guest's
     * @param nested what the guest's physical addresses reach, made over the host's memory
     */
    public static PageWalk nested(
            Cpu real, Paging paging, long linear, PhysicalMemory host, UnaryOperator<PhysicalMemory> nested) {
        return new Recorder(Tables.GUEST, paging, host, nested).walk(linear, read(real));
    }

    /** Physical memory as the guest's walker sees it: each address that it asks for is one walk through the nested tables, if there are any. */
    private static final class Recorder implements PhysicalMemory {
        private final Tables tables;
        private final Paging paging;
        private final Host host;
        private final PhysicalMemory guest;
        private final List<Reference> references = new ArrayList<>();
        private int guestLevel;

        Recorder(Tables tables, Paging paging, PhysicalMemory host, UnaryOperator<PhysicalMemory> nested) {
            this.tables = tables;
            this.paging = paging;
            this.host = new Host(host);
            this.guest = nested.apply(this.host);
            guestLevel = paging instanceof FourLevelPaging ? 4 : 2;
        }

        PageWalk walk(long linear, int access) {
            Walk walk = new Walk();
            try {
                long page = linear & ~(long) Ram.OFFSET;
                if (!paging.isOff()) {
                    paging.walk(linear, access, this, walk);
                    if (walk.error >= 0) {
                        return ended(linear, OptionalLong.empty(), OptionalInt.of(walk.error), Optional.empty());
                    }
                    page = walk.page;
                }
                int frame = frame(page | linear & Ram.OFFSET, Use.READ, linear);
                long physical = frame == NONE ? page : (long) frame << 12;
                return ended(
                        linear, OptionalLong.of(physical | linear & Ram.OFFSET), OptionalInt.empty(), Optional.empty());
            } catch (Exit exit) {
                return ended(linear, OptionalLong.empty(), OptionalInt.empty(), Optional.of(reason(exit)));
            }
        }

        private static String reason(Exit exit) {
            return exit instanceof VmExit left
                    ? left.reason().name()
                    : exit instanceof SvmExit left ? left.reason() : "EXIT";
        }

        private PageWalk ended(long linear, OptionalLong physical, OptionalInt error, Optional<String> exit) {
            return new PageWalk(tables, linear, references, physical, error, exit);
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
                int size = guestLevel == 4 || isWide() ? 8 : 4;
                references.add(new Reference(tables, guestLevel--, address, host.value(address, size), linear));
            }
            return frame;
        }

        private boolean isWide() {
            return !(paging instanceof TwoLevelPaging);
        }

        private void nested(List<Long> addresses, long physical) {
            int level = 4;
            for (long address : addresses) {
                references.add(new Reference(Tables.NESTED, level--, address, host.value(address, 8), physical));
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
