package ringside.reference.xen;

import java.util.List;

/**
 * The hypercalls by number, with as many arguments as each has (Xen's public header xen.h), and which of their values depend on the
 * machine.
 *
 * @param hidden bits of each argument that say where the machine has its memory, or what time it is
 */
record HypercallAbi(int number, String name, int arguments, List<Long> hidden) {
    /** The frame number in a page-table entry. */
    private static final long FRAME = 0x000F_FFFF_FFFF_F000L;

    // spotless:off
    private static final List<HypercallAbi> ROWS = List.of(
            row( 0, "set_trap_table", 1),
            row( 1, "mmu_update", 4),
            row( 2, "set_gdt", 2),
            row( 3, "stack_switch", 2),
            row( 4, "set_callbacks", 3),
            row( 5, "fpu_taskswitch", 1),
            row( 8, "set_debugreg", 2),
            row( 9, "get_debugreg", 1),
            row(10, "update_descriptor", 2, FRAME | 0xFFF, 0),
            row(12, "memory_op", 2),
            row(13, "multicall", 2),
            row(14, "update_va_mapping", 3, 0, FRAME),
            row(15, "set_timer_op", 1, -1),
            row(17, "xen_version", 2),
            row(18, "console_io", 3),
            row(20, "grant_table_op", 3),
            row(21, "vm_assist", 2),
            row(23, "iret", 0),
            row(24, "vcpu_op", 3),
            row(25, "set_segment_base", 2),
            row(26, "mmuext_op", 4),
            row(29, "sched_op", 2),
            row(30, "callback_op", 2),
            row(32, "event_channel_op", 2),
            row(33, "physdev_op", 2));
    // spotless:on

    private static final String NOBODYS = "hypercall_";

    private static HypercallAbi row(int number, String name, int arguments, long... hidden) {
        return new HypercallAbi(
                number,
                name,
                arguments,
                java.util.stream.LongStream.of(hidden).boxed().toList());
    }

    /** A number that is nobody's has a name too. */
    static HypercallAbi of(int number) {
        return ROWS.stream()
                .filter(row -> row.number == number)
                .findFirst()
                .orElseGet(() -> row(number, NOBODYS + number, 0));
    }

    static HypercallAbi of(String name) {
        return ROWS.stream()
                .filter(row -> row.name.equals(name))
                .findFirst()
                .orElseGet(() -> of(Integer.parseInt(name.substring(NOBODYS.length()))));
    }

    /** An argument without what depends on the machine. */
    long shown(int index, long value) {
        return index < hidden.size() ? value & ~hidden.get(index) : value;
    }
}
