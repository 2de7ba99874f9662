package ringside.inspect;

import static ringside.probe.Inspection.hex;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.SystemState;
import ringside.probe.Inspection;
import ringside.probe.Inspection.Group;
import ringside.probe.Inspection.Item;
import ringside.probe.Inspection.Term;

/**
 * Where interrupts and exceptions go, vector by vector: gates of the IDT (SDM 3A, IDT Descriptors), or in real mode the table of far
 * pointers (SDM 3B, Interrupt and Exception Handling of Real-Address Mode). Vectors whose entry is 0 are left out.
 */
public final class InterruptView {
    /** Vectors that exceptions have, by the manual. */
    private static final int EXCEPTIONS = 22;

    /** Vectors told. */
    static final int MOST = 64;

    private InterruptView() {}

    /** As one processor finds it in its memory now. */
    public static Inspection of(Cpu cpu) {
        SystemState s = cpu.system;
        boolean real = !s.protectedMode();
        int size = real ? 4 : s.longMode() ? 16 : 8;
        TableMemory memory = new TableMemory(cpu);
        List<Item> items = new ArrayList<>();
        long limit = s.idtrLimit & 0xFFFF;
        items.add(Item.of("IDTR", s.idtrBase, Term.of("limit", hex(limit))));
        long more = 0;
        for (int vector = 0; vector < 256 && (vector + 1L) * size - 1 <= limit; vector++) {
            long address = s.idtrBase + (long) vector * size;
            OptionalLong low = memory.read(address, Math.min(size, 8));
            if (low.isEmpty()) {
                items.add(Item.text(name(vector), "--", Term.of("not-mapped")).at(hex(address)));
                break;
            }
            if (low.getAsLong() != 0) {
                if (items.size() > MOST) {
                    more++;
                } else {
                    long high = size == 16 ? memory.read(address + 8, 8).orElse(0) : 0;
                    items.add(entry(vector, low.getAsLong(), high, real).at(hex(address)));
                }
            }
        }
        return new Inspection(List.of(new Group(Term.of(real ? "group.vectors" : "group.idt"), items, more)));
    }

    private static Item entry(int vector, long low, long high, boolean real) {
        if (real) {
            return Item.text(name(vector), String.format(Locale.ROOT, "%04x:%04x", low >>> 16 & 0xFFFF, low & 0xFFFF));
        }
        int stack = (int) (low >>> 32 & 7);
        List<Term> words = new ArrayList<>(Gates.inWords(low, high, (low >>> 40 & 8) != 0));
        if (high != 0 && stack != 0) {
            words.add(Term.of("gate.ist", stack));
        }
        return Item.text(name(vector), String.format(Locale.ROOT, "%016x", low)).saying(words);
    }

    private static String name(int vector) {
        return vector < EXCEPTIONS ? vector + " " + Fault.name(vector) : Integer.toString(vector);
    }
}
