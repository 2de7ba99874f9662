package ringside.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import ringside.lesson.Course;
import ringside.lesson.Laboratory;
import ringside.lesson.LessonCheck;
import ringside.lesson.LessonFolder;
import ringside.lesson.LessonTemplate;
import ringside.session.BadInput;
import ringside.store.LabStore;
import ringside.web.LabServer;
import ringside.web.Words;

/** {@code ringside lesson}: for authors of lessons. */
@Command(
        name = "lesson",
        description = "Begins a lesson (new NAME), tries everything that lessons state (check), or shows them while"
                + " they are written (preview).",
        footer = {
            "",
            "check runs every claim, prediction and exercise in both languages; its last line",
            "counts them.",
            "Status of check: 0 all hold, 1 not all do, 2 bad input."
        })
final class LessonCommand implements Callable<Integer> {
    private static final int FAILED = 1;

    /** Where a checkout of Ringside has its course. */
    private static final Path OWN = Path.of("lessons", "src", "main", "resources", "lessons");

    @ParentCommand
    private RingsideCommand ringside;

    @Mixin
    private Help help;

    @Parameters(index = "0", paramLabel = "new|check|preview", description = "what to do")
    private String action;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "NAME",
            description = "of the lesson to begin, or to check alone")
    private Optional<String> name;

    @Option(
            names = "--lessons",
            paramLabel = "FOLDER",
            description = "where the lessons lie (default: the course that comes with Ringside)")
    private Optional<Path> folder;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8080",
            description = "port of the preview (default: ${DEFAULT-VALUE})")
    private int port;

    @Override
    public Integer call() throws InterruptedException {
        return switch (action) {
            case "new" -> begin();
            case "check" -> check();
            case "preview" -> preview();
            default -> throw new BadInput("lesson does new, check or preview, not '" + action + "'");
        };
    }

    private int begin() {
        String wanted = name.orElseThrow(() -> new BadInput("a lesson has a name: ringside lesson new my-lesson"));
        Path place = writable();
        try {
            LessonTemplate.begin(place, wanted)
                    .forEach(file -> ringside.output().line(file.toString()));
        } catch (IOException e) {
            throw new BadInput("cannot begin the lesson: " + Files.reason(e));
        }
        ringside.output().flush();
        return Status.DONE;
    }

    private Path writable() {
        return folder.or(() -> java.nio.file.Files.isDirectory(OWN) ? Optional.of(OWN) : Optional.empty())
                .orElseThrow(() -> new BadInput("name the folder of your lessons by --lessons FOLDER"));
    }

    private int check() {
        Course course = only(Course.read(folder.map(LessonCommand::existing).orElseGet(LessonFolder::included)));
        var report = new LessonCheck(new Laboratory(), Words.in("en")::of).of(course);
        Output output = ringside.output();
        report.problems().forEach(problem -> output.line(problem.toString()));
        output.line(report.summary());
        output.flush();
        return report.problems().isEmpty() ? Status.DONE : FAILED;
    }

    private static LessonFolder existing(Path folder) {
        if (!java.nio.file.Files.isDirectory(folder)) {
            throw new BadInput("there is no folder " + folder);
        }
        return LessonFolder.at(folder);
    }

    private Course only(Course course) {
        return name.map(wanted -> course.only(wanted)
                        .orElseThrow(() -> new BadInput("there is no lesson '" + wanted + "' in the contents")))
                .orElse(course);
    }

    private int preview() throws InterruptedException {
        LessonFolder lessons = existing(writable());
        try (LabServer server = LabServer.start(
                "127.0.0.1",
                port,
                LabStore.inMemory(LabStore.Limits.DEFAULT),
                new LabServer.Choice(List.of(), Optional.of(lessons), true))) {
            ringside.output().line("Ringside shows the lessons on " + server.url() + "lessons");
            ringside.output().flush();
            Thread.currentThread().join();
            return Status.DONE;
        } catch (IOException refused) {
            throw new BadInput(String.valueOf(refused.getMessage()));
        }
    }
}
