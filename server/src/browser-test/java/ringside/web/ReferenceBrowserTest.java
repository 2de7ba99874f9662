package ringside.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The reference, looked through by somebody with a keyboard. */
class ReferenceBrowserTest {
    private static final Path SCREENSHOTS = Path.of("target", "screenshots");

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

    private static Page open(String path, int width, ColorScheme colours, String language) {
        var page = chromium.page(width, 800, colours, language);
        page.setDefaultTimeout(120_000);
        page.navigate(server.url() + path);
        return page;
    }

    @Test
    void aCardIsFoundByKeyboardAndItsCellOpensTheLabAtThatStep() {
        var page = open("reference", 1280, ColorScheme.LIGHT, "en");
        page.keyboard().press("f");
        page.keyboard().type("popf");
        assertThat(page.locator(".cards li")).hasCount(1);
        page.keyboard().press("Tab");
        page.keyboard().press("Tab");
        page.keyboard().press("Enter");
        page.waitForURL("**/reference/POPF");
        assertThat(page.locator("h1")).hasText("POPF POPFD POPFQ");
        page.click("a[href*='matrix/32/0/POPF&mode=bare&mode=trap-and-emulate']");
        page.waitForSelector("#lab");
        assertThat(page.locator("#code-a .next, #disassembly-a .next").first()).containsText("popf");
        page.context().close();
    }

    @ParameterizedTest
    @CsvSource({
        "reference, LIGHT, 1280, en", "reference, DARK, 390, es",
        "reference/CLI?bits=32, LIGHT, 1280, es", "reference/CLI?bits=32, DARK, 390, en"
    })
    void everybodyCanReadIt(String path, ColorScheme colours, int width, String language) {
        var page = open(path, width, colours, language);
        var name = path.replaceAll("\\W+", "-") + "-" + language + "-" + width + ".png";
        page.screenshot(new Page.ScreenshotOptions().setPath(SCREENSHOTS.resolve(name)));
        assertThat(Chromium.violations(page)).isEmpty();
        assertThat((int) page.evaluate("() => document.documentElement.scrollWidth"))
                .isLessThanOrEqualTo(width);
        page.context().close();
    }
}
