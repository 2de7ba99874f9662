package ringside.monitor.container;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A program that judges each system call: classic BPF over {@code struct seccomp_data} (Linux, Seccomp BPF; include/uapi/linux/filter.h,
 * bpf_common.h and seccomp.h). Words are read by their offset, little-endian.
 */
final class SeccompFilter {
    static final int MOST_INSTRUCTIONS = 4096;

    /** Filters that one task may have. */
    static final int MOST_FILTERS = 32;

    static final int INSTRUCTION_SIZE = 8;
    private static final int DATA_SIZE = 64;
    private static final int ARCHITECTURE = 0xC000_003E;

    // What a filter may return, in its upper half; the most severe of several filters counts.
    static final int KILL_PROCESS = 0x8000_0000;
    static final int KILL_THREAD = 0;
    static final int TRAP = 0x0003_0000;
    static final int ERRNO = 0x0005_0000;
    static final int TRACE = 0x7FF0_0000;
    static final int LOG = 0x7FFC_0000;
    static final int ALLOW = 0x7FFF_0000;
    static final int ACTION = 0xFFFF_0000;

    /** The greatest error that a filter may give: Linux's MAX_ERRNO. */
    static final int MOST_ERRNO = 4095;

    // Instruction classes and their fields.
    private static final int LD = 0;
    private static final int LDX = 1;
    private static final int ST = 2;
    private static final int STX = 3;
    private static final int ALU = 4;
    private static final int JMP = 5;
    private static final int RET = 6;
    private static final int MISC = 7;
    private static final int IMM = 0x00;
    private static final int ABS = 0x20;
    private static final int MEM = 0x60;
    private static final int LEN = 0x80;
    private static final int X = 0x08;
    private static final int RET_A = 0x10;
    private static final int TXA = 0x80;
    private static final int SCRATCH = 16;

    /** @param code operation; jt, jf how many instructions to skip; k number */
    private record Instruction(int code, int jt, int jf, int k) {
        int kind() {
            return code & 7;
        }
    }

    private final List<Instruction> program;

    private SeccompFilter(List<Instruction> program) {
        this.program = program;
    }

