package ringside.lesson;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.session.Sentence;

/** A folder of lessons that somebody wrote: what is wrong is told with file and line, and nothing in it reaches beyond the folder. */
class LessonReaderTest {
    @TempDir
    private Path place;

    private Path folder = Path.of("");

    @BeforeEach
    void begin() throws IOException {
        folder = place.resolve("course");
        LessonTemplate.begin(folder, "mine");
    }

    private LessonCheck.Report check() {
        return new LessonCheck(new Laboratory(), Sentence::toString).of(Course.read(LessonFolder.at(folder)));
    }

    private void change(String file, String from, String to) throws IOException {
        Path path = folder.resolve("mine").resolve(file);
        String text = Files.readString(path);
        assertThat(text).contains(from);
        Files.writeString(path, text.replace(from, to));
    }

    private List<String> problems() {
        return check().problems().stream().map(Problem::toString).toList();
    }

    @Test
    void aNewLessonHolds() {
        assertThat(problems()).isEmpty();
        assertThat(check().summary()).isEqualTo("lessons=1 texts=2 claims=2 exercises=1 failed=0");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            [once]{vt-x: exits between before and after} | [twice]{vt-x: exits between before and after} | mine/en.md:28: 'twice' does not hold
            [once]{vt-x: exits between before and after} | once, that is 1 time                          | mine/en.md:28: '1' stands outside of a claim
            [once]{vt-x: exits between before and after} | seven times                                   | mine/en.md:28: 'seven' stands outside of a claim
            [once]{vt-x: exits between before and after} | [1]{vt-x: exit}                               | mine/en.md:28: 'exit' is nothing that can be measured
            [once]{vt-x: exits between before and after} | [1 of 9]{vt-x: exits between before and after = 1} | mine/en.md:28: the number 9
            [once]{vt-x: exits between before and after} | <script>alert(it)</script>                    | mine/en.md:28: HTML is not allowed
            [once]{vt-x: exits between before and after} | ![](https://example.org/x.png)                | mine/en.md:28: pictures are not allowed
            [once]{vt-x: exits between before and after} | [x](javascript:alert)                         | mine/en.md:28: a link leads to https
            [once]{vt-x: exits between before and after} | [x](//example.org/)                           | mine/en.md:28: a link leads to https
            {cite exits}                                 | {cite nothing}                                | mine/en.md:32: there is no source 'nothing'
            answer: kvm: exits IO_INSTRUCTION            | answer: kvm: exits = 1                        | mine/en.md:41: what is measured is written
            views: code, state, exits                    | views: code, everything                       | mine/en.md:7: there is no view 'everything'
            modes: bare, vt-x                            | modes: bare, moon                             | mine/en.md:7: there is no mode moon
            start: before                                | start: nowhere                                | mine/en.md:7: the guest does not come to 'nowhere'
            between before and after = 0}                | between before and after = 1}                 | mine/en.md:14: of the options 2 hold
            ## change: Other ways                        | ## chance: Other ways                         | mine/en.md:34: a beat is written
            Write a second letter                        | Write [a second letter]{cite exits}           | mine/es.md:1: differs from mine/en.md
            """)
    void whatIsWrongIsToldWithItsFileAndLine(String from, String to, String problem) throws IOException {
        change("en.md", from, to);
        assertThat(problems()).anyMatch(told -> told.startsWith(problem));
    }

    @Test
    void anExerciseMustFailAsGivenAndPassAsSolved() throws IOException {
        change("checks.json", "\\\"AB\\\"", "\\\"A\\\"");
        change("checks.json", "= 2", "= 1");
        assertThat(problems())
                .anyMatch(told -> told.contains("passes as it is given"))
                .anyMatch(told -> told.contains("the solution fails"));
    }

    @Test
    void aGuestThatNeverEndsIsStopped() throws IOException {
        change("guest.asm", "        hlt", "        jmp $");
        assertThat(problems()).isEmpty();
    }

    @Test
    void aGuestWithErrorsIsToldAsItsAuthorsProblem() throws IOException {
        change("guest.asm", "        cli", "        clii");
        assertThat(problems()).anyMatch(told -> told.contains("guest.asm:13:9: 'clii' is not an instruction"));
    }

    @Test
    void nothingOutsideOfTheFolderIsRead() throws IOException {
        Path secret = Files.writeString(place.resolve("secret.md"), "# Secret");
        Files.delete(folder.resolve("mine/en.md"));
        Files.createSymbolicLink(folder.resolve("mine/en.md"), secret);
        assertThat(problems()).contains("mine/en.md:1: there is no such file");
        Files.writeString(
                folder.resolve("contents.json"), "[{\"en\": \"x\", \"es\": \"y\", \"lessons\": [\"../mine\"]}]");
        assertThat(problems()).anyMatch(told -> told.contains("'../mine' is no name for a lesson"));
    }

    @Test
    void filesAreBounded() throws IOException {
        Files.writeString(folder.resolve("mine/en.md"), "x".repeat(LessonFolder.LARGEST + 1));
        assertThat(problems()).anyMatch(told -> told.startsWith("mine/en.md:1: the file has more than"));
        Files.write(folder.resolve("mine/en.md"), new byte[] {(byte) 0xC3});
        assertThat(problems()).contains("mine/en.md:1: the file is no UTF-8");
        Files.writeString(folder.resolve("contents.json"), "[{");
        assertThat(problems()).anyMatch(told -> told.startsWith("contents.json:1: this is no JSON"));
    }
}
