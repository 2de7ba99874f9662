package ringside.isa;

import java.util.List;

/** Reads the first line of a macro: {@code name 1-3+ default, default}. */
final class BlockMacroHeader {
    private static final int MOST_PARAMETERS = 1000;

    private BlockMacroHeader() {}

    static BlockMacro read(String name, TokenReader reader, List<RawLine> body) {
        int least = reader.atEnd() ? 0 : count(reader);
        int most = least;
        boolean greedy = false;
        if (reader.take("-")) {
            if (reader.take("*")) {
                most = MOST_PARAMETERS;
            } else {
                most = count(reader);
            }
        }
        if (reader.take("+")) {
            greedy = true;
        }
        if (reader.peek().isName(".nolist")) {
            reader.next();
        }
        if (most < least) {
            throw new SourceError(reader.peek().column(), SourceWording.FEWER_THAN_NEEDED.with());
        }
        var defaults = BlockMacro.split(reader.rest(), Integer.MAX_VALUE);
        return new BlockMacro(name, least, most, greedy, defaults, body);
    }

    private static int count(TokenReader reader) {
        var token = reader.next();
        long value = token.kind() == Token.Kind.NUMBER ? Numbers.read(token) : -1;
        if (value < 0 || value > MOST_PARAMETERS) {
            throw new SourceError(
                    token.column(), SourceWording.MACRO_COUNT.with(), SourceWording.MACRO_COUNT_HINT.with());
        }
        return (int) value;
    }
}
