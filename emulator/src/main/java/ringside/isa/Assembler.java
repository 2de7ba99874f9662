package ringside.isa;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import ringside.isa.AssembledProgram.LineAddress;
import ringside.isa.AssembledProgram.ListingLine;
import ringside.isa.AssembledProgram.Milestone;

/**
 * Assembles a useful part of NASM's language to flat programs, with the encodings that NASM itself chooses. It depends on
 * nothing but its source: no files but those of the source's folder, no clock, no threads.
 */
public final class Assembler {
    /** Lengths settle after a few passes; a source that goes on longer contradicts itself. */
    private static final int MOST_PASSES = 64;

    /** Long sources get fewer passes, so that the work stays bounded. */
    private static final long MOST_LINES_IN_ALL = 8_000_000;

    private static final int HEX_BYTES_SHOWN = 16;
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private final MnemonicTable mnemonics;

    /** An assembler for the instructions of a table. */
    public Assembler(List<Form> table) {
        this.mnemonics = new MnemonicTable(table);
    }

    /** Every mnemonic that a source may use, in lower case. */
    public List<String> mnemonics() {
        return mnemonics.names().stream().sorted().toList();
    }

    /** Assembles a source; never throws, whatever the source says. */
    public AssemblyResult assemble(Source source) {
        return new Run(source).assemble();
    }

    /** The work on one source. */
    private final class Run implements Preprocessor.Files, DataWriter.Binaries {
        private final Source source;
        private final SourceText text;
        private final SymbolTable symbols = new SymbolTable();
        private final Map<String, SourceText> included = new HashMap<>();

        Run(Source source) {
            this.source = source;
            this.text = SourceText.of(source.name(), source.text());
        }

        AssemblyResult assemble() {
            var unreadable = unreadableLines();
            var layout = Layout.unknown();
            long lines = 0;
            for (int number = 1; number <= MOST_PASSES && lines < MOST_LINES_IN_ALL; number++) {
                symbols.nextPass();
                var pass = new Pass(source, text, this, this, mnemonics, symbols, layout, number == 1);
                pass.run();
                lines += pass.linesRead();
                boolean failed = !pass.errors().isEmpty() || !unreadable.isEmpty();
                if (failed && (number > 1 || pass.isStopped())) {
                    return failure(unreadable, pass.errors());
                }
                var newLayout = pass.sections().layout(pass.origin());
                boolean settled = number > 1 && !symbols.hasChanged() && newLayout.isSameAs(layout);
                layout = newLayout;
                if (layout.imageSize() > Section.MOST_BYTES) {
                    return failure(
                            List.of(),
                            List.of(new AssemblyError(
                                    source.name(),
                                    1,
                                    1,
                                    SourceWording.LARGE_PROGRAM.with(),
                                    SourceWording.FAR_SECTIONS.with())));
                }
                if (settled) {
                    return pass.lateErrors().isEmpty()
                            ? new AssemblyResult(Optional.of(program(pass, layout)), List.of())
                            : failure(List.of(), pass.lateErrors());
                }
            }
            return failure(
                    List.of(),
                    List.of(new AssemblyError(
                            source.name(), 1, 1, SourceWording.UNSETTLED.with(), SourceWording.UNSETTLED_HINT.with())));
        }

        private List<AssemblyError> unreadableLines() {
            var errors = new ArrayList<AssemblyError>();
            text.errors()
                    .forEach((line, error) -> errors.add(
                            new AssemblyError(source.name(), line, error.column, error.message, error.hint)));
            return errors;
        }

        private AssemblyResult failure(List<AssemblyError> unreadable, List<AssemblyError> errors) {
            var all = new ArrayList<>(unreadable);
            all.addAll(errors);
            all.sort((a, b) -> a.file().equals(b.file()) ? Integer.compare(a.line(), b.line()) : 0);
            return new AssemblyResult(
                    Optional.empty(), List.copyOf(all.subList(0, Math.min(AssemblyResult.MOST_ERRORS, all.size()))));
        }

