package ringside.isa;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import ringside.isa.BlockMacro.Use;
import ringside.isa.Token.Kind;

/**
 * Reads a source line by line with all macros expanded (NASM manual, The NASM Preprocessor). It goes along with a pass of
 * the assembler, so that {@code %if} and {@code %assign} may ask for {@code $} and for symbols defined above.
 */
final class Preprocessor implements Conditionals.Questions {
    private static final int MOST_LINES = 1_000_000;
    private static final int DEEPEST = 16;

    /**
     * A line for the assembler.
     *
     * @param tokens its tokens, at least one
     * @param place the line of the source that it comes from
     * @param fromMacro whether a macro made it
     */
    record Line(List<Token> tokens, RawLine place, boolean fromMacro) {}

    private final Files files;
    private final Scope scope;
    private final LineMacros lineMacros = new LineMacros();
    private final Map<String, List<BlockMacro>> blockMacros = new HashMap<>();
    private final Map<String, List<BlockMacro>> anyCaseMacros = new HashMap<>();
    private final Conditionals conditionals = new Conditionals(this);
    private final Deque<Frame> frames = new ArrayDeque<>();
    private final Deque<Integer> contexts = new ArrayDeque<>();
    private final PreprocessorWords words;
    private RawLine place;
    private int linesRead;
    private int usesMade;
    private final String sourceName;
    private final BitSet linesInUse = new BitSet();

    /** Where included files come from, split into lines once for all passes. */
    interface Files {
        SourceText text(String name, Token at);
    }

    Preprocessor(SourceText source, String name, List<Definition> definitions, Files files, Scope scope) {
        this.sourceName = name;
        this.files = files;
        this.scope = scope;
        this.place = new RawLine(List.of(), name, 1);
        this.words = new PreprocessorWords(this, lineMacros);
        definitions.forEach(definition -> lineMacros.define(definition.macro(), false));
        frames.push(new Frame(source.lines(), 1, Optional.empty(), Optional.empty(), Optional.empty(), 0));
    }

    /** The line that is being read, for messages: in a macro the line outside all macros. */
    RawLine place() {
        for (var outer = frames.descendingIterator(); outer.hasNext(); ) {
            var caller = outer.next().caller;
            if (caller.isPresent()) {
                return caller.get();
            }
        }
        return place;
    }

    /** Was this line of the source itself read, and not left out by a condition? */
    boolean isInUse(int line) {
        return linesInUse.get(line);
    }

    int linesRead() {
        return linesRead;
    }

    boolean isInMacro() {
        for (Frame frame : frames) {
            if (frame.caller.isPresent()) {
                return true;
            }
        }
        return false;
    }

    /** The next line that has something in it; empty at the end of the source. */
    Optional<Line> next() {
        while (true) {
            var read = nextRaw();
            if (read.isEmpty()) {
                return Optional.empty();
            }
            var line = read.get();
            var directive = line.directive();
            if (!directive.isEmpty()) {
                if (!conditionals.take(line, directive) && conditionals.isReading()) {
                    direct(line, directive);
                }
                continue;
            }
            if (!conditionals.isReading()) {
                continue;
            }
            if (line.file().equals(sourceName)) {
                linesInUse.set(line.line());
            }
            if (line.tokens().isEmpty()) {
                continue;
            }
            var tokens = lineMacros.expand(line.tokens());
            var rest = useMacro(tokens);
            if (!rest.isEmpty()) {
                return Optional.of(new Line(rest, place(), isInMacro()));
            }
        }
    }

    /** The next line with the parameters of the macro around it put in. */
    private Optional<RawLine> nextRaw() {
        while (!frames.isEmpty()) {
            var frame = frames.peek();
            var raw = frame.next();
            if (raw.isEmpty()) {
                if (!frame.again()) {
                    endFrame();
                } else if (frame.isEmpty()) {
                    count(place.tokens());
                }
                continue;
            }
            place = raw.get();
            count(place.tokens());
            var tokens = frame.use.isPresent() ? frame.use.get().substitute(place.tokens()) : place.tokens();
            return Optional.of(new RawLine(inContext(tokens), place.file(), place.line()));
        }
        return Optional.empty();
    }

    private void endFrame() {
        var frame = frames.pop();
        if (conditionals.depth() > frame.conditionals) {
            var begin = conditionals.unclosed().orElseThrow();
            conditionals.backTo(frame.conditionals);
            place = begin;
            throw new SourceError(1, SourceWording.IF_OPEN.with());
        }
    }

    private void count(List<Token> tokens) {
        count(tokens.isEmpty() ? 1 : tokens.get(0).column());
    }

    /** Counts a line, or what is as much work. */
    void count(int column) {
        if (++linesRead > MOST_LINES) {
            throw SourceError.limit(column, SourceWording.MANY_LINES.with(), SourceWording.MANY_LINES_HINT.with());
        }
    }

