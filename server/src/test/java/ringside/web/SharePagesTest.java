package ringside.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.contract.Schema;
import ringside.store.LabStore;

/** What is taken out of a lab: links, files, and a part of it for another site's page. */
class SharePagesTest {
    private static final String SITE = "https://school.example";

    private static LabServer server;
    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeAll
    static void start() throws IOException {
        server = LabServer.start("127.0.0.1", 0, LabStore.inMemory(LabStore.Limits.DEFAULT), List.of(SITE));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static HttpRequest.Builder request(String path, String... headers) {
        var request = HttpRequest.newBuilder(URI.create(server.url()).resolve(path));
        return headers.length == 0 ? request : request.headers(headers);
    }

    private HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
        return client.send(request(path, headers).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String form, String... headers)
            throws IOException, InterruptedException {
        return client.send(
                request(path, headers)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(form))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private byte[] download(String path) throws IOException, InterruptedException {
        var answer = client.send(request(path).build(), HttpResponse.BodyHandlers.ofByteArray());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Disposition").orElse(""))
                .startsWith("attachment;");
        return answer.body();
    }

    private String lab(String address) throws IOException, InterruptedException {
        return found(get(address).body(), "data-id=\"([0-9a-f]+)\"");
    }

    private static String found(String text, String pattern) {
        var matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(pattern).isTrue();
        return matcher.group(1);
    }

    @Test
    void theLinkOfASampleStandsForItself() throws Exception {
        String id = lab("/lab?guest=paging&mode=bare&mode=vt-x&paging=shadow&time=12&views=code,exits");
        assertThat(get("/lab/" + id + "/share").body())
                .contains(
                        "/lab?guest=paging&amp;mode=bare&amp;mode=vt-x&amp;paging=shadow&amp;time=12&amp;views=code,exits");
    }

    @Test
    void theLinkOfALearnersOwnSourceIsShortAndMakesAnotherLab() throws Exception {
        String id = lab("/lab?guest=two-plus-two&mode=bare");
        post("/lab/" + id, "do=assemble&source=mov+bx%2C+0x7777%0Ahlt%0A");
        post("/lab/" + id, "do=step");
        String link = found(get("/lab/" + id + "/share").body(), "(/link/[0-9a-f]+)");
        post("/lab/" + id, "do=reset");
        var other = get(link).body();
        assertThat(other).contains("mov bx, 0x7777", "data-time=\"1\"").doesNotContain("data-id=\"" + id + "\"");
        assertThat(get("/link/ffffffffffff").statusCode()).isEqualTo(404);
    }

    @Test
    void sourceAndBytesAreWhatTheAssemblerReadsAndMakes() throws Exception {
        String id = lab("/lab?guest=two-plus-two&mode=bare");
        String source = new String(download("/lab/" + id + "/download/guest.asm"), StandardCharsets.UTF_8);
        assertThat(source)
                .isEqualTo(ringside.session.SampleGuests.source("two-plus-two").orElseThrow());
        byte[] bytes = download("/lab/" + id + "/download/guest.bin");
        // mov al, 2 / mov bl, 2
        assertThat(bytes).hasSizeLessThan(40).startsWith(0xB0, 0x02);
    }

    @Test
    void theTraceIsThatOfTheCommandLineUpToNow() throws Exception {
        String id = lab("/lab?guest=two-plus-two&mode=kvm&time=7");
        var lines = new String(download("/lab/" + id + "/download/trace.jsonl"), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertThat(lines).hasSize(7);
        for (int i = 0; i < lines.size(); i++) {
            assertThat(lines.get(i)).startsWith("{\"time\":" + i + ",");
        }
        assertThat(String.join("\n", lines)).contains("IO_INSTRUCTION");
    }

    @Test
    void breakpointsAndBookmarksAreToldAsJson() throws Exception {
        String id = lab("/lab?guest=popf-hole&mode=bare&break=line+95&break=off+port+3f8-3ff+write+if+al+%3D%3D+3"
                + "&bookmark=7.seven&speed=2");
        post("/lab/" + id, "do=speed-5");
        post("/lab/" + id, "do=run");
        String told = new String(download("/lab/" + id + "/download/breakpoints.json"), StandardCharsets.UTF_8);
        Schema.of("breakpoints").holdsFor(told);
        assertThat(told)
                .contains(
                        "\"kind\":\"line\",\"what\":\"95\",\"access\":\"\",\"condition\":\"\",\"enabled\":true,\"text\":\"line 95\","
                                + "\"known\":true,\"hits\":1}",
                        "\"text\":\"off port 3f8-3ff write if al == 3\"",
                        "\"bookmarks\":[{\"time\":7,\"name\":\"seven\"}],\"speed\":5}");
        assertThat(get("/lab/" + id + "/share").body()).contains("/lab/" + id + "/download/breakpoints.json");
    }

    @Test
    void anEmbedStopsAtTheBreakpointsThatItsLabHad() throws Exception {
        String id = lab("/lab?guest=popf-hole&mode=bare&break=line+95&bookmark=7.seven");
        String path = found(post("/lab/" + id + "/share", "view=code").body(), "(/embed/[0-9a-f]{32})");
        post("/lab/" + id, "do=unbreak&number=1");
        String inside = lab(path);
        assertThat(inside).isNotEqualTo(id);
        var stopped = post(
                "/lab/" + inside, "do=run", "HX-Request", "true", "HX-Current-URL", server.url() + path.substring(1));
        assertThat(stopped.body()).contains("Breakpoint 1: at line 95.");
        String told = new String(download("/lab/" + inside + "/download/breakpoints.json"), StandardCharsets.UTF_8);
        assertThat(told).contains("\"text\":\"line 95\"", "\"hits\":1", "\"name\":\"seven\"");
    }

    @Test
    void theArchiveHoldsWhatExportMakes() throws Exception {
        String id = lab("/lab?guest=two-plus-two&mode=bare");
        List<String> names = new ArrayList<>();
        try (var zip = new ZipInputStream(new ByteArrayInputStream(download("/lab/" + id + "/download/export.zip")))) {
            for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                names.add(entry.getName());
            }
        }
        assertThat(names)
                .contains("guest/guest.img", "guest/qemu.sh", "guest/domain.xml", "guest/xl.cfg", "guest/README.md");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nothing", "..%2f..%2fetc%2fpasswd", "guest.elf"})
    void whatALabDoesNotHaveIsRefused(String name) throws Exception {
        String id = lab("/lab?guest=two-plus-two&mode=bare");
        assertThat(get("/lab/" + id + "/download/" + name).statusCode()).isIn(400, 404);
    }

    private String embed(String form) throws Exception {
        String id = lab("/lab?guest=two-plus-two&mode=bare&time=3");
        var made = post("/lab/" + id + "/share", form);
        assertThat(made.statusCode()).isEqualTo(200);
        return found(made.body(), "(/embed/[0-9a-f]{32})");
    }

    @Test
    void anEmbedShowsItsViewsAndMayBeFramedByTheNamedSiteAlone() throws Exception {
        String path = embed("view=code&view=console&covered=yes");
        var embed = get(path, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe");
        assertThat(embed.statusCode()).isEqualTo(200);
        assertThat(embed.headers().firstValue("Content-Security-Policy").orElse(""))
                .endsWith("frame-ancestors " + SITE);
        assertThat(embed.headers().firstValue("Set-Cookie")).isEmpty();
        assertThat(embed.body())
                .contains("id=\"code-a\"", "id=\"console-a\"", "data-time=\"3\"")
                .doesNotContain("id=\"memory-a\"", "id=\"editor\"", "open=\"open\"");
        assertThat(get(embed("view=code&view=state")).body()).contains("open=\"open\"");
    }

    @Test
    void anEmbedMayKeepToItsViews() throws Exception {
        String id = lab(embed("view=code&view=console&lock=1"));
        assertThat(get("/lab/" + id).body()).contains("data-locked=\"true\"", "id=\"console-a\"");
        assertThat(get("/lab/" + lab(embed("view=code"))).body()).doesNotContain("data-locked");
    }

    @Test
    void whatALinkOrAnEmbedLeadsToIsNoLabThatOthersCouldMove() throws Exception {
        String path = embed("view=code");
        assertThat(get("/lab/" + path.substring("/embed/".length())).statusCode())
                .isEqualTo(404);
        String id = lab("/lab?guest=two-plus-two&mode=bare");
        post("/lab/" + id, "do=assemble&source=hlt%0A");
        String link = found(get("/lab/" + id + "/share").body(), "/link/([0-9a-f]+)");
        assertThat(get("/lab/" + link).statusCode()).isEqualTo(404);
        assertThat(get(path).statusCode()).isEqualTo(200);
    }

    @Test
    void aStepInAnEmbedAnswersWithTheEmbed() throws Exception {
        String path = embed("view=code&view=state&covered=yes");
        String id = lab(path);
        var step =
                post("/lab/" + id, "do=step", "HX-Request", "true", "HX-Current-URL", server.url() + path.substring(1));
        assertThat(step.body()).contains("data-time=\"4\"", "class=\"cover\"").doesNotContain("id=\"memory-a\"");
        assertThat(step.headers().firstValue("HX-Replace-Url")).isEmpty();
    }

    @Test
    void nothingElseMayBeFramedAndNoOtherNameIsAnEmbed() throws Exception {
        var lab = get(
                "/lab?guest=paging",
                "Sec-Fetch-Site",
                "cross-site",
                "Sec-Fetch-Mode",
                "navigate",
                "Sec-Fetch-Dest",
                "iframe");
        assertThat(lab.statusCode()).isEqualTo(403);
        assertThat(get("/").headers().firstValue("Content-Security-Policy").orElse(""))
                .endsWith("frame-ancestors 'none'");
        String id = lab("/lab?guest=two-plus-two&mode=bare");
        assertThat(get("/embed/" + id).statusCode()).isEqualTo(404);
        assertThat(get("/embed/00000000000000000000000000000000").statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "https://a.example; script-src *", "school.example", "'self'"})
    void whatIsNoSiteIsRefused(String site) {
        assertThatThrownBy(() ->
                        LabServer.start("127.0.0.1", 0, LabStore.inMemory(LabStore.Limits.DEFAULT), List.of(site)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("https://example.org");
    }

    @Test
    void withoutTheOptionNoPageShowsALabInsideIt() throws Exception {
        try (var plain = LabServer.start("127.0.0.1", 0)) {
            var page = client.send(
                    HttpRequest.newBuilder(URI.create(plain.url()).resolve("/embed/00000000000000000000000000000000"))
                            .headers(
                                    "Sec-Fetch-Site",
                                    "cross-site",
                                    "Sec-Fetch-Mode",
                                    "navigate",
                                    "Sec-Fetch-Dest",
                                    "iframe")
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(page.statusCode()).isEqualTo(403);
        }
    }
}