        @Override
        public SourceText text(String name, Token at) {
            var known = included.get(name);
            if (known != null) {
                return known;
            }
            var read = SourceText.of(name, bytes(name, at));
            if (!read.errors().isEmpty()) {
                var first = read.errors().entrySet().iterator().next();
                throw new SourceError(
                        at.column(), SourceWording.IN_INCLUDED.with(first.getKey(), name, first.getValue().message));
            }
            included.put(name, read);
            return read;
        }

        @Override
        public byte[] bytes(String name, Token at) {
            return source.folder()
                    .read(name)
                    .orElseThrow(() -> new SourceError(
                            at.column(),
                            SourceWording.NO_FILE.with(name),
                            source.folder() == SourceFolder.NONE
                                    ? SourceWording.NO_FILE_TYPED.with()
                                    : SourceWording.NO_FILE_HINT.with()));
        }

        // The result.

        private AssembledProgram program(Pass pass, Layout layout) {
            var labels = new LinkedHashMap<String, Long>();
            var constants = new LinkedHashMap<String, Long>();
            symbols.all().forEach((name, symbol) -> {
                if (!name.startsWith("..@")) {
                    var nowhere = new Token(Token.Kind.END, "", 1, false);
                    long value =
                            symbol.value().isNumber() ? symbol.value().number() : pass.resolve(symbol.value(), nowhere);
                    (symbol.label() ? labels : constants).put(name, value);
                }
            });
            var image = pass.sections().image(layout, pass.origin());
            var lines = pass.sections().lines(layout, pass.origin());
            return new AssembledProgram(
                    new AssembledProgram.Bytes(image),
                    pass.origin(),
                    pass.firstBits(),
                    Collections.unmodifiableMap(labels),
                    Collections.unmodifiableMap(constants),
                    List.copyOf(lines),
                    milestones(pass, lines),
                    listing(lines, image, pass.origin()));
        }

        /** A mark in lines that a condition leaves out is none: a ported source may have it once for each port. */
        private List<Milestone> milestones(Pass pass, List<LineAddress> lines) {
            var milestones = new ArrayList<Milestone>();
            text.milestones()
                    .forEach((line, name) -> lines.stream()
                            .filter(l -> pass.isInUse(line))
                            .filter(l -> l.file().equals(source.name()) && l.line() >= line)
                            .min((a, b) -> Integer.compare(a.line(), b.line()))
                            .ifPresent(l -> milestones.add(new Milestone(name, l.address(), line))));
            milestones.sort((a, b) -> Integer.compare(a.line(), b.line()));
            return List.copyOf(milestones);
        }

        private List<ListingLine> listing(List<LineAddress> lines, byte[] image, long origin) {
            var first = new HashMap<Integer, LineAddress>();
            var hex = new HashMap<Integer, StringBuilder>();
            for (LineAddress line : lines) {
                if (!line.file().equals(source.name())) {
                    continue;
                }
                first.putIfAbsent(line.line(), line);
                var shown = hex.computeIfAbsent(line.line(), l -> new StringBuilder());
                for (long i = 0; i < line.length() && shown.length() < 2 * HEX_BYTES_SHOWN; i++) {
                    long at = line.address() - origin + i;
                    if (at < image.length) {
                        shown.append(HEX.toHexDigits(image[(int) at]));
                    }
                }
            }
            var listing = new ArrayList<ListingLine>();
            for (int number = 1; number <= text.texts().size(); number++) {
                var address = Optional.ofNullable(first.get(number)).map(LineAddress::address);
                var bytes = hex.containsKey(number) ? hex.get(number).toString() : "";
                listing.add(new ListingLine(
                        source.name(), number, address, bytes, text.texts().get(number - 1)));
            }
            return List.copyOf(listing);
        }
    }
}
