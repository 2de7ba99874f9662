package ringside.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The views that a learner opens beside the usual ones, in Chromium. */
class ViewsBrowserTest {
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
    void nothingIsComplainedAbout() {
        assertThat(chromium.complaints()).isEmpty();
    }

    private static Page open(String path, int width, ColorScheme colours, String language) {
        var page = chromium.page(width, 900, colours, language);
        page.navigate(server.url() + path);
        return page;
    }

    private static void picture(Page page, String name) {
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(SCREENSHOTS.resolve("views-" + name + ".png"))
                .setFullPage(true));
    }

    @Test
    void viewsAreOpenedAndClosedByTheKeyboardAlone() {
        var page = open("lab?guest=popf-hole&mode=trap-and-emulate&time=4", 1280, ColorScheme.LIGHT, "en");
        assertThat(page.locator("#stack-a")).isVisible();
        page.keyboard().press("w");
        page.focus("#views input[value=stack]");
        page.keyboard().press("Space");
        assertThat(page.locator("#stack-a")).hasCount(0);
        assertThat(page).hasURL(Pattern.compile(".*&views=code,.*memory.*"));
        picture(page, "menu");
        page.reload();
        assertThat(page.locator("#stack-a")).hasCount(0);
        assertThat(page.locator("#memory-a")).isVisible();
        page.context().close();
    }
}
