package ringside.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExpectationsTest {
    private static final Path GUESTS = Path.of("..", "sample-guests");

    @Test
    void everySampleGuestHasItsSourceItsTextAndExpectationsInTheAgreedForm() throws IOException {
        var expected = Schema.of("expected");
        var guests = folders();
        assertThat(guests).isNotEmpty();
        for (var guest : guests) {
            assertThat(guest.resolve("guest.asm")).isNotEmptyFile();
            assertThat(guest.resolve("README.md")).isNotEmptyFile();
            expected.holdsFor(Files.readString(guest.resolve("expected.json")));
        }
    }

    @Test
    void expectationsWithoutTheirSourcesAreNotAccepted() throws IOException {
        var expected = Schema.of("expected");
        assertThatThrownBy(() -> expected.holdsFor("{\"bits\": 16, \"modes\": {}}"))
                .hasMessageContaining("sources");
    }

    private static List<Path> folders() throws IOException {
        try (var all = Files.list(GUESTS)) {
            return all.filter(Files::isDirectory).sorted().toList();
        }
    }
}
