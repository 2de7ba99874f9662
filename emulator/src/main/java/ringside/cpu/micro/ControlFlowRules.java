package ringside.cpu.micro;

import static ringside.cpu.Registers.RCX;
import static ringside.cpu.SystemState.SS;
import static ringside.cpu.micro.MicroOperation.Kind.ADD;
import static ringside.cpu.micro.MicroOperation.Kind.CHECK_TARGET;
import static ringside.cpu.micro.MicroOperation.Kind.EQUAL;
import static ringside.cpu.micro.MicroOperation.Kind.JUMP;
import static ringside.cpu.micro.MicroOperation.Kind.PUT_STACK_POINTER;
import static ringside.cpu.micro.MicroOperation.Kind.STACK_POINTER;
import static ringside.cpu.micro.MicroOperation.Kind.SUBTRACT;
import static ringside.cpu.micro.MicroOperation.Kind.WRAP_STACK;
import static ringside.cpu.micro.MicroOperation.Kind.ZERO_EXTEND;

import java.util.Map;
import ringside.isa.OperandKind;

/** SDM 1, Control Transfer Instructions: those that stay in their code segment. The target is judged before anything changes. */
final class ControlFlowRules {
    /** Condition codes of the manual: Z and NZ. */
    private static final int ZERO = 4;

    private static final int NOT_ZERO = 5;

    // spotless:off
    static final Map<String, Rule> RULES = Map.ofEntries(
            Map.entry("JMP",    ControlFlowRules::jump),
            Map.entry("Jcc",    ControlFlowRules::jumpIf),
            Map.entry("CALL",   ControlFlowRules::call),
            Map.entry("RET",    ControlFlowRules::returnNear),
            Map.entry("JCXZ",   ControlFlowRules::jumpIfCounterIsZero),
            Map.entry("JECXZ",  ControlFlowRules::jumpIfCounterIsZero),
            Map.entry("JRCXZ",  ControlFlowRules::jumpIfCounterIsZero),
            Map.entry("LOOP",   ControlFlowRules::loop),
            Map.entry("LOOPE",  d -> loopWhile(d, ZERO)),
            Map.entry("LOOPNE", d -> loopWhile(d, NOT_ZERO)));
    // spotless:on

    private ControlFlowRules() {}

    private static boolean jump(Draft d) {
        jumpTo(d, target(d));
        return true;
    }

    private static boolean jumpIf(Draft d) {
        int not = d.skipIfZero(d.condition(d.decoded.form.encoding().opcode() & 0xF));
        jumpTo(d, target(d));
        d.skipTo(not);
        return true;
    }

    /** SDM 2A, CALL: outside 64-bit mode the target is judged before the stack, in 64-bit mode after it. */
    private static boolean call(Draft d) {
        int target = target(d);
        int top = d.make(WRAP_STACK, d.makeWith(SUBTRACT, d.make(STACK_POINTER, 0), d.bits / 8));
        if (d.decoded.bits == 64) {
            d.checkStore(SS, top, d.bits);
        }
        int judged = d.sized(CHECK_TARGET, target, d.bits);
        d.store(SS, top, d.bits, d.next());
        d.perform(PUT_STACK_POINTER, top);
        d.perform(JUMP, judged);
        return true;
    }

    private static boolean returnNear(Draft d) {
        int top = d.make(STACK_POINTER, 0);
        int target = d.sized(CHECK_TARGET, d.load(SS, top, d.bits), d.bits);
        d.perform(PUT_STACK_POINTER, d.makeWith(ADD, top, d.bits / 8 + d.decoded.immediate));
        d.perform(JUMP, target);
        return true;
    }

    private static boolean jumpIfCounterIsZero(Draft d) {
        int isZero = d.make(EQUAL, d.get(RCX, d.decoded.addressSize), d.number(0));
        int not = d.skipIfZero(isZero);
        jumpTo(d, target(d));
        d.skipTo(not);
        return true;
    }

    private static boolean loop(Draft d) {
        int count = countDown(d);
        int over = d.skipIfZero(count);
        jumpTo(d, target(d));
        d.skipTo(over);
        d.put(RCX, d.decoded.addressSize, count);
        return true;
    }

    /** Two ways to be over: the count, and the zero flag. */
    private static boolean loopWhile(Draft d, int condition) {
        int count = countDown(d);
        int over = d.skipIfZero(count);
        int not = d.skipIfZero(d.condition(condition));
        jumpTo(d, target(d));
        d.skipTo(not);
        d.skipTo(over);
        d.put(RCX, d.decoded.addressSize, count);
        return true;
    }

    /** The address size says which part of RCX counts. */
    private static int countDown(Draft d) {
        int size = d.decoded.addressSize;
        int less = d.makeWith(SUBTRACT, d.get(RCX, size), 1);
        return size == 64 ? less : d.sized(ZERO_EXTEND, less, size);
    }

    private static int target(Draft d) {
        return d.decoded.form.operands().get(0).kind() == OperandKind.REL
                ? d.makeWith(ADD, d.next(), d.decoded.immediate)
                : d.read(0);
    }

    private static void jumpTo(Draft d, int target) {
        d.perform(JUMP, d.sized(CHECK_TARGET, target, d.bits));
    }
}
