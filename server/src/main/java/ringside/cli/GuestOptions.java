package ringside.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import ringside.session.BadInput;
import ringside.session.GuestFile;
import ringside.session.RunOptions;

/** The guest, and all that can be said about its machine beside the mode: the same in every command that runs one. */
final class GuestOptions {
    @Parameters(
            paramLabel = "IMAGE",
            arity = "0..1",
            description = "NASM source (.asm), boot sector, multiboot kernel, or a flat binary")
    private Optional<Path> image;

    @Option(
            names = "--domains",
            paramLabel = "DOM0,DOMU",
            split = ",",
            description =
                    "for modes xen-pv and xen-hvm: the kernel of domain 0, and the guest that it serves, which is then IMAGE")
    private List<Path> domains = List.of();

    @Option(
            names = "--bits",
            paramLabel = "16|32|64",
            description = "code size of a flat binary (default: 16); a source says it itself")
    private Optional<Integer> bits;

    @Option(
            names = "--load",
            paramLabel = "A",
            converter = Numbers.Address.class,
            description = "address at which a flat binary is loaded (default: 0x1000)")
    private Optional<Long> load;

    @Option(
            names = "--entry",
            paramLabel = "A",
            converter = Numbers.Address.class,
            description = "address of its first instruction (default: the load address; no effect on a source)")
    private Optional<Long> entry;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            defaultValue = "64M",
            description = "RAM of the guest (default: ${DEFAULT-VALUE})")
    private String memory;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "1000000000",
            converter = Numbers.Count.class,
            description = "stops after this many steps (default: ${DEFAULT-VALUE})")
    private long limit;

    @Option(
            names = "--irqchip",
            paramLabel = "user|kernel|split",
            defaultValue = "user",
            description = "who has interrupt controllers and timer in mode kvm (default: ${DEFAULT-VALUE})")
    private String irqchip;

    @Option(
            names = "--hardware",
            paramLabel = "vt-x|amd-v",
            defaultValue = "vt-x",
            description = "what the modes kvm and xen-hvm run on (default: ${DEFAULT-VALUE})")
    private String hardware;

    @Option(
            names = "--generation",
            paramLabel = "2005|2008|2010|today",
            defaultValue = "today",
            description = "what hardware offers in the modes vt-x, amd-v, kvm and xen-hvm, and whose costs are charged"
                    + " (default: ${DEFAULT-VALUE})")
    private String generation;

    @Option(
            names = "--paging",
            paramLabel = "shadow|nested",
            description = "how the hardware of the modes vt-x, amd-v, kvm and xen-hvm finds the guest's memory: by the"
                    + " monitor's tables instead of the guest's, or behind them (default: nested where the generation has"
                    + " it)")
    private Optional<String> paging;

    @Option(
            names = "--translator",
            paramLabel = "vmware|virtualbox|kqemu",
            defaultValue = "vmware",
            description = "whose way mode binary-translation takes: kernel code translated, patched, or emulated"
                    + " (default: ${DEFAULT-VALUE})")
    private String translator;

    @Option(
            names = "--input",
            paramLabel = "FILE",
            description = "bytes that arrive at COM1 from the start, as fast as the guest reads them; 64 KiB at most")
    private Optional<Path> input;

    GuestFile file() {
        if (domains.isEmpty()) {
            return Files.guest(image.orElseThrow(() -> new BadInput(
                    "no guest was named: it comes behind the options, as in sample-guests/rings/guest.asm")));
        }
        if (domains.size() != 2) {
            throw new BadInput("--domains takes two files with a comma between, domain 0 first: dom0.asm,guest.asm");
        }
        Path guest = domains.get(1);
        image.filter(named -> !named.toAbsolutePath()
                        .normalize()
                        .equals(guest.toAbsolutePath().normalize()))
                .ifPresent(named -> {
                    throw new BadInput(
                            named + " is not the second file of --domains, " + guest + ": name one guest only");
                });
        return Files.guest(guest).beside(Files.guest(domains.get(0)));
    }

    /** What the user should know before it runs: what is said of a binary is no use for a source, which says it itself. */
    List<String> warnings(GuestFile guest) {
        return guest.isSource() && (bits.isPresent() || load.isPresent() || entry.isPresent())
                ? List.of("--bits, --load and --entry have no effect on a source: it says bits and org itself,"
                        + " and starts at label start or at its first byte")
                : List.of();
    }

    /** What is typed before the run begins. */
    Optional<byte[]> input() {
        return input.map(Files::read);
    }

    /** In steps. */
    long limit() {
        return limit;
    }

    RunOptions in(String mode) {
        return new RunOptions(
                mode,
                bits.map(OptionalInt::of).orElse(OptionalInt.empty()),
                load.map(OptionalLong::of).orElse(OptionalLong.empty()),
                entry.map(OptionalLong::of).orElse(OptionalLong.empty()),
                memory,
                irqchip,
                hardware,
                generation,
                paging,
                translator);
    }
}
