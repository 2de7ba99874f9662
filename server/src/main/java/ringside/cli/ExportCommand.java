package ringside.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import ringside.session.BadInput;
import ringside.session.Export;

/** {@code ringside export}: the same guest for the real systems. */
@Command(
        name = "export",
        description = "Writes what runs the same guest on QEMU, KVM, libvirt and Xen.",
        footer = {
            "",
            "The folder gets guest.img or guest.elf, which boots, qemu.sh, domain.xml, xl.cfg,",
            "or for a Linux program the program, run.sh for this machine's Linux, Containerfile,",
            "and a README.md that says what of it was run. Of the options only --bits, --load,",
            "--entry and --memory count.",
            "Status: 0 done, 2 bad input."
        })
final class ExportCommand implements Callable<Integer> {
    @Mixin
    private Help help;

    @Mixin
    private GuestOptions guest;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FOLDER",
            required = true,
            description = "folder for the files; it is made if it is not there")
    private Path output;

    @Override
    public Integer call() {
        Path folder = output.toAbsolutePath().normalize();
        var outputs = Export.of(guest.file(), guest.in("bare"), folder.toString());
        try {
            java.nio.file.Files.createDirectories(folder);
        } catch (IOException e) {
            throw new BadInput("cannot make the folder " + output + ": " + Files.reason(e));
        }
        for (Export.Output one : outputs) {
            Path file = folder.resolve(one.name());
            Files.write(file, one.bytes());
            if (one.program() && !file.toFile().setExecutable(true)) {
                throw new BadInput("cannot make " + file + " a program that can be run");
            }
        }
        return Status.DONE;
    }
}
