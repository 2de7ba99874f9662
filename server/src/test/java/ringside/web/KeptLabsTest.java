package ringside.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.store.LabStore;

/** A lab comes back where it was, under the same address, after the server has ended. */
class KeptLabsTest {
    private static final Pattern ID = Pattern.compile("data-id=\"([0-9a-f]+)\"");

    @TempDir
    private Path folder;

    private final HttpClient client = HttpClient.newHttpClient();

    private LabServer server() throws IOException {
        return LabServer.start("127.0.0.1", 0, LabStore.in(folder, LabStore.Limits.DEFAULT), java.util.List.of());
    }

    private String get(LabServer server, String path) throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create(server.url()).resolve(path)).build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(path).isEqualTo(200);
        return answer.body();
    }

    private void post(LabServer server, String id, String form) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(server.url()).resolve("/lab/" + id))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build();
        assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(303);
    }

    private static String id(String page) {
        Matcher matcher = ID.matcher(page);
        assertThat(matcher.find()).isTrue();
        return matcher.group(1);
    }

    @Test
    void aSampleGuestIsWhereItWas() throws Exception {
        String id;
        try (var server = server()) {
            id = id(get(server, "/lab?guest=two-plus-two&mode=bare&mode=kvm&irqchip=split"));
            post(server, id, "do=step");
            post(server, id, "do=step");
        }
        try (var server = server()) {
            assertThat(get(server, "/lab/" + id)).contains("data-time=\"2\"", "data-id=\"" + id + "\"");
            post(server, id, "do=step");
            assertThat(get(server, "/lab/" + id)).contains("data-time=\"3\"");
        }
    }

    @Test
    void aSourceOfTheLearnersOwnComesBackWithWhatWasTyped() throws Exception {
        String id;
        try (var server = server()) {
            id = id(get(server, "/lab?guest=two-plus-two&mode=bare"));
            post(server, id, "do=assemble&source=mov+ax%2C+0x1234%0Ahlt%0A");
            post(server, id, "do=type&keys=hi&enter=on");
            post(server, id, "do=step");
        }
        try (var server = server()) {
            assertThat(get(server, "/lab/" + id)).contains("mov ax, 0x1234", "data-time=\"1\"", "0x1234");
        }
    }

    @Test
    void breakpointsAndBookmarksComeBackWithAllThatThePageShows() throws Exception {
        String id;
        String page;
        try (var server = server()) {
            id = id(get(
                    server, "/lab?guest=popf-hole&mode=bare&mode=kvm&break=line+95&bookmark=5.here&speed=2&time=7"));
            post(server, id, "do=step");
            page = get(server, "/lab/" + id);
        }
        try (var server = server()) {
            assertThat(withoutNonces(get(server, "/lab/" + id))).isEqualTo(withoutNonces(page));
        }
        assertThat(page).contains("data-time=\"8\"", "here");
    }

    private static String withoutNonces(String page) {
        return page.replaceAll("style-nonce\" content=\"[^\"]*\"", "");
    }

    @Test
    void theProbeOfACellComesBack() throws Exception {
        String id;
        try (var server = server()) {
            id = id(get(server, "/lab?guest=matrix/32/0/CLI&mode=bare&time=1"));
        }
        try (var server = server()) {
            assertThat(get(server, "/lab/" + id)).contains("data-time=\"1\"");
        }
    }
}
