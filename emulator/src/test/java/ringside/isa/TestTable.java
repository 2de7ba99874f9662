package ringside.isa;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The rows of the test resources, as forms. */
final class TestTable {
    private TestTable() {}

    static List<Form> forms() {
        var forms = new ArrayList<Form>();
        try (var reader = new BufferedReader(
                new InputStreamReader(TestTable.class.getResourceAsStream("/rows.txt"), StandardCharsets.UTF_8))) {
            int row = 0;
            for (String line : reader.lines().toList()) {
                if (!line.isBlank() && !line.startsWith("#")) {
                    for (Form form : row(row++, line)) {
                        forms.add(form.numbered(forms.size()));
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return forms;
    }

    private static List<Form> row(int number, String line) {
        var parts = line.split(";", -1);
        var attributes = parts.length < 4 || parts[3].isBlank()
                ? new Attribute[0]
                : Arrays.stream(parts[3].trim().split(" +"))
                        .map(Attribute::valueOf)
                        .toArray(Attribute[]::new);
        return Notation.forms(number, parts[0], parts[1], Trait.valueOf(parts[2].trim()), attributes);
    }
}
