package ringside.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** ARCHITECTURE.md and CONTRIBUTING.md send a reader to packages, classes and folders that are there. */
class DocumentedPlacesTest {
    private static final Path TOP = Path.of("..");
    private static final Pattern OURS = Pattern.compile("`(ringside(?:\\.\\w+)+)`");
    private static final Pattern FOLDER = Pattern.compile("`((?:server|static|sample-guests|docs)(?:/[\\w./-]+)?)`");
    private static final List<String> SOURCES = List.of(
            "emulator/src/main/java", "emulator/src/test/java", "lessons/src/main/java", "server/src/main/java");

    @Test
    void everyPackageAndClassThatADocumentNamesExists() throws IOException {
        for (var name : namedIn(OURS)) {
            var path = name.replace('.', '/');
            assertThat(SOURCES.stream().map(TOP::resolve))
                    .as(name)
                    .anyMatch(source ->
                            Files.isDirectory(source.resolve(path)) || Files.exists(source.resolve(path + ".java")));
        }
    }

    @Test
    void everyFolderAndFileThatADocumentNamesExists() throws IOException {
        assertThat(namedIn(FOLDER)).isNotEmpty().allMatch(name -> Files.exists(TOP.resolve(name)));
    }

    private static List<String> namedIn(Pattern pattern) throws IOException {
        var text = Files.readString(TOP.resolve("ARCHITECTURE.md")) + Files.readString(TOP.resolve("CONTRIBUTING.md"));
        return pattern.matcher(text)
                .results()
                .map((MatchResult found) -> found.group(1))
                .distinct()
                .toList();
    }
}
