package ringside.session;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import ringside.cpu.instruction.InstructionSet;
import ringside.image.BadImage;
import ringside.image.BadSource;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.isa.Assembler;
import ringside.isa.Message;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;
import ringside.replay.Timeline;

/** Makes guests of what learners choose, and starts them. */
final class Guests {
    /** Columns that fit side by side. */
    static final int MOST_COLUMNS = 2;

    /** Errors of a source that are shown; others are counted. */
    private static final int MOST_COMPLAINTS = 50;

    /** History of each timeline. */
    private static final int SNAPSHOTS = 48;

    private static final long SNAPSHOT_BYTES = 24L << 20;

    private static final List<String> DIRECTIVES = List.of(
            "bits",
            "org",
            "section",
            "align",
            "db",
            "dw",
            "dd",
            "dq",
            "times",
            "resb",
            "resw",
            "resd",
            "resq",
            "equ",
            "incbin",
            "byte",
            "word",
            "dword",
            "qword",
            "short",
            "near",
            "far",
            "rel",
            "abs",
            "rep",
            "repe",
            "repne",
            "lock",
            "%define",
            "%undef",
            "%assign",
            "%if",
            "%ifdef",
            "%ifndef",
            "%elif",
            "%else",
            "%endif",
            "%macro",
            "%endmacro",
            "%rep",
            "%endrep",
            "%include",
            "%error");

    private static final List<String> REGISTERS = List.of(
            "al", "ah", "ax", "eax", "rax", "bl", "bh", "bx", "ebx", "rbx", "cl", "ch", "cx", "ecx", "rcx", "dl", "dh",
            "dx", "edx", "rdx", "sil", "si", "esi", "rsi", "dil", "di", "edi", "rdi", "bpl", "bp", "ebp", "rbp", "spl",
            "sp", "esp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cs", "ds", "es", "fs", "gs",
            "ss", "cr0", "cr2", "cr3", "cr4", "cr8", "dr0", "dr1", "dr2", "dr3", "dr6", "dr7");

    private final AssemblyWords words =
            new AssemblyWords(new Assembler(InstructionSet.forms()).mnemonics(), REGISTERS, DIRECTIVES);

    /**
     * A source that was assembled, or what is wrong with it.
     *
     * @param more errors beside the complaints
     */
    record Assembly(Optional<GuestImage> image, List<Complaint> complaints, int more) {}

    List<String> names() {
        return SampleGuests.names();
    }

    List<String> modes() {
        return Modes.names();
    }

    AssemblyWords assemblyWords() {
        return words;
    }

    /** @throws Refusal where there is no such guest, or its source has errors */
    GuestImage image(GuestChoice choice) {
        if (choice instanceof GuestChoice.Source own) {
            return assemble("own", own.text()).image().orElseThrow(() -> new Refusal(Sentence.of("refused.source")));
        }
        var name = ((GuestChoice.Sample) choice).name();
        var source = SampleGuests.source(name)
                .orElseThrow(
                        () -> new Refusal(Sentence.of("refused.guest", name, String.join(", ", SampleGuests.names()))));
        return assemble(name, source)
                .image()
                .orElseThrow(() -> new IllegalStateException("sample guest " + name + " does not assemble"));
    }

    /** Assembles a learner's source, which has no files beside it. */
    Assembly assemble(String source) {
        return assemble("own", source);
    }

    private static Assembly assemble(String name, String text) {
        try {
            var image = Images.recognize(text.getBytes(StandardCharsets.UTF_8), name + ".asm", ImageOptions.DEFAULT);
            return new Assembly(Optional.of(image), List.of(), 0);
        } catch (BadSource e) {
            var complaints = e.errors().stream()
                    .limit(MOST_COMPLAINTS)
                    .map(error -> new Complaint(
                            error.line(), error.column(), Sentence.of(error.message()), said(error.advice())))
                    .toList();
            return new Assembly(Optional.empty(), complaints, e.errors().size() - complaints.size());
        } catch (BadImage e) {
            return new Assembly(
                    Optional.empty(), List.of(new Complaint(1, 1, Sentence.of(e.message()), Optional.empty())), 0);
        }
    }

    private static Optional<Sentence> said(Message message) {
        return message.isEmpty() ? Optional.empty() : Optional.of(Sentence.of(message));
    }

    /** @throws Refusal where there is no such mode, or there are too many */
    Lockstep lockstep(GuestImage image, List<String> modes) {
        if (modes.isEmpty() || modes.size() > MOST_COLUMNS) {
            throw new Refusal(Sentence.of("refused.modes", modes.size()));
        }
        for (String mode : modes) {
            if (!Modes.names().contains(mode)) {
                throw new Refusal(Sentence.of("refused.mode", mode, String.join(", ", Modes.names())));
            }
        }
        List<Column> columns = new ArrayList<>();
        for (String mode : modes) {
            var letter = String.valueOf((char) ('a' + columns.size()));
            columns.add(new Column(letter, mode, timeline(image, mode)));
        }
        boolean compares = Stream.of(Recipe.REFERENCE_MODE).noneMatch(modes::contains);
        return new Lockstep(columns, compares ? Optional.of(timeline(image, Recipe.REFERENCE_MODE)) : Optional.empty());
    }

    private static Timeline timeline(GuestImage image, String mode) {
        return new Timeline(
                probe -> Modes.start(mode, image, Options.DEFAULT, probe).orElseThrow(), SNAPSHOTS, SNAPSHOT_BYTES);
    }
}
