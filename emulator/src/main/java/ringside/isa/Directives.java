package ringside.isa;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import ringside.isa.Token.Kind;

/** The directives that say how to assemble (NASM manual, Assembler Directives) and those for structures. */
final class Directives {
    static final Set<String> NAMES = Set.of(
            "bits",
            "use16",
            "use32",
            "use64",
            "org",
            "section",
            "segment",
            "align",
            "alignb",
            "sectalign",
            "default",
            "absolute",
            "global",
            "static",
            "extern",
            "common",
            "cpu",
            "warning",
            "list",
            "struc",
            "endstruc",
            "istruc",
            "at",
            "iend");

    /** Those that NASM knows only in brackets or with other operands, so that a label may have their name. */
    static final Set<String> POSSIBLE_LABELS =
            Set.of("use16", "use32", "use64", "warning", "list", "endstruc", "istruc", "iend");

    private static final long WIDEST_ALIGNMENT = 1 << 20;

    private final Pass pass;
    private final SymbolTable symbols;
    private Optional<String> structure = Optional.empty();
    private Optional<String> instance = Optional.empty();
    private Value instanceStart = Value.of(0);
    private Optional<Section> outer = Optional.empty();
    private Optional<Sections.AbsolutePlace> outerPlace = Optional.empty();
    private boolean hasOrigin;

    Directives(Pass pass, SymbolTable symbols) {
        this.pass = pass;
        this.symbols = symbols;
    }

    static boolean isDirective(String text) {
        return NAMES.contains(text.toLowerCase(Locale.ROOT));
    }

    void perform(Token word, TokenReader reader) {
        switch (word.text().toLowerCase(Locale.ROOT)) {
            case "bits" -> bits(Expression.known(reader, pass, "the size of the code"), word);
            case "use16" -> pass.bits(16);
            case "use32" -> pass.bits(32);
            case "use64" -> pass.bits(64);
            case "org" -> origin(reader, word);
            case "section", "segment" -> section(reader, word);
            case "align" -> align(reader, word, true);
            case "alignb" -> align(reader, word, false);
            case "sectalign" -> pass.sections().current().alignTo(alignment(reader));
            case "default" -> byDefault(reader);
            case "absolute" ->
                pass.sections()
                        .absolute(Optional.of(
                                new Sections.AbsolutePlace(Expression.known(reader, pass, "the address of absolute"))));
            case "extern", "common" ->
                throw new SourceError(
                        word.column(),
                        "'" + word.text() + "' has no meaning in a flat program",
                        "everything must be in this source; %include brings in other files");
            case "struc" -> beginStructure(reader, word);
            case "endstruc" -> endStructure(word);
            case "istruc" -> beginInstance(reader, word);
            case "at" -> field(reader, word);
            case "iend" -> endInstance(word);
            default -> reader.rest();
        }
        reader.expectEnd();
    }

    /** What must be closed at the end of the source. */
    void finish() {
        structure.ifPresent(name -> {
            throw new SourceError(1, "'struc " + name + "' has no 'endstruc'");
        });
        instance.ifPresent(name -> {
            throw new SourceError(1, "'istruc " + name + "' has no 'iend'");
        });
    }

    private void bits(long bits, Token word) {
        if (bits != 16 && bits != 32 && bits != 64) {
            throw new SourceError(word.column(), "'bits' takes 16, 32 or 64");
        }
        pass.bits((int) bits);
    }

    private void origin(TokenReader reader, Token word) {
        if (hasOrigin) {
            throw new SourceError(word.column(), "'org' may stand only once in a source");
        }
        hasOrigin = true;
        pass.origin(Expression.known(reader, pass, "the address of org"));
    }

    private void section(TokenReader reader, Token word) {
        var name = reader.next();
        if (name.kind() != Kind.NAME && name.kind() != Kind.STRING) {
            throw new SourceError(word.column(), "'section' needs a name, as in 'section .data'");
        }
        var section = pass.sections().enter(name.text());
        while (!reader.atEnd()) {
            var attribute = reader.next();
            if (attribute.isName("align") && reader.take("=")) {
                section.alignTo(alignment(reader));
            } else if (attribute.isName("progbits") || attribute.isName("code") || attribute.isName("data")) {
                continue;
            } else {
                throw new SourceError(
                        attribute.column(),
                        "'" + attribute.written() + "' is not an attribute of sections that this assembler knows",
                        "it knows align=");
            }
        }
    }

