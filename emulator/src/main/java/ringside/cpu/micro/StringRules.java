package ringside.cpu.micro;

import static ringside.cpu.Registers.DIRECTION;
import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RCX;
import static ringside.cpu.Registers.RDI;
import static ringside.cpu.Registers.RSI;
import static ringside.cpu.SystemState.DS;
import static ringside.cpu.SystemState.ES;
import static ringside.cpu.micro.MicroOperation.Kind.ADD;
import static ringside.cpu.micro.MicroOperation.Kind.AND;
import static ringside.cpu.micro.MicroOperation.Kind.FLAGS;
import static ringside.cpu.micro.MicroOperation.Kind.FLAGS_OF_DIFFERENCE;
import static ringside.cpu.micro.MicroOperation.Kind.REPEAT;
import static ringside.cpu.micro.MicroOperation.Kind.SUBTRACT;

import java.util.Map;

/**
 * SDM 1, String Instructions. With a repeat prefix the micro-operations are one iteration, and RIP goes back to the instruction while more
 * remain.
 */
final class StringRules {
    private static final int REPE = 0xF3;

    /** Condition codes of the manual: Z and NZ. */
    private static final int ZERO = 4;

    private static final int NOT_ZERO = 5;

    // spotless:off
    static final Map<String, Rule> RULES = Map.ofEntries(
            Map.entry("MOVSB", d -> move(d, 8)),
            Map.entry("MOVSW", d -> move(d, 16)),
            Map.entry("MOVSD", d -> move(d, 32)),
            Map.entry("MOVSQ", d -> move(d, 64)),
            Map.entry("STOSB", d -> store(d, 8)),
            Map.entry("STOSW", d -> store(d, 16)),
            Map.entry("STOSD", d -> store(d, 32)),
            Map.entry("STOSQ", d -> store(d, 64)),
            Map.entry("LODSB", d -> load(d, 8)),
            Map.entry("LODSW", d -> load(d, 16)),
            Map.entry("LODSD", d -> load(d, 32)),
            Map.entry("LODSQ", d -> load(d, 64)),
            Map.entry("CMPSB", d -> compare(d, 8)),
            Map.entry("CMPSW", d -> compare(d, 16)),
            Map.entry("CMPSD", d -> compare(d, 32)),
            Map.entry("CMPSQ", d -> compare(d, 64)),
            Map.entry("SCASB", d -> scan(d, 8)),
            Map.entry("SCASW", d -> scan(d, 16)),
            Map.entry("SCASD", d -> scan(d, 32)),
            Map.entry("SCASQ", d -> scan(d, 64)));
    // spotless:on

    private StringRules() {}

    private static boolean move(Draft d, int size) {
        return iterate(d, false, () -> {
            int from = index(d, RSI);
            int to = index(d, RDI);
            d.store(ES, to, size, d.load(source(d), from, size));
            int element = element(d, size);
            advance(d, RSI, from, element);
            advance(d, RDI, to, element);
        });
    }

    private static boolean store(Draft d, int size) {
        return iterate(d, false, () -> {
            int to = index(d, RDI);
            d.store(ES, to, size, d.get(RAX, size));
            advance(d, RDI, to, element(d, size));
        });
    }

    private static boolean load(Draft d, int size) {
        return iterate(d, false, () -> {
            int from = index(d, RSI);
            d.put(RAX, size, d.load(source(d), from, size));
            advance(d, RSI, from, element(d, size));
        });
    }

    private static boolean compare(Draft d, int size) {
        return iterate(d, true, () -> {
            int from = index(d, RSI);
            int to = index(d, RDI);
            int a = d.load(source(d), from, size);
            int b = d.load(ES, to, size);
            int element = element(d, size);
            advance(d, RSI, from, element);
            advance(d, RDI, to, element);
            d.flags(FLAGS_OF_DIFFERENCE, a, b, d.make(SUBTRACT, a, b), size);
        });
    }

    private static boolean scan(Draft d, int size) {
        return iterate(d, true, () -> {
            int to = index(d, RDI);
            int a = d.get(RAX, size);
            int b = d.load(ES, to, size);
            advance(d, RDI, to, element(d, size));
            d.flags(FLAGS_OF_DIFFERENCE, a, b, d.make(SUBTRACT, a, b), size);
        });
    }

    /**
     * One iteration, with its count where it repeats.
     *
     * @param compares the zero flag decides too whether there is another one
     */
    private static boolean iterate(Draft d, boolean compares, Runnable once) {
        int repeat = d.decoded.repeat;
        if (repeat == 0) {
            once.run();
            return true;
        }
        int count = index(d, RCX);
        int none = d.skipIfZero(count);
        once.run();
        int left = d.makeWith(SUBTRACT, count, 1);
        d.put(RCX, d.decoded.addressSize, left);
        int done = d.skipIfZero(left);
        if (compares) {
            int decided = d.skipIfZero(d.condition(repeat == REPE ? ZERO : NOT_ZERO));
            d.perform(REPEAT, 0);
            d.skipTo(decided);
        } else {
            d.perform(REPEAT, 0);
        }
        d.skipTo(done);
        d.skipTo(none);
        return true;
    }

    private static int source(Draft d) {
        return d.decoded.segment >= 0 ? d.decoded.segment : DS;
    }

    /** As many bits of a register as an address has. */
    private static int index(Draft d, int register) {
        return d.get(register, d.decoded.addressSize);
    }

    /** The size of an element in bytes, negative where DF is set. */
    private static int element(Draft d, int size) {
        int bytes = d.number(size / 8);
        d.moveIf(d.makeWith(AND, d.make(FLAGS, 0), DIRECTION), bytes, d.number(-size / 8));
        return bytes;
    }

    private static void advance(Draft d, int register, int from, int element) {
        d.put(register, d.decoded.addressSize, d.make(ADD, from, element));
    }
}
