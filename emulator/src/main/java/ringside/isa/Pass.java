package ringside.isa;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import ringside.isa.AssembledProgram.LineAddress;
import ringside.isa.Token.Kind;

/**
 * One pass over a source. The addresses of labels below come from the pass before; passes go on until none changes, so
 * that jumps become as short as they can.
 */
final class Pass implements Scope, CodeContext {
    /**
     * What a piece of the program came from.
     *
     * @param section its section
     * @param offset where in the section it begins
     * @param length its length in bytes
     * @param place the line of the source
     * @param code whether it is an instruction
     */
    private record Piece(int section, int offset, int length, RawLine place, boolean code) {}

    private static final int MOST_ERRORS = 100;
    private static final int MOST_PIECES = 2_000_000;

    private final SymbolTable symbols;
    private final Layout before;
    private final boolean isFirst;
    private final InstructionEncoder encoder;
    private final MnemonicTable mnemonics;
    private final Preprocessor preprocessor;
    private final Directives directives;
    private final DataWriter data;
    private final List<Section> sections = new ArrayList<>();
    private final Map<String, Section> byName = new LinkedHashMap<>();
    private final List<AssemblyError> errors = new ArrayList<>();
    private final List<AssemblyError> lateErrors = new ArrayList<>();
    private final List<Piece> pieces = new ArrayList<>();
    private Section section;
    private Optional<AbsolutePlace> absolute = Optional.empty();
    private RawLine place;
    private Value lineStart = Value.of(0);
    private int bits;
    private int firstBits;
    private boolean relativeByDefault;
    private long origin;
    private boolean isStopped;

    /** A place outside all sections, where only room is reserved: {@code absolute 0x500} and {@code struc}. */
    static final class AbsolutePlace {
        private final long start;
        private long at;

        AbsolutePlace(long start) {
            this.start = start;
            this.at = start;
        }

        long start() {
            return start;
        }

        long at() {
            return at;
        }

