package ringside.isa;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import ringside.isa.Operand.Immediate;
import ringside.isa.Operand.Memory;

/** The parts of an instruction that is being assembled, and its bytes. */
final class InstructionBytes {
    private static final int[] SEGMENT_PREFIXES = {0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65};

    private record Number(Value value, int bits, boolean relative, Token at) {}

    private final Form form;
    private final Prefixes prefixes;
    private final CodeContext context;
    private final int bits;
    private final List<Number> numbers = new ArrayList<>();
    private Optional<EncodedAddress> address = Optional.empty();
    private int memoryBits = -1;
    private int segment;
    private int reg;
    private int rm;
    private boolean hasRegisterRm;
    private int rex;
    private boolean needsRex;
    private boolean refusesRex;
    private boolean prefix66;
    private boolean prefix67;

    InstructionBytes(Form form, Prefixes prefixes, CodeContext context) {
        this.form = form;
        this.prefixes = prefixes;
        this.context = context;
        this.bits = context.bits();
        this.segment = prefixes.segment();
        var fixed = form.encoding();
        if (fixed.hasDigit()) {
            reg = fixed.modRm();
        }
        if (prefixes.addressSize() != 0 && prefixes.addressSize() != bits) {
            prefix67 = true;
        }
    }

    Form form() {
        return form;
    }

    /** The size in bits of the memory operand in this form, -1 if it has none. */
    int memoryBits() {
        return memoryBits;
    }

    /** The size in bits of its immediates together. */
    int numberBits() {
        int sum = 0;
        for (Number number : numbers) {
            sum += number.bits();
        }
        return sum;
    }

    // Operands; each says whether it can be.

    boolean reg(NamedRegister register) {
        reg = register.number();
        rex |= reg >= 8 ? 4 : 0;
        return see(register);
    }

    boolean rm(NamedRegister register) {
        rm = register.number();
        hasRegisterRm = true;
        rex |= rm >= 8 ? 1 : 0;
        return see(register) && !form.has(Attribute.MEM);
    }

    boolean opcodeRegister(NamedRegister register) {
        rm = register.number();
        rex |= rm >= 8 ? 1 : 0;
        return see(register);
    }

    private boolean see(NamedRegister register) {
        needsRex |= register.needsRex();
        refusesRex |= register.high();
        if (bits != 64 && (register.bits() == 64 || register.number() >= 8 || register.needsRex())) {
            return false;
        }
        return true;
    }

    boolean memory(Memory memory) {
        var encoded = EncodedAddress.of(memory, bits, context.relativeByDefault());
        address = Optional.of(encoded);
        rex |= encoded.rex();
        addressSize(encoded.addressSize());
        if (memory.segment() >= 0) {
            segment = memory.segment();
        }
        for (OperandSpec spec : form.operands()) {
            if (spec.isModRm()) {
                memoryBits = spec.memoryBits();
            }
        }
        return !form.has(Attribute.REG);
    }

    boolean offset(Memory memory, int size) {
        numbers.add(new Number(memory.value(), size, false, memory.at()));
        addressSize(size);
        if (memory.segment() >= 0) {
            segment = memory.segment();
        }
        return true;
    }

    boolean immediate(Immediate operand, int size) {
        return number(operand.value(), size, operand.at());
    }

    boolean number(Value value, int size, Token at) {
        numbers.add(new Number(value, size, false, at));
        return true;
    }

    boolean distance(Immediate target, int size) {
        numbers.add(new Number(target.value(), size, true, target.at()));
        return true;
    }

    /** Whether a jump reaches its target with one byte; a target that is not yet known is thought to be near. */
    boolean isDistanceShort(Immediate target, int size, int usual) {
        if (target.value().unknown()) {
            return true;
        }
        if (!target.value().isAddress()
                || !target.value().sections().containsKey(context.section())
                || !operandSize(size, usual)) {
            return false;
        }
        long distance = context.resolve(target.value(), target.at()) - context.address() - toArray(false).length;
        return distance == (byte) distance;
    }

    void addressSize(int size) {
        prefix67 |= size != bits;
    }