    private long alignment(TokenReader reader) {
        var at = reader.peek();
        long boundary = Expression.known(reader, pass, "the alignment");
        if (boundary < 1 || boundary > WIDEST_ALIGNMENT || Long.bitCount(boundary) != 1) {
            throw new SourceError(at.column(), "an alignment is a power of two up to 1 MiB");
        }
        return boundary;
    }

    /** NASM manual, ALIGN and ALIGNB: no-operations or what the source says fill the gap. */
    private void align(TokenReader reader, Token word, boolean filled) {
        long boundary = alignment(reader);
        var sections = pass.sections();
        long past = sections.offset();
        long gap = (boundary - past % boundary) % boundary;
        boolean elsewhere = sections.absolute().isPresent();
        if (!elsewhere) {
            sections.current().alignTo(boundary);
        }
        if (reader.take(",")) {
            int body = reader.position();
            for (long i = 0; i < gap && (i == 0 || sections.offset() > past); i++) {
                reader.back(body);
                pass.statement(reader);
            }
            reader.rest();
        } else if (!filled || elsewhere || sections.current().isReserved) {
            sections.reserve(gap, word.column());
        } else {
            var fill = new byte[(int) gap];
            Arrays.fill(fill, (byte) 0x90);
            sections.write(fill, word.column());
        }
    }

    private void byDefault(TokenReader reader) {
        var what = reader.next();
        if (what.isName("rel") || what.isName("abs")) {
            pass.relativeByDefault(what.isName("rel"));
        } else if (!what.isName("bnd") && !what.isName("nobnd")) {
            throw new SourceError(what.column(), "'default' takes rel or abs");
        }
    }

    // Structures.

    private void beginStructure(TokenReader reader, Token word) {
        var name = reader.next();
        if (name.kind() != Kind.NAME) {
            throw new SourceError(word.column(), "'struc' needs a name");
        }
        if (structure.isPresent()) {
            throw new SourceError(word.column(), "'struc' in a 'struc'", "close the first one with 'endstruc'");
        }
        long start = reader.take(",") ? Expression.known(reader, pass, "the start of struc") : 0;
        structure = Optional.of(name.text());
        outer = Optional.of(pass.sections().current());
        outerPlace = pass.sections().absolute();
        pass.sections().absolute(Optional.of(new Sections.AbsolutePlace(start)));
        symbols.define(name.text(), pass.sections().here(), pass.place(), name.column(), true);
    }

    private void endStructure(Token word) {
        if (structure.isEmpty() || pass.sections().absolute().isEmpty()) {
            throw new SourceError(word.column(), "'endstruc' without 'struc'");
        }
        long size = pass.sections().absolute().get().at()
                - pass.sections().absolute().get().start();
        symbols.define(structure.get() + "_size", Value.of(size), pass.place(), word.column(), false);
        structure = Optional.empty();
        outer.ifPresent(section -> pass.sections().enter(section.name));
        pass.sections().absolute(outerPlace);
    }

    private void beginInstance(TokenReader reader, Token word) {
        var name = reader.next();
        if (name.kind() != Kind.NAME) {
            throw new SourceError(word.column(), "'istruc' needs the name of a structure");
        }
        instance = Optional.of(name.text());
        instanceStart = pass.sections().here();
    }

    private void field(TokenReader reader, Token word) {
        var structureName = instance.orElseThrow(() -> new SourceError(word.column(), "'at' without 'istruc'"));
        var name = reader.peek();
        boolean local = name.kind() == Kind.NAME && name.text().startsWith(".");
        long offset = local
                ? pass.symbol(reader.next().withText(structureName + name.text()))
                        .number()
                : Expression.read(reader, pass).number();
        fillTo(offset, word);
        if (reader.take(",") && !reader.atEnd()) {
            pass.statement(reader);
        }
    }

    private void endInstance(Token word) {
        var name = instance.orElseThrow(() -> new SourceError(word.column(), "'iend' without 'istruc'"));
        instance = Optional.empty();
        fillTo(pass.symbol(word.withText(name + "_size")).number(), word);
    }

    private void fillTo(long offset, Token word) {
        long gap = offset - (pass.sections().here().number() - instanceStart.number());
        if (gap < 0) {
            throw new SourceError(word.column(), "the field begins " + -gap + " bytes before this place");
        }
        pass.sections().check(gap, word.column());
        pass.sections().write(new byte[(int) gap], word.column());
    }
}
