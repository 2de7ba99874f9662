package ringside.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Files of others are exactly those that the list beside them names. */
class VendorTest {
    private static final Path STATIC = Path.of("../static");
    private static final Pattern ROW = Pattern.compile(" {4}([0-9a-f]{64}) {2}(\\S+)");

    @Test
    void everyFileHasTheHashOfTheList() throws IOException, NoSuchAlgorithmException {
        var listed = new TreeMap<String, String>();
        var rows = ROW.matcher(Files.readString(STATIC.resolve("vendor/README.md")));
        while (rows.find()) {
            listed.put(rows.group(2), rows.group(1));
        }
        var present = new TreeSet<String>();
        present.add("icons.svg");
        try (var files = Files.list(STATIC.resolve("vendor"))) {
            files.filter(file -> file.toString().endsWith(".js"))
                    .forEach(file -> present.add("vendor/" + file.getFileName()));
        }
        assertThat(listed.keySet()).isEqualTo(present);
        for (var row : listed.entrySet()) {
            var bytes = Files.readAllBytes(STATIC.resolve(row.getKey()));
            var hash = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
            assertThat(hash).as(row.getKey()).isEqualTo(row.getValue());
        }
    }

    @Test
    void everyLicenceThatTheListNamesIsThere() throws IOException {
        var named = Pattern.compile("licenses/[a-z]+\\.txt")
                .matcher(Files.readString(STATIC.resolve("vendor/README.md")))
                .results()
                .map(match -> match.group())
                .toList();
        assertThat(named).hasSizeGreaterThanOrEqualTo(3);
        for (String licence : named) {
            assertThat(STATIC.resolve("vendor").resolve(licence)).isNotEmptyFile();
        }
    }
}
