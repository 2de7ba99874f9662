package ringside.cpu.micro;

import static ringside.cpu.micro.MicroOperation.Kind.ADD;
import static ringside.cpu.micro.MicroOperation.Kind.AND;
import static ringside.cpu.micro.MicroOperation.Kind.GET;
import static ringside.cpu.micro.MicroOperation.Kind.LOAD;
import static ringside.cpu.micro.MicroOperation.Kind.LOAD_TO_CHANGE;
import static ringside.cpu.micro.MicroOperation.Kind.NEXT;
import static ringside.cpu.micro.MicroOperation.Kind.NUMBER;
import static ringside.cpu.micro.MicroOperation.Kind.PUT;
import static ringside.cpu.micro.MicroOperation.Kind.SHIFT_LEFT;
import static ringside.cpu.micro.MicroOperation.Kind.SKIP_IF_ZERO;
import static ringside.cpu.micro.MicroOperation.Kind.STORE;
import static ringside.cpu.micro.MicroOperation.Kind.ZERO_EXTEND;

import java.util.ArrayList;
import java.util.List;
import ringside.cpu.micro.MicroOperation.Kind;
import ringside.isa.Decoded;
import ringside.isa.OperandKind;
import ringside.isa.OperandSpec;

/** The micro-operations of one instruction while they are being written down. Methods return the temporary that holds their result. */
final class Draft {
    private static final int NOWHERE = -1;

    final Decoded decoded;

    /** Operand size in bits: 8 where the first operand is a byte, else what prefixes and mode ask for. */
    final int bits;

    private final List<MicroOperation> operations = new ArrayList<>();
    private int temporaries;
    private int address = NOWHERE;

    Draft(Decoded decoded) {
        this.decoded = decoded;
        this.bits = isByteForm(decoded) ? 8 : decoded.operandSize;
    }

    private static boolean isByteForm(Decoded decoded) {
        var operands = decoded.form.operands();
        return !operands.isEmpty()
                && operands.get(0).bits() == 8
                && operands.get(0).kind() != OperandKind.IMM
                && operands.get(0).kind() != OperandKind.REL;
    }

    List<MicroOperation> operations() {
        return List.copyOf(operations);
    }

    // Single micro-operations.

    private int fresh() {
        if (temporaries == MicroOperation.TEMPORARIES) {
            throw new IllegalStateException("too many temporaries for " + decoded.form);
        }
        return temporaries++;
    }

    private void add(Kind kind, int to, int a, int b, int c, int size, long number) {
        operations.add(new MicroOperation(kind, to, a, b, c, size, number));
    }

    int number(long value) {
        int to = fresh();
        add(NUMBER, to, 0, 0, 0, 0, value);
        return to;
    }

    /** @param size in bits; not AH to BH */
    int get(int register, int size) {
        int to = fresh();
        add(GET, to, register, 0, 0, size, 0);
        return to;
    }

    void put(int register, int size, int a) {
        add(PUT, register, a, 0, 0, size, 0);
    }

    int next() {
        int to = fresh();
        add(NEXT, to, 0, 0, 0, 0, 0);
        return to;
    }

    /** What takes one temporary, or none, and makes one. */
    int make(Kind kind, int a) {
        return make(kind, a, 0);
    }

    int make(Kind kind, int a, int b) {
        int to = fresh();
        add(kind, to, a, b, 0, 0, 0);
        return to;
    }

    /** The same with a number as the second operand. */
    int makeWith(Kind kind, int a, long b) {
        return make(kind, a, number(b));
    }

    int sized(Kind kind, int a, int size) {
        int to = fresh();
        add(kind, to, a, 0, 0, size, 0);
        return to;
    }

    int bit(int a, int position) {
        int moved = position == 0 ? a : makeWith(Kind.SHIFT_RIGHT, a, position);
        return makeWith(AND, moved, 1);
    }

    int condition(int code) {
        int to = fresh();
        add(Kind.CONDITION, to, 0, 0, 0, 0, code);
        return to;
    }

    int load(int segment, int at, int size) {
        int to = fresh();
        add(LOAD, to, at, 0, 0, size, segment);
        return to;
    }

    int loadToChange(int segment, int at, int size) {
        int to = fresh();
        add(LOAD_TO_CHANGE, to, at, 0, 0, size, segment);
        return to;
    }

    void store(int segment, int at, int size, int value) {
        add(STORE, 0, at, value, 0, size, segment);
    }

    void checkStore(int segment, int at, int size) {
        add(Kind.CHECK_STORE, 0, at, 0, 0, size, segment);
    }

    /** What makes nothing: a jump, a stack pointer, the carry kept. */
    void perform(Kind kind, int a) {
        add(kind, 0, a, 0, 0, 0, 0);
    }

