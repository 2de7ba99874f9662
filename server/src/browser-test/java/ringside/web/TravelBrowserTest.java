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

    @ParameterizedTest
    @ValueSource(strings = {"en", "es"})
    void breakpointsAreSetInTheGutterByKeysAndInTheirPanel(String language) {
        var page = open("lab?guest=popf-hole&mode=bare&mode=kvm&lang=" + language);
        var words = Words.in(language);
        page.keyboard().press("*");
        assertThat(page.locator("[data-value=stops]")).hasText("1");
        page.keyboard().press("*");
        assertThat(page.locator("[data-value=stops]")).hasText("0");
        page.click("#mode-a .code [data-do=gutter][value='95']");
        assertThat(page.locator("#mode-b .code [data-do=gutter][value='95']")).hasClass("on");
        page.keyboard().press("c");
        assertThat(page.locator("[data-value=notice]")).containsText(words.text("stop.line", 1, 95));
        picture(page, "breakpoint-" + language);
        page.keyboard().press("+");
        assertThat(page.locator("#stop-new [name=what]")).isFocused();
        page.selectOption("#stop-new [name=kind]", "port");
        page.fill("#stop-new [name=what]", "3f8");
        page.fill("#stop-new [name=condition]", "al == '='");
        page.keyboard().press("Enter");
        assertThat(page.locator("[data-value=stops]")).hasText("2");
        page.keyboard().press("Escape");
        page.keyboard().press("c");
        assertThat(page.locator("[data-value=notice]")).containsText("0x3d");
        assertThat(page.locator("#stop-2 .hint")).hasText(words.text("stops.hits", 1));
        page.locator("#plans").scrollIntoViewIfNeeded();
        picture(page, "plans-" + language);
        page.reload();
        assertThat(page.locator("[data-value=stops]")).hasText("2");
        page.click("#stop-1 [data-do=switch-break]");
        assertThat(page.locator("#mode-a .code [data-do=gutter][value='95']")).hasClass("off");
        page.click("#stop-1 [data-do=unbreak]");
        page.click("#stop-2 [data-do=unbreak]");
        assertThat(page.locator("[data-value=stops]")).hasText("0");
        page.context().close();
    }

    @Test
    void aConditionThatIsNoneIsRefusedAndTheLabStays() {
        var page = open("lab?guest=popf-hole&mode=bare&time=3");
        page.selectOption("#stop-new [name=kind]", "value");
        page.fill("#stop-new [name=what]", "<b>ax ==");
        page.click("#stop-new [data-do=break]");
        assertThat(page.locator("[data-value=notice]")).containsText("is no condition");
        assertThat(page.locator("#lab")).hasAttribute("data-time", "3");
        page.context().close();
    }

    @Test
    void theArrowsLeadThroughTheGutterAndTheLabRunsToTheLineInIt() {
        var page = open("lab?guest=popf-hole&mode=bare");
        page.locator(".code [data-do=gutter][tabindex='0']").first().focus();
        for (int i = 0; i < 3; i++) {
            page.keyboard().press("ArrowDown");
        }
        long time = press(page, ">");
        assertThat(time).isEqualTo(3);
        press(page, "c");
        assertThat(press(page, "<")).isEqualTo(3);
        page.context().close();
    }

    @Test
    void aRunIsWatchedAtItsSpeedAndPaused() {
        var page = open("lab?guest=peldano&mode=bare");
        page.keyboard().press("3");
        assertThat(page.locator(".pace")).hasText("3");
        page.keyboard().press("c");
        page.waitForFunction("() => Number(document.querySelector('#lab').dataset.time) > 20");
        page.keyboard().press("p");
        page.waitForSelector("#lab[data-running=false]");
        assertThat(time(page)).isLessThan(20_000);
        assertThat(page.url()).contains("speed=3");
        page.context().close();
    }

    @Test
    void placesAreBookmarkedAndStepsHaveNumbers() {
        var page = open("lab?guest=timer&mode=kvm");
        page.keyboard().press("j");
        page.keyboard().type("#40");
        page.keyboard().press("Enter");
        assertThat(page.locator("[data-value=step]")).hasText("#40");
        long there = time(page);
        page.keyboard().press("Escape");
        page.keyboard().press("=");
        page.keyboard().type("forty <i>");
        page.keyboard().press("Enter");
        assertThat(page.locator("#bookmark-" + there)).containsText("forty <i>");
        page.keyboard().press("Escape");
        press(page, "r");
        page.click("#bookmark-" + there + " [data-do=seek]");
        page.waitForSelector("#lab[data-time='" + there + "']");
        page.click("#bookmark-" + there + " [data-do=unbookmark]");
        assertThat(page.locator("[data-value=bookmarks]")).hasText("0");
        page.context().close();
    }

    @Test
    void theActionsOfWhoeverAnsweredAreGoneThroughOneByOne() {
        var page = open("lab?guest=two-plus-two&mode=kvm&mode=vt-x");
        press(page, "x");
        assertThat(page.locator("#mode-a .actions")).containsText("one by one");
        page.keyboard().press("]");
        assertThat(page.locator("[data-value='a.action'] b")).containsText("1/");
        page.keyboard().press("]");
        assertThat(page.locator("[data-value='a.action'] b")).containsText("2/");
        picture(page, "actions");
        isAccessible(page);
        page.keyboard().press("[");
        assertThat(page.locator("[data-value='a.action'] b")).containsText("1/");
        page.context().close();
    }

    @Test
    void withBreakpointsAndBookmarksEverybodyCanUseIt() {
        var query = "lab?guest=popf-hole&mode=kvm&time=9&break=line+95&break=off+port+3f8&bookmark=5.five&speed=2";
        for (int width : new int[] {390, 1280}) {
            for (ColorScheme colours : new ColorScheme[] {ColorScheme.LIGHT, ColorScheme.DARK}) {
                var page = open(query, width, colours);
                isAccessible(page);
                page.locator("#plans").scrollIntoViewIfNeeded();
                picture(page, "plans-" + width + "-" + colours.name().toLowerCase(java.util.Locale.ROOT));
                assertThat(page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"))
                        .isEqualTo(true);
                page.context().close();
            }
        }
    }
}