    /**
     * Checks and takes a program; EINVAL where it could read outside, jump out, or not end.
     *
     * @param bytes instructions of 8 bytes: {@code u16 code; u8 jt, jf; u32 k}
     */
    static SeccompFilter of(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int count = bytes.length / INSTRUCTION_SIZE;
        List<Instruction> program = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            program.add(new Instruction(in.getShort() & 0xFFFF, in.get() & 0xFF, in.get() & 0xFF, in.getInt()));
        }
        for (int i = 0; i < count; i++) {
            if (!isValid(program.get(i), i, count)) {
                throw Errno.EINVAL.failure();
            }
        }
        if (count == 0 || program.get(count - 1).kind() != RET) {
            throw Errno.EINVAL.failure();
        }
        return new SeccompFilter(List.copyOf(program));
    }

    private static boolean isValid(Instruction one, int at, int count) {
        int rest = count - at - 1;
        return switch (one.kind()) {
            case LD ->
                switch (one.code) {
                    case LD | ABS -> (one.k & 3) == 0 && Integer.compareUnsigned(one.k, DATA_SIZE) < 0;
                    case LD | MEM -> Integer.compareUnsigned(one.k, SCRATCH) < 0;
                    case LD | IMM, LD | LEN -> true;
                    default -> false;
                };
            case LDX ->
                switch (one.code) {
                    case LDX | MEM -> Integer.compareUnsigned(one.k, SCRATCH) < 0;
                    case LDX | IMM, LDX | LEN -> true;
                    default -> false;
                };
            case ST, STX -> (one.code == ST || one.code == STX) && Integer.compareUnsigned(one.k, SCRATCH) < 0;
            case ALU -> {
                int operation = one.code >>> 4 & 0xF;
                boolean byZero = operation == 3 && (one.code & X) == 0 && one.k == 0;
                boolean tooFar = (operation == 6 || operation == 7)
                        && (one.code & X) == 0
                        && Integer.compareUnsigned(one.k, 32) >= 0;
                // Division, but no remainder; NEG has no operand.
                yield one.code < 0x100 && (operation <= 8 || operation == 10) && !byZero && !tooFar;
            }
            case JMP -> {
                int operation = one.code >>> 4 & 0xF;
                yield one.code < 0x100
                        && (operation == 0
                                ? Integer.compareUnsigned(one.k, rest) < 0 && (one.code & X) == 0
                                : operation <= 4 && one.jt < rest && one.jf < rest);
            }
            case RET -> one.code == RET || one.code == (RET | RET_A);
            default -> one.code == MISC || one.code == (MISC | TXA);
        };
    }

    /** Instructions. */
    int length() {
        return program.size();
    }

    /**
     * What several filters make of a call.
     *
     * @param pointer RIP behind the call
     * @return the most severe verdict: of signed numbers the smallest, as KILL_PROCESS is negative
     */
    static int judge(List<SeccompFilter> filters, int number, long pointer, long[] arguments) {
        ByteBuffer data = ByteBuffer.allocate(DATA_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        data.putInt(number).putInt(ARCHITECTURE).putLong(pointer);
        for (long argument : arguments) {
            data.putLong(argument);
        }
        int verdict = ALLOW;
        for (SeccompFilter filter : filters) {
            int one = filter.judge(data);
            if ((one & ACTION) < (verdict & ACTION)) {
                verdict = one;
            }
        }
        return verdict;
    }

    /**
     * Judges a call.
     *
     * @param data {@code struct seccomp_data}: number, architecture, instruction pointer, six arguments
     * @return an action and its 16 bits of data
     */
    private int judge(ByteBuffer data) {
        int a = 0;
        int x = 0;
        int[] scratch = new int[SCRATCH];
        for (int at = 0; ; at++) {
            Instruction one = program.get(at);
            switch (one.kind()) {
                case LD, LDX -> {
                    int value = switch (one.code & 0xE0) {
                        case IMM -> one.k;
                        case ABS -> data.getInt(one.k);
                        case MEM -> scratch[one.k];
                        default -> DATA_SIZE;
                    };
                    if (one.kind() == LD) {
                        a = value;
                    } else {
                        x = value;
                    }
                }
                case ST -> scratch[one.k] = a;
                case STX -> scratch[one.k] = x;
                case ALU -> {
                    int operand = (one.code & X) != 0 ? x : one.k;
                    int operation = one.code >>> 4 & 0xF;
                    if (operation == 3 && operand == 0) {
                        return KILL_THREAD;
                    }
                    a = compute(operation, a, operand);
                }
                case JMP -> at += jump(one, a, x);
                case RET -> {
                    return (one.code & RET_A) != 0 ? a : one.k;
                }
                default -> {
                    if ((one.code & TXA) != 0) {
                        a = x;
                    } else {
                        x = a;
                    }
                }
            }
        }
    }

    private static int compute(int operation, int a, int operand) {
        return switch (operation) {
            case 0 -> a + operand;
            case 1 -> a - operand;
            case 2 -> a * operand;
            case 3 -> Integer.divideUnsigned(a, operand);
            case 4 -> a | operand;
            case 5 -> a & operand;
            case 6 -> Integer.compareUnsigned(operand, 32) < 0 ? a << operand : 0;
            case 7 -> Integer.compareUnsigned(operand, 32) < 0 ? a >>> operand : 0;
            case 8 -> -a;
            default -> a ^ operand;
        };
    }

    private static int jump(Instruction one, int a, int x) {
        int operand = (one.code & X) != 0 ? x : one.k;
        boolean taken = switch (one.code >>> 4 & 0xF) {
            case 1 -> a == operand;
            case 2 -> Integer.compareUnsigned(a, operand) > 0;
            case 3 -> Integer.compareUnsigned(a, operand) >= 0;
            case 4 -> (a & operand) != 0;
            default -> true;
        };
        if ((one.code >>> 4 & 0xF) == 0) {
            return one.k;
        }
        return taken ? one.jt : one.jf;
    }
}
