package ringside.image;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import ringside.cpu.instruction.InstructionSet;
import ringside.image.GuestImage.Extension;
import ringside.image.GuestImage.Milestone;
import ringside.image.GuestImage.SourceLine;
import ringside.isa.AssembledProgram;
import ringside.isa.Assembler;
import ringside.isa.AssemblyError;
import ringside.isa.Message;
import ringside.isa.Source;
import ringside.isa.SourceFolder;
import ringside.isa.SourceWording;

/** A source in NASM's language: assembled flat at its {@code org}, or where a flat binary would lie. */
final class AsmSource {
    /** Longest source in bytes. */
    private static final int LONGEST = 1 << 20;

    private static final Pattern CPU_LINE = Pattern.compile("(?m)^\\s*;@ cpu +(\\S+)");

    private static final Pattern DOMAIN_0_LINE = Pattern.compile("(?m)^\\s*;@ dom0 +(\\S+)");

    private AsmSource() {}

    static GuestImage read(byte[] bytes, String name, ImageOptions options) {
        String text = text(bytes, name);
        long origin = options.load().orElse(FlatBinary.DEFAULT_LOAD);
        Source source =
                new Source(name, text, options.folder(), options.bits().orElse(16), origin, options.definitions());
        var result = new Assembler(InstructionSet.forms()).assemble(source);
        AssembledProgram program = result.program().orElseThrow(() -> new BadSource(result.errors()));
        if (program.bytes().size() == 0) {
            throw new BadSource(
                    List.of(new AssemblyError(name, 1, 1, SourceWording.EMPTY_SOURCE.with(), Message.NONE)));
        }
        byte[] assembled = program.bytes().toArray();
        if (XenKernel.recognizes(assembled)) {
            GuestImage kernel = xenKernel(assembled, program, name, text, options);
            return domain0(text, name, options).map(kernel::beside).orElse(kernel);
        }
        if (LinuxProgram.recognizes(assembled)) {
            return linuxProgram(assembled, program, name, text, options);
        }
        Layout layout = new Layout(options.memory());
        layout.place(ImageWording.PROGRAM.with(), program.origin(), assembled);
        StartState start = StartStates.flat(program.bits(), options.entry().orElse(program.entry()), layout);
        GuestImage image = new GuestImage(
                name,
                options.memory(),
                layout.segments(),
                start,
                program.symbols(),
                Optional.of(text),
                lines(program, name),
                milestones(program),
                extensions(text, name),
                Optional.empty(),
                Optional.empty());
        return domain0(text, name, options).map(image::beside).orElse(image);
    }

    /** Lines {@code ;@ cpu NAME} ask for an extension of the processor. */
    private static Set<Extension> extensions(String text, String name) {
        Set<Extension> extensions = EnumSet.noneOf(Extension.class);
        Matcher line = CPU_LINE.matcher(text);
        while (line.find()) {
            String wanted = line.group(1);
            extensions.add(Stream.of(Extension.values())
                    .filter(one -> one.name().toLowerCase(Locale.ROOT).equals(wanted))
                    .findFirst()
                    .orElseThrow(() -> new BadImage(ImageWording.UNKNOWN_EXTENSION.with(name, wanted))));
        }
        if (extensions.size() > 1) {
            throw new BadImage(ImageWording.TWO_EXTENSIONS.with(name));
        }
        return extensions;
    }

    /** A line {@code ;@ dom0 FILE} names a source whose kernel runs beside this one, in domain 0, unless the user has named another one. */
    private static Optional<GuestImage> domain0(String text, String name, ImageOptions options) {
        if (options.domain0().isPresent()) {
            return options.domain0();
        }
        Matcher line = DOMAIN_0_LINE.matcher(text);
        if (!line.find()) {
            return Optional.empty();
        }
        String file = line.group(1);
        byte[] bytes =
                options.folder().read(file).orElseThrow(() -> new BadImage(ImageWording.NO_DOMAIN_0.with(name, file)));
        return Optional.of(Images.domain0(bytes, file, options.withFolder(SourceFolder.NONE)));
    }

    /** A source may write an ELF header of its own: then its bytes are a Linux program, and its labels are where that is loaded. */
    private static GuestImage linuxProgram(
            byte[] assembled, AssembledProgram program, String name, String text, ImageOptions options) {
        LinuxProgram linux = LinuxProgram.read(assembled);
        return new GuestImage(
                name,
                options.memory(),
                List.of(),
                StartStates.linuxProgram(linux.entry()),
                program.symbols(),
                Optional.of(text),
                lines(program, name),
                milestones(program),
                Set.of(),
                Optional.of(linux),
                Optional.empty());
    }

    /** The same for a kernel for Xen, whose header is followed by Xen's notes. */
    private static GuestImage xenKernel(
            byte[] assembled, AssembledProgram program, String name, String text, ImageOptions options) {
        XenKernel kernel = XenKernel.read(assembled, options.memory());
        return new GuestImage(
                name,
                options.memory(),
                List.of(),
                StartStates.xenKernel(kernel.bits(), kernel.entry()),
                program.symbols(),
                Optional.of(text),
                lines(program, name),
                milestones(program),
                Set.of(),
                Optional.empty(),
                Optional.of(kernel));
    }

    private static String text(byte[] bytes, String name) {
        if (bytes.length > LONGEST) {
            throw new BadImage(ImageWording.LONG_SOURCE.with(name));
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new BadImage(ImageWording.SOURCE_NO_TEXT.with(name));
        }
    }

    private static List<SourceLine> lines(AssembledProgram program, String name) {
        return program.lines().stream()
                .filter(line -> line.file().equals(name))
                .map(line -> new SourceLine(line.address(), line.length(), line.line()))
                .toList();
    }

    private static List<Milestone> milestones(AssembledProgram program) {
        return program.milestones().stream()
                .map(mark -> new Milestone(mark.name(), mark.address(), mark.line()))
                .toList();
    }
}
