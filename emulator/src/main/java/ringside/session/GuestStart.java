package ringside.session;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import ringside.image.BadImage;
import ringside.image.BadSource;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.image.MemorySize;
import ringside.isa.AssemblyError;
import ringside.isa.AssemblyResult;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;
import ringside.probe.Probe;

/** From what the command line says to a guest that is ready to run; what is wrong is refused in one sentence. */
final class GuestStart {
    private static final List<Integer> CODE_SIZES = List.of(16, 32, 64);

    private GuestStart() {}

    /** @throws BadInput where the file or an option cannot be used */
    static Monitor start(GuestFile file, RunOptions options, Probe probe) {
        GuestImage image = image(checked(file, options), options.mode());
        return Modes.start(options.mode(), image, machine(options), probe).orElseThrow();
    }

    /** A guest that its mode can hold. @throws BadInput where the file, its mode or an option cannot be used */
    static GuestImages checked(GuestFile file, RunOptions options) {
        Options machine = machine(options);
        if (!Modes.names().contains(options.mode())) {
            throw new BadInput(
                    "there is no mode " + options.mode() + "; the modes are " + String.join(", ", Modes.names()));
        }
        Modes.refusal(options.mode(), machine).ifPresent(sentence -> {
            throw new BadInput(sentence);
        });
        GuestImages images = new GuestImages(file, imageOptions(file, options));
        GuestImage image = image(images, options.mode());
        Modes.misfit(options.mode(), image).ifPresent(misfit -> {
            throw new BadInput(
                    switch (misfit) {
                        case PROGRAM_WITHOUT_KERNEL ->
                            file.name() + " is a Linux program, and a machine in mode " + options.mode()
                                    + " has no kernel for it; run it with --mode container";
                        case MACHINE_IN_CONTAINER ->
                            file.name() + " is software for a whole machine, and mode "
                                    + options.mode() + " has only a kernel for Linux programs; run it in another mode: "
                                    + String.join(", ", images.modes());
                        case XEN_KERNEL_WITHOUT_XEN ->
                            file.name() + " is a kernel for Xen, and in mode " + options.mode()
                                    + " there is no Xen; run it with --mode "
                                    + String.join(" or ", Modes.holding(image));
                        case NOT_PORTED_TO_XEN ->
                            file.name() + " is not ported to Xen: mode " + options.mode()
                                    + " runs ELF files with Xen notes, and sources that become one where the macro"
                                    + " "
                                    + Modes.definitions(options.mode()).get(0).name() + " is defined";
                        case NOT_PARAVIRTUAL ->
                            file.name() + " starts only by PVH, on a processor that is virtualized for it; mode "
                                    + options.mode() + " takes kernels with an entry for paravirtualization";
                        case NO_PVH_ENTRY ->
                            file.name()
                                    + " does not say where it starts by PVH (note PHYS32_ENTRY, an address of 32 bits); run it with --mode"
                                    + " xen-pv";
                        case DOMAIN_TOO_SMALL ->
                            file.name() + " and what its domain is built of do not fit into its memory; give it more"
                                    + " with --memory";
                    });
        });
        return images;
    }

    /** What the file is taken for. @throws BadInput where an option cannot be used */
    static Images.Kind kind(GuestFile file, RunOptions options) {
        return Images.kind(file.bytes(), file.name(), imageOptions(file, options));
    }

    /** The guest as it is in a mode, whether that holds it or not. @throws BadInput where the file or an option cannot be used */
    static GuestImage image(GuestFile file, RunOptions options) {
        return image(new GuestImages(file, imageOptions(file, options)), options.mode());
    }

    /** What the file is in each mode. @throws BadInput where an option cannot be used */
    static GuestImages images(GuestFile file, RunOptions options) {
        return new GuestImages(file, imageOptions(file, options));
    }

