package ringside.cpu.micro;

import java.util.List;
import ringside.isa.Conditions;
import ringside.isa.RegisterNames;

/**
 * One of the small steps that an instruction is translated to. It works on temporaries of 64 bits, t0 and up, which live no longer than
 * the instruction. What each field means, its kind says; fields that a kind does not name are 0.
 *
 * @param kind what is done
 * @param to the temporary that receives the result, or a register's number
 * @param a the first temporary that is read
 * @param b the second
 * @param c the third
 * @param size a width in bits
 * @param number a number in the micro-operation itself
 */
public record MicroOperation(Kind kind, int to, int a, int b, int c, int size, long number) {
    /** Temporaries that an instruction may use. */
    static final int TEMPORARIES = 48;

    /** All that there are. Whatever an instruction does is said in these, or by {@link #CALL}. */
    public enum Kind {
        // Numbers and registers.

        /** t{to} = number. */
        NUMBER,
        /** t{to} = {@code size} bits of general register {@code a}, from bit {@code number} (0, or 8 for AH to BH), zero-extended. */
        GET,
        /** {@code size} bits of general register {@code to}, from bit {@code number}, = t{a}; 32 bits clear the upper half. */
        PUT,
        /** t{to} = RIP of the next instruction. It is no number: the same page may be mapped in two places. */
        NEXT,
        /** t{to} = the stack pointer: as many bits of RSP as the stack segment asks for. */
        STACK_POINTER,
        /** The same bits of RSP = t{a}. */
        PUT_STACK_POINTER,
        /** t{to} = as many bits of t{a}. */
        WRAP_STACK,

        // Arithmetic on 64 bits.

        /** t{to} = t{a} + t{b}. */
        ADD,
        /** t{to} = t{a} - t{b}. */
        SUBTRACT,
        AND,
        OR,
        XOR,
        /** t{to} = t{a} shifted left by t{b} modulo 64. */
        SHIFT_LEFT,
        /** The same to the right, zeros follow. */
        SHIFT_RIGHT,
        /** The same to the right, copies of the sign follow. */
        SHIFT_ARITHMETIC,
        /** t{to} = the low 64 bits of the product. */
        MULTIPLY,
        /** t{to} = the high 64 bits of the unsigned product. */
        MULTIPLY_HIGH,
        /** t{to} = the high 64 bits of the signed product. */
        MULTIPLY_HIGH_SIGNED,
        /** t{to} = the eight bytes of t{a} in the other order. */
        SWAP_BYTES,
        /** t{to} = the number of the lowest bit that is set in t{a}, which is not 0. */
        LOWEST_BIT,
        /** The same for the highest. */
        HIGHEST_BIT,
        /** t{to} = the low {@code size} bits of t{a}. */
        ZERO_EXTEND,
        /** t{to} = the low {@code size} bits of t{a}, as a signed number. */
        SIGN_EXTEND,

        // Choices.

        /** t{to} = 1 where the condition {@code number} of the manual holds, else 0. */
        CONDITION,
        /** t{to} = 1 where t{a} and t{b} are equal, else 0. */
        EQUAL,
        /** t{to} = t{b} where t{a} is not 0; else it stays. */
        MOVE_IF,
        /** The next {@code number} micro-operations are left out where t{a} is 0. */
        SKIP_IF_ZERO,

        // Memory, through segment {@code number}: limits, rights, paging, alignment and data breakpoints as for any
        // access.

        /** t{to} = {@code size} bits at t{a}, zero-extended. */
        LOAD,
        /** The same, judged as a write: it will be written back. */
        LOAD_TO_CHANGE,
        /** {@code size} bits at t{a} = t{b}. */
        STORE,
        /** The faults of a {@link #STORE}, and nothing else. */
        CHECK_STORE,

        // Flags: kept as operands and result, and worked out when somebody asks.

        /** Flags of t{c} = t{a} + t{b} (and a carry), {@code size} bits wide. */
        FLAGS_OF_SUM,
        /** Flags of t{c} = t{a} - t{b} (and a borrow). */
        FLAGS_OF_DIFFERENCE,
        /** Flags of a result t{a} without carries. */
        FLAGS_OF_LOGIC,
        /** Flags of a shift: result t{a}, CF t{b}, OF t{c}. */
        FLAGS_OF_SHIFT,
        /** CF = t{a}, the other flags stay those of the sum or difference just made. */
        KEEP_CARRY,
        /** t{to} = all flags that any ring may change, as RFLAGS bits. */
        FLAGS,
        /** The flags under the mask {@code number} = those bits of t{a}. */
        PUT_FLAGS,

