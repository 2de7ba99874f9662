package ringside.isa;

import java.util.List;
import ringside.isa.Operand.Memory;

/**
 * A memory operand as ModRM, SIB and displacement (SDM 2A, ModR/M and SIB Bytes).
 *
 * @param mod ModRM's mod
 * @param rm ModRM's r/m, three bits
 * @param sib the SIB byte, or -1
 * @param rex REX.X (2) and REX.B (1)
 * @param displacement the displacement
 * @param displacementBits its size in bits: 0, 8, 16 or 32
 * @param addressSize the address size in bits
 * @param relative whether the displacement counts from the next instruction
 * @param at where the operand begins
 */
record EncodedAddress(
        int mod,
        int rm,
        int sib,
        int rex,
        Value displacement,
        int displacementBits,
        int addressSize,
        boolean relative,
        Token at) {

    private static final int NO_INDEX = 4;

    /** Finds the encoding that NASM chooses. */
    static EncodedAddress of(Memory memory, int bits, boolean relativeByDefault) {
        var registers = List.copyOf(memory.value().registers().keySet());
        if (registers.isEmpty()) {
            return direct(memory, bits, relativeByDefault);
        }
        int size = 0;
        for (String name : registers) {
            int here = NamedRegister.of(name).orElseThrow().bits();
            if (here == 8 || size != 0 && here != size) {
                throw new SourceError(
                        memory.at().column(),
                        here == 8 ? SourceWording.NOT_IN_ADDRESS.with(name) : SourceWording.UNLIKE_REGISTERS.with(),
                        here == 8 ? SourceWording.NOT_IN_ADDRESS_HINT.with() : Message.NONE);
            }
            size = here;
        }
        if (size == 64 && bits != 64) {
            throw new SourceError(
                    memory.at().column(), SourceWording.REGISTERS_64_ONLY.with(), SourceWording.PUT_BITS_64.with());
        }
        if (size == 16) {
            if (bits == 64) {
                throw new SourceError(memory.at().column(), SourceWording.NO_ADDRESSES_16_IN_64.with());
            }
            return with16(memory);
        }
        return with32(memory, size);
    }

    private static EncodedAddress direct(Memory memory, int bits, boolean relativeByDefault) {
        var value = memory.value();
        if (bits == 64) {
            boolean address = !value.sections().isEmpty();
            boolean relative =
                    address && !memory.absolute() && (memory.relative() || relativeByDefault && memory.segment() < 4);
            int sib = relative ? -1 : 0x25;
            return new EncodedAddress(0, relative ? 5 : 4, sib, 0, value, 32, 64, relative, memory.at());
        }
        int size = memory.innerSize() == 16 || memory.innerSize() == 32 ? memory.innerSize() : bits;
        return new EncodedAddress(0, size == 16 ? 6 : 5, -1, 0, value, size, size, false, memory.at());
    }

    private static EncodedAddress with16(Memory memory) {
        int seen = 0;
        for (var entry : memory.value().registers().entrySet()) {
            if (entry.getValue() != 1) {
                throw wrong16(memory);
            }
            seen |= 1 << NamedRegister.of(entry.getKey()).orElseThrow().number();
        }
        int rm = switch (seen) {
            case 1 << 3 | 1 << 6 -> 0;
            case 1 << 3 | 1 << 7 -> 1;
            case 1 << 5 | 1 << 6 -> 2;
            case 1 << 5 | 1 << 7 -> 3;
            case 1 << 6 -> 4;
            case 1 << 7 -> 5;
            case 1 << 5 -> 6;
            case 1 << 3 -> 7;
            default -> throw wrong16(memory);
        };
        int bits = displacementBits(memory, 16, rm == 6 && seen == 1 << 5);
        return new EncodedAddress(mod(bits), rm, -1, 0, memory.value(), bits, 16, false, memory.at());
    }

    private static SourceError wrong16(Memory memory) {
        return new SourceError(
                memory.at().column(), SourceWording.NO_ADDRESS_16.with(), SourceWording.NO_ADDRESS_16_HINT.with());
    }

    private static EncodedAddress with32(Memory memory, int size) {
        var terms = new AddressTerms(memory);
        int base = terms.base();
        int index = terms.index();
        int rex = (index >= 8 ? 2 : 0) | (base >= 8 ? 1 : 0);
        if (base < 0) {
            int sib = terms.scaleBits() << 6 | (index & 7) << 3 | 5;
            return new EncodedAddress(0, 4, sib, rex, memory.value(), 32, size, false, memory.at());
        }
        int bits = displacementBits(memory, 32, (base & 7) == 5);
        if (index < 0 && (base & 7) != 4) {
            return new EncodedAddress(mod(bits), base & 7, -1, rex, memory.value(), bits, size, false, memory.at());
        }
        int sib = terms.scaleBits() << 6 | (index < 0 ? NO_INDEX : index & 7) << 3 | base & 7;
        return new EncodedAddress(mod(bits), 4, sib, rex, memory.value(), bits, size, false, memory.at());
    }

    private static int mod(int displacementBits) {
        return displacementBits == 0 ? 0 : displacementBits == 8 ? 1 : 2;
    }

    /** The shortest size that holds the displacement; an address is never shortened. */
    private static int displacementBits(Memory memory, int full, boolean needsOne) {
        if (memory.innerSize() == 8) {
            return 8;
        }
        if (memory.innerSize() == 16 || memory.innerSize() == 32) {
            return full;
        }
        var value = memory.value();
        if (!value.sections().isEmpty() || value.unknown()) {
            return full;
        }
        long number = full == 16 ? (short) value.number() : (int) value.number();
        if (number == 0 && !needsOne) {
            return 0;
        }
        return number == (byte) number ? 8 : full;
    }
}
