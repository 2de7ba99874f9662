package ringside.session;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import ringside.cpu.instruction.InstructionSet;
import ringside.image.BadImage;
import ringside.image.BadSource;
import ringside.image.ImageOptions;
import ringside.image.MemorySize;
import ringside.isa.Assembler;
import ringside.isa.Formatter;
import ringside.isa.Message;
import ringside.isa.SourceFolder;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;

/** Makes guests of what learners choose, and starts them. */
final class Guests {
    /** Columns that fit side by side. */
    static final int MOST_COLUMNS = 4;

    /** Errors of a source that are shown; others are counted. */
    private static final int MOST_COMPLAINTS = 50;

    /** RAM of a lab's guest, in bytes. */
    private static final long MOST_MEMORY = 128L << 20;

    /** Sizes to choose from. */
    private static final List<String> MEMORY_SIZES = List.of("1M", "2M", "4M", "8M", "16M", "32M", "64M", "128M");

    /** A mode without a macro of its own. */
    private static final String PLAIN = "bare";

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

    private static final List<String> MNEMONICS = new Assembler(InstructionSet.forms()).mnemonics();

    /** Sets sources in columns. */
    static final Formatter FORMATTER =
            new Formatter(Stream.concat(MNEMONICS.stream(), DIRECTIVES.stream()).toList());

    /** Sources longer than this, in characters, are only assembled when somebody asks for it. */
    private static final int LONGEST_CHECKED = 128 << 10;

    /** So many sources are looked over at a time. */
    private static final int MOST_CHECKS = 2;

    private final Semaphore checks = new Semaphore(MOST_CHECKS);

    private final AssemblyWords words = new AssemblyWords(MNEMONICS, REGISTERS, DIRECTIVES);

    private List<GuestCatalogue.Entry> catalogue = List.of();

    /**
     * A source that was assembled, or what is wrong with it.
     *
     * @param more errors beside the complaints
     */
    record Assembly(Optional<GuestImages> images, List<Complaint> complaints, int more) {}

    List<String> names() {
        return SampleGuests.names();
    }

    /** The sample guests with the modes that can hold them; read when they are asked for the first time. */
    synchronized List<GuestCatalogue.Entry> catalogue() {
        if (catalogue.isEmpty()) {
            catalogue = GuestCatalogue.all();
        }
        return catalogue;
    }

    List<String> modes() {
        return Modes.names();
    }

    /** The modes that can hold a guest, in the order in which they are shown. */
    List<String> modes(GuestChoice choice, MachineChoice machine) {
        try {
            return images(choice, options(machine).memory()).modes();
        } catch (BadImage bad) {
            throw new Refusal(Sentence.of(bad.message()));
        }
    }

    List<MachineMenu> menus() {
        return MachineMenu.all(MEMORY_SIZES);
    }

    AssemblyWords assemblyWords() {
        return words;
    }

    /** @throws Refusal where a lab cannot have this machine */
    Options options(MachineChoice machine) {
        var irqchip = GuestStart.irqchip(machine.irqchip())
                .orElseThrow(() -> new Refusal(Sentence.of("refused.irqchip", machine.irqchip())));
        long memory = memory(machine.memory());
        if (memory > MOST_MEMORY) {
            throw new Refusal(Sentence.of("refused.memory", machine.memory()));
        }
        var virtualization = GuestStart.virtualization(machine.hardware())
                .orElseThrow(() -> new Refusal(Sentence.of("refused.hardware", machine.hardware())));
        var generation = GuestStart.generationNamed(machine.generation())
                .orElseThrow(() -> new Refusal(Sentence.of("refused.generation", machine.generation())));
        var translator = GuestStart.translator(machine.translator())
                .orElseThrow(() -> new Refusal(Sentence.of("refused.translator", machine.translator())));
        Options options = Options.DEFAULT
                .withMemory(memory)
                .withIrqchip(irqchip)
                .withVirtualization(virtualization)
                .withGeneration(generation)
                .withTranslator(translator);
        if (machine.paging().equals(MachineChoice.BEST)) {
            return options;
        }
        return options.withPaging(GuestStart.paging(machine.paging())
                .orElseThrow(() -> new Refusal(Sentence.of("refused.paging", machine.paging()))));
    }

    private static long memory(String text) {
        try {
            return MemorySize.parse(text);
        } catch (BadImage bad) {
            throw new Refusal(Sentence.of(bad.message()));
        }
    }

