package ringside.isa;

import java.util.List;
import java.util.Optional;
import ringside.isa.Operand.Distance;
import ringside.isa.Operand.Far;
import ringside.isa.Operand.Immediate;
import ringside.isa.Operand.Memory;
import ringside.isa.Operand.Register;

/** Tries to write an instruction in one form. */
final class FormEncoder {
    private final Form form;
    private final Prefixes prefixes;
    private final CodeContext context;
    private final int bits;
    private final InstructionBytes bytes;
    private int size;

    private FormEncoder(MnemonicTable.Candidate candidate, Prefixes prefixes, CodeContext context) {
        this.form = candidate.form();
        this.prefixes = prefixes;
        this.context = context;
        this.bits = context.bits();
        this.size = firstSize(candidate.size());
        this.bytes = new InstructionBytes(form, prefixes, context);
    }

    /** The instruction in this form; empty if the operands are not the form's, or the code has no such form. */
    static Optional<InstructionBytes> encode(
            MnemonicTable.Candidate candidate, List<Operand> operands, Prefixes prefixes, CodeContext context) {
        if (operands.size() != candidate.form().operands().size()
                || !candidate.form().validIn(context.bits())) {
            return Optional.empty();
        }
        return new FormEncoder(candidate, prefixes, context).encode(operands);
    }

    /** The operand size that form and name ask for, or the usual one. */
    private int firstSize(int asked) {
        if (asked != 0) {
            return asked;
        }
        if (form.isSized() && !form.has(Attribute.BY_ADDRESS) && !form.has(Attribute.MODE)) {
            return form.operandSize();
        }
        return usualSize();
    }

    private int usualSize() {
        if (bits != 64) {
            return bits;
        }
        return form.has(Attribute.D64) || form.has(Attribute.F64) || form.has(Attribute.MODE) ? 64 : 32;
    }

    private Optional<InstructionBytes> encode(List<Operand> operands) {
        for (int i = 0; i < operands.size(); i++) {
            if (!place(form.operands().get(i), operands.get(i))) {
                return Optional.empty();
            }
        }
        if (!bytes.operandSize(size, usualSize())) {
            return Optional.empty();
        }
        if (bits == 64 && size == 32 && isNothing(operands)) {
            return Optional.empty();
        }
        if (form.has(Attribute.BY_ADDRESS)) {
            bytes.addressSize(form.operandSize());
        }
        return bytes.isPossible() ? Optional.of(bytes) : Optional.empty();
    }

    /** In 64-bit code 90 is no XCHG EAX, EAX: it would have to clear the upper half of RAX. */
    private boolean isNothing(List<Operand> operands) {
        return form.mnemonic().equals("XCHG")
                && form.encoding().inRegister()
                && operands.get(1) instanceof Register r
                && r.register().number() == 0;
    }

    private boolean place(OperandSpec spec, Operand operand) {
        return switch (spec.kind()) {
            case RM ->
                operand instanceof Register r
                        ? isRegister(r, acceptedBits(spec, r)) && bytes.rm(r.register())
                        : operand instanceof Memory m && isMemory(spec, m) && bytes.memory(m);
            case MEM -> operand instanceof Memory m && isMemory(spec, m) && bytes.memory(m);
            case REG -> operand instanceof Register r && isRegister(r, spec.bits()) && bytes.reg(r.register());
            case OPREG ->
                operand instanceof Register r && isRegister(r, spec.bits()) && bytes.opcodeRegister(r.register());
            case FIXED ->
                operand instanceof Register r
                        && isRegister(r, spec.bits())
                        && r.register().number() == spec.register()
                        && !r.register().high();
            case FIXED_SREG -> isSpecial(operand, NamedRegister.Kind.SEGMENT, spec.register());
            case SREG -> isSpecial(operand, NamedRegister.Kind.SEGMENT, -1) && isLoadable(spec, operand);
            case CR -> isSpecial(operand, NamedRegister.Kind.CONTROL, -1) && isControl(operand);
            case DR -> isSpecial(operand, NamedRegister.Kind.DEBUG, -1) && isDebug(operand);
            case ONE ->
                operand instanceof Immediate i
                        && i.isKnownNumber()
                        && i.value().number() == 1
                        && i.size() == 0
                        && !i.strict();
            case IMM -> operand instanceof Immediate i && immediate(spec, i);
            case REL -> operand instanceof Immediate i && distance(spec, i);
            case MOFFS -> operand instanceof Memory m && offset(spec, m);
            case FAR_POINTER -> operand instanceof Far f && farPointer(spec, f);
        };
    }

