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
            case "bits" -> bits(Expression.known(reader, pass, SourceWording.CODE_SIZE.with()), word);
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
                        .absolute(Optional.of(new Sections.AbsolutePlace(
                                Expression.known(reader, pass, SourceWording.ADDRESS_OF.with("absolute")))));
            case "extern", "common" ->
                throw new SourceError(
                        word.column(),
                        SourceWording.NOT_IN_FLAT.with(word.text()),
                        SourceWording.NOT_IN_FLAT_HINT.with());
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
            throw new SourceError(1, SourceWording.STRUC_OPEN.with(name));
        });
        instance.ifPresent(name -> {
            throw new SourceError(1, SourceWording.ISTRUC_OPEN.with(name));
        });
    }

    private void bits(long bits, Token word) {
        if (bits != 16 && bits != 32 && bits != 64) {
            throw new SourceError(word.column(), SourceWording.BITS_TAKES.with());
        }
        pass.bits((int) bits);
    }

    private void origin(TokenReader reader, Token word) {
        if (hasOrigin) {
            throw new SourceError(word.column(), SourceWording.SECOND_ORG.with());
        }
        hasOrigin = true;
        pass.origin(Expression.known(reader, pass, SourceWording.ADDRESS_OF.with("org")));
    }

    private void section(TokenReader reader, Token word) {
        var name = reader.next();
        if (name.kind() != Kind.NAME && name.kind() != Kind.STRING) {
            throw new SourceError(word.column(), SourceWording.SECTION_NAME.with());
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
                        SourceWording.SECTION_ATTRIBUTE.with(attribute.written()),
                        SourceWording.SECTION_ATTRIBUTE_HINT.with());
            }
        }
    }

    private long alignment(TokenReader reader) {
        var at = reader.peek();
        long boundary = Expression.known(reader, pass, SourceWording.ALIGNMENT.with());
        if (boundary < 1 || boundary > WIDEST_ALIGNMENT || Long.bitCount(boundary) != 1) {
            throw new SourceError(at.column(), SourceWording.NO_ALIGNMENT.with());
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
            throw new SourceError(what.column(), SourceWording.DEFAULT_TAKES.with());
        }
    }

    // Structures.

    private void beginStructure(TokenReader reader, Token word) {
        var name = reader.next();
        if (name.kind() != Kind.NAME) {
            throw new SourceError(word.column(), SourceWording.STRUC_NAME.with());
        }
        if (structure.isPresent()) {
            throw new SourceError(
                    word.column(), SourceWording.STRUC_IN_STRUC.with(), SourceWording.STRUC_IN_STRUC_HINT.with());
        }
        long start = reader.take(",") ? Expression.known(reader, pass, SourceWording.START_OF.with("struc")) : 0;
        structure = Optional.of(name.text());
        outer = Optional.of(pass.sections().current());
        outerPlace = pass.sections().absolute();
        pass.sections().absolute(Optional.of(new Sections.AbsolutePlace(start)));
        symbols.define(name.text(), pass.sections().here(), pass.place(), name.column(), true);
    }

    private void endStructure(Token word) {
        if (structure.isEmpty() || pass.sections().absolute().isEmpty()) {
            throw new SourceError(word.column(), SourceWording.ENDSTRUC_ALONE.with());
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
            throw new SourceError(word.column(), SourceWording.ISTRUC_NAME.with());
        }
        instance = Optional.of(name.text());
        instanceStart = pass.sections().here();
    }

    private void field(TokenReader reader, Token word) {
        var structureName = instance.orElseThrow(() -> new SourceError(word.column(), SourceWording.AT_ALONE.with()));
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
        var name = instance.orElseThrow(() -> new SourceError(word.column(), SourceWording.IEND_ALONE.with()));
        instance = Optional.empty();
        fillTo(pass.symbol(word.withText(name + "_size")).number(), word);
    }

    private void fillTo(long offset, Token word) {
        long gap = offset - (pass.sections().here().number() - instanceStart.number());
        if (gap < 0) {
            throw new SourceError(word.column(), SourceWording.FIELD_BEFORE.with(-gap));
        }
        pass.sections().check(gap, word.column());
        pass.sections().write(new byte[(int) gap], word.column());
    }
}
