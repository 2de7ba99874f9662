package ringside.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Dialog;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Writing a guest. */
class EditorBrowserTest {
    private static final String TEXT = "() => document.querySelector('#source').value";

    private static LabServer server;
    private static Chromium chromium;

    @BeforeAll
    static void start() throws IOException {
        server = LabServer.start("127.0.0.1", 0);
        chromium = new Chromium();
    }

    @AfterAll
    static void stop() {
        chromium.close();
        server.close();
    }

    @AfterEach
    void nothingIsComplainedAboutAndNothingIsAskedOfOthers() {
        assertThat(chromium.complaints()).isEmpty();
    }

    private static Page open(String language) {
        var page = chromium.page(1280, 800, ColorScheme.LIGHT, language);
        page.navigate(server.url() + "lab?guest=two-plus-two&mode=bare#editor");
        page.waitForSelector(".cm-content");
        return page;
    }

    private static void write(Page page, String source) {
        page.click(".cm-content");
        page.keyboard().press("Control+a");
        page.keyboard().insertText(source);
    }

    private static String source(Page page) {
        return (String) page.evaluate(TEXT);
    }

    @Test
    void errorsShowAsOneTypesAndGoWhenTheyAreMended() {
        var page = open("es");
        write(page, "bits 16\nmov ax, 1\nnonsense 3\n");
        assertThat(page.locator("#answer [data-do=line]"))
                .hasText(Words.in("es").text("editor.at", 3, 1));
        page.waitForSelector(".cm-lint-marker-error");
        assertThat(page.locator("#answer")).not().hasAttribute("role", "status");
        assertThat(page.locator("#lab")).hasAttribute("data-time", "0");
        write(page, "bits 16\nmov ax, 1\nhlt\n");
        assertThat(page.locator("#answer li")).hasCount(0);
        assertThat(page.locator(".cm-lint-marker-error")).hasCount(0);
        page.context().close();
    }

    @Test
    void instructionsRegistersAndLabelsAreCompleted() {
        var page = open("en");
        write(page, "bits 16\nagain_and_again: nop\n");
        page.keyboard().type("        lood");
        page.keyboard().press("Backspace");
        page.keyboard().press("Backspace");
        assertThat(page.locator(".cm-tooltip-autocomplete li").first()).isVisible();
        page.keyboard().type("op");
        assertThat(page.locator(".cm-tooltip-autocomplete")).containsText("loopne");
        page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target", "screenshots", "completion.png")));
        page.keyboard().type(" aga");
        assertThat(page.locator(".cm-tooltip-autocomplete")).containsText("again_and_again");
        assertThat(page.locator(".cm-tooltip-autocomplete")).containsText("label");
        page.keyboard().press("ArrowDown");
        page.keyboard().press("Enter");
        assertThat(source(page)).endsWith("loop again_and_again");
        page.keyboard().press("Enter");
        page.keyboard().type(";@");
        assertThat(page.locator(".cm-tooltip-autocomplete")).containsText(";@ milestone");
        page.context().close();
    }

    @Test
    void theSourceIsSetInColumnsAndComesBackByUndo() {
        var page = open("en");
        write(page, "start: mov  ax,1\n hlt ; the end");
        page.keyboard().press("Shift+Alt+F");
        var formatted = "start:  mov ax, 1\n        hlt                     ; the end\n";
        page.waitForFunction("wanted => document.querySelector('#source').value === wanted", formatted);
        page.keyboard().press("Control+z");
        assertThat(source(page)).isEqualTo("start: mov  ax,1\n hlt ; the end");
        page.click("[data-do=format]");
        page.waitForFunction("wanted => document.querySelector('#source').value === wanted", formatted);
        page.context().close();
    }

    @Test
    void whatWasWrittenIsThereAgainAndNotReplacedUnasked() {
        var page = open("en");
        var original = source(page);
        write(page, "hlt ; mine");
        page.navigate(server.url() + "matrix?bits=16");
        page.goBack();
        page.waitForSelector(".cm-content");
        assertThat(source(page)).isEqualTo("hlt ; mine");
        page.reload();
        page.waitForSelector(".cm-content");
        assertThat(page.locator("#draft")).isVisible();
        assertThat(source(page)).isEqualTo("hlt ; mine");
        page.onceDialog(Dialog::dismiss);
        page.click("[data-do=discard]");
        assertThat(source(page)).isEqualTo("hlt ; mine");
        page.selectOption("[data-choose=sample]", "popf-hole");
        page.click("[data-do=sample]");
        page.waitForURL("**/lab?guest=popf-hole#editor");
        page.waitForSelector(".cm-content");
        assertThat(source(page)).contains("The hole in classic x86");
        page.navigate(server.url() + "lab?guest=two-plus-two&mode=bare");
        page.onceDialog(Dialog::accept);
        page.click("[data-do=discard]");
        assertThat(source(page)).isEqualTo(original);
        page.reload();
        assertThat(page.locator("#draft")).isHidden();
        page.context().close();
    }

    @Test
    void withoutScriptsTheSourceIsStillSetInColumns() {
        var page = chromium.pageWithoutScripts();
        page.navigate(server.url() + "lab?guest=two-plus-two&mode=bare");
        page.click("#editor summary");
        page.fill("#source", "a: hlt");
        page.click("[data-do=format]");
        assertThat(page.locator("#source")).hasText("a:      hlt");
        page.context().close();
    }
}
