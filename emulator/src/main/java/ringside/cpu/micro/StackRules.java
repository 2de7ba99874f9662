package ringside.cpu.micro;

import static ringside.cpu.Registers.RBP;
import static ringside.cpu.Registers.RSP;
import static ringside.cpu.SystemState.SS;
import static ringside.cpu.micro.MicroOperation.Kind.ADD;
import static ringside.cpu.micro.MicroOperation.Kind.PUT_STACK_POINTER;
import static ringside.cpu.micro.MicroOperation.Kind.STACK_POINTER;
import static ringside.cpu.micro.MicroOperation.Kind.SUBTRACT;
import static ringside.cpu.micro.MicroOperation.Kind.WRAP_STACK;

import java.util.Map;

/** SDM 1, Procedure Stack, but for ENTER and for what concerns flags and segments. */
final class StackRules {
    // spotless:off
    static final Map<String, Rule> RULES = Map.of(
            "PUSH",  StackRules::push,
            "POP",   StackRules::pop,
            "LEAVE", StackRules::leave,
            "PUSHA", StackRules::pushAll,
            "PUSHAD", StackRules::pushAll,
            "POPA", StackRules::popAll,
            "POPAD", StackRules::popAll);
    // spotless:on

    private StackRules() {}

    private static boolean push(Draft d) {
        int value = d.read(0);
        int top = d.make(WRAP_STACK, d.makeWith(SUBTRACT, d.make(STACK_POINTER, 0), d.bits / 8));
        d.store(SS, top, d.bits, value);
        d.perform(PUT_STACK_POINTER, top);
        return true;
    }

    /** SDM 2, POP: POP RSP leaves what was popped. An address with RSP, which is worked out after the pop, is left to the row. */
    private static boolean pop(Draft d) {
        int top = d.make(STACK_POINTER, 0);
        int value = d.load(SS, top, d.bits);
        int above = d.makeWith(ADD, top, d.bits / 8);
        if (d.isMemory(0)) {
            d.write(0, value);
            d.perform(PUT_STACK_POINTER, above);
            return d.decoded.base != RSP;
        }
        d.perform(PUT_STACK_POINTER, above);
        d.write(0, value);
        return true;
    }

    /** All places are judged before the first value is written. */
    private static boolean pushAll(Draft d) {
        int top = d.make(STACK_POINTER, 0);
        int[] at = new int[8];
        for (int i = 0; i < 8; i++) {
            at[i] = d.make(WRAP_STACK, d.makeWith(SUBTRACT, top, (i + 1L) * d.bits / 8));
            d.checkStore(SS, at[i], d.bits);
        }
        for (int i = 0; i < 8; i++) {
            d.store(SS, at[i], d.bits, d.get(i, d.bits));
        }
        d.perform(PUT_STACK_POINTER, at[7]);
        return true;
    }

    /** The stack pointer's own image is skipped. */
    private static boolean popAll(Draft d) {
        int top = d.make(STACK_POINTER, 0);
        int[] values = new int[8];
        for (int i = 7; i >= 0; i--) {
            if (i != RSP) {
                int at = d.make(WRAP_STACK, d.makeWith(ADD, top, (7L - i) * d.bits / 8));
                values[i] = d.load(SS, at, d.bits);
            }
        }
        for (int i = 7; i >= 0; i--) {
            if (i != RSP) {
                d.put(i, d.bits, values[i]);
            }
        }
        d.perform(PUT_STACK_POINTER, d.makeWith(ADD, top, d.bits));
        return true;
    }

    private static boolean leave(Draft d) {
        int frame = d.make(WRAP_STACK, d.get(RBP, 64));
        int value = d.load(SS, frame, d.bits);
        d.perform(PUT_STACK_POINTER, d.makeWith(ADD, frame, d.bits / 8));
        d.put(RBP, d.bits, value);
        return true;
    }
}