    /** @throws Refusal where there is no such guest, it has errors, or the memory does not hold it */
    GuestImages images(GuestChoice choice, long memory) {
        if (choice instanceof GuestChoice.Source own) {
            return assemble(own.text(), memory, List.of(PLAIN))
                    .images()
                    .orElseThrow(() -> new Refusal(Sentence.of("refused.source")));
        }
        if (choice instanceof GuestChoice.Binary binary) {
            return images(binary.upload(), memory);
        }
        var name = ((GuestChoice.Sample) choice).name();
        var source = SampleGuests.source(name)
                .orElseThrow(
                        () -> new Refusal(Sentence.of("refused.guest", name, String.join(", ", SampleGuests.names()))));
        return source(name, source, memory);
    }

    /**
     * What a learner's file is: a source by its name, else a binary.
     *
     * @throws Refusal where it cannot become a guest of that memory
     */
    GuestChoice choice(GuestFile file, StartChoice start, long memory) {
        var upload = new Upload(file, start);
        images(upload, memory);
        return file.isSource()
                ? new GuestChoice.Source(new String(file.bytes(), StandardCharsets.UTF_8))
                : new GuestChoice.Binary(upload);
    }

    private static GuestImages images(Upload upload, long memory) {
        var start = upload.start();
        var options = new ImageOptions(
                start.bits(), start.load(), start.entry(), memory, "", SourceFolder.NONE, List.of(), Optional.empty());
        var images = new GuestImages(upload.file(), options);
        try {
            images.in(PLAIN);
            return images;
        } catch (BadImage bad) {
            throw new Refusal(Sentence.of(bad.message()));
        }
    }

    private static GuestImages source(String name, String text, long memory) {
        return new GuestImages(
                new GuestFile(name + ".asm", text.getBytes(StandardCharsets.UTF_8)),
                ImageOptions.DEFAULT.withMemory(memory));
    }

    /**
     * Assembles a learner's source, which has no files beside it.
     *
     * @param modes for which its lines must be right
     */
    Assembly assemble(String text, long memory, List<String> modes) {
        try {
            var images = source("own", text, memory);
            modes.forEach(images::in);
            return new Assembly(Optional.of(images), List.of(), 0);
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

    /**
     * What is wrong with a source that somebody is writing.
     *
     * @return empty where it is too long for that, or others' sources are looked over
     */
    Optional<Editor> check(String text, long memory, List<String> modes) {
        if (text.length() > LONGEST_CHECKED || !checks.tryAcquire()) {
            return Optional.empty();
        }
        try {
            var assembly = assemble(text, memory, modes);
            return Optional.of(new Editor(
                    text,
                    assembly.complaints(),
                    assembly.more(),
                    assembly.images().isPresent()));
        } finally {
            checks.release();
        }
    }

    private static Optional<Sentence> said(Message message) {
        return message.isEmpty() ? Optional.empty() : Optional.of(Sentence.of(message));
    }

    /** @throws Refusal where there is no such mode, or there are too many */
    Lockstep lockstep(GuestImages images, List<String> modes, Options options, Typing typing) {
        if (modes.isEmpty() || modes.size() > MOST_COLUMNS) {
            throw new Refusal(Sentence.of("refused.modes", modes.size()));
        }
        for (String mode : modes) {
            if (!Modes.names().contains(mode)) {
                throw new Refusal(Sentence.of("refused.mode", mode, String.join(", ", Modes.names())));
            }
        }
        for (String mode : modes) {
            misfit(images, mode).ifPresent(misfit -> {
                throw new Refusal(Sentence.of("refused.misfit." + misfit.name(), mode));
            });
            Modes.refusal(mode, options).ifPresent(sentence -> {
                throw new Refusal(Sentence.of(
                        "refused.combination", mode, options.generation().text()));
            });
        }
        return new LabMachines(images, modes, options, typing).lockstep();
    }

    /** One mode, compared with nothing. */
    Lockstep alone(GuestImages images, String mode, Options options, Typing typing) {
        return new LabMachines(images, List.of(mode), options, typing).alone();
    }

    private static Optional<Modes.Misfit> misfit(GuestImages images, String mode) {
        try {
            return images.misfit(mode);
        } catch (BadImage bad) {
            throw new Refusal(Sentence.of(bad.message()));
        }
    }
}
