package ringside.isa;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import ringside.isa.Token.Kind;

/**
 * One pass over a source. The addresses of labels below come from the pass before; passes go on until none changes, so
 * that jumps become as short as they can.
 */
final class Pass implements Scope, CodeContext {
    private static final Token NOWHERE = new Token(Kind.END, "", 1, false);

    private final SymbolTable symbols;
    private final Layout before;
    private final boolean isFirst;
    private final InstructionEncoder encoder;
    private final Vocabulary vocabulary;
    private final Preprocessor preprocessor;
    private final Directives directives;
    private final DataWriter data;
    private final Sections sections = new Sections();
    private final List<AssemblyError> errors = new ArrayList<>();
    private final List<AssemblyError> lateErrors = new ArrayList<>();
    private RawLine place;
    private Value lineStart = Value.of(0);
    private int bits;
    private int firstBits;
    private boolean relativeByDefault;
    private long origin;
    private boolean isStopped;

    Pass(
            Source source,
            SourceText text,
            Preprocessor.Files files,
            DataWriter.Binaries binaries,
            MnemonicTable mnemonics,
            SymbolTable symbols,
            Layout before,
            boolean isFirst) {
        this.symbols = symbols;
        this.before = before;
        this.isFirst = isFirst;
        this.vocabulary = new Vocabulary(mnemonics);
        this.encoder = new InstructionEncoder(mnemonics);
        this.bits = source.bits();
        this.firstBits = source.bits();
        this.origin = source.origin();
        this.preprocessor = new Preprocessor(text, source.name(), source.definitions(), files, this);
        this.place = preprocessor.place();
        this.directives = new Directives(this, symbols);
        this.data = new DataWriter(this, binaries);
    }

    // The pass.

    void run() {
        while (!isStopped) {
            try {
                lineStart = sections.here();
                var line = preprocessor.next();
                if (line.isEmpty()) {
                    break;
                }
                place = line.get().place();
                assemble(line.get().tokens());
            } catch (SourceError e) {
                place = preprocessor.place();
                report(e);
            }
        }
        if (!isStopped) {
            try {
                directives.finish();
            } catch (SourceError e) {
                report(e);
            }
        }
    }

    void report(SourceError error) {
        add(errors, error);
        if (errors.size() >= AssemblyResult.MOST_ERRORS || error.isFatal) {
            isStopped = true;
        }
    }

    private void add(List<AssemblyError> list, SourceError error) {
        if (list.size() < AssemblyResult.MOST_ERRORS) {
            int column = Math.max(1, error.column);
            list.add(new AssemblyError(place.file(), place.line(), column, error.message, error.hint));
        }
    }

    @Override
    public void late(SourceError error) {
        add(lateErrors, error);
    }

    private void assemble(List<Token> tokens) {
        var reader = new TokenReader(inBrackets(tokens));
        var label = label(reader);
        if (label.isPresent()) {
            if (reader.takeName("equ")) {
                var value = Expression.read(reader, this);
                reader.expectEnd();
                if (!value.registers().isEmpty()) {
                    throw new SourceError(label.get().column(), SourceWording.REGISTER_NO_NUMBER.with());
                }
                symbols.define(label.get().text(), value, place, label.get().column(), false);
                return;
            }
            symbols.define(
                    label.get().text(), sections.here(), place, label.get().column(), true);
        }
        if (!reader.atEnd()) {
            statement(reader);
        }
    }

    /** A directive in NASM's primitive form, {@code [bits 16]}, without its brackets. */
    private static List<Token> inBrackets(List<Token> tokens) {
        int last = tokens.size() - 1;
        return last > 1 && tokens.get(0).is("[") && tokens.get(last).is("]") ? tokens.subList(1, last) : tokens;
    }

    private Optional<Token> label(TokenReader reader) {
        var first = reader.peek();
        if (first.kind() != Kind.NAME) {
            if (first.kind() == Kind.NUMBER && reader.peek(1).is(":")) {
                throw new SourceError(first.column(), SourceWording.LABEL_DIGIT.with());
            }
            return Optional.empty();
        }
        boolean colon = reader.peek(1).is(":");
        if (!colon && vocabulary.isWord(first)) {
            return Optional.empty();
        }
        if (!colon && reader.peek(1).isEnd()) {
            vocabulary.refuseMisspelling(first);
        } else if (!colon && !vocabulary.isWord(reader.peek(1))) {
            throw vocabulary.unknown(first, reader.peek(1));
        }
        reader.next();
        reader.take(":");
        if (NamedRegister.of(first.text()).isPresent()) {
            throw new SourceError(first.column(), SourceWording.LABEL_REGISTER.with(first.text()));
        }
        if (vocabulary.isNoLabel(first)) {
            throw new SourceError(
                    first.column(),
                    SourceWording.LABEL_WORD.with(first.text()),
                    SourceWording.CHOOSE_ANOTHER_NAME.with());
        }
        return Optional.of(first);
    }

