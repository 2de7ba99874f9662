package ringside.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.session.Panel;

/** Requests and their answers, without a browser. */
class LabServerTest {
    private static final Pattern ID = Pattern.compile("data-id=\"([0-9a-f]+)\"");

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

    private HttpResponse<String> get(String path, String... headers) {
        return send(headers(HttpRequest.newBuilder(uri(path)), headers).build());
    }

    private HttpResponse<String> post(String path, String form, String... headers) {
        return send(headers(HttpRequest.newBuilder(uri(path)), headers)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build());
    }

    private static HttpRequest.Builder headers(HttpRequest.Builder request, String... headers) {
        return headers.length == 0 ? request : request.headers(headers);
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

    /** The status line and headers that answer what Java's client would not send. */
    private static String raw(String request) throws IOException {
        try (var socket = new Socket("127.0.0.1", server.port())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            InputStream in = socket.getInputStream();
            return new String(in.readNBytes(200), StandardCharsets.ISO_8859_1);
        }
    }

    private String openLab(String query) {
        var page = get("/lab" + query);
        assertThat(page.statusCode()).isEqualTo(200);
        return id(page.body());
    }

    private static String id(String page) {
        var matcher = ID.matcher(page);
        assertThat(matcher.find()).isTrue();
        return matcher.group(1);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Test
    void answersForItsHealth() {
        assertThat(get("/health").statusCode()).isEqualTo(200);
    }

    @Test
    void theMatrixIsShownForEachCodeSizeInBothLanguages() {
        assertThat(get("/matrix").body())
                .contains(">POPF</a></th>", "runs, wrong value", "GENERAL_PROTECTION", "VT-x, ring 3");
        assertThat(get("/matrix?bits=64&lang=es").body()).contains(">SWAPGS</a></th>", "valor erróneo", "anillo 3");
        assertThat(get("/matrix?bits=16").body()).contains(">HLT</a></th>").doesNotContain("ring 3");
    }

    @Test
    void everyModelledCostIsShownWithItsSource() {
        assertThat(get("/compare?guest=paging&mode=bare&mode=xen-pv").body())
                .contains("paging-on", "mmuext_op", "print the same", "only in Xen PV", "data-divergent=\"false\"")
                .doesNotContain("??");
        assertThat(get("/compare?guest=popf-hole&mode=bare&mode=trap-and-emulate&lang=es")
                        .body())
                .contains("Aquí se separan", "rflags", "0x202", "data-divergent=\"true\"");
        assertThat(get("/compare?guest=nonsense&mode=x&mode=").statusCode()).isEqualTo(200);
        assertThat(get("/costs").body())
                .contains("Modelled costs", "VM exit and entry", "Broadwell (2014)", "kvm-unit-tests");
        assertThat(get("/costs?generation=2005&lang=es").body())
                .contains("ciclos, modelados", "Pentium 4 modelo 672", "procesador sin nombre", "la entrada");
        assertThat(get("/costs?generation=nonsense").statusCode()).isEqualTo(200);
    }

    @Test
    void aCellOfTheMatrixIsAGuestOfTheLab() {
        var cell = Pattern.compile("/lab\\?guest=matrix/32/0/HLT&amp;mode=bare&amp;mode=kvm&amp;time=\\d+")
                .matcher(get("/matrix?bits=32").body());
        assertThat(cell.find()).isTrue();
        var lab = get(cell.group().replace("&amp;", "&")).body();
        assertThat(lab).contains("data-mode=\"kvm\"", "<title>HLT", "hlt");
        assertThat(get("/lab?guest=matrix/32/0/HLLT").statusCode()).isEqualTo(404);
        assertThat(get("/lab?guest=matrix/nonsense").statusCode()).isEqualTo(404);
    }

    @Test
    void aKernelForXenIsAGuestOfTheLabToo() {
        var page = get("/matrix?bits=32&lang=en").body();
        assertThat(page).contains("instead: sched_op 29", "Xen PV, ring 0", "<span>not taken</span>");
        var cell = Pattern.compile("/lab\\?guest=matrix/xen-pv/32/0/HLT&amp;mode=xen-pv&amp;time=\\d+")
                .matcher(page);
        assertThat(cell.find()).isTrue();
        var lab = get(cell.group().replace("&amp;", "&")).body();
        assertThat(lab).contains("data-mode=\"xen-pv\"", "<title>HLT", "hlt");
        assertThat(get("/lab?guest=matrix/xen-pv/16/0/HLT").statusCode()).isEqualTo(404);
    }

    /** The page is compressed piece by piece, as its rows come. */
    @Test
    void theMatrixIsSentCompressedToWhoTakesThat() throws Exception {
        var request = HttpRequest.newBuilder(URI.create(server.url() + "matrix?bits=16&lang=en"))
                .header("Accept-Encoding", "gzip")
                .build();
        var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofInputStream());
        assertThat(answer.headers().firstValue("Content-Encoding")).contains("gzip");
        try (var body = new GZIPInputStream(answer.body())) {
            assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8)).contains(">HLT</a></th>", "</html>");
        }
    }

    @Test
    void theFirstPageListsEveryGuestInEveryMode() {
        var page = get("/").body();
        assertThat(page).contains("two-plus-two", "popf-hole", "/lab?guest=timer&amp;mode=kvm");
    }

    @Test
    void theFirstPageRunsAGuestThatNoVisitTakesFromOthers() {
        assertThat(get("/").body())
                .contains("id=\"showcase\"", "data-time=\"0\"", "href=\"/reference\"", "href=\"/matrix\"");
        var part = get("/showcase?at=21&lang=en").body();
        assertThat(part)
                .contains("data-time=\"21\"", "data-value=\"a.serial\">IF=0", "data-value=\"b.serial\">IF=1")
                .contains(Words.in("en").text("difference.title"))
                .contains("/lab?guest=popf-hole&amp;mode=bare&amp;mode=trap-and-emulate&amp;time=21")
                .doesNotContain("<html");
        assertThat(get("/showcase?at=3").body()).contains("data-time=\"3\"").doesNotContain("b.serial");
        assertThat(get("/showcase?at=999999999999").body()).contains("data-ended=\"true\"");
        assertThat(get("/showcase?at=nonsense").statusCode()).isEqualTo(400);
        assertThat(get("/lab/showcase").statusCode()).isEqualTo(404);
    }

    @Test
    void aLabShowsWhatWasAskedFor() {
        var page =
                get("/lab?guest=two-plus-two&mode=bare&mode=kvm&time=2&lang=es").body();
        assertThat(page)
                .contains("lang=\"es\"", "data-time=\"2\"", "data-mode=\"bare\"", "data-mode=\"kvm\"")
                .contains("data-value=\"a.real.if\"", "data-value=\"b.believed.if\"", "data-value=\"b.bare.if\"")
                .contains("data-do=\"step\"", "aria-keyshortcuts=\"s\"");
    }

    @Test
    void withoutScriptsAButtonLeadsBackToTheLab() {
        var id = openLab("?guest=two-plus-two&mode=bare");
        var answer = post("/lab/" + id, "do=step");
        assertThat(answer.statusCode()).isEqualTo(303);
        assertThat(answer.headers().firstValue("Location").orElseThrow()).endsWith("/lab/" + id);
        assertThat(get("/lab/" + id).body()).contains("data-time=\"1\"");
    }

    @Test
    void withScriptsAButtonIsAnsweredWithTheLabAndItsAddress() {
        var id = openLab("?guest=two-plus-two&mode=bare&mode=vt-x");
        var answer = post("/lab/" + id, "do=step", "HX-Request", "true");
        assertThat(answer.body())
                .startsWith("<div id=\"lab\"")
                .contains("data-time=\"1\"")
                .doesNotContain("<html");
        assertThat(answer.headers().firstValue("HX-Replace-Url"))
                .contains("/lab?guest=two-plus-two&mode=bare&mode=vt-x&time=1");
    }

    private static Stream<String> panels() {
        return Panel.names().stream();
    }

    @ParameterizedTest
    @MethodSource("panels")
    void everyPanelHasAnAddress(String name) {
        var id = openLab("?guest=popf-hole&mode=trap-and-emulate&mode=vt-x&time=4");
        var address = "/lab/" + id + "/view/" + name;
        var panel = get(address + "?mode=b", "HX-Request", "true");
        assertThat(panel.statusCode()).isEqualTo(200);
        assertThat(panel.body().strip()).startsWith("<section").contains("-b\"").doesNotContain("<html");
        assertThat(get(address + "?mode=b&lang=es").body())
                .contains("<html", "data-mode=\"vt-x\"", "Volver al laboratorio")
                .doesNotContain("data-mode=\"trap-and-emulate\"");
        assertThat(get(address).body())
                .contains("data-mode=\"vt-x\"", "data-mode=\"trap-and-emulate\"", "Back to the lab");
    }

    @Test
    void theWholeLabIsAViewOfScripts() {
        var address = "/lab/" + openLab("?guest=popf-hole&mode=bare&time=4") + "/view/lab";
        assertThat(get(address, "HX-Request", "true").body().strip())
                .startsWith("<div id=\"lab\"")
                .doesNotContain("<html");
        assertThat(get(address).statusCode()).isEqualTo(303);
    }

    @Test
    void whatModesShowTogetherHasAnAddressOfItsOwn() {
        var four = get("/lab?guest=popf-hole&mode=bare&mode=trap-and-emulate&mode=vt-x&mode=kvm&time=14");
        assertThat(four.body()).contains("class=\"modes four\"", "data-do=\"part\"", "data-do=\"drag-all\"");
        var id = id(four.body());
        assertThat(get("/lab/" + id + "/view/together").body())
                .contains("data-reason=\"GENERAL_PROTECTION\"", "data-total=\"steps\"");
        assertThat(get("/lab/" + id(get("/lab?guest=popf-hole&mode=bare").body()) + "/view/together")
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void whichViewsAreOpenIsChosenAndStandsInTheAddress() {
        var id = openLab("?guest=popf-hole&mode=bare&time=4");
        assertThat(get("/lab/" + id).body()).contains("id=\"memory-a\"", "id=\"stack-a\"");
        var answer = post("/lab/" + id, "do=views&view=memory&view=code", "HX-Request", "true");
        assertThat(answer.body()).contains("id=\"memory-a\"", "id=\"code-a\"").doesNotContain("id=\"stack-a\"");
        assertThat(answer.headers().firstValue("HX-Replace-Url"))
                .contains("/lab?guest=popf-hole&mode=bare&time=4&views=code,memory");
        assertThat(post("/lab/" + id, "do=step", "HX-Request", "true").body()).doesNotContain("id=\"stack-a\"");
        assertThat(get("/lab?guest=popf-hole&mode=bare&views=stack").body())
                .contains("id=\"stack-a\"")
                .doesNotContain("id=\"code-a\"");
        assertThat(get("/lab?guest=popf-hole&mode=bare&views=none").body()).doesNotContain("id=\"code-a\"");
        assertThat(get("/lab?guest=popf-hole&mode=bare&views=nonsense").statusCode())
                .isEqualTo(400);
        assertThat(post("/lab/" + id, "do=views", "HX-Request", "true").body()).doesNotContain("id=\"code-a\"");
    }

    @Test
    void aByteOfMemoryIsWatchedFromWhereItIsShown() {
        var id = openLab("?guest=two-plus-two&mode=bare&views=memory");
        var answer = post("/lab/" + id, "do=toggle-watch&address=0x1001", "HX-Request", "true");
        assertThat(answer.headers().firstValue("HX-Replace-Url").orElse("")).contains("break=memory+0x1001");
        assertThat(answer.body()).containsPattern("<button[^>]*aria-pressed=\"true\"[^>]*>[0-9a-f]{2}</button>");
        assertThat(post("/lab/" + id, "do=toggle-watch&address=0x1001", "HX-Request", "true")
                        .body())
                .doesNotContainPattern("<button[^>]*aria-pressed=\"true\"[^>]*>[0-9a-f]{2}</button>");
    }

    @Test
    void lockedViewsStayAsTheyAreAndTheAddressSaysSo() {
        var address = "/lab?guest=popf-hole&mode=bare&time=4&views=code,stack&lock=1";
        var page = get(address);
        assertThat(page.body())
                .contains("id=\"stack-a\"", "data-locked=\"true\"")
                .doesNotContain("name=\"view\"", "id=\"memory-a\"");
        var id = id(page.body());
        var answer = post("/lab/" + id, "do=views&view=memory", "HX-Request", "true");
        assertThat(answer.body()).contains("id=\"stack-a\"", "class=\"notice\"").doesNotContain("id=\"memory-a\"");
        assertThat(answer.headers().firstValue("HX-Replace-Url")).contains(address);
        assertThat(get("/lab/" + id).body()).contains("data-locked=\"true\"");
    }

    @Test
    void instructionsAreWrittenInAttSyntaxWhereThatIsChosen() {
        var id = openLab("?guest=two-plus-two&mode=bare");
        assertThat(get("/lab/" + id).body()).contains("mov al,0x2").doesNotContain("mov $0x2,%al");
        var answer = post("/lab/" + id, "do=syntax&syntax=att", "HX-Request", "true");
        assertThat(answer.body()).contains("mov $0x2,%al", "aria-pressed=\"true\"");
        assertThat(answer.headers().firstValue("HX-Replace-Url"))
                .contains("/lab?guest=two-plus-two&mode=bare&time=0&syntax=att");
        assertThat(post("/lab/" + id, "do=views&view=disassembly", "HX-Request", "true")
                        .body())
                .contains("mov $0x2,%al");
        assertThat(get("/lab?guest=two-plus-two&mode=bare&syntax=att").body()).contains("mov $0x2,%al");
        assertThat(get("/lab?guest=two-plus-two&mode=bare&syntax=vax").statusCode())
                .isEqualTo(400);
    }

    @Test
    void theTranslatedBlockStandsBesideTheInstructionsThatItIsMadeOf() {
        var lab = get("/lab?guest=two-plus-two&mode=emulation&time=1");
        assertThat(lab.body())
                .contains(
                        "<code>flags = add",
                        "<code>call out</code>",
                        "1 block made of",
                        "a routine does the whole instruction")
                .containsOnlyOnce("<tr class=\"next\" aria-current=\"step\"");
        assertThat(get("/lab?guest=two-plus-two&mode=bare").body()).doesNotContain("id=\"translation-a\"");
        assertThat(get("/lab?guest=two-plus-two&mode=binary-translation&time=1").body())
                .contains("<code>0000: mov al,0x2</code>", "<code>000b: int 0x30</code>", "1 block made of 9");
        assertThat(get("/lab?guest=two-plus-two&mode=emulation&time=1&lang=es").body())
                .contains("Bloque traducido", "1 bloque hecho de", "una rutina hace toda la instrucción");
    }

    @Test
    void whatDoesNotExistIsRefusedWithWhatDoes() {
        assertThat(get("/lab?guest=nobody").body()).contains("two-plus-two, rings");
        assertThat(get("/lab?guest=nobody").statusCode()).isEqualTo(400);
        assertThat(get("/lab?guest=two-plus-two&mode=magic").body()).contains("bare, emulation, trap-and-emulate");
        assertThat(get("/lab?mode=bare&mode=bare&mode=bare&mode=bare&mode=bare").statusCode())
                .isEqualTo(400);
        assertThat(get("/lab?time=-1").statusCode()).isEqualTo(400);
        assertThat(get("/lab?time=99999999999999999999").statusCode()).isEqualTo(400);
        assertThat(get("/lab/0000").statusCode()).isEqualTo(404);
        assertThat(get("/nothing").statusCode()).isEqualTo(404);
        assertThat(get("/nothing").body()).contains("There is no such page");
        assertThat(get("/static/../templates/lab.html").statusCode()).isIn(400, 404);
        assertThat(get("/static/vendor/README.md").statusCode()).isEqualTo(404);
        var id = openLab("");
        assertThat(get("/lab/" + id + "/view/everything").body()).contains("code, state");
        assertThat(post("/lab/" + id, "do=explode").statusCode()).isEqualTo(400);
        assertThat(post("/lab/" + id, "do=seek&time=soon").statusCode()).isEqualTo(400);
    }

    @Test
    void aRefusalInSpanishIsSpanish() {
        assertThat(get("/lab?guest=nobody&lang=es").body()).contains("No hay huésped «nobody»");
        assertThat(get("/lab?guest=nobody", "Accept-Language", "es").body()).contains("No hay huésped");
    }

    @Test
    void whatAddressesSayIsEscaped() {
        var page = get("/lab?guest=" + encoded("<script>alert(1)</script>\"'${7*7}[[${7*7}]]"))
                .body();
        assertThat(page).doesNotContain("<script>alert").doesNotContain("49").contains("&lt;script&gt;");
    }

    @Test
    void whatGuestsSayIsEscaped() {
        var id = openLab("?guest=two-plus-two&mode=bare");
        var hostile = """
            bits 16
            org 0x1000
            ; </textarea><script>alert('comment')</script> ${7*7} [[${7*7}]] __${7*7}__
            start: mov dx, 0x3f8
            mov si, text
            again: lodsb
            or al, al
            jz done
            out dx, al
            jmp again
            done: hlt
            text: db '</pre><img src=x onerror=alert(1)>[[${7*7}]]', 27, 0
            """;
        post("/lab/" + id, "do=assemble&source=" + encoded(hostile));
        post("/lab/" + id, "do=run");
        var page = get("/lab/" + id).body();
        assertThat(page)
                .doesNotContain("<script>alert", "<img src=x", "[[49]]", "__49__")
                .contains("&lt;img src=x onerror=alert(1)&gt;[[${7*7}]]\u241B");
    }

    @Test
    void anotherSitesNameForThisAddressIsRefused() throws IOException {
        var answer = raw("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 421");
        assertThat(raw("GET / HTTP/1.1\r\nHost: localhost:9\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200");
        assertThat(raw("GET / HTTP/1.1\r\nHost: 10.0.0.1\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 421");
        assertThat(raw("GET / HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 4");
    }

    @Test
    void formsOfAnotherSiteAreRefused() {
        var id = openLab("");
        assertThat(post("/lab/" + id, "do=step", "Origin", "http://evil.example")
                        .statusCode())
                .isEqualTo(403);
        assertThat(post("/lab/" + id, "do=step", "Origin", "null").statusCode()).isEqualTo(403);
        assertThat(post("/lab/" + id, "do=step", "Sec-Fetch-Site", "cross-site").statusCode())
                .isEqualTo(403);
        assertThat(get("/lab", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image")
                        .statusCode())
                .isEqualTo(403);
        assertThat(get(
                                "/lab",
                                "Sec-Fetch-Site",
                                "cross-site",
                                "Sec-Fetch-Mode",
                                "navigate",
                                "Sec-Fetch-Dest",
                                "document")
                        .statusCode())
                .isEqualTo(200);
        assertThat(post("/lab/" + id, "do=step", "Origin", "http://127.0.0.1:" + server.port())
                        .statusCode())
                .isEqualTo(303);
        assertThat(get("/lab/" + id).body()).contains("data-time=\"1\"");
    }

    @Test
    void theBrowserIsToldToLetNothingElseIn() {
        var headers = get("/lab").headers();
        var policy = headers.firstValue("Content-Security-Policy").orElseThrow();
        assertThat(policy)
                .contains("default-src 'none'", "script-src 'self';", "frame-ancestors 'none'")
                .doesNotContain("unsafe");
        assertThat(headers.firstValue("X-Content-Type-Options")).contains("nosniff");
        assertThat(get("/lab").headers().firstValue("Content-Security-Policy"))
                .isNotEqualTo(headers.firstValue("Content-Security-Policy"));
    }

    @Test
    void pagesCarryNoHandlersStylesOrForeignAddressesOfTheirOwn() {
        var page = get("/lab?guest=popf-hole&mode=bare&mode=trap-and-emulate&time=4")
                .body();
        assertThat(page).doesNotContainPattern("\\son[a-z]+=").doesNotContain("style=\"", "javascript:");
        assertThat(page.replace("http://www.w3.org/", "")).doesNotContain("http://", "https://");
    }

    @Test
    void cookiesStayHereAndOutOfScripts() {
        var cookies = get("/?lang=es&theme=dark").headers().allValues("Set-Cookie");
        assertThat(cookies)
                .hasSize(2)
                .allMatch(cookie -> cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
        assertThat(get("/", "Cookie", "lang=es; theme=dark").body()).contains("lang=\"es\"", "data-theme=\"dark\"");
        assertThat(get("/", "Cookie", "lang=<x>; theme=\"y\"").body()).contains("lang=\"en\"", "data-theme=\"auto\"");
    }

    @Test
    void aBodyThatIsTooLargeIsRefusedBeforeItIsRead() throws IOException {
        var id = openLab("");
        var head = "POST /lab/" + id
                + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        assertThat(raw(head + "Content-Length: 999999999\r\n\r\n")).startsWith("HTTP/1.1 413");
        assertThat(raw(head + "Transfer-Encoding: chunked\r\n\r\n5\r\ndo=st\r\n0\r\n\r\n"))
                .startsWith("HTTP/1.1 411");
        var large = post("/lab/" + id, "do=assemble&source=" + "x".repeat(3 << 20));
        assertThat(large.statusCode()).isEqualTo(413);
        assertThat(large.body()).contains("takes");
        var partial = post("/lab/" + id, "x".repeat(3 << 20), "HX-Request", "true", "HX-Target", "div#answer");
        assertThat(partial.body()).startsWith("<div id=\"answer\"");
    }

    @Test
    void garbageIsRefusedAndTheGuestBeforeStays() {
        var id = openLab("?guest=two-plus-two&mode=bare");
        for (String source :
                List.of("\u0000\u0001\uFFFF%macro", "%macro x 1\nx %1\n%endmacro\nx 1", "times 1000000000 db 0", "")) {
            var answer = post("/lab/" + id, "do=assemble&source=" + encoded(source), "HX-Request", "true");
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).startsWith("<div id=\"answer\"").contains("data-line=");
        }
        assertThat(get("/lab/" + id).body()).contains("two-plus-two");
    }

    @Test
    void theAssemblerSpeaksTheLanguageOfThePage() {
        var id = openLab("?guest=two-plus-two&mode=bare");
        var wrong = "do=assemble&source=" + encoded("mvo ax, 5\n%error 'so'\nmov eax, [cx]\n");
        assertThat(post("/lab/" + id, wrong, "HX-Request", "true", "Cookie", "lang=es")
                        .body())
                .contains("«mvo» no es una instrucción que este procesador conozca", "¿quizá mov?")
                .contains("El código fuente dice: ", "puede tener bx o bp, más si o di, más un número")
                .doesNotContain("is not", "did you mean");
        assertThat(post("/lab/" + id, wrong, "HX-Request", "true", "Cookie", "lang=en")
                        .body())
                .contains("&#39;mvo&#39; is not an instruction that this processor knows", "did you mean mov?")
                .doesNotContain("El código");
    }

    @Test
    void assembledSourceIsALabOfItsOwnThatCanChangeItsMode() {
        var id = openLab("?guest=two-plus-two&mode=bare");
        var answer =
                post("/lab/" + id, "do=assemble&source=" + encoded("bits 16\norg 0x1000\nhlt\n"), "HX-Request", "true");
        assertThat(answer.headers().firstValue("HX-Redirect")).contains("/lab/" + id);
        var other = get("/lab?guest=" + encoded("~" + id) + "&mode=kvm");
        assertThat(other.statusCode()).isEqualTo(200);
        assertThat(other.body()).contains("data-mode=\"kvm\"", "value=\"~" + id(other.body()) + "\"");
    }

    @Test
    void aFarTimeDoesNotKeepTheRequestWaiting() {
        var id = openLab("");
        post("/lab/" + id, "do=assemble&source=" + encoded("bits 16\norg 0x1000\na: jmp a\n"));
        var begin = System.nanoTime();
        post("/lab/" + id, "do=seek&time=999999999999");
        assertThat(get("/lab/" + id).body()).contains("data-running=\"true\"");
        assertThat(System.nanoTime() - begin).isLessThan(20_000_000_000L);
        post("/lab/" + id, "do=pause");
        assertThat(get("/lab/" + id).body()).contains("data-running=\"false\"");
    }

    // A file of one's own.

    private HttpResponse<String> send(String name, byte[] file, String... fields) {
        var body = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i += 2) {
            body.writeBytes(("--edge\r\nContent-Disposition: form-data; name=\"" + fields[i] + "\"\r\n\r\n"
                            + fields[i + 1] + "\r\n")
                    .getBytes(StandardCharsets.UTF_8));
        }
        body.writeBytes(("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8));
        body.writeBytes(file);
        body.writeBytes("\r\n--edge--\r\n".getBytes(StandardCharsets.UTF_8));
        return send(HttpRequest.newBuilder(uri("/lab"))
                .header("Content-Type", "multipart/form-data; boundary=edge")
                .header("Cookie", "lang=es")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()))
                .build());
    }

    private HttpResponse<String> follow(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(303);
        var location = URI.create(answer.headers().firstValue("Location").orElseThrow());
        return get(location.getPath() + (location.getQuery() == null ? "" : "?" + location.getRawQuery()));
    }

    @Test
    void aBootSectorThatIsSentIsALabWithAnAddressOfItsOwn() {
        var sector = new byte[512];
        sector[0] = (byte) 0xF4;
        sector[510] = 0x55;
        sector[511] = (byte) 0xAA;
        var answer = send("boot.img", sector, "mode", "vt-x", "memory", "2M");
        assertThat(answer.headers().firstValue("Location").orElseThrow()).contains("guest=%40", "&memory=2M");
        var lab = follow(answer);
        assertThat(lab.statusCode()).isEqualTo(200);
        assertThat(lab.body()).contains("boot.img", "data-mode=\"vt-x\"", "0x7c00");
        var step = post("/lab/" + id(lab.body()), "do=run", "HX-Request", "true");
        assertThat(step.body()).contains("data-ended=\"true\"");
        assertThat(step.headers().firstValue("HX-Replace-Url").orElseThrow())
                .matches("/lab\\?guest=%40[0-9a-f]{32}&mode=vt-x&memory=2M&time=1");
    }

    @Test
    void aFlatBinaryStartsWhereTheFormSays() {
        byte[] code = {(byte) 0x90, 0x48, (byte) 0xFF, (byte) 0xC0, (byte) 0xF4};
        var lab = follow(send("code", code, "bits", "64", "load", "0x5000", "entry", "5001h"));
        assertThat(lab.body()).contains("0x5001", "inc rax");
    }

    @Test
    void aSourceThatIsBeingWrittenIsLookedOverAndNothingIsStarted() {
        String id = openLab("?guest=two-plus-two&mode=kvm&time=3");
        var answer = post(
                "/lab/" + id + "/check", "source=" + encoded("bits 16\nmov ax, 1\nnonsense 3\n"), "HX-Request", "true");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body())
                .contains("id=\"answer\"", "data-line=\"3\" data-column=\"1\"")
                .doesNotContain("<html", "role=\"status\"");
        assertThat(post("/lab/" + id + "/check", "source=hlt").body()).doesNotContain("<li");
        assertThat(post("/lab/" + id + "/check", "source=" + "nop%0A".repeat(40_000))
                        .statusCode())
                .isEqualTo(204);
        assertThat(get("/lab/" + id).body()).contains("data-time=\"3\"", "Adds two and two");
        assertThat(post("/lab/nobody/check", "source=hlt").statusCode()).isEqualTo(404);
    }

    @Test
    void aSourceIsSetInColumnsWithScriptsAndWithout() {
        String id = openLab("?guest=two-plus-two&mode=kvm");
        assertThat(post("/lab/" + id + "/format", "source=" + encoded("a: hlt ;x"), "HX-Request", "true")
                        .body())
                .isEqualTo("a:      hlt                     ;x\n");
        assertThat(post("/lab/" + id + "/format", "source=" + encoded("a: hlt ;<b>"))
                        .statusCode())
                .isEqualTo(303);
        assertThat(get("/lab/" + id).body()).contains("a:      hlt                     ;&lt;b&gt;");
    }

    @Test
    void aSourceThatIsSentCanBeEdited() {
        var lab = follow(send("my.asm", "bits 16\nmov cx, 77\nhlt\n".getBytes(StandardCharsets.UTF_8)));
        assertThat(lab.body()).contains("mov cx, 77\n");
    }

    @Test
    void aFileThatCannotStartIsRefusedInTheLanguageOfThePage() {
        byte[] code = {(byte) 0xF4};
        var refused = send("code", code, "load", "0x5000000");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("el programa necesita 0x1 bytes en 0x5000000", "da más memoria al huésped");
        assertThat(send("code", code, "load", "somewhere").body()).contains("«somewhere» no es una dirección");
        assertThat(send("code", new byte[0]).body()).contains("el fichero code está vacío");
        assertThat(send("x.asm", "nop\nmvo\n".getBytes(StandardCharsets.UTF_8)).body())
                .contains("x.asm:2:1: «mvo» no es");
        assertThat(send("kernel", new byte[] {0x7F, 'E', 'L', 'F', 1, 1, 1, 0}).body())
                .contains("no tiene cabecera multiboot");
        assertThat(send("", code).body()).contains("No había ningún fichero");
        assertThat(send("big", new byte[3 << 20]).statusCode()).isEqualTo(413);
        assertThat(get("/lab?guest=%40" + "0".repeat(32)).statusCode()).isEqualTo(404);
    }

    @Test
    void memoryAndInterruptControllersCanBeChosen() {
        assertThat(get("/lab?memory=1M&irqchip=split&mode=kvm").body())
                .contains(
                        "<option value=\"1M\" selected=\"selected\">",
                        "<option value=\"split\" selected=\"selected\">");
        assertThat(get("/lab?memory=2G").statusCode()).isEqualTo(400);
        assertThat(get("/lab?memory=512M").body()).contains("1M to 128M");
        assertThat(get("/lab?memory=0").body()).contains("a machine has 1M to 1G");
        assertThat(get("/lab?irqchip=nobody").body()).contains("user, kernel or split");
    }

    @Test
    void whatTheModeStandsOnCanBeChosenAndStaysInTheAddress() {
        var lab = get("/lab?guest=two-plus-two&mode=kvm&hardware=amd-v&generation=2010")
                .body();
        assertThat(lab)
                .contains(
                        "<option value=\"amd-v\" selected=\"selected\">",
                        "<option value=\"2010\" selected=\"selected\">",
                        "<option value=\"vmware\" selected=\"selected\">");
        var run = post("/lab/" + id(lab), "do=run", "HX-Request", "true");
        assertThat(run.body()).contains("data-reason=\"IOIO\"");
        assertThat(run.headers().firstValue("HX-Replace-Url").orElseThrow())
                .isEqualTo("/lab?guest=two-plus-two&mode=kvm&hardware=amd-v&generation=2010&time=9");
        assertThat(get("/lab/" + id(lab) + "/view/lab", "HX-Request", "true")
                        .headers()
                        .firstValue("HX-Replace-Url")
                        .orElseThrow())
                .endsWith("&time=9");
        assertThat(get("/lab?hardware=sparc").body()).contains("vt-x or amd-v");
        assertThat(get("/lab?generation=1999").body()).contains("2005, 2008, 2010 and today");
        assertThat(get("/lab?translator=google").body())
                .contains("vmware, patched as by virtualbox or emulated as by kqemu");
    }

    @Test
    void memoryOnHardwareIsShadowedWhereThatIsChosenOrNothingElseThere() {
        for (String choice : new String[] {"paging=shadow", "generation=2005"}) {
            var lab = get("/lab?guest=two-plus-two&mode=amd-v&" + choice).body();
            var run = post("/lab/" + id(lab), "do=run", "HX-Request", "true");
            assertThat(run.body()).contains("data-reason=\"EXCP14\"");
            assertThat(run.headers().firstValue("HX-Replace-Url").orElseThrow()).contains("&" + choice + "&");
        }
        assertThat(get("/lab?paging=direct").body()).contains("shadow, nested or best");
        assertThat(get("/lab?mode=vt-x&generation=2005&paging=nested").body()).contains("has no nested tables");
    }

    @Test
    void costsAreThoseOfTheGeneration() {
        var costs = Stream.of("2010", "today")
                .map(generation -> get("/lab?guest=rings&mode=vt-x&time=40&generation=" + generation)
                        .body())
                .map(page -> page.replaceAll("(?s).*?<span>([^<]*cycles[^<]*)</span>.*", "$1"))
                .toList();
        assertThat(costs.get(0)).isNotEqualTo(costs.get(1)).contains("cycles");
    }

    @Test
    void wordsToColourComeFromTheTable() {
        assertThat(get("/assembly-words").body()).contains("popfd", "cr0", "%macro");
    }

    @Test
    void aPortThatIsTakenIsSaidInASentence() {
        assertThatThrownBy(() -> LabServer.start("127.0.0.1", server.port()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("another --port");
    }
}
