package ringside.isa;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The forms by the names that a source may call them. */
final class MnemonicTable {
    /**
     * A form under one of its names.
     *
     * @param form the form
     * @param size the operand size in bits that the name asks for; 0 if it leaves that open
     */
    record Candidate(Form form, int size) {}

    private static final int NATIVE = -1;

    private static final Map<String, String> OTHER_NAMES = Map.ofEntries(
            Map.entry("sal", "shl"),
            Map.entry("loopz", "loope"),
            Map.entry("loopnz", "loopne"),
            Map.entry("xlat", "xlatb"),
            Map.entry("retn", "ret"),
            Map.entry("icebp", "int1"),
            Map.entry("int01", "int1"),
            Map.entry("int03", "int3"),
            Map.entry("ud2a", "ud2"),
            Map.entry("ud2b", "ud1"),
            Map.entry("fwait", "wait"));

    private final Map<String, List<Candidate>> byName = new HashMap<>();

    MnemonicTable(List<Form> table) {
        for (Form form : table) {
            if (!form.has(Attribute.ALIAS)) {
                add(form);
            }
        }
        OTHER_NAMES.forEach((other, name) -> {
            if (byName.containsKey(name)) {
                byName.put(other, byName.get(name));
            }
        });
    }

    private void add(Form form) {
        var name = form.mnemonic().toLowerCase(Locale.ROOT);
        var stem = stem(name);
        if (!stem.isEmpty()) {
            int size = form.operandSize();
            if (size == 0) {
                put(stem, form, 0);
                put(stem + "w", form, 16);
                put(stem + "d", form, 32);
                put(stem + "q", form, 64);
            } else {
                put(stem, form, NATIVE);
                put(stem + suffix(size), form, size);
            }
            return;
        }
        put(name, form, 0);
        conditionNames(form.mnemonic()).forEach(other -> put(other.toLowerCase(Locale.ROOT), form, 0));
        // NASM takes MOVSX for what the manual calls MOVSXD.
        if (name.equals("movsxd") && form.operandSize() == 64) {
            put("movsx", form, 0);
        }
    }

    private static String stem(String name) {
        for (String stem : List.of("pusha", "popa", "pushf", "popf", "iret", "retf")) {
            if (name.startsWith(stem)) {
                return stem;
            }
        }
        return name.equals("ret") ? name : "";
    }

    private static String suffix(int size) {
        return size == 16 ? "w" : size == 32 ? "d" : "q";
    }

    private void put(String name, Form form, int size) {
        byName.computeIfAbsent(name, n -> new ArrayList<>()).add(new Candidate(form, size));
    }

    /** The second names of instructions and what they stand for, in upper case: JE for JZ, SAL for SHL. */
    static Map<String, String> otherNames(List<Form> table) {
        var names = new HashMap<String, String>();
        OTHER_NAMES.forEach((other, name) -> names.put(other.toUpperCase(Locale.ROOT), name.toUpperCase(Locale.ROOT)));
        for (Form form : table) {
            conditionNames(form.mnemonic()).forEach(other -> names.put(other, form.mnemonic()));
        }
        names.keySet()
                .removeIf(other -> table.stream().noneMatch(f -> f.mnemonic().equals(names.get(other))));
        return names;
    }

    /** JZ is also JE; SETC is also SETB and SETNAE. */
    private static List<String> conditionNames(String mnemonic) {
        var others = new ArrayList<String>();
        for (String prefix : List.of("J", "SET", "CMOV")) {
            for (int code = 0; code < 16 && mnemonic.startsWith(prefix); code++) {
                var names = Conditions.names(code);
                if (names.get(0).equals(mnemonic.substring(prefix.length()))) {
                    names.stream().skip(1).forEach(name -> others.add(prefix + name));
                }
            }
        }
        return others;
    }

    boolean isKnown(String lowerCaseName) {
        return byName.containsKey(lowerCaseName);
    }

    /** The candidates for a name in code of 16, 32 or 64 bits, also those that do not exist there. */
    List<Candidate> of(String name, int bits) {
        var all = byName.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
        if (all.stream().noneMatch(c -> c.size() == NATIVE)) {
            return all;
        }
        return all.stream()
                .filter(c -> c.size() != NATIVE || isNative(c.form(), bits))
                .map(c -> c.size() == NATIVE ? new Candidate(c.form(), 0) : c)
                .toList();
    }

    /** PUSHF means the size of the code; IRET in 64-bit code the 32-bit one, which needs no prefix. */
    private static boolean isNative(Form form, int bits) {
        int size = bits != 64 || form.has(Attribute.D64) ? bits : 32;
        return form.operandSize() == size || !form.validIn(bits);
    }

    Set<String> names() {
        return byName.keySet();
    }
}
