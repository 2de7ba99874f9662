package ringside.reference;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import ringside.isa.Decoded;

/** In what two results of the same case differ, apart from what the manual leaves open. */
final class Difference {
    private static final int PAGE_FAULT = 14;
    private static final long USER_ADDRESSES = 0x7FFF_FFFF_F000L;
    private static final List<String> SEGMENTS = List.of("es", "cs", "ss", "ds", "fs", "gs");
    private static final List<String> REGISTERS = List.of(
            "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
            "r15");

    private final List<String> found = new ArrayList<>();
    private final boolean faulted;

    private Difference(boolean faulted) {
        this.faulted = faulted;
    }

    /** A list of names with the emulator's and the host's value; empty where they agree. */
    static List<String> between(Case given, Decoded decoded, Result ours, Result host) {
        var difference = new Difference(host.vector() != Result.COMPLETED);
        var open = Undefined.of(given, decoded, host);
        difference.note("vector", ours.vector(), host.vector());
        if (ours.vector() == host.vector()) {
            difference.compare(ours, host, open);
        }
        return difference.found;
    }

    /** What an instruction leaves behind by completing and what by faulting are different questions. */
    private String name(String field) {
        return faulted ? field + "@fault" : field;
    }

    private void compare(Result ours, Result host, Undefined open) {
        note("error", error(ours), error(host));
        note("cr2", ours.cr2(), host.cr2());
        note("rip", ours.rip(), host.rip());
        note("flags", ours.flags() & ~open.flags(), host.flags() & ~open.flags());
        for (int i = 0; i < 6; i++) {
            note(SEGMENTS.get(i), selector(ours.selectors()[i]), selector(host.selectors()[i]));
        }
        for (int i = 0; i < 16; i++) {
            long mask = i == open.register() ? ~open.mask() : -1;
            note(REGISTERS.get(i), ours.registers()[i] & mask, host.registers()[i] & mask);
        }
        if (!settled(ours, open).equals(settled(host, open))) {
            found.add(name("memory") + " " + hex(ours) + " instead of " + hex(host));
        }
    }

    /** The changes of the window that the manual does not leave open. */
    private static Map<Integer, Integer> settled(Result result, Undefined open) {
        if (open.bytes() == 0) {
            return result.changes();
        }
        var settled = new TreeMap<>(result.changes());
        settled.subMap(open.memory(), open.memory() + open.bytes()).clear();
        return settled;
    }

    /** The return from the kernel makes 0 of null selectors (SDM 2A, IRET), before the host can be asked. */
    private static int selector(int selector) {
        return selector < 4 ? 0 : selector;
    }

    /** Of a page fault outside the user's half, Linux does not tell whether the page is present. */
    private static int error(Result result) {
        boolean hidden = result.vector() == PAGE_FAULT && Long.compareUnsigned(result.cr2(), USER_ADDRESSES) >= 0;
        return hidden ? result.error() | 1 : result.error();
    }

    private void note(String field, long ours, long host) {
        if (ours != host) {
            found.add(String.format("%s %x instead of %x", name(field), ours, host));
        }
    }

    private static String hex(Result result) {
        var text = new StringBuilder("{");
        result.changes().forEach((offset, value) -> {
            if (text.length() < 160) {
                text.append(String.format("%x=%02x ", offset, value));
            }
        });
        return text.toString().trim() + "}";
    }
}
