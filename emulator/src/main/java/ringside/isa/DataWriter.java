package ringside.isa;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import ringside.isa.Token.Kind;

/** Writes data: {@code db} and its like, {@code resb} and its like, and {@code incbin} (NASM manual, Pseudo-Instructions). */
final class DataWriter {
    static final Set<String> NAMES =
            Set.of("db", "dw", "dd", "dq", "dt", "do", "resb", "resw", "resd", "resq", "rest", "reso", "incbin");

    /** Where {@code incbin} finds files. */
    interface Binaries {
        byte[] bytes(String name, Token at);
    }

    private final Pass pass;
    private final Binaries binaries;

    DataWriter(Pass pass, Binaries binaries) {
        this.pass = pass;
        this.binaries = binaries;
    }

    static boolean isDirective(String text) {
        return NAMES.contains(text.toLowerCase(Locale.ROOT));
    }

    private static int unit(char letter) {
        return switch (letter) {
            case 'b' -> 1;
            case 'w' -> 2;
            case 'd' -> 4;
            case 'q' -> 8;
            case 't' -> 10;
            default -> 16;
        };
    }

    void write(Token directive, TokenReader reader) {
        var name = directive.text().toLowerCase(Locale.ROOT);
        if (name.equals("incbin")) {
            include(directive, reader);
        } else if (name.startsWith("res")) {
            reserve(directive, reader, unit(name.charAt(3)));
        } else {
            items(directive, reader, unit(name.charAt(1)));
        }
    }

    private void reserve(Token directive, TokenReader reader, int unit) {
        long count = Expression.known(reader, pass, SourceWording.COUNT_OF.with(directive.text()));
        reader.expectEnd();
        if (count < 0 || count > Section.MOST_BYTES) {
            pass.sections().check(Long.MAX_VALUE, directive.column());
        }
        pass.sections().reserve(count * unit, directive.column());
    }

    private void include(Token directive, TokenReader reader) {
        var name = reader.next();
        if (name.kind() != Kind.STRING) {
            throw new SourceError(name.column(), SourceWording.INCBIN_NAME.with());
        }
        var content = binaries.bytes(name.text(), name);
        long skip = reader.take(",") ? Expression.known(reader, pass, SourceWording.START_OF.with("incbin")) : 0;
        long most = reader.take(",")
                ? Expression.known(reader, pass, SourceWording.LENGTH_OF.with("incbin"))
                : content.length;
        reader.expectEnd();
        int from = (int) Math.max(0, Math.min(skip, content.length));
        int to = (int) Math.max(from, Math.min(content.length, from + Math.min(most, content.length)));
        pass.sections().write(Arrays.copyOfRange(content, from, to), directive.column());
    }

    private void items(Token directive, TokenReader reader, int unit) {
        if (reader.atEnd()) {
            throw new SourceError(directive.column(), SourceWording.NOTHING_TO_WRITE.with(directive.text()));
        }
        do {
            item(reader, unit);
        } while (reader.take(",") && !reader.atEnd());
        reader.expectEnd();
    }

    private void item(TokenReader reader, int unit) {
        var token = reader.peek();
        boolean alone = reader.peek(1).isEnd() || reader.peek(1).is(",");
        if (token.kind() == Kind.STRING && alone) {
            reader.next();
            string(token, unit);
        } else if (token.isName("?") && alone) {
            reader.next();
            pass.sections().reserve(unit, token.column());
        } else if (isFraction(reader)) {
            boolean negative = reader.take("-");
            long value = Numbers.fraction(reader.next(), unit * 8);
            number(negative ? value | 1L << unit * 8 - 1 : value, unit, token);
        } else {
            var value = Expression.read(reader, pass);
            if (!value.registers().isEmpty()) {
                throw new SourceError(token.column(), SourceWording.REGISTER_NO_NUMBER.with());
            }
            number(pass.resolve(value, token), unit, token);
        }
    }

    private static boolean isFraction(TokenReader reader) {
        return Numbers.isFraction(reader.peek(reader.peek().is("-") ? 1 : 0));
    }

    private void string(Token token, int unit) {
        int length = (token.text().length() + unit - 1) / unit * unit;
        var bytes = new byte[length];
        for (int i = 0; i < token.text().length(); i++) {
            bytes[i] = (byte) token.text().charAt(i);
        }
        pass.sections().write(bytes, token.column());
    }

    private void number(long value, int unit, Token at) {
        var bytes = new byte[unit];
        for (int i = 0; i < unit; i++) {
            bytes[i] = (byte) (i < 8 ? value >> 8 * i : value >> 63);
        }
        pass.sections().write(bytes, at.column());
    }
}