    void moveIf(int condition, int to, int value) {
        add(Kind.MOVE_IF, to, condition, value, 0, 0, 0);
    }

    void flags(Kind kind, int a, int b, int c) {
        add(kind, 0, a, b, c, bits, 0);
    }

    void flags(Kind kind, int a, int b, int c, int size) {
        add(kind, 0, a, b, c, size, 0);
    }

    void putFlags(int a, int mask) {
        add(Kind.PUT_FLAGS, 0, a, 0, 0, 0, mask);
    }

    /** Leaves out what is written between here and {@link #skipTo} where {@code a} is 0. */
    int skipIfZero(int a) {
        add(SKIP_IF_ZERO, 0, a, 0, 0, 0, 0);
        return operations.size();
    }

    void skipTo(int from) {
        MicroOperation skip = operations.get(from - 1);
        operations.set(from - 1, new MicroOperation(SKIP_IF_ZERO, 0, skip.a(), 0, 0, 0, operations.size() - from));
    }

    // Operands.

    private OperandSpec operand(int position) {
        return decoded.form.operands().get(position);
    }

    boolean isMemory(int position) {
        OperandKind kind = operand(position).kind();
        return kind == OperandKind.MEM || kind == OperandKind.MOFFS || kind == OperandKind.RM && decoded.mod != 3;
    }

    /** Is it a number in the instruction? */
    boolean isNumber(int position) {
        OperandKind kind = operand(position).kind();
        return kind == OperandKind.IMM || kind == OperandKind.ONE;
    }

    /** The number of {@link #isNumber}. */
    long constant(int position) {
        return operand(position).kind() == OperandKind.ONE ? 1 : decoded.immediate;
    }

    /** An operand's value: zero-extended, numbers in the instruction sign-extended. */
    int read(int position) {
        OperandSpec operand = operand(position);
        if (isMemory(position)) {
            return load(segment(), address(), operand.memoryBits());
        }
        return isNumber(position) ? number(constant(position)) : getRegister(operand);
    }

    /** The same, for what will be written back. */
    int readToChange(int position) {
        return isMemory(position)
                ? loadToChange(segment(), address(), operand(position).memoryBits())
                : read(position);
    }

    void write(int position, int value) {
        OperandSpec operand = operand(position);
        if (isMemory(position)) {
            store(segment(), address(), operand.memoryBits(), value);
        } else {
            boolean high = isHigh(operand);
            int register = register(operand);
            add(PUT, high ? register - 4 : register, value, 0, 0, operand.bits(), high ? 8 : 0);
        }
    }

    /** Width of the second operand as it is read. */
    int sourceBits() {
        return isMemory(1) ? operand(1).memoryBits() : operand(1).bits();
    }

    private int getRegister(OperandSpec operand) {
        boolean high = isHigh(operand);
        int register = register(operand);
        int to = fresh();
        add(GET, to, high ? register - 4 : register, 0, 0, operand.bits(), high ? 8 : 0);
        return to;
    }

    private int register(OperandSpec operand) {
        return switch (operand.kind()) {
            case RM, OPREG -> decoded.rm;
            case REG -> decoded.reg;
            case FIXED -> operand.register();
            case MEM, FIXED_SREG, SREG, CR, DR, ONE, IMM, REL, MOFFS, FAR_POINTER ->
                throw new IllegalStateException(operand + " is no general register");
        };
    }

    private boolean isHigh(OperandSpec operand) {
        int register = register(operand);
        return operand.bits() == 8
                && register >= 4
                && register < 8
                && (decoded.rex == 0 || operand.kind() == OperandKind.FIXED);
    }

    /** The segment of the memory operand. */
    int segment() {
        return decoded.segment >= 0 ? decoded.segment : decoded.defaultSegment;
    }

    /** The offset of the memory operand in its segment; worked out once. */
    int address() {
        if (address == NOWHERE) {
            address = offset();
        }
        return address;
    }

    private int offset() {
        int sum = NOWHERE;
        if (decoded.ripRelative) {
            sum = next();
        } else if (decoded.base >= 0) {
            sum = get(decoded.base, 64);
        }
        if (decoded.index >= 0) {
            int index = get(decoded.index, 64);
            int scale = Integer.numberOfTrailingZeros(Math.max(decoded.scale, 1));
            int scaled = scale == 0 ? index : makeWith(SHIFT_LEFT, index, scale);
            sum = sum == NOWHERE ? scaled : make(ADD, sum, scaled);
        }
        int size = decoded.addressSize;
        if (sum == NOWHERE) {
            return number(size == 64 ? decoded.displacement : decoded.displacement & (1L << size) - 1);
        }
        if (decoded.displacement != 0) {
            sum = makeWith(ADD, sum, decoded.displacement);
        }
        return size == 64 ? sum : sized(ZERO_EXTEND, sum, size);
    }
}
