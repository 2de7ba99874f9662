package ringside.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** THIRD-PARTY.md names what the jar contains. */
class ThirdPartyTest {
    private static final Pattern LIBRARY = Pattern.compile("^ +([\\w.-]+:[\\w.-]+):jar:([\\w.-]+):", Pattern.MULTILINE);
    private static final Pattern ROW =
            Pattern.compile("^\\| ([\\w.-]+:[\\w.-]+) \\| (\\S+) \\| [^|]+ \\|$", Pattern.MULTILINE);

    @Test
    void everyLibraryInTheJarIsListedWithItsVersionAndLicenceAndNoOther() throws IOException {
        var included = namesAndVersions(LIBRARY, Path.of(System.getProperty("ringside.libraries")));
        var listed = namesAndVersions(ROW, Path.of("..", "THIRD-PARTY.md"));
        assertThat(included).isNotEmpty();
        assertThat(listed).containsExactlyInAnyOrderElementsOf(included);
    }

    private static List<String> namesAndVersions(Pattern pattern, Path file) throws IOException {
        var text = Files.readString(file).replaceAll("\u001b\\[[0-9;]*m", "");
        return pattern.matcher(text)
                .results()
                .map(ThirdPartyTest::nameAndVersion)
                .toList();
    }

    private static String nameAndVersion(MatchResult row) {
        return row.group(1) + " " + row.group(2);
    }
}
