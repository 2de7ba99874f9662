package ringside.isa;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The lines of one file, split into tokens once.
 *
 * @param lines the lines; one that goes on after a backslash is one line
 * @param texts the lines as they stand in the file
 * @param errors what could not be read, by line number
 * @param milestones the names of {@code ;@ milestone} comments, by line number
 */
record SourceText(
        List<RawLine> lines, List<String> texts, Map<Integer, SourceError> errors, Map<Integer, String> milestones) {
    private static final String MILESTONE = ";@ milestone";

    static SourceText of(String file, byte[] bytes) {
        return of(file, new String(bytes, StandardCharsets.UTF_8));
    }

    static SourceText of(String file, String text) {
        var texts = List.of(text.split("\r\n|\n|\r", -1));
        var lines = new ArrayList<RawLine>(texts.size());
        var errors = new HashMap<Integer, SourceError>();
        var milestones = new HashMap<Integer, String>();
        int number = 0;
        while (number < texts.size()) {
            int first = ++number;
            var line = texts.get(first - 1);
            if (line.endsWith("\\")) {
                var joined = new StringBuilder();
                while (line.endsWith("\\") && number < texts.size()) {
                    joined.append(line, 0, line.length() - 1).append(' ');
                    line = texts.get(number++);
                }
                line = joined.append(line).toString();
            }
            int mark = line.indexOf(MILESTONE);
            if (mark >= 0) {
                milestones.put(first, line.substring(mark + MILESTONE.length()).trim());
            }
            try {
                lines.add(new RawLine(Lexer.tokens(line), file, first));
            } catch (SourceError e) {
                errors.put(first, e);
                lines.add(new RawLine(List.of(), file, first));
            }
        }
        return new SourceText(List.copyOf(lines), texts, Map.copyOf(errors), Map.copyOf(milestones));
    }
}
