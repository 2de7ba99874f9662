package ringside.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What forms and addresses say of going through a run, and what the server answers. */
class TravelServerTest {
    private static final Pattern ID = Pattern.compile("data-id=\"([0-9a-f]+)\"");
    private static final Pattern TIME = Pattern.compile("data-time=\"([0-9]+)\"");

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

    private HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(uri(path)).build());
    }

    /** As a form without scripts sends it, or as one with them. */
    private HttpResponse<String> post(String path, String form, boolean scripts) {
        var request = HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form));
        return send((scripts ? request.header("HX-Request", "true") : request).build());
    }

    private static URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private String open(String query) {
        var page = get("/lab?" + query);
        assertThat(page.statusCode()).isEqualTo(200);
        return "/lab/" + first(ID, page.body());
    }

    private static String first(Pattern pattern, String text) {
        var matcher = pattern.matcher(text);
        assertThat(matcher.find()).isTrue();
        return matcher.group(1);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({
        "step-over, 1",
        "next-exit, 1",
        "next-system-call, 21",
        "previous-exit, 0",
        "run-to&place=95, 11",
        "run-to&place=0x1018, 11",
        "seek&time=%2312, 12"
    })
    void aButtonLeadsThere(String form, long time) {
        var lab = open("guest=popf-hole&mode=kvm");
        assertThat(post(lab, "do=" + form, false).statusCode()).isEqualTo(303);
        assertThat(Long.parseLong(first(TIME, get(lab).body()))).isEqualTo(time);
    }

    @Test
    void anAddressHasBreakpointsBookmarksAndSpeed() {
        var lab = open("guest=popf-hole&mode=bare&break=" + encoded("off port 3f8-3ff write if al == 'F'")
                + "&bookmark=" + encoded("7.<seven>") + "&speed=2");
        var answer = post(lab, "do=step", true);
        assertThat(answer.headers().firstValue("HX-Replace-Url").orElseThrow())
                .contains("&break=off+port+3f8-3ff+write+if+al+%3D%3D+%27F%27", "&bookmark=7.%3Cseven%3E", "&speed=2");
        assertThat(answer.body())
                .contains("value=\"3f8-3ff\"", "value=\"al == &#39;F&#39;\"", "&lt;seven&gt;")
                .doesNotContain("<seven>");
    }

    @Test
    void aBreakpointIsSetMetSwitchedAndRemovedByForms() {
        var lab = open("guest=popf-hole&mode=bare&mode=kvm");
        post(lab, "do=break&number=0&kind=line&what=95&access=&condition=", false);
        assertThat(post(lab, "do=run", true).body()).contains("Breakpoint 1: at line 95.", "stopped 1 time");
        assertThat(post(lab, "do=toggle-break&line=95", true).body()).doesNotContain("id=\"stop-1\"");
        assertThat(post(lab, "do=break&number=0&kind=line&what=1&access=&condition=", true)
                        .body())
                .contains("There is no code on line");
    }

    @ParameterizedTest
    @ValueSource(strings = {"break=nonsense", "break=line+x", "bookmark=x", "bookmark=99999999999999999999.a"})
    void anAddressThatSaysWhatCannotBeIsRefusedWithASentence(String query) {
        var page = get("/lab?guest=popf-hole&mode=bare&" + query);
        assertThat(page.statusCode()).isEqualTo(400);
        assertThat(page.body()).contains("“");
    }

    @Test
    void moreBreakpointsThanALabHasAreRefused() {
        assertThat(get("/lab?guest=popf-hole&mode=bare" + "&break=exit".repeat(33))
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void aSpeedThatIsNoneIsNoCommand() {
        assertThat(post(open("guest=popf-hole&mode=bare"), "do=speed-9", false).statusCode())
                .isEqualTo(400);
    }
}
