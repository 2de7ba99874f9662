package ringside.session;

import java.util.List;
import java.util.Map;
import ringside.image.GuestImage;
import ringside.image.LinuxProgram;

/** A Linux program for the real kernel: the file itself, and what to say to the tools that isolate programs. */
final class ProgramExport {
    private static final String FOLDER = "program/";

    private ProgramExport() {}

    static List<Export.Output> of(GuestImage image, LinuxProgram program) {
        Map<String, String> words = Map.of("NAME", Export.name(image.name()));
        return List.of(
                new Export.Output("program", program.file().toArray(), true),
                new Export.Output("run.sh", Export.filled(FOLDER + "run.sh", words), true),
                new Export.Output("Containerfile", Export.filled(FOLDER + "Containerfile", words), false),
                new Export.Output("README.md", Export.filled(FOLDER + "README.md", words), false));
    }
}