    // Registers.

    private static boolean isRegister(Register operand, int bits) {
        return operand.register().kind() == NamedRegister.Kind.GENERAL
                && operand.register().bits() == bits;
    }

    /** What reads only 16 bits of a register may name all of it: MOV DS, EAX and LAR EAX, EBX; MOV RAX, DS clears what it does not write. */
    private int acceptedBits(OperandSpec spec, Register operand) {
        int here = operand.register().bits();
        boolean lenient = form.has(OperandKind.SREG) && form.operands().get(0).kind() == OperandKind.SREG && here != 8
                || form.has(OperandKind.SREG) && here == 64 && form.operandSize() == 32
                || (form.mnemonic().equals("LAR") || form.mnemonic().equals("LSL")) && here == form.operandSize();
        return lenient ? here : spec.bits();
    }

    private boolean isSpecial(Operand operand, NamedRegister.Kind kind, int number) {
        if (!(operand instanceof Register r) || r.register().kind() != kind) {
            return false;
        }
        if (number >= 0) {
            return r.register().number() == number;
        }
        return bytes.reg(r.register());
    }

    private boolean isLoadable(OperandSpec spec, Operand operand) {
        boolean destination = spec == form.operands().get(0);
        return !(destination && operand instanceof Register r && r.register().number() == 1);
    }

    private boolean isControl(Operand operand) {
        int number = ((Register) operand).register().number();
        return number == 0 || number >= 2 && number <= 4 || number == 8 && bits == 64;
    }

    private static boolean isDebug(Operand operand) {
        return ((Register) operand).register().number() < 8;
    }

    // Memory.

    private boolean isMemory(OperandSpec spec, Memory memory) {
        if (spec.text().contains(":")) {
            boolean jump = form.mnemonic().equals("CALL") || form.mnemonic().equals("JMP");
            int offset = spec.bits() - 16;
            int wanted = memory.size() == 0 && jump ? bits : memory.size() == 0 ? offset : memory.size();
            return (memory.far() || !jump) && wanted == offset;
        }
        if (memory.far() || isFullOffset(memory)) {
            return false;
        }
        if (spec.text().contains("&")) {
            return memory.size() == 0;
        }
        if (isNearJump() && memory.size() == 0) {
            return spec.bits() == usualSize();
        }
        if (memory.size() == 0) {
            return !isWordExtension(spec);
        }
        return spec.bits() == 0 || memory.size() == spec.memoryBits() || memory.size() == spec.bits();
    }

    /** An address of 64 bits in 64-bit code, {@code [qword x]}: ModRM has no room for it. */
    private boolean isFullOffset(Memory memory) {
        return bits == 64
                && memory.innerSize() == 64
                && memory.value().registers().isEmpty()
                && !isRelative(memory);
    }

    private boolean isRelative(Memory memory) {
        return memory.relative()
                || context.relativeByDefault()
                        && !memory.absolute()
                        && !memory.value().sections().isEmpty();
    }

    /** MOVZX AX, [x] can only mean a byte. */
    private boolean isWordExtension(OperandSpec spec) {
        return form.operandSize() == 16
                && spec.memoryBits() == 16
                && (form.mnemonic().equals("MOVZX") || form.mnemonic().equals("MOVSX"));
    }

    private boolean isNearJump() {
        return form.mnemonic().equals("CALL") || form.mnemonic().equals("JMP");
    }