        // Control.

        /** t{to} = t{a} as a target of a near transfer with operand size {@code size}; #GP outside the code segment. */
        CHECK_TARGET,
        /** RIP = t{a}. */
        JUMP,
        /** RIP = this instruction: an iteration is done that was not the last one. */
        REPEAT,

        /** Performs the instruction's row. */
        CALL
    }

    private static final List<String> SEGMENTS = List.of("es", "cs", "ss", "ds", "fs", "gs");

    /** As the page and the command line write it. */
    public String text() {
        return switch (kind) {
            case NUMBER -> t(to) + " = " + hex(number);
            case GET -> t(to) + " = " + register(a);
            case PUT -> register(to) + " = " + t(a);
            case NEXT -> t(to) + " = next";
            case STACK_POINTER -> t(to) + " = stack.pointer";
            case PUT_STACK_POINTER -> "stack.pointer = " + t(a);
            case WRAP_STACK -> t(to) + " = stack.wrap " + t(a);
            case ADD -> infix("+");
            case SUBTRACT -> infix("-");
            case AND -> infix("&");
            case OR -> infix("|");
            case XOR -> infix("^");
            case SHIFT_LEFT -> infix("<<");
            case SHIFT_RIGHT -> infix(">>");
            case SHIFT_ARITHMETIC -> infix(">>s");
            case MULTIPLY -> infix("*");
            case MULTIPLY_HIGH -> infix("*high");
            case MULTIPLY_HIGH_SIGNED -> infix("*highs");
            case SWAP_BYTES -> t(to) + " = swap " + t(a);
            case LOWEST_BIT -> t(to) + " = lowest " + t(a);
            case HIGHEST_BIT -> t(to) + " = highest " + t(a);
            case ZERO_EXTEND -> t(to) + " = u" + size + " " + t(a);
            case SIGN_EXTEND -> t(to) + " = s" + size + " " + t(a);
            case CONDITION ->
                t(to) + " = if." + Conditions.names((int) number).get(0).toLowerCase(java.util.Locale.ROOT);
            case EQUAL -> infix("==");
            case MOVE_IF -> t(to) + " = " + t(b) + " if " + t(a);
            case SKIP_IF_ZERO -> "skip " + number + " unless " + t(a);
            case LOAD -> t(to) + " = load" + size + " " + memory();
            case LOAD_TO_CHANGE -> t(to) + " = load" + size + ".w " + memory();
            case STORE -> "store" + size + " " + memory() + ", " + t(b);
            case CHECK_STORE -> "check" + size + ".w " + memory();
            case FLAGS_OF_SUM -> "flags = add" + size + " " + t(a) + ", " + t(b) + ", " + t(c);
            case FLAGS_OF_DIFFERENCE -> "flags = sub" + size + " " + t(a) + ", " + t(b) + ", " + t(c);
            case FLAGS_OF_LOGIC -> "flags = logic" + size + " " + t(a);
            case FLAGS_OF_SHIFT -> "flags = shift" + size + " " + t(a) + ", " + t(b) + ", " + t(c);
            case KEEP_CARRY -> "flags.c = " + t(a);
            case FLAGS -> t(to) + " = flags";
            case PUT_FLAGS -> "flags[" + hex(number) + "] = " + t(a);
            case CHECK_TARGET -> t(to) + " = target" + size + " " + t(a);
            case JUMP -> "rip = " + t(a);
            case REPEAT -> "repeat";
            case CALL -> "call";
        };
    }

    @Override
    public String toString() {
        return text();
    }

    private String infix(String sign) {
        return t(to) + " = " + t(a) + " " + sign + " " + t(b);
    }

    private String memory() {
        return SEGMENTS.get((int) number) + ":[" + t(a) + "]";
    }

    private String register(int register) {
        boolean high = number == 8;
        return RegisterNames.general(size, high ? register + 4 : register, high);
    }

    private static String t(int number) {
        return "t" + number;
    }

    private static String hex(long value) {
        return (value < 0 && value > -0x1_0000_0000L
                ? "-0x" + Long.toHexString(-value)
                : "0x" + Long.toHexString(value));
    }
}
