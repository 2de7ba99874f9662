package ringside.isa;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import ringside.isa.Operand.Distance;
import ringside.isa.Token.Kind;

/** Reads the operands of an instruction. */
final class OperandParser {
    private final TokenReader reader;
    private final Scope scope;

    OperandParser(TokenReader reader, Scope scope) {
        this.reader = reader;
        this.scope = scope;
    }

    List<Operand> all() {
        var operands = new ArrayList<Operand>();
        if (reader.atEnd()) {
            return operands;
        }
        do {
            operands.add(one());
        } while (reader.take(","));
        if (!reader.atEnd()) {
            throw new SourceError(
                    reader.peek().column(),
                    SourceWording.NOT_EXPECTED.with(reader.peek().written()),
                    SourceWording.SEPARATE_BY_COMMAS.with());
        }
        return operands;
    }

    /** The size in bits of a size word, or 0. */
    static int sizeOf(Token token) {
        if (token.kind() != Kind.NAME) {
            return 0;
        }
        return switch (token.text().toLowerCase(Locale.ROOT)) {
            case "byte" -> 8;
            case "word" -> 16;
            case "dword" -> 32;
            case "qword" -> 64;
            case "tword" -> 80;
            case "oword" -> 128;
            default -> 0;
        };
    }

    private Operand one() {
        var at = reader.peek();
        int size = 0;
        boolean strict = false;
        var distance = Distance.UNSAID;
        while (true) {
            var token = reader.peek();
            if (sizeOf(token) != 0) {
                size = sizeOf(token);
            } else if (token.isName("strict")) {
                strict = true;
            } else if (token.isName("short")) {
                distance = Distance.SHORT;
            } else if (token.isName("near")) {
                distance = Distance.NEAR;
            } else if (token.isName("far")) {
                distance = Distance.FAR;
            } else {
                break;
            }
            reader.next();
        }
        refuseOtherDialects();
        if (reader.peek().is("[")) {
            return memory(size, distance == Distance.FAR, at);
        }
        var register = reader.peek().kind() == Kind.NAME
                ? NamedRegister.of(reader.peek().text())
                : Optional.<NamedRegister>empty();
        if (register.isPresent() && (reader.peek(1).isEnd() || reader.peek(1).is(","))) {
            reader.next();
            if (size != 0
                    && register.get().kind() == NamedRegister.Kind.GENERAL
                    && size != register.get().bits()) {
                throw new SourceError(
                        at.column(),
                        SourceWording.REGISTER_SIZE.with(register.get().bits(), size));
            }
            return new Operand.Register(register.get(), at);
        }
        if (register.isPresent() && reader.peek(1).is(":")) {
            throw new SourceError(
                    at.column(),
                    SourceWording.SEGMENT_INSIDE.with(),
                    SourceWording.SEGMENT_INSIDE_HINT.with(reader.peek().text()));
        }
        var value = Expression.read(reader, scope);
        refuseRegisters(value, at);
        if (reader.take(":")) {
            var offset = Expression.read(reader, scope);
            refuseRegisters(offset, at);
            return new Operand.Far(value, offset, size, at);
        }
        return new Operand.Immediate(value, size, strict, distance, at);
    }

    private void refuseOtherDialects() {
        var token = reader.peek();
        if (token.isName("ptr")) {
            throw new SourceError(token.column(), SourceWording.NO_PTR.with(), SourceWording.NO_PTR_HINT.with());
        }
        if (token.isName("offset")) {
            throw new SourceError(token.column(), SourceWording.NO_OFFSET.with(), SourceWording.NO_OFFSET_HINT.with());
        }
    }

    private static void refuseRegisters(Value value, Token at) {
        if (!value.registers().isEmpty()) {
            throw new SourceError(
                    at.column(), SourceWording.ADD_IN_BRACKETS.with(), SourceWording.ADD_IN_BRACKETS_HINT.with());
        }
    }

    private Operand memory(int size, boolean far, Token at) {
        reader.expect("[", SourceWording.MISSING_BEFORE_ADDRESS);
        int innerSize = 0;
        boolean relative = false;
        boolean absolute = false;
        boolean noSplit = false;
        boolean isFar = far;
        int outerSize = size;
        while (true) {
            var token = reader.peek();
            if (sizeOf(token) != 0) {
                innerSize = sizeOf(token);
            } else if (token.isName("rel")) {
                relative = true;
            } else if (token.isName("abs")) {
                absolute = true;
            } else if (token.isName("nosplit")) {
                noSplit = true;
            } else if (token.isName("a16") || token.isName("a32") || token.isName("a64")) {
                innerSize = Integer.parseInt(token.text().substring(1));
            } else if (token.isName("far")) {
                isFar = true;
            } else {
                break;
            }
            reader.next();
        }
        int segment = -1;
        var register = reader.peek().kind() == Kind.NAME
                ? NamedRegister.of(reader.peek().text())
                : Optional.<NamedRegister>empty();
        if (register.isPresent() && register.get().kind() == NamedRegister.Kind.SEGMENT) {
            segment = register.get().number();
            reader.next();
            reader.expect(":", SourceWording.MISSING_AFTER_SEGMENT);
            if (sizeOf(reader.peek()) != 0) {
                innerSize = sizeOf(reader.next());
            }
            if (reader.takeName("rel")) {
                relative = true;
            }
        }
        var value = Expression.read(reader, scope);
        if (!reader.take("]")) {
            throw new SourceError(
                    reader.peek().column(),
                    reader.atEnd()
                            ? SourceWording.BRACKET_MISSING.with()
                            : SourceWording.NOT_IN_BRACKETS.with(reader.peek().written()));
        }
        return new Operand.Memory(value, outerSize, isFar, segment, innerSize, relative, absolute, noSplit, at);
    }
}
