package ringside.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabStoreTest {
    private static final Kept SAMPLE = new Kept("/lab?guest=paging&mode=bare&time=7", Optional.empty());
    private static final Kept SENT = new Kept(
            "/lab?guest=%40aa&mode=bare&time=1",
            Optional.of(new Kept.Sent(
                    "aa".repeat(16),
                    "it;'.bin",
                    "AAEC",
                    OptionalInt.of(16),
                    OptionalLong.of(-1),
                    OptionalLong.empty())));

    @TempDir
    private Path folder;

    private static Kept source(String text) {
        return new Kept("/lab?guest=%7E&mode=bare&time=0", Optional.of(new Kept.Source(text)));
    }

    @Test
    void whatIsKeptIsFoundAtOnceAndAfterTheServerHasEnded() throws IOException {
        try (var store = LabStore.in(folder, LabStore.Limits.DEFAULT)) {
            store.keep("00112233", SAMPLE);
            store.keep("44556677", SENT);
            store.keep("8899aabb", source("it's \"quoted\"; DROP TABLE lab; ñ\n"));
            assertThat(store.find("44556677")).contains(SENT);
        }
        try (var store = LabStore.in(folder, LabStore.Limits.DEFAULT)) {
            assertThat(store.find("00112233")).contains(SAMPLE);
            assertThat(store.find("44556677")).contains(SENT);
            assertThat(store.find("8899aabb")).contains(source("it's \"quoted\"; DROP TABLE lab; ñ\n"));
            assertThat(store.find("00000000")).isEmpty();
        }
    }

    @Test
    void whatIsKeptAgainTakesTheOldOnesPlace() throws IOException {
        try (var store = LabStore.in(folder, LabStore.Limits.DEFAULT)) {
            store.keep("00112233", source("hlt\n"));
        }
        try (var store = LabStore.in(folder, LabStore.Limits.DEFAULT)) {
            store.keep("00112233", SAMPLE);
            assertThat(store.find("00112233")).contains(SAMPLE);
        }
        try (var store = LabStore.in(folder, LabStore.Limits.DEFAULT)) {
            assertThat(store.find("00112233")).contains(SAMPLE);
        }
    }

    @Test
    void theSameLeadsToTheSameLink() {
        try (var store = LabStore.inMemory(LabStore.Limits.DEFAULT)) {
            String link = store.link(SENT);
            assertThat(link).hasSizeLessThan(25).isEqualTo(store.link(SENT)).isNotEqualTo(store.link(SAMPLE));
            assertThat(store.find(link)).contains(SENT);
            assertThat(store.secret()).hasSize(32).isNotEqualTo(store.secret());
        }
    }

    @Test
    void ofTooManyLabsTheOldestGo() throws IOException {
        var limits = new LabStore.Limits(3, 1 << 20);
        try (var store = LabStore.in(folder, limits)) {
            for (int i = 0; i < 6; i++) {
                store.keep("0000000" + i, SAMPLE);
            }
        }
        try (var store = LabStore.in(folder, limits)) {
            long left = java.util.stream.IntStream.range(0, 6)
                    .filter(i -> store.find("0000000" + i).isPresent())
                    .count();
            assertThat(left).isEqualTo(3);
        }
    }

    @Test
    void ofTooManyBytesTheOldestGuestsGoAndLabsOfSamplesStay() throws IOException {
        var limits = new LabStore.Limits(100, 1000);
        for (int i = 0; i < 4; i++) {
            try (var store = LabStore.in(folder, limits)) {
                store.keep("0000000" + i, source(String.valueOf(i).repeat(400)));
                store.keep("1000000" + i, SAMPLE);
            }
        }
        try (var store = LabStore.in(folder, limits)) {
            assertThat(store.find("00000000")).isEmpty();
            assertThat(store.find("00000001")).isEmpty();
            assertThat(store.find("00000002")).isPresent();
            assertThat(store.find("00000003")).isPresent();
            assertThat(store.find("10000000")).isPresent();
        }
    }

    @Test
    void whatIsNoNameOfALabIsNotLookedFor() {
        try (var store = LabStore.inMemory(LabStore.Limits.DEFAULT)) {
            assertThat(store.find("../../etc")).isEmpty();
            assertThatThrownBy(() -> store.keep("x' OR 1=1", SAMPLE)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aFolderThatAnotherServerHasIsRefusedWithASentence() throws IOException {
        try (var first = LabStore.in(folder, LabStore.Limits.DEFAULT)) {
            first.keep("00112233", SAMPLE);
            assertThatThrownBy(() -> LabStore.in(folder, LabStore.Limits.DEFAULT))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("another server has it")
                    .hasMessageContaining("--data");
        }
    }
}