    private static GuestImage image(GuestImages images, String mode) {
        try {
            return images.in(mode);
        } catch (BadSource bad) {
            throw new BadInput(sentence(bad.errors()));
        } catch (BadImage bad) {
            throw new BadInput(bad.sentence());
        }
    }

    /** The first error in one line, and how many there are besides, as far as the assembler looked. */
    static String sentence(List<AssemblyError> errors) {
        int more = errors.size() - 1;
        if (more == 0) {
            return errors.get(0).toString();
        }
        String atLeast = errors.size() < AssemblyResult.MOST_ERRORS ? "" : "at least ";
        return errors.get(0) + "; and " + atLeast + more + (more == 1 ? " more error" : " more errors");
    }

    private static ImageOptions imageOptions(GuestFile file, RunOptions options) {
        OptionalInt bits = options.bits();
        if (bits.isPresent() && !CODE_SIZES.contains(bits.getAsInt())) {
            throw new BadInput("code has 16, 32 or 64 bits, not " + bits.getAsInt());
        }
        ImageOptions image = ImageOptions.DEFAULT
                .withMemory(memory(options))
                .withFolder(name -> file.folder().apply(name));
        if (file.isSource()) {
            return image;
        }
        if (bits.isPresent()) {
            image = image.withBits(bits.getAsInt());
        }
        if (options.load().isPresent()) {
            image = image.withLoad(options.load().getAsLong());
        }
        if (options.entry().isPresent()) {
            image = image.withEntry(options.entry().getAsLong());
        }
        return image;
    }

    static Options machine(RunOptions options) {
        Options machine = Options.DEFAULT
                .withMemory(memory(options))
                .withIrqchip(irqchip(options.irqchip())
                        .orElseThrow(() -> new BadInput(
                                "interrupt controllers belong to user, kernel or split, not to " + options.irqchip())))
                .withVirtualization(virtualization(options.hardware())
                        .orElseThrow(() -> new BadInput("hardware is vt-x or amd-v, not " + options.hardware())))
                .withGeneration(generation(options.generation()))
                .withTranslator(translator(options.translator())
                        .orElseThrow(() -> new BadInput(
                                "the kernel is translated as by vmware, patched as by virtualbox or emulated as by"
                                        + " kqemu, not as by " + options.translator())));
        return options.paging()
                .map(name -> machine.withPaging(paging(name)
                        .orElseThrow(() -> new BadInput("paging under hardware is shadow or nested, not " + name))))
                .orElse(machine);
    }

    private static long memory(RunOptions options) {
        try {
            return MemorySize.parse(options.memory());
        } catch (BadImage bad) {
            throw new BadInput(bad.sentence());
        }
    }

    /** The choice of this name, if there is one. */
    static Optional<Options.Irqchip> irqchip(String name) {
        return Stream.of(Options.Irqchip.values())
                .filter(one -> one.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst();
    }

    /** The extensions of this name, if there are such. */
    static Optional<Options.Virtualization> virtualization(String name) {
        return Stream.of(Options.Virtualization.values())
                .filter(one -> one.text().equals(name))
                .findFirst();
    }

    /** The generation of this name, if there is one. */
    static Optional<Options.Generation> generationNamed(String name) {
        return Stream.of(Options.Generation.values())
                .filter(one -> one.text().equals(name))
                .findFirst();
    }

    /** The choice of paging of this name, if there is one. */
    static Optional<Options.Paging> paging(String name) {
        return Stream.of(Options.Paging.values())
                .filter(one -> one.text().equals(name))
                .findFirst();
    }

    /** The translator of this name, if there is one. */
    static Optional<Options.Translator> translator(String name) {
        return Stream.of(Options.Translator.values())
                .filter(one -> one.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst();
    }

    /** The generation of this name. */
    static Options.Generation generation(String name) {
        return generationNamed(name)
                .orElseThrow(() -> new BadInput("generations of hardware are 2005, 2008, 2010 and today, not " + name));
    }
}