        void reserve(long count) {
            at += count;
        }
    }

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
        this.mnemonics = mnemonics;
        this.encoder = new InstructionEncoder(mnemonics);
        this.bits = source.bits();
        this.firstBits = source.bits();
        this.origin = source.origin();
        this.preprocessor = new Preprocessor(text, source.name(), files, this);
        this.place = preprocessor.place();
        this.directives = new Directives(this, symbols);
        this.data = new DataWriter(this, binaries);
        this.section = section(".text");
    }

    // The pass.

    void run() {
        while (!isStopped) {
            try {
                lineStart = here();
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
        if (errors.size() >= MOST_ERRORS || error.isFatal) {
            isStopped = true;
        }
    }

    private void add(List<AssemblyError> list, SourceError error) {
        if (list.size() < MOST_ERRORS) {
            int column = Math.max(1, error.column);
            list.add(new AssemblyError(place.file(), place.line(), column, error.text(), error.hint));
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
                    throw new SourceError(label.get().column(), "a register is not a number");
                }
                symbols.define(label.get().text(), value, place, label.get().column(), false);
                return;
            }
            symbols.define(label.get().text(), here(), place, label.get().column(), true);
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
                throw new SourceError(first.column(), "a label cannot begin with a digit");
            }
            return Optional.empty();
        }
        boolean colon = reader.peek(1).is(":");
        if (!colon && isWord(first.text())) {
            return Optional.empty();
        }
        if (!colon && (!isWord(reader.peek(1).text()) || reader.peek(1).kind() != Kind.NAME)) {
            refuseUnknownWord(first, reader.peek(1));
        }
        reader.next();
        reader.take(":");
        if (NamedRegister.of(first.text()).isPresent()) {
            throw new SourceError(first.column(), "'" + first.text() + "' is a register and cannot be a label");
        }
        return Optional.of(first);
    }

    private boolean isWord(String text) {
        var word = text.toLowerCase(Locale.ROOT);
        return mnemonics.isKnown(word)
                || Prefixes.isPrefix(word)
                || DataWriter.NAMES.contains(word)
                || Directives.NAMES.contains(word)
                || word.equals("times")
                || word.equals("equ");
    }

    /** A name alone in its line is a label; one that looks like an instruction is a mistake. */
    private void refuseUnknownWord(Token word, Token after) {
        var known = new ArrayList<>(mnemonics.names());
        known.addAll(DataWriter.NAMES);
        known.addAll(Directives.NAMES);
        known.add("times");
        var hint = Suggestions.of(word.text(), known, "");
        if (!after.isEnd()) {
            throw new SourceError(
                    word.column(),
                    "'" + word.text() + "' is not an instruction that this processor knows",
                    after.is("=") ? "a constant is written '" + word.text() + " equ ...'" : hint);
        }
        var nearest = Suggestions.nearest(word.text(), mnemonics.names());
        if (!nearest.isEmpty() && Suggestions.distance(word.text().toLowerCase(Locale.ROOT), nearest, 1) <= 1) {
            throw new SourceError(
                    word.column(),
                    "'" + word.text() + "' is not an instruction",
                    hint + " A label needs a colon after it");
        }
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
                    "'" + word.written() + "' cannot begin a line",
                    "a line begins with a label, an instruction or a directive");
        }
        if (DataWriter.isDirective(word.text())) {
            int start = offset();
            data.write(reader.next(), reader);
            addPiece(start, false);
        } else if (Directives.isDirective(word.text())) {
            directives.perform(reader.next(), reader);
        } else {
            instruction(reader);
        }
    }

    private void times(TokenReader reader) {
        var word = reader.peek();
        long count = Expression.known(reader, this, "the count of times");
        if (count < 0) {
            throw new SourceError(
                    word.column(),
                    "times " + count + ": the count is negative",
                    "what comes before is " + -count + " bytes too long");
        }
        if (reader.peek().isName("times")) {
            throw new SourceError(reader.peek().column(), "'times' cannot be repeated by 'times'", "use %rep");
        }
        checkRoom(count, word.column());
        int body = reader.position();
        var rest = reader.rest();
        boolean moves = dependsOnPlace(rest);
        int start = offset();
        for (long i = 0; i < count && !isStopped; i++) {
            if (!moves && i == 1) {
                int once = offset() - start;
                repeat(start, count - 1, word.column());
                lengthenPiece(offset() - start - once);
                break;
            }
            reader.back(body);
            statement(reader);
        }
    }

    /** Whether a repeated statement may give other bytes at another place: a jump, or an instruction with a label. */
    private boolean dependsOnPlace(List<Token> statement) {
        if (statement.isEmpty() || DataWriter.isDirective(statement.get(0).text())) {
            return false;
        }
        var name = statement.get(0).text().toLowerCase(Locale.ROOT);
        if (!mnemonics.isKnown(name) || name.startsWith("j") || name.startsWith("loop") || name.equals("call")) {
            return true;
        }
        return statement.stream()
                .skip(1)
                .anyMatch(t -> t.is("$")
                        || t.is("$$")
                        || t.kind() == Kind.NAME
                                && NamedRegister.of(t.text()).isEmpty()
                                && OperandParser.sizeOf(t) == 0);
    }

    /** Counts repeated bytes as part of the last piece. */
    private void lengthenPiece(int more) {
        if (absolute.isEmpty() && !pieces.isEmpty() && more > 0) {
            var last = pieces.remove(pieces.size() - 1);
            pieces.add(new Piece(last.section(), last.offset(), last.length() + more, last.place(), last.code()));
        }
    }

    /** Repeats what was written since an offset. */
    private void repeat(int start, long count, int column) {
        if (absolute.isPresent()) {
            absolute.get().reserve((absolute.get().at() - start) * count);
            return;
        }
        int length = section.size() - start;
        section.check((long) length * count, column);
        if (section.isReserved) {
            section.reserve(length * count, column);
            return;
        }
        var once = java.util.Arrays.copyOfRange(section.content(), start, start + length);
        var all = new byte[(int) (length * count)];
        for (int i = 0; i < all.length; i++) {
            all[i] = once[i % length];
        }
        section.write(all, column);
    }

    private void instruction(TokenReader reader) {
        var prefixes = new Prefixes();
        var first = reader.peek();
        int start = offset();
        while (prefixes.take(reader.peek().text()) && reader.peek().kind() == Kind.NAME) {
            reader.next();
        }
        if (reader.atEnd()) {
            throw new SourceError(first.column(), "a prefix needs an instruction after it");
        }
        var name = reader.next();
        if (!mnemonics.isKnown(name.text().toLowerCase(Locale.ROOT))) {
            refuseUnknownWord(name, new Token(Kind.SIGN, ";", name.column(), true));
        }
        var operands = new OperandParser(reader, this).all();
        write(encoder.encode(name, operands, prefixes, this), name.column());
        addPiece(start, true);
    }

    private void addPiece(int start, boolean code) {
        int length = offset() - start;
        if (absolute.isEmpty() && length > 0 && pieces.size() < MOST_PIECES) {
            pieces.add(new Piece(section.number, start, length, place, code));
        }
    }

    // Places.

    private int offset() {
        return absolute.isPresent() ? (int) absolute.get().at() : section.size();
    }

    Value here() {
        return absolute.isPresent() ? Value.of(absolute.get().at()) : Value.inSection(section.number, section.size());
    }

    Section currentSection() {
        return section;
    }

    Section section(String name) {
        return section(name, 4);
    }

    Section section(String name, long alignment) {
        var found = byName.get(name);
        if (found == null) {
            found = new Section(sections.size(), name, name.equals(".bss"), alignment);
            byName.put(name, found);
            sections.add(found);
        }
        absolute = Optional.empty();
        section = found;
        return found;
    }

    Optional<AbsolutePlace> absolute() {
        return absolute;
    }

    void absolute(Optional<AbsolutePlace> newPlace) {
        absolute = newPlace;
    }

    RawLine place() {
        return place;
    }

    void bits(int newBits) {
        if (pieces.stream().noneMatch(p -> p.code())) {
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

    // Writing.

    void write(byte[] content, int column) {
        if (absolute.isPresent()) {
            throw new SourceError(column, "only room can be reserved here, with resb and its like");
        }
        if (section.isReserved) {
            throw new SourceError(
                    column,
                    "section " + section.name + " holds no bytes, only room",
                    "use resb here, or put this into section .data");
        }
        section.write(content, column);
    }

    void reserve(long count, int column) {
        if (absolute.isPresent()) {
            section.check(count, column);
            absolute.get().reserve(count);
        } else {
            section.reserve(count, column);
        }
    }

    void checkRoom(long count, int column) {
        section.check(count, column);
    }

    // Names.

    @Override
    public Value symbol(Token name) {
        if (NamedRegister.of(name.text()).isPresent()) {
            throw new SourceError(name.column(), "register '" + name.text() + "' cannot stand here");
        }
        var found = symbols.find(name.text());
        if (found.isPresent()) {
            return found.get().value();
        }
        if (isFirst) {
            return Value.unknownValue();
        }
        var known = new ArrayList<String>();
        symbols.names().forEach(known::add);
        throw new SourceError(
                name.column(),
                "'" + symbols.fullName(name.text()) + "' is not defined",
                Suggestions.of(symbols.fullName(name.text()), known, ""));
    }

    @Override
    public Value here(Token sign) {
        return lineStart;
    }

    @Override
    public Value sectionStart(Token sign) {
        return absolute.isPresent() ? Value.of(absolute.get().start()) : Value.inSection(section.number, 0);
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
        return absolute.isPresent() ? -1 : section.number;
    }

    @Override
    public long address() {
        return absolute.isPresent() ? absolute.get().at() : before.start(section.number, origin) + section.size();
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
                    at.column(), "addresses can be subtracted, but not added or multiplied", "leave one of them out");
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

    Layout layout() {
        return Layout.of(sections, origin);
    }

    long origin() {
        return origin;
    }

    int firstBits() {
        return firstBits;
    }

    byte[] image(Layout layout) {
        return layout.image(sections, origin);
    }

    List<LineAddress> lines(Layout layout) {
        var lines = new ArrayList<LineAddress>();
        for (Piece piece : pieces) {
            long address = layout.start(piece.section(), origin) + piece.offset();
            lines.add(new LineAddress(
                    address, piece.length(), piece.place().file(), piece.place().line(), piece.code()));
        }
        lines.sort(java.util.Comparator.comparingLong(LineAddress::address));
        return lines;
    }
}