    /** NASM manual, The Context Stack: %$name belongs to the innermost %push. */
    private List<Token> inContext(List<Token> tokens) {
        if (tokens.stream().noneMatch(t -> t.kind() == Kind.PERCENT && t.text().startsWith("%$"))) {
            return tokens;
        }
        var out = new ArrayList<Token>();
        for (Token token : tokens) {
            if (token.kind() != Kind.PERCENT || !token.text().startsWith("%$")) {
                out.add(token);
                continue;
            }
            int up = token.text().lastIndexOf('$') - 1;
            if (up >= contexts.size()) {
                throw new SourceError(token.column(), SourceWording.NEEDS_PUSH.with(token.text()));
            }
            int context = contexts.stream().skip(up).findFirst().orElseThrow();
            var name = "..@c" + context + "." + token.text().substring(up + 2);
            out.add(new Token(Kind.NAME, name, token.column(), token.spaced()));
        }
        return out;
    }

    private void direct(RawLine line, String directive) {
        var reader = new TokenReader(line.tokens());
        var word = reader.next();
        switch (directive) {
            case "macro", "imacro" -> defineBlock(reader, word, directive);
            case "rep" -> repeat(reader, word);
            case "include" -> include(reader, word);
            case "exitrep" -> exit(true, word);
            case "exitmacro" -> exit(false, word);
            case "unmacro" -> blockMacros.remove(reader.next().text().toLowerCase(Locale.ROOT));
            case "rotate" -> {
                long count = known(reader.rest(), SourceWording.COUNT_OF.with("%rotate"));
                use(word).rotate(count);
            }
            case "push" -> contexts.push(usesMade++);
            case "pop" -> {
                if (contexts.isEmpty()) {
                    throw new SourceError(word.column(), SourceWording.POP_ALONE.with());
                }
                contexts.pop();
            }
            case "endmacro", "endm", "endrep" ->
                throw new SourceError(
                        word.column(),
                        SourceWording.END_ALONE.with(word.text(), directive.equals("endrep") ? "%rep" : "%macro"));
            default -> words.perform(directive, reader, word);
        }
    }

    private Use use(Token word) {
        return frames.stream()
                .map(f -> f.use)
                .flatMap(Optional::stream)
                .findFirst()
                .orElseThrow(() -> new SourceError(word.column(), SourceWording.OUTSIDE_MACRO.with(word.text())));
    }

    private void exit(boolean repetition, Token word) {
        for (Frame frame : frames) {
            if (repetition ? frame.isRepetition() : frame.macro.isPresent()) {
                while (frames.peek() != frame) {
                    frames.pop();
                }
                conditionals.backTo(frame.conditionals);
                frame.end();
                return;
            }
        }
        throw new SourceError(
                word.column(),
                (repetition ? SourceWording.OUTSIDE_REP : SourceWording.OUTSIDE_MACRO).with(word.text()));
    }

    private void push(Frame frame, int column) {
        if (frames.size() > DEEPEST) {
            throw SourceError.limit(
                    column, SourceWording.DEEP_NESTING.with(DEEPEST), SourceWording.DEEP_NESTING_HINT.with());
        }
        frames.push(frame);
    }

    private void include(TokenReader reader, Token word) {
        var tokens = lineMacros.expand(reader.rest());
        if (tokens.size() != 1 || tokens.get(0).kind() != Kind.STRING) {
            throw new SourceError(word.column(), SourceWording.INCLUDE_NAME.with());
        }
        var text = files.text(tokens.get(0).text(), tokens.get(0));
        push(
                new Frame(text.lines(), 1, Optional.empty(), Optional.empty(), Optional.empty(), conditionals.depth()),
                word.column());
    }

    private void repeat(TokenReader reader, Token word) {
        var countTokens = reader.rest();
        var body = body("rep", "endrep", word);
        long count = known(countTokens, SourceWording.COUNT_OF.with("%rep"));
        if (count > MOST_LINES) {
            throw SourceError.limit(word.column(), SourceWording.LONG_REP.with(), SourceWording.LONG_REP_HINT.with());
        }
        if (count > 0) {
            push(
                    new Frame(
                            body,
                            count,
                            Optional.empty(),
                            frames.isEmpty() ? Optional.empty() : frames.peek().use,
                            Optional.of(place()),
                            conditionals.depth()),
                    word.column());
        }
    }

