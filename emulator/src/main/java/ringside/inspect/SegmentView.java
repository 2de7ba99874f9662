package ringside.inspect;

import static ringside.probe.Inspection.hex;

import java.util.ArrayList;
import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState;
import ringside.mmu.Rights;
import ringside.mmu.SegmentRegister;
import ringside.probe.Inspection;
import ringside.probe.Inspection.Group;
import ringside.probe.Inspection.Item;
import ringside.probe.Inspection.Term;

/** Segment registers with their hidden parts, and the registers that say where descriptor tables are: SDM 3A, Segment Registers. */
public final class SegmentView {
    private static final String[] NAMES = {"ES", "CS", "SS", "DS", "FS", "GS"};
    private static final int[] ORDER = {
        SystemState.CS, SystemState.SS, SystemState.DS, SystemState.ES, SystemState.FS, SystemState.GS
    };

    private SegmentView() {}

    /** Of one processor. */
    public static Inspection of(Cpu cpu) {
        SystemState system = cpu.system;
        List<Item> segments = new ArrayList<>();
        for (int index : ORDER) {
            segments.add(segment(NAMES[index], system.segments[index], !system.paragraphs()));
        }
        return new Inspection(List.of(
                Group.of("group.segments", segments),
                Group.of(
                        "group.system-segments",
                        List.of(segment("LDTR", system.ldtr, true), segment("TR", system.tr, true))),
                Group.of(
                        "group.tables",
                        List.of(
                                table("GDTR", system.gdtrBase, system.gdtrLimit),
                                table("IDTR", system.idtrBase, system.idtrLimit)))));
    }

    /** @param rings the selector has a requested privilege level; in real mode it is a paragraph number */
    private static Item segment(String name, SegmentRegister register, boolean rings) {
        List<Term> words = new ArrayList<>();
        if (rings) {
            words.add(Term.of("rpl", register.selector() & 3));
        }
        if (!register.isUsable()) {
            words.add(Term.of("unusable"));
        } else {
            words.add(Term.of("base", hex(register.base())));
            words.add(Term.of("limit", hex(register.limit())));
            words.addAll(Rights.inWords(register.rights()));
        }
        return Item.of(name, register.selector()).saying(words);
    }

    private static Item table(String name, long base, int limit) {
        return Item.of(name, base, Term.of("limit", hex(limit & 0xFFFF)));
    }
}
