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
import org.junit.jupiter.params.provider.ValueSource;

/** Going through a run as a learner does: over and out, to the next and the previous of everything, by mouse and by keys. */
class TravelBrowserTest {
    private static final Path SCREENSHOTS = Path.of("target", "screenshots", "travel");
    private static final String KERNEL = "lab?guest=system-calls&mode=bare&mode=trap-and-emulate";

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

    private static Page open(String path, int width, ColorScheme colours) {
        var page = chromium.page(width, width < 500 ? 844 : 800, colours, "en");
        page.navigate(server.url() + path);
        return page;
    }

    private static Page open(String path) {
        return open(path, 1280, ColorScheme.LIGHT);
    }

    private static long time(Page page) {
        return Long.parseLong(page.getAttribute("#lab", "data-time"));
    }

    /** Presses a key, and waits for another guest time. */
    private static long press(Page page, String key) {
        var before = page.getAttribute("#lab", "data-time");
        page.keyboard().press(key);
        page.waitForFunction(
                "before => document.querySelector('#lab').dataset.time !== before"
                        + " && document.querySelector('#lab').dataset.running === 'false'",
                before);
        return time(page);
    }

    private static void picture(Page page, String name) {
        page.screenshot(new Page.ScreenshotOptions().setPath(SCREENSHOTS.resolve(name + ".png")));
    }

    private static void isAccessible(Page page) {
        assertThat(Chromium.violations(page)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "es"})
    void keysLeadToTheNextAndWithShiftToThePrevious(String language) {
        var page = open(KERNEL + "&lang=" + language);
        for (String keys : new String[] {"kK", ".,"}) {
            long first = press(page, keys.substring(0, 1));
            long second = press(page, keys.substring(0, 1));
            assertThat(second).isGreaterThan(first);
            assertThat(press(page, keys.substring(1))).isEqualTo(first);
        }
        assertThat(page.locator("[data-value=notice]")).not().isEmpty();
        page.context().close();
    }

    @Test
    void theMenuLeadsThereTooAndClosesBehindWhoeverChose() {
        var page = open(KERNEL);
        page.keyboard().press("a");
        assertThat(page.locator("#aims .sheet")).isVisible();
        picture(page, "menu");
        isAccessible(page);
        page.click("[data-do=next-system-call]");
        page.waitForSelector("[data-value=notice]");
        assertThat(page.locator("#aims .sheet")).isHidden();
        assertThat(page.textContent("[data-value=notice]")).contains("called its kernel");
        picture(page, "system-call");
        page.keyboard().press("a");
        page.keyboard().press("Escape");
        assertThat(page.locator("#aims .sheet")).isHidden();
        page.context().close();
    }

    @Test
    void overAndOutHaveTheirKeysInBothDirections() {
        var page = open("lab?guest=peldano&mode=bare");
        long milestone = press(page, ".");
        long over = press(page, "n");
        assertThat(press(page, "Shift+N")).isEqualTo(milestone);
        assertThat(over).isGreaterThan(milestone);
        assertThat(press(page, "Shift+C")).isZero();
        page.context().close();
    }

    @Test
    void onAPhoneTheMenuOpensAboveTheBar() {
        var page = open(KERNEL, 390, ColorScheme.DARK);
        page.click("#aims summary");
        picture(page, "phone-menu");
        isAccessible(page);
        var sheet = page.locator("#aims .sheet").boundingBox();
        assertThat(sheet.x).isGreaterThanOrEqualTo(0);
        assertThat(sheet.x + sheet.width).isLessThanOrEqualTo(390);
        assertThat(sheet.y).isGreaterThanOrEqualTo(0);
        page.context().close();
    }
}
