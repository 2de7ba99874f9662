package ringside.cpu.micro;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import ringside.isa.Conditions;
import ringside.isa.Decoded;
import ringside.isa.OperandKind;
import ringside.isa.Trait;

/** The lines of all tables, by mnemonic. */
final class Rules {
    private static final List<MicroOperation> CALL =
            List.of(new MicroOperation(MicroOperation.Kind.CALL, 0, 0, 0, 0, 0, 0));

    /** Stands for the sixteen conditions in a table's mnemonic. */
    private static final String ANY_CONDITION = "cc";

    private static final Map<String, Rule> BY_MNEMONIC = byMnemonic();

    private Rules() {}

    private static Map<String, Rule> byMnemonic() {
        Map<String, Rule> all = new HashMap<>();
        Stream.of(
                        DataTransferRules.RULES,
                        StackRules.RULES,
                        ArithmeticRules.RULES,
                        ShiftRules.RULES,
                        FlagRules.RULES,
                        StringRules.RULES,
                        ControlFlowRules.RULES)
                .forEach(table -> table.forEach((mnemonic, rule) -> {
                    if (mnemonic.endsWith(ANY_CONDITION)) {
                        String stem = mnemonic.substring(0, mnemonic.length() - ANY_CONDITION.length());
                        for (int code = 0; code < 16; code++) {
                            all.put(stem + Conditions.names(code).get(0), rule);
                        }
                    } else {
                        all.put(mnemonic, rule);
                    }
                }));
        return Map.copyOf(all);
    }

    static List<MicroOperation> lower(Decoded decoded) {
        Rule rule = BY_MNEMONIC.get(decoded.form.mnemonic());
        if (rule == null || !isOrdinary(decoded)) {
            return CALL;
        }
        Draft draft = new Draft(decoded);
        return rule.write(draft) ? draft.operations() : CALL;
    }

    /** MOV to a control register and PUSH of a segment register are rows of other chapters under the same names. */
    private static boolean isOrdinary(Decoded decoded) {
        return decoded.form.trait() == Trait.INNOCUOUS
                && !decoded.form.has(OperandKind.SREG)
                && !decoded.form.has(OperandKind.FIXED_SREG)
                && !decoded.form.has(OperandKind.CR)
                && !decoded.form.has(OperandKind.DR)
                && !decoded.form.has(OperandKind.FAR_POINTER);
    }
}