    private void defineBlock(TokenReader reader, Token word, String directive) {
        var name = reader.next();
        var header = lineMacros.expand(reader.rest());
        var body = body("macro", "endmacro", word);
        if (name.kind() != Kind.NAME) {
            throw new SourceError(word.column(), SourceWording.MACRO_HEADER.with());
        }
        var macro = BlockMacroHeader.read(name.text(), new TokenReader(header), body);
        var table = directive.equals("imacro") ? anyCaseMacros : blockMacros;
        var key = directive.equals("imacro") ? lower(name) : name.text();
        var all = new ArrayList<>(table.getOrDefault(key, List.of()));
        all.removeIf(m -> m.least() == macro.least() && m.most() == macro.most());
        all.add(macro);
        table.put(key, all);
    }

    private static String lower(Token name) {
        return name.text().toLowerCase(Locale.ROOT);
    }

    /** The lines up to the word that ends a block; inner blocks belong to it. */
    private List<RawLine> body(String begin, String end, Token word) {
        var body = new ArrayList<RawLine>();
        int open = 1;
        int opened = frames.size();
        while (true) {
            var read = frames.size() < opened ? Optional.<RawLine>empty() : nextOfBlock();
            if (read.isEmpty()) {
                throw new SourceError(word.column(), SourceWording.BLOCK_OPEN.with(word.text(), end));
            }
            var directive = read.get().directive();
            if (directive.equals(begin) || begin.equals("macro") && directive.equals("imacro")) {
                open++;
            } else if (directive.equals(end) || end.equals("endmacro") && directive.equals("endm")) {
                if (--open == 0) {
                    return body;
                }
            }
            body.add(read.get());
        }
    }

    /** The lines of a block as they stand: parameters are put in when the block is used, since %rotate may change them. */
    private Optional<RawLine> nextOfBlock() {
        var raw = frames.element().next();
        raw.ifPresent(line -> count(line.tokens()));
        return raw;
    }

    // Uses of macros.

    /** What is left of a line after a macro in it was begun: its label, or nothing, or all if it uses none. */
    private List<Token> useMacro(List<Token> tokens) {
        int at = 0;
        if (tokens.size() > 1
                && tokens.get(0).kind() == Kind.NAME
                && find(tokens.get(0)).isEmpty()) {
            at = tokens.get(1).is(":") ? 2 : 1;
        }
        if (at >= tokens.size() || tokens.get(at).kind() != Kind.NAME) {
            return tokens;
        }
        var candidates = find(tokens.get(at));
        if (candidates.isEmpty()) {
            return tokens;
        }
        var rest = tokens.subList(at + 1, tokens.size());
        int given = BlockMacro.split(rest, Integer.MAX_VALUE).size();
        var macro = candidates.stream().filter(m -> m.takes(given)).findFirst();
        if (macro.isEmpty()) {
            throw new SourceError(
                    tokens.get(at).column(),
                    SourceWording.MACRO_TAKES_NOT.with(tokens.get(at).text(), given),
                    (candidates.get(0).most() > candidates.get(0).least()
                                    ? SourceWording.MACRO_TAKES_MORE
                                    : SourceWording.MACRO_TAKES)
                            .with(candidates.get(0).least()));
        }
        var label = at == 0 ? "" : tokens.get(0).text();
        var use = new Use(usesMade++, label, macro.get().arguments(rest));
        push(
                new Frame(macro.get().body(), 1, macro, Optional.of(use), Optional.of(place()), conditionals.depth()),
                tokens.get(at).column());
        return at == 0 ? List.of() : labelOnly(tokens.get(0));
    }

    private static List<Token> labelOnly(Token label) {
        return List.of(
                label, new Token(Kind.SIGN, ":", label.column() + label.text().length(), false));
    }

    /** The macros of a name, except one that is being used: in its lines the name is the instruction's. */
    private List<BlockMacro> find(Token name) {
        var all = macros(name.text());
        if (all.isEmpty()) {
            return all;
        }
        return all.stream()
                .filter(m -> frames.stream().noneMatch(f -> f.macro.isPresent() && f.macro.get() == m))
                .toList();
    }

    private List<BlockMacro> macros(String name) {
        var found = blockMacros.getOrDefault(name, List.of());
        return found.isEmpty() && !anyCaseMacros.isEmpty()
                ? anyCaseMacros.getOrDefault(name.toLowerCase(Locale.ROOT), List.of())
                : found;
    }

    // Questions of conditions.

    @Override
    public boolean isDefined(String name) {
        return lineMacros.isDefined(name);
    }

    @Override
    public boolean isBlockMacro(String name, Optional<Long> parameters) {
        var all = macros(name);
        return all.stream()
                .anyMatch(m -> parameters.isEmpty() || m.takes(parameters.get().intValue()));
    }

    @Override
    public List<Token> expand(List<Token> tokens) {
        return lineMacros.expand(tokens);
    }

    @Override
    public long known(List<Token> tokens, Message what) {
        var reader = new TokenReader(lineMacros.expand(tokens));
        long value = Expression.known(reader, scope, what);
        reader.expectEnd();
        return value;
    }
}
