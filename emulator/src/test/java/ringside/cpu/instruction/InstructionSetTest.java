package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The chapters together have the rows of rows.txt, by which decoder, disassembler and assembler are tested, and no others. */
class InstructionSetTest {
    private static String words(String text) {
        return Arrays.stream(text.trim().split("\\s+")).sorted().collect(Collectors.joining(" "));
    }

    private static Set<String> listed() throws IOException {
        try (var in = InstructionSetTest.class.getResourceAsStream("/rows.txt")) {
            assertTrue(in != null);
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(line -> line.split(";", -1))
                    .map(c -> c[0].trim() + " ; " + c[1].trim() + " ; " + c[2].trim() + " ; " + words(c[3]))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static String text(Row row) {
        String attributes = Arrays.stream(row.attributes()).map(Enum::name).collect(Collectors.joining(" "));
        return row.encoding() + " ; " + row.syntax() + " ; " + row.trait() + " ; " + words(attributes);
    }

    @Test
    void itHasEveryRowOfTheListAndNoOther() throws IOException {
        Set<String> rows = InstructionSet.rows().stream()
                .map(InstructionSetTest::text)
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(String.join("\n", listed()), String.join("\n", rows));
        assertEquals(rows.size(), InstructionSet.rows().size());
    }
}
