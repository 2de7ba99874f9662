package ringside.inspect;

import static ringside.probe.Inspection.hex;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState;
import ringside.mmu.Rights;
import ringside.mmu.SegmentRegister;
import ringside.probe.Inspection;
import ringside.probe.Inspection.Group;
import ringside.probe.Inspection.Item;
import ringside.probe.Inspection.Term;

/**
 * The task-state segment that TR points to: SDM 3A, Task-State Segment, 16-Bit Task-State Segment, and Task Management in 64-bit Mode; and
 * which ports its I/O permission bit map opens.
 */
public final class TaskView {
    /** Name, offset and size in bytes. */
    private record Field(String name, int offset, int size) {}

    // spotless:off
    private static final List<Field> OF_16_BITS = List.of(
            new Field("Previous task link", 0x00, 2), new Field("SP0", 0x02, 2), new Field("SS0", 0x04, 2),
            new Field("SP1", 0x06, 2), new Field("SS1", 0x08, 2), new Field("SP2", 0x0A, 2), new Field("SS2", 0x0C, 2),
            new Field("IP", 0x0E, 2), new Field("FLAGS", 0x10, 2), new Field("AX", 0x12, 2), new Field("CX", 0x14, 2),
            new Field("DX", 0x16, 2), new Field("BX", 0x18, 2), new Field("SP", 0x1A, 2), new Field("BP", 0x1C, 2),
            new Field("SI", 0x1E, 2), new Field("DI", 0x20, 2), new Field("ES", 0x22, 2), new Field("CS", 0x24, 2),
            new Field("SS", 0x26, 2), new Field("DS", 0x28, 2), new Field("LDT selector", 0x2A, 2));

    private static final List<Field> OF_32_BITS = List.of(
            new Field("Previous task link", 0x00, 2), new Field("ESP0", 0x04, 4), new Field("SS0", 0x08, 2),
            new Field("ESP1", 0x0C, 4), new Field("SS1", 0x10, 2), new Field("ESP2", 0x14, 4), new Field("SS2", 0x18, 2),
            new Field("CR3", 0x1C, 4), new Field("EIP", 0x20, 4), new Field("EFLAGS", 0x24, 4), new Field("EAX", 0x28, 4),
            new Field("ECX", 0x2C, 4), new Field("EDX", 0x30, 4), new Field("EBX", 0x34, 4), new Field("ESP", 0x38, 4),
            new Field("EBP", 0x3C, 4), new Field("ESI", 0x40, 4), new Field("EDI", 0x44, 4), new Field("ES", 0x48, 2),
            new Field("CS", 0x4C, 2), new Field("SS", 0x50, 2), new Field("DS", 0x54, 2), new Field("FS", 0x58, 2),
            new Field("GS", 0x5C, 2), new Field("LDT selector", 0x60, 2), new Field("T", 0x64, 2),
            new Field("I/O map base address", 0x66, 2));

    private static final List<Field> OF_64_BITS = List.of(
            new Field("RSP0", 0x04, 8), new Field("RSP1", 0x0C, 8), new Field("RSP2", 0x14, 8), new Field("IST1", 0x24, 8),
            new Field("IST2", 0x2C, 8), new Field("IST3", 0x34, 8), new Field("IST4", 0x3C, 8), new Field("IST5", 0x44, 8),
            new Field("IST6", 0x4C, 8), new Field("IST7", 0x54, 8), new Field("I/O map base address", 0x66, 2));
    // spotless:on

    private static final int MAP_BASE = 0x66;
    private static final int PORTS = 0x1_0000;

    /** Ranges of ports told. */
    private static final int MOST_RANGES = 32;

    private TaskView() {}

    /** Of one processor; no groups where TR names no segment. */
    public static Inspection of(Cpu cpu) {
        SegmentRegister tr = cpu.system.tr;
        if (!tr.isUsable() || (tr.selector() & 0xFFFC) == 0) {
            return new Inspection(List.of());
        }
        boolean narrow = (tr.rights() & 8) == 0;
        TableMemory memory = new TableMemory(cpu);
        List<Item> items = new ArrayList<>();
        items.add(Item.of("TR", tr.selector(), Term.of("base", hex(tr.base())), Term.of("limit", hex(tr.limit())))
                .saying(List.of(Rights.type(tr.rights()))));
        for (Field field : fields(cpu.system, narrow)) {
            if (field.offset + field.size - 1 <= tr.limit()) {
                OptionalLong value = memory.read(tr.base() + field.offset, field.size);
                items.add((value.isPresent()
                                ? Item.of(field.name, value.getAsLong())
                                : Item.text(field.name, "--", Term.of("not-mapped")))
                        .at("+" + hex(field.offset)));
            }
        }
        List<Group> groups = new ArrayList<>();
        groups.add(Group.of("group.tss", items));
        if (!narrow) {
            groups.add(ports(memory, tr));
        }
        return new Inspection(groups);
    }

    private static List<Field> fields(SystemState system, boolean narrow) {
        return narrow ? OF_16_BITS : system.longMode() ? OF_64_BITS : OF_32_BITS;
    }

    /** SDM 1, I/O Permission Bit Map: a clear bit opens its port; ports behind the limit are closed. */
    private static Group ports(TableMemory memory, SegmentRegister tr) {
        long map = memory.read(tr.base() + MAP_BASE, 2).orElse(0xFFFF);
        List<Item> ranges = new ArrayList<>();
        long more = 0;
        int from = -1;
        int bits = 0xFF;
        for (int port = 0; port <= PORTS; port++) {
            if ((port & 7) == 0) {
                bits = port < PORTS ? bits(memory, tr, map + (port >>> 3)) : 0xFF;
            }
            boolean open = (bits >>> (port & 7) & 1) == 0;
            if (open && from < 0) {
                from = port;
            } else if (!open && from >= 0) {
                if (ranges.size() < MOST_RANGES) {
                    ranges.add(range(from, port - 1));
                } else {
                    more++;
                }
                from = -1;
            }
        }
        return new Group(Term.of(ranges.isEmpty() ? "group.ports-closed" : "group.ports"), ranges, more);
    }

    private static Item range(int first, int last) {
        String name = first == last ? hex(first) : hex(first) + "-" + hex(last);
        return Item.text(name, "0", Term.of("ports.open", last - first + 1));
    }

    /** The bits of eight ports. Two bytes are read for every access, the second of which must be inside, too. */
    private static int bits(TableMemory memory, SegmentRegister tr, long offset) {
        return offset + 1 > tr.limit()
                ? 0xFF
                : (int) memory.read(tr.base() + offset, 1).orElse(0xFF);
    }
}
