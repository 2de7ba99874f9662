package ringside.isa;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import ringside.isa.MnemonicTable.Candidate;
import ringside.isa.Operand.Immediate;
import ringside.isa.Operand.Memory;
import ringside.isa.Operand.Register;

/**
 * Chooses the form of an instruction: the shortest one; of several that are equally short the one with the shortest
 * number, ADD AX, imm8 before ADD AX, imm16; then the first in the table.
 */
final class InstructionEncoder {
    private final MnemonicTable mnemonics;

    InstructionEncoder(MnemonicTable mnemonics) {
        this.mnemonics = mnemonics;
    }

    byte[] encode(Token name, List<Operand> written, Prefixes prefixes, CodeContext context) {
        var mnemonic = name.text().toLowerCase(Locale.ROOT);
        var operands = completed(mnemonic, written, prefixes, context.bits());
        var candidates = mnemonics.of(mnemonic, context.bits());
        var best = Optional.<byte[]>empty();
        var sizes = new HashSet<Integer>();
        int numberBits = 0;
        for (Candidate candidate : candidates) {
            var tried = FormEncoder.encode(candidate, operands, prefixes, context);
            if (tried.isEmpty() && isSymmetric(mnemonic) && operands.size() == 2) {
                tried = FormEncoder.encode(candidate, List.of(operands.get(1), operands.get(0)), prefixes, context);
            }
            if (tried.isPresent()) {
                sizes.add(tried.get().memoryBits());
                var bytes = tried.get().toArray();
                boolean shorter = best.isEmpty() || bytes.length < best.get().length;
                boolean shorterNumber = !shorter
                        && bytes.length == best.get().length
                        && tried.get().numberBits() < numberBits;
                if (shorter || shorterNumber) {
                    best = Optional.of(bytes);
                    numberBits = tried.get().numberBits();
                }
            }
        }
        if (best.isEmpty()) {
            throw new Refusal(name, operands, candidates, context.bits()).error();
        }
        sizes.remove(-1);
        if (sizes.size() > 1) {
            refuseUnknownSize(operands);
        }
        if (best.get().length > 15) {
            throw new SourceError(
                    name.column(), SourceWording.LONG_INSTRUCTION.with(), SourceWording.LONG_INSTRUCTION_HINT.with());
        }
        return best.get();
    }

    private static void refuseUnknownSize(List<Operand> operands) {
        for (Operand operand : operands) {
            if (operand instanceof Memory memory && memory.size() == 0) {
                throw new SourceError(
                        memory.at().column(),
                        SourceWording.SIZE_UNKNOWN.with(),
                        SourceWording.SIZE_UNKNOWN_HINT.with());
            }
        }
    }

    private static boolean isSymmetric(String mnemonic) {
        return mnemonic.equals("test") || mnemonic.equals("xchg");
    }

    /** The operands as the table has them, where NASM lets a source leave some out. */
    private static List<Operand> completed(String mnemonic, List<Operand> written, Prefixes prefixes, int bits) {
        var operands = new ArrayList<>(written);
        switch (mnemonic) {
            case "imul" -> {
                if (operands.size() == 2 && operands.get(1) instanceof Immediate) {
                    operands.add(1, operands.get(0));
                }
            }
            case "aam", "aad" -> {
                if (operands.isEmpty()) {
                    var nowhere = new Token(Token.Kind.END, "", 1, false);
                    operands.add(new Immediate(Value.of(10), 0, false, Operand.Distance.UNSAID, nowhere));
                }
            }
            case "loop", "loope", "loopz", "loopne", "loopnz" -> {
                if (operands.size() == 2
                        && operands.get(1) instanceof Register r
                        && r.register().number() == 1
                        && r.register().bits() > 8) {
                    prefixes.addressSize(r.register().bits());
                    operands.remove(1);
                }
            }
            case "xchg" -> {
                if (operands.size() == 2
                        && operands.get(0) instanceof Register
                        && operands.get(1) instanceof Register) {
                    var first = operands.remove(0);
                    operands.add(first);
                }
            }
            case "mov" -> shortenMove(operands);
            default -> {}
        }
        return operands;
    }

    /** A 32-bit move clears the upper half: MOV RAX, 1 is MOV EAX, 1. */
    private static void shortenMove(List<Operand> operands) {
        if (operands.size() == 2
                && operands.get(0) instanceof Register to
                && to.register().bits() == 64
                && to.register().kind() == NamedRegister.Kind.GENERAL
                && operands.get(1) instanceof Immediate number
                && number.isKnownNumber()
                && !number.strict()
                && (number.size() == 0 || number.size() == 64)
                && number.value().number() >>> 32 == 0) {
            var half = new NamedRegister(
                    NamedRegister.Kind.GENERAL, 32, to.register().number(), false, false);
            operands.set(0, new Register(half, to.at()));
            operands.set(1, new Immediate(number.value(), 0, false, number.distance(), number.at()));
        }
    }
}