    void statement(TokenReader reader) {
        if (reader.takeName("times")) {
            times(reader);
            return;
        }
        var word = reader.peek();
        if (word.kind() != Kind.NAME) {
            throw new SourceError(
                    word.column(),
                    SourceWording.NO_LINE_START.with(word.written()),
                    SourceWording.NO_LINE_START_HINT.with());
        }
        if (DataWriter.isDirective(word.text())) {
            long start = sections.offset();
            data.write(reader.next(), reader);
            sections.note(start, place, false);
        } else if (Directives.isDirective(word.text())) {
            directives.perform(reader.next(), reader);
        } else {
            instruction(reader);
        }
    }

    private void times(TokenReader reader) {
        var word = reader.peek();
        long count = Expression.known(reader, this, SourceWording.COUNT_OF.with("times"));
        if (count < 0) {
            throw new SourceError(
                    word.column(),
                    SourceWording.NEGATIVE_TIMES.with(count),
                    SourceWording.NEGATIVE_TIMES_HINT.with(-count));
        }
        if (reader.peek().isName("times")) {
            throw new SourceError(
                    reader.peek().column(), SourceWording.TIMES_TIMES.with(), SourceWording.USE_REP.with());
        }
        sections.check(count, word.column());
        int body = reader.position();
        boolean moves = vocabulary.dependsOnPlace(reader.rest());
        long start = sections.offset();
        for (long i = 0; i < count && !isStopped; i++) {
            if (moves) {
                preprocessor.count(word.column());
            } else if (i == 1) {
                sections.repeat(start, count - 1, word.column());
                break;
            }
            reader.back(body);
            statement(reader);
        }
    }

    private void instruction(TokenReader reader) {
        var prefixes = new Prefixes();
        var first = reader.peek();
        long start = sections.offset();
        while (prefixes.take(reader.peek().text()) && reader.peek().kind() == Kind.NAME) {
            reader.next();
        }
        if (reader.atEnd()) {
            prefixesAlone(prefixes, first, start);
            return;
        }
        var name = reader.next();
        if (!vocabulary.isInstruction(name)) {
            throw vocabulary.unknown(name, reader.peek());
        }
        var operands = new OperandParser(reader, this).all();
        sections.write(encoder.encode(name, operands, prefixes, this), name.column());
        sections.note(start, place, true);
    }

    /** NASM lets prefixes stand in a line of their own; the instruction comes in the next. */
    private void prefixesAlone(Prefixes prefixes, Token first, long start) {
        if (prefixes.operandSize() == 64 || prefixes.addressSize() == 16 && bits == 64) {
            throw new SourceError(first.column(), SourceWording.PREFIX_ALONE.with());
        }
        sections.write(prefixes.alone(bits), first.column());
        sections.note(start, place, true);
    }

    // Settings.

    Sections sections() {
        return sections;
    }

    RawLine place() {
        return place;
    }

    void bits(int newBits) {
        if (!sections.hasCode()) {
            firstBits = newBits;
        }
        bits = newBits;
    }

    void relativeByDefault(boolean relative) {
        relativeByDefault = relative;
    }

    void origin(long newOrigin) {
        origin = newOrigin;
    }

    // Names.

    @Override
    public Value symbol(Token name) {
        if (NamedRegister.of(name.text()).isPresent()) {
            throw new SourceError(name.column(), SourceWording.REGISTER_HERE.with(name.text()));
        }
        var found = symbols.find(name.text());
        if (found.isPresent()) {
            return found.get().value();
        }
        if (isFirst) {
            return Value.unknownValue();
        }
        var known = new ArrayList<String>();
        symbols.names().forEach(known::add); // only the first of very many are compared
        throw new SourceError(
                name.column(),
                SourceWording.NOT_DEFINED.with(symbols.fullName(name.text())),
                Suggestions.of(symbols.fullName(name.text()), known, "").orElse(SourceWording.NOT_DEFINED_HINT.with()));
    }

    @Override
    public Value here(Token sign) {
        return lineStart;
    }

    @Override
    public Value sectionStart(Token sign) {
        return sections.start();
    }

    @Override
    public int bits() {
        return bits;
    }

    @Override
    public boolean relativeByDefault() {
        return relativeByDefault;
    }

    @Override
    public int section() {
        return sections.number();
    }

    @Override
    public long address() {
        return resolve(sections.here(), NOWHERE);
    }

    @Override
    public long resolve(Value value, Token at) {
        long number = value.number();
        long addresses = 0;
        for (var entry : value.sections().entrySet()) {
            number += before.start(entry.getKey(), origin) * entry.getValue();
            addresses += entry.getValue();
        }
        if (addresses != 0 && addresses != 1) {
            throw new SourceError(
                    at.column(), SourceWording.ADDED_ADDRESSES.with(), SourceWording.LEAVE_ONE_OUT.with());
        }
        return number;
    }

    // Results.

    List<AssemblyError> errors() {
        return errors;
    }

    List<AssemblyError> lateErrors() {
        return lateErrors;
    }

    boolean isStopped() {
        return isStopped;
    }

    long origin() {
        return origin;
    }

    int firstBits() {
        return firstBits;
    }

    /** Was this line of the source itself read, and not left out by a condition? */
    boolean isInUse(int line) {
        return preprocessor.isInUse(line);
    }

    int linesRead() {
        return preprocessor.linesRead();
    }
}