    /** Sets what the operand size needs; false if no prefix can say it. */
    boolean operandSize(int size, int usual) {
        if (size == 64 && bits != 64 || size == 32 && usual == 64) {
            return false;
        }
        if (bits == 64) {
            rex |= size == 64 && usual == 32 ? 8 : 0;
            prefix66 |= size == 16;
            boolean systemRegister = form.has(OperandKind.CR) || form.has(OperandKind.DR);
            rex |= prefixes.operandSize() == 64 && !systemRegister ? 8 : 0;
            prefix66 |= prefixes.operandSize() == 16;
        } else {
            prefix66 |= size != bits || prefixes.operandSize() != 0 && prefixes.operandSize() != bits;
        }
        rex |= form.encoding().rexW() ? 8 : 0;
        return true;
    }

    boolean isPossible() {
        return !(refusesRex && (rex != 0 || needsRex)) && !(bits != 64 && rex != 0);
    }

    // Bytes.

    /** The bytes; numbers that do not fit are reported where it matters. */
    byte[] toArray() {
        return toArray(true);
    }

    private byte[] toArray(boolean report) {
        var out = new ByteArrayOutputStream(15);
        writePrefixes(out);
        writeOpcode(out);
        int length = out.size();
        for (Number number : numbers) {
            length += number.bits() / 8;
        }
        if (address.isPresent()) {
            length += address.get().displacementBits() / 8;
        }
        long next = context.address() + length;
        address.ifPresent(a -> write(out, displacement(a, next), a.displacementBits()));
        for (Number number : numbers) {
            long value = context.resolve(number.value(), number.at());
            if (number.relative()) {
                value -= next;
                if (report && number.bits() == 8 && !number.value().unknown()) {
                    checkShort(value, number);
                }
            }
            write(out, value, number.bits());
        }
        return out.toByteArray();
    }

    private long displacement(EncodedAddress encoded, long next) {
        long value = context.resolve(encoded.displacement(), encoded.at());
        return encoded.relative() ? value - next : value;
    }

    private void checkShort(long distance, Number number) {
        long wrapped = bits == 16 ? (short) distance : bits == 32 ? (int) distance : distance;
        if (wrapped != (byte) wrapped) {
            context.late(new SourceError(
                    number.at().column(),
                    SourceWording.SHORT_JUMP.with(Math.abs(distance)),
                    form.mnemonic().startsWith("J") && !form.has(Attribute.BY_ADDRESS)
                            ? SourceWording.SHORT_JUMP_NEAR.with()
                            : SourceWording.SHORT_JUMP_ONLY.with()));
        }
    }

    private void writePrefixes(ByteArrayOutputStream out) {
        if (prefixes.repeat() != 0) {
            out.write(prefixes.repeat());
        }
        if (prefixes.lock()) {
            out.write(0xF0);
        }
        if (segment >= 0) {
            out.write(SEGMENT_PREFIXES[segment]);
        }
        if (prefix66) {
            out.write(0x66);
        }
        if (prefix67) {
            out.write(0x67);
        }
        if (form.encoding().prefix() > 0) {
            out.write(form.encoding().prefix());
        }
        if (rex != 0 || needsRex) {
            out.write(0x40 | rex);
        }
    }

    private void writeOpcode(ByteArrayOutputStream out) {
        var encoding = form.encoding();
        if (encoding.map() > 0) {
            out.write(0x0F);
        }
        if (encoding.map() > 1) {
            out.write(encoding.map() == 2 ? 0x38 : 0x3A);
        }
        out.write(encoding.inRegister() ? encoding.opcode() | rm & 7 : encoding.opcode());
        if (encoding.hasFixedModRm()) {
            out.write(encoding.modRm() - Encoding.FIXED);
        } else if (encoding.hasModRm()) {
            if (address.isPresent()) {
                var place = address.get();
                out.write(place.mod() << 6 | (reg & 7) << 3 | place.rm());
                if (place.sib() >= 0) {
                    out.write(place.sib());
                }
            } else {
                out.write((hasRegisterRm ? 0xC0 : 0) | (reg & 7) << 3 | rm & 7);
            }
        }
    }

    private static void write(ByteArrayOutputStream out, long value, int size) {
        for (int at = 0; at < size; at += 8) {
            out.write((int) (value >> at));
        }
    }
}