    private boolean offset(OperandSpec spec, Memory memory) {
        if (!memory.value().registers().isEmpty()
                || memory.relative()
                || memory.far()
                || memory.size() != 0 && memory.size() != spec.bits()) {
            return false;
        }
        int inner = memory.innerSize();
        if (bits == 64 ? inner != 64 && inner != 32 : inner == 64) {
            return false;
        }
        if (bits == 64 && (inner == 32 || isRelative(memory))) {
            return false;
        }
        return bytes.offset(memory, inner == 0 || inner == 8 ? bits : inner);
    }

    // Numbers.

    private boolean immediate(OperandSpec spec, Immediate number) {
        if (number.distance() != Distance.UNSAID) {
            return false;
        }
        if (form.mnemonic().equals("PUSH")) {
            return pushed(spec, number);
        }
        boolean extended = spec.bits() == 8 && !form.has(Attribute.UNSIGNED) && form.operandSize() > 8;
        if (extended) {
            return (number.size() == 8 || isShortEnough(number, form.operandSize())) && bytes.immediate(number, 8);
        }
        boolean fits = number.size() == 0 || number.size() == spec.bits();
        if (form.operandSize() == 64 && spec.bits() == 32) {
            fits |= number.size() == 64 && !number.strict();
            if (form.mnemonic().equals("MOV")) {
                fits &= number.size() == 32
                        || !number.strict()
                                && number.isKnownNumber()
                                && number.value().number()
                                        == (int) number.value().number();
            }
        }
        return fits && bytes.immediate(number, spec.bits());
    }

    /** The size word of PUSH is the size of what is pushed, not of the number in the instruction. */
    private boolean pushed(OperandSpec spec, Immediate number) {
        int asked = number.size();
        if (spec.bits() == 8 && asked == 8) {
            return bytes.immediate(number, 8);
        }
        if (bits == 64 && asked == 32) {
            asked = 64;
        }
        if (spec.bits() != 8) {
            int wanted = asked == 0 ? usualSize() : asked;
            return wanted == form.operandSize() && bytes.immediate(number, spec.bits());
        }
        size = asked == 0 ? size : asked;
        boolean fits = !number.strict() && isShort(number, size);
        return size >= 16 && fits && bytes.immediate(number, 8);
    }

    private static boolean isShortEnough(Immediate number, int operandSize) {
        return !number.strict() && (number.size() == 0 || number.size() == operandSize) && isShort(number, operandSize);
    }

    /** Whether a byte, sign-extended, is the number at this operand size. */
    private static boolean isShort(Immediate number, int operandSize) {
        if (!number.isKnownNumber()) {
            return false;
        }
        int unused = 64 - operandSize;
        long value = number.value().number();
        boolean within = operandSize == 64 || value >>> operandSize == 0 || value >> operandSize - 1 == -1;
        long extended = value << unused >> unused;
        return within && extended == (byte) extended;
    }

    private boolean distance(OperandSpec spec, Immediate target) {
        boolean onlyShort = !form.mnemonic().equals("JMP") && !isCondition();
        if (spec.bits() == 8) {
            if (target.distance() == Distance.SHORT || onlyShort) {
                return target.distance() != Distance.NEAR && bytes.distance(target, 8);
            }
            return target.distance() == Distance.UNSAID
                    && target.size() == 0
                    && !target.strict()
                    && bytes.distance(target, 8)
                    && bytes.isDistanceShort(target, size, usualSize());
        }
        int wanted = target.size() == 0 ? usualSize() : target.size();
        if (prefixes.operandSize() != 0 && target.size() == 0 && bits != 64) {
            wanted = prefixes.operandSize();
        }
        return target.distance() != Distance.SHORT
                && target.distance() != Distance.FAR
                && wanted == form.operandSize()
                && bytes.distance(target, spec.bits());
    }

    private boolean isCondition() {
        return form.mnemonic().startsWith("J") && !form.has(Attribute.BY_ADDRESS);
    }

    private boolean farPointer(OperandSpec spec, Far pointer) {
        int wanted = pointer.size() == 0 ? bits : pointer.size();
        return wanted == form.operandSize()
                && bytes.number(pointer.offset(), spec.bits() - 16, pointer.at())
                && bytes.number(pointer.selector(), 16, pointer.at());
    }
}
