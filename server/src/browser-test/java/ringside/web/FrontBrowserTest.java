package ringside.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a first visit sees: a guest that runs. */
class FrontBrowserTest {
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

    private static int time(Page page) {
        return Integer.parseInt(page.getAttribute("#showcase", "data-time"));
    }

    @Test
    void theGuestRunsByItselfUntilSomebodyPausesIt() {
        var page = chromium.page(1280, 800, ColorScheme.LIGHT, "en");
        page.navigate(server.url() + "?at=3");
        page.waitForSelector("#showcase[data-time='4']");
        page.waitForSelector("#showcase[data-time='5']");
        assertThat(page.locator("#play")).hasText("Pause");
        page.keyboard().press("p");
        assertThat(page.locator("#play")).hasText("Play");
        page.keyboard().press("b");
        page.waitForSelector("#showcase[data-time='4']");
        page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target", "screenshots", "front-light.png")));
        assertThat(Chromium.violations(page)).isEmpty();
        page.click("#showcase [data-do=whole]");
        page.waitForSelector("#lab[data-time='4'] [data-mode=trap-and-emulate]");
        page.context().close();
    }

    @Test
    void itStandsAtItsEndAndBeginsAgainWhenItIsPlayed() {
        var page = chromium.page(390, 844, ColorScheme.DARK, "es");
        page.navigate(server.url() + "?at=64");
        page.click("#play");
        assertThat(page.locator("#showcase")).hasAttribute("data-ended", "true");
        assertThat(page.locator("#showcase [data-do=step]")).isDisabled();
        page.click("#play");
        page.waitForSelector("#showcase[data-time='0']");
        assertThat((Boolean) page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"))
                .isTrue();
        page.context().close();
    }

    @Test
    void whereLittleMotionIsWantedItStandsAndHasAButton() {
        var page = chromium.page(new Browser.NewContextOptions()
                .setReducedMotion(ReducedMotion.REDUCE)
                .setLocale("en"));
        page.navigate(server.url());
        assertThat(page.locator("#play")).hasText("Play");
        page.keyboard().press("s");
        page.waitForSelector("#showcase[data-time='1']");
        page.waitForTimeout(2_000);
        assertThat(time(page)).isEqualTo(1);
        page.click("#play");
        page.waitForSelector("#showcase[data-time='2']");
        page.context().close();
    }

    @Test
    void withoutScriptsItIsSteppedByLinks() {
        var page = chromium.pageWithoutScripts();
        page.navigate(server.url());
        assertThat(page.locator("#play")).isHidden();
        page.click("#showcase [data-do=step]");
        page.waitForSelector("#showcase[data-time='1']");
        page.context().close();
    }
}
