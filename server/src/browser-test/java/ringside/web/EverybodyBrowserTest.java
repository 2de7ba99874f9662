package ringside.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The lab by keys of one's own, and by ear. */
class EverybodyBrowserTest {
    private static final Path SCREENSHOTS = Path.of("target", "screenshots");
    private static final String LAB = "lab?guest=popf-hole&mode=bare&mode=trap-and-emulate";

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

    @Test
    void keysAreChangedRefusedSwitchedOffAndComeBack() {
        var page = chromium.page(1280, 800, ColorScheme.LIGHT, "en");
        page.navigate(server.url() + LAB);
        page.keyboard().press("?");
        page.selectOption("[data-do=rebind]", "s");
        var said = page.locator("#key-said");
        press(page, "x");
        assertThat(said).hasText("x is taken; it is the key for: Next exit");
        press(page, "/");
        assertThat(said).hasText(Words.in("en").text("keys.browser"));
        press(page, "Control+s");
        assertThat(said).hasText(Words.in("en").text("keys.browser"));
        press(page, "Escape");
        assertThat(page.locator("#help")).isVisible();
        press(page, "_");
        assertThat(said).hasText("_ is the key now for: Step");
        page.screenshot(new Page.ScreenshotOptions().setPath(SCREENSHOTS.resolve("keys.png")));
        assertThat(Chromium.violations(page)).isEmpty();
        page.keyboard().press("Escape");
        page.keyboard().press("s");
        page.keyboard().press("_");
        page.waitForSelector("#lab[data-time='1']");
        assertThat(page.locator("[data-do=step]")).hasAttribute("aria-keyshortcuts", "_");
        assertThat(page.locator("[data-do=step] kbd")).hasText("_");
        page.reload();
        page.keyboard().press("_");
        page.waitForSelector("#lab[data-time='2']");
        page.keyboard().press("?");
        page.uncheck("[data-do=keys-on]");
        page.keyboard().press("Escape");
        page.keyboard().press("_");
        page.keyboard().press("x");
        page.keyboard().press("?");
        assertThat(page.locator("#help")).isHidden();
        assertThat(page.locator("#lab")).hasAttribute("data-time", "2");
        page.click("[data-do=help]");
        page.click("[data-do=keys-reset]");
        page.keyboard().press("Escape");
        page.keyboard().press("s");
        page.waitForSelector("#lab[data-time='3']");
        page.context().close();
    }

    private static void press(Page page, String key) {
        page.click("[data-do=press]");
        page.keyboard().press(key);
    }

    @Test
    void everyPageTellsItsKeys() {
        var page = chromium.page(1280, 800, ColorScheme.DARK, "es");
        for (String path : List.of("", "costs", "reference")) {
            page.navigate(server.url() + path);
            page.keyboard().press("?");
            assertThat(page.locator("#help dl dt:has-text('h') + dd").first()).hasText("Ringside");
            assertThat(page.locator("#help dl dt")).not().hasCount(0);
        }
        assertThat(page.locator("#help dl dd"))
                .containsText(new String[] {Words.in("es").text("reference.search")});
        page.context().close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "es"})
    void eachStepIsSaidWithWhatChangedAndWhyTheGuestWasLeft(String language) {
        var words = Words.in(language);
        var page = chromium.page(1280, 800, ColorScheme.LIGHT, language);
        page.navigate(server.url() + "lab?guest=popf-hole&mode=trap-and-emulate");
        var log = page.locator("#spoken");
        assertThat(log).hasAttribute("role", "log");
        assertThat(log).isEmpty();
        page.keyboard().press("s");
        assertThat(log.locator("p")).hasCount(1);
        assertThat(log).containsText(words.text("spoken.time", 1L));
        assertThat(log).containsText(words.text("spoken.change", "ESP", "0x0", "0x8000"));
        page.keyboard().press("s");
        assertThat(log.locator("p")).hasCount(2);
        assertThat(log.locator("p").last())
                .containsText(words.text("spoken.exit", "GENERAL_PROTECTION", words.ofName("who.", "monitor")));
        page.keyboard().press("?");
        page.uncheck("[data-do=speak]");
        page.keyboard().press("Escape");
        page.keyboard().press("s");
        page.waitForSelector("#lab[data-time='3']");
        page.reload();
        page.keyboard().press("s");
        page.waitForSelector("#lab[data-time='4']");
        page.waitForTimeout(400);
        assertThat(log).isEmpty();
        page.context().close();
    }
}
