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

/** The drawn views as their addresses answer them. */
class PicturesTest {
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

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
    }

    private HttpResponse<String> get(String path) {
        return send(request(path).header("HX-Request", "true"));
    }

    private void post(String path, String form) {
        var answer = send(request(path)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form)));
        assertThat(answer.statusCode()).isLessThan(400);
    }

    private String open(String query) {
        var matcher = ID.matcher(send(request("/lab?" + query)).body());
        assertThat(matcher.find()).isTrue();
        return "/lab/" + matcher.group(1);
    }

    private static int count(String text, String part) {
        return text.split(Pattern.quote(part), -1).length - 1;
    }

    /** In the lanes each exit is a button of the form that jumps. */
    @Test
    void everyExitInTheLanesLeadsToItsTime() {
        var view =
                get(open("guest=two-plus-two&mode=kvm&time=9") + "/view/lanes").body();
        assertThat(view)
                .contains("form=\"jump\" name=\"time\" value=\"8\"", "KVM, in the kernel", ">IO_INSTRUCTION 30<");
        assertThat(get(open("guest=two-plus-two&mode=kvm") + "/view/lanes?lang=es")
                        .body())
                .contains("Todavía no se ha ejecutado nada");
    }

    @ParameterizedTest
    @CsvSource({
        "en, VM exit answered in user space, not left here at all",
        "es, salida de VM respondida en el espacio de usuario, no se sale en absoluto"
    })
    void theCardOfAnExitHasItsCostAndOnDemandOtherMachines(String language, String cost, String avoided) {
        var lab = open("guest=two-plus-two&mode=kvm&time=9");
        var card = get(lab + "/view/exit?lang=" + language);
        assertThat(card.body())
                .containsIgnoringCase(cost)
                .contains("HLT 12", "try=on")
                .doesNotContain(avoided);
        assertThat(get(lab + "/view/exit?try=on&lang=" + language).body()).contains(avoided);
        assertThat(get(lab + "/view/exit?exit=1").body()).contains("EPT_VIOLATION 48");
        assertThat(get(lab + "/view/exit?exit=x").statusCode()).isEqualTo(400);
    }

    @Test
    void theWholeRunHasASliderUpToWhatIsKnown() {
        var lab = open("guest=two-plus-two&mode=kvm&time=9");
        assertThat(get(lab + "/view/course").body())
                .contains("max=\"9\"", "value=\"9\"", "run to its end, at time 9", "class=\"ctx-V\"");
        post(lab, "do=seek&time=4");
        assertThat(get(lab + "/view/course").body()).contains("max=\"9\"", "value=\"4\"");
        assertThat(get(open("guest=two-plus-two&mode=kvm") + "/view/course").body())
                .contains("disabled");
    }

    @Test
    void countsHaveABarForEachReasonAndPlace() {
        var view =
                get(open("guest=two-plus-two&mode=kvm&time=9") + "/view/counts").body();
        assertThat(view).contains("data-place=\"kvm-user\"", "data-place=\"guest\"", "data-reason=\"HLT\"");
        assertThat(count(view, "<rect")).isEqualTo(count(view, "data-place") + count(view, "data-reason"));
    }

    /** Two levels over four: 2 (4 + 1) + 4 = 14 references, numbered in their order. */
    @Test
    void aWalkInTwoDimensionsHasANumberedCellForEachReference() {
        var lab = open("guest=paging&mode=vt-x&time=31&views=walk");
        var view = get(lab + "/view/walk?address=1000").body();
        assertThat(count(view, "class=\"cell H\"")).isEqualTo(12);
        assertThat(count(view, "class=\"cell K\"")).isEqualTo(2);
        assertThat(view).contains(">14</text>").doesNotContain(">15</text>");
        assertThat(count(view, "<tr>")).as("the table behind it").isGreaterThanOrEqualTo(14);
    }

    @ParameterizedTest
    @CsvSource({"bare, 1", "trap-and-emulate, 2", "xen-pv, 1"})
    void thereIsAPictureForEachSetOfTables(String mode, int pictures) {
        var view = get(open("guest=paging&mode=" + mode + "&time=31") + "/view/walk")
                .body();
        assertThat(count(view, "<figure")).isEqualTo(pictures);
        assertThat(count(view, "role=\"img\"")).isGreaterThanOrEqualTo(pictures);
    }

    @ParameterizedTest
    @CsvSource({"en, the PTE is not present", "es, la PTE no está presente"})
    void whyAnAccessFaultsIsSaidInASentence(String language, String sentence) {
        var view = get(open("guest=paging&mode=bare&time=30") + "/view/walk?address=cr2&lang=" + language);
        assertThat(view.body()).contains(sentence, "value=\"cr2\"");
    }

    @Test
    void whatIsAskedForOnThePageIsRemembered() {
        var lab = open("guest=paging&mode=bare&time=31");
        post(lab, "do=walk&address=1000&access=write&program=on");
        var view = get(lab + "/view/walk").body();
        assertThat(view).contains("value=\"1000\"", "U/S in the PDE is 0");
        post(lab, "do=walk&place=ss%3Asp&address=1000");
        assertThat(get(lab + "/view/walk").body()).contains("value=\"ss:sp\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"<b>nowhere</b>", "0x", "cs:", "g\"onfocus=\"x"})
    void whatIsNoAddressIsRefusedInASentenceAndEscaped(String typed) {
        var lab = open("guest=paging&mode=bare");
        var answer = get(lab + "/view/walk?address=" + URLEncoder.encode(typed, StandardCharsets.UTF_8));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).doesNotContain("<b>nowhere", "\"onfocus");
        assertThat(get(lab + "/view/walk?access=eat").statusCode()).isEqualTo(400);
    }
}
