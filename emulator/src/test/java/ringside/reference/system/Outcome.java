package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** A line of kernel.asm: the registers after a case, and every doubleword of the work area that it changed. */
record Outcome(String line) {
    private static final List<String> NAMES = List.of(
            ("vector error cs rip flags ss rsp rax rcx rdx rbx rbp rsi rdi ds es fs gs cr0 cr2 cr3 cr4 efer dr6 ldtr tr"
                            + " fsbase gsbase kernelgsbase")
                    .split(" "));

    private static final long RESUME = 1 << 16;
    private static final int FLAGS = NAMES.indexOf("flags");

    /** Without RF in EFLAGS and in the image of EFLAGS that a delivery left on a stack. */
    Outcome withoutResumeFlag() {
        String[] parts = line.trim().split(" ");
        var rest = new ArrayList<String>();
        for (int i = 0; i < parts.length; i++) {
            if (i == FLAGS) {
                rest.add(Long.toHexString(Long.parseUnsignedLong(parts[i], 16) & ~RESUME));
            } else if (i >= NAMES.size()) {
                int colon = parts[i].indexOf(':');
                long value = Long.parseLong(parts[i].substring(colon + 1), 16);
                boolean flags = (value & 0xFFC0_802AL) == 2;
                rest.add(parts[i].substring(0, colon + 1) + Long.toHexString(flags ? value & ~RESUME : value));
            } else {
                rest.add(parts[i]);
            }
        }
        return new Outcome(String.join(" ", rest));
    }

    /** What differs, ours first; empty where nothing does. */
    String differenceFrom(Outcome theirs) {
        var mine = values();
        var others = theirs.values();
        var all = new ArrayList<>(mine.keySet());
        others.keySet().stream().filter(k -> !mine.containsKey(k)).forEach(all::add);
        var text = new ArrayList<String>();
        for (String name : all) {
            String a = mine.getOrDefault(name, "as before");
            String b = others.getOrDefault(name, "as before");
            if (!a.equals(b)) {
                text.add(name + " " + a + " / " + b);
            }
        }
        return String.join(", ", text);
    }

    private TreeMap<String, String> values() {
        var values = new TreeMap<String, String>();
        String[] parts = line.trim().split(" ");
        for (int i = 0; i < parts.length; i++) {
            int colon = parts[i].indexOf(':');
            if (colon > 0) {
                values.put("[" + parts[i].substring(0, colon) + "]", parts[i].substring(colon + 1));
            } else if (i < NAMES.size()) {
                values.put(NAMES.get(i), parts[i]);
            }
        }
        return values;
    }
}
