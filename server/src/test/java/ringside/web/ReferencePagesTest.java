package ringside.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReferencePagesTest {
    private static LabServer server;
    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeAll
    static void start() throws IOException {
        server = LabServer.start("127.0.0.1", 0);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(server.url()).resolve(path));
        return client.send(
                (headers.length == 0 ? request : request.headers(headers)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void everyInstructionIsListedWithItsSentence() throws Exception {
        var list = get("/reference?lang=es");
        assertThat(list.statusCode()).isEqualTo(200);
        assertThat(list.body())
                .contains(">POPF POPFD POPFQ</a>", ">CMOVcc</a>", ">sensible</span>", "Suma el origen al destino");
    }

    @Test
    void aSearchFindsNamesThenSentencesAndEncodings() throws Exception {
        assertThat(get("/reference?q=popf").body()).contains("1 card<", "href=\"/reference/POPF\"");
        assertThat(get("/reference?q=je").body()).contains("href=\"/reference/JO\"");
        assertThat(get("/reference?q=0F+22").body()).contains("href=\"/reference/MOV\"");
        assertThat(get("/reference?q=%3Cscript%3E").body())
                .contains("0 cards", "value=\"&lt;script&gt;\"")
                .doesNotContain("<script>\"");
    }

    @Test
    void asOneTypesOnlyTheListIsSent() throws Exception {
        assertThat(get("/reference?q=cli", "HX-Request", "true").body())
                .contains("id=\"found\"")
                .doesNotContain("<html");
    }

    @Test
    void aCardTellsEveryModeAndLeadsToItsStepInTheLab() throws Exception {
        var card = get("/reference/popfd?bits=32");
        assertThat(card.statusCode()).isEqualTo(200);
        assertThat(card.body())
                .contains(
                        "<td>9D</td>",
                        "and the guest does not see what it would on a bare machine: rflags",
                        "/lab?guest=matrix/32/0/POPF&amp;mode=bare&amp;mode=trap-and-emulate&amp;time=");
        var lab = card.body()
                .replaceAll("(?s).*href=\"(/lab\\?guest=matrix/32/0/POPF&amp;mode=bare&amp;mode=trap[^\"]*)\".*", "$1");
        assertThat(get(lab.replace("&amp;", "&")).statusCode()).isIn(200, 302, 303);
    }

    @Test
    void anExampleThatTheMatrixHasNoRowForOpensTheLabToo() throws Exception {
        var card = get("/reference/ADD?bits=64").body();
        assertThat(card).contains("/lab?guest=matrix/64/0/ADD&amp;mode=bare&amp;mode=kvm&amp;time=");
        var lab = card.replaceAll(
                "(?s).*href=\"(/lab\\?guest=matrix/64/3/ADD&amp;mode=bare&amp;mode=kvm[^\"]*)\".*", "$1");
        assertThat(get(lab.replace("&amp;", "&")).statusCode()).isIn(200, 302, 303);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/reference/NONSENSE", "/reference/..%2f..%2fetc", "/reference/%3Cb%3E"})
    void anUnknownCardIsRefusedWithASentence(String path) throws Exception {
        var refused = get(path);
        assertThat(refused.statusCode()).isIn(400, 404);
        assertThat(refused.body()).doesNotContain("<b>");
    }
}
