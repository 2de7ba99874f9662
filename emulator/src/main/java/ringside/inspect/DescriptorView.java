package ringside.inspect;

import static ringside.probe.Inspection.hex;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState;
import ringside.mmu.Descriptor;
import ringside.mmu.Rights;
import ringside.mmu.SegmentRegister;
import ringside.probe.Inspection;
import ringside.probe.Inspection.Group;
import ringside.probe.Inspection.Item;
import ringside.probe.Inspection.Term;

/** The global and the local descriptor table, entry by entry: SDM 3A, Segment Descriptors. Entries of 0 between others are left out. */
public final class DescriptorView {
    /** Entries told of a table. */
    static final int MOST = 64;

    private DescriptorView() {}

    /** As one processor finds them in its memory now. */
    public static Inspection of(Cpu cpu) {
        SystemState s = cpu.system;
        List<Group> groups = new ArrayList<>();
        groups.add(table(cpu, "group.gdt", "GDTR", s.gdtrBase, s.gdtrLimit & 0xFFFF, 0));
        if (s.ldtr.isUsable() && (s.ldtr.selector() & 0xFFFC) != 0) {
            groups.add(table(cpu, "group.ldt", "LDTR", s.ldtr.base(), Math.min(0xFFFF, s.ldtr.limit()), 4));
        }
        return new Inspection(groups);
    }

    private static Group table(Cpu cpu, String title, String register, long base, long limit, int indicator) {
        TableMemory memory = new TableMemory(cpu);
        List<Item> items = new ArrayList<>();
        items.add(Item.of(register, base, Term.of("limit", hex(limit))));
        long more = 0;
        for (long offset = 0; offset + 7 <= limit; offset += 8) {
            OptionalLong found = memory.read(base + offset, 8);
            if (found.isEmpty()) {
                items.add(Item.text(hex(offset | indicator), "--", Term.of("not-mapped"))
                        .at(hex(base + offset)));
                break;
            }
            long entry = found.getAsLong();
            boolean wide = cpu.system.longMode() && isWide(entry) && offset + 15 <= limit;
            if (entry != 0) {
                if (items.size() > MOST) {
                    more++;
                } else {
                    long high = wide ? memory.read(base + offset + 8, 8).orElse(0) : 0;
                    items.add(entry(hex(offset | indicator), entry, high).at(hex(base + offset)));
                }
            }
            offset += wide ? 8 : 0;
        }
        return new Group(Term.of(title), items, more);
    }

    /** SDM 3A, Segment Descriptor Tables in IA-32e Mode: system descriptors take sixteen bytes. */
    private static boolean isWide(long entry) {
        return !Descriptor.isCodeOrData(entry) && entry != 0;
    }

    private static Item entry(String selector, long low, long high) {
        List<Term> words = new ArrayList<>();
        if (isGate(low)) {
            words.addAll(Gates.inWords(low, high, (low >>> 40 & 8) != 0));
        } else {
            words.add(Term.of("base", hex(Descriptor.base(low) | high << 32)));
            words.add(Term.of("limit", hex(Descriptor.limit(low))));
            words.addAll(Rights.inWords(Descriptor.rights(low)));
        }
        return Item.text(selector, String.format(java.util.Locale.ROOT, "%016x", low))
                .saying(words);
    }

    private static boolean isGate(long d) {
        int type = Descriptor.rights(d) & SegmentRegister.TYPE;
        return !Descriptor.isCodeOrData(d)
                && (type == Descriptor.CALL_GATE_16
                        || type == Descriptor.CALL_GATE_32
                        || type == Descriptor.TASK_GATE
                        || (type & ~8) == Descriptor.INTERRUPT_GATE_16
                        || (type & ~8) == Descriptor.TRAP_GATE_16);
    }
}
