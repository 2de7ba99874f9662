package ringside.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** README.md and docs/contract.md name the commands that exist, with the options that they have. */
class DocumentedCommandsTest {
    /** A document's table of commands. */
    private static final Pattern TABLE = Pattern.compile("^\\| command \\|.*\n(\\|.*\n)+", Pattern.MULTILINE);

    private static final Pattern ROW = Pattern.compile("^\\| `([a-z]+).*", Pattern.MULTILINE);

    private static final Pattern OPTION = Pattern.compile("--[a-z-]+");

    /** Known to the launcher alone. */
    private static final String IN_THE_LAUNCHER = "test";

    private final Map<String, CommandLine> commands = shown(new CommandLine(new RingsideCommand()).getSubcommands());

    @Test
    void theReadmeNamesEveryCommandAndNoOther() throws IOException {
        assertThat(rows(Path.of("..", "README.md")).keySet()).isEqualTo(namesWithTheLaunchers());
    }

    @Test
    void theContractNamesEveryCommandAndNoOther() throws IOException {
        assertThat(rows(Path.of("..", "docs", "contract.md")).keySet()).isEqualTo(namesWithTheLaunchers());
    }

    @Test
    void theContractNamesEveryOptionOfEveryCommandAndNoOther() throws IOException {
        var documented = rows(Path.of("..", "docs", "contract.md"));
        commands.forEach((name, command) -> assertThat(optionsIn(documented.getOrDefault(name, "")))
                .as(name)
                .isEqualTo(optionsOf(command)));
    }

    private static Map<String, CommandLine> shown(Map<String, CommandLine> all) {
        var shown = new TreeMap<>(all);
        shown.values()
                .removeIf(command -> command.getCommandSpec().usageMessage().hidden());
        return shown;
    }

    private Set<String> namesWithTheLaunchers() {
        var names = new TreeSet<>(commands.keySet());
        names.add(IN_THE_LAUNCHER);
        return names;
    }

    /** The commands of a document's table, each with the text of its row. */
    private static Map<String, String> rows(Path document) throws IOException {
        var table = TABLE.matcher(Files.readString(document));
        assertThat(table.find()).as("a table of commands in " + document).isTrue();
        return ROW.matcher(table.group())
                .results()
                .collect(Collectors.toMap(row -> row.group(1), MatchResult::group, String::concat, TreeMap::new));
    }

    private static Set<String> optionsIn(String row) {
        return OPTION.matcher(row).results().map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> optionsOf(CommandLine command) {
        return command.getCommandSpec().optionsMap().keySet().stream()
                .filter(name -> name.startsWith("--") && !name.equals("--help"))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
