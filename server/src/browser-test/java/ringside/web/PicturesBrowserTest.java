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

/** The drawn views, and the pages of tables, as everybody meets them in Chromium. */
class PicturesBrowserTest {
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

    private static Page open(String path, int width, ColorScheme colours) {
        var page = chromium.page(width, 900, colours, "en");
        page.setDefaultTimeout(180_000);
        page.navigate(server.url() + path);
        return page;
    }

    private static void canBeRead(Page page, String name, int width) {
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(SCREENSHOTS.resolve("pictures-" + name + "-" + width + ".png"))
                .setFullPage(true));
        assertThat(Chromium.violations(page)).isEmpty();
        assertThat((int) page.evaluate("() => document.documentElement.scrollWidth"))
                .isLessThanOrEqualTo(width);
        page.context().close();
    }

    @ParameterizedTest
    @CsvSource({
        "guest=paging&mode=kvm&time=45, 1280, LIGHT",
        "guest=paging&mode=trap-and-emulate&time=31&lang=es, 1280, DARK",
        "guest=timer&mode=kvm&mode=bare&time=40, 390, LIGHT"
    })
    void drawnViewsCanBeReadByEverybody(String lab, int width, ColorScheme colours) {
        var page = open("lab?" + lab + "&views=course,walk,lanes,exit,counts", width, colours);
        canBeRead(page, lab.replaceAll("\\W+", "-"), width);
    }

    @ParameterizedTest
    @CsvSource({"matrix?bits=16", "costs", "compare?guest=paging&mode=bare&mode=xen-pv"})
    void pagesOfTablesCanBeReadByEverybody(String path) {
        canBeRead(open(path, 1280, ColorScheme.LIGHT), path.replaceAll("\\W+", "-"), 1280);
        canBeRead(open(path, 390, ColorScheme.DARK), path.replaceAll("\\W+", "-"), 390);
    }

    @Test
    void anExitInTheLanesLeadsToItsTime() {
        var page = open("lab?guest=two-plus-two&mode=kvm&time=9&views=lanes", 1280, ColorScheme.LIGHT);
        page.click(".exit-name[data-reason=HLT]");
        assertThat(page.locator("#lab")).hasAttribute("data-time", "8");
        assertThat(page.locator(".exit-name[data-reason=HLT]")).hasCount(0);
        page.click("[data-do=step]");
        assertThat(page.locator(".exit-name[data-reason=HLT]")).hasCount(1);
        page.context().close();
    }

    @Test
    void theWholeRunIsGoneThroughByTheSlidersKeys() {
        var page = open("lab?guest=two-plus-two&mode=kvm&time=9&views=course", 1280, ColorScheme.LIGHT);
        page.focus("[data-do=drag]");
        page.keyboard().press("ArrowLeft");
        assertThat(page.locator("#lab")).hasAttribute("data-time", "8");
        page.keyboard().press("Home");
        assertThat(page.locator("#lab")).hasAttribute("data-time", "0");
        assertThat(page.locator("[data-do=drag]")).hasValue("0");
        assertThat(page.locator("[data-do=drag]")).hasAttribute("max", "9");
        page.context().close();
    }

    @Test
    void anAddressIsWalkedAndThenFollowed() {
        var page = open("lab?guest=paging&mode=bare&time=30&views=walk", 1280, ColorScheme.LIGHT);
        page.keyboard().press("-");
        page.keyboard().type("2000");
        page.keyboard().press("Enter");
        assertThat(page.locator("[data-value='a.walk.0']")).containsText("Page fault");
        page.click("button[name=place][value=cr2]");
        assertThat(page.locator("[data-do=walk-address]")).hasValue("cr2");
        assertThat(page.locator("#walk-a svg.drawing").first()).isVisible();
        page.context().close();
    }

    @Test
    void otherMachinesAreTriedOnDemand() {
        var page = open("lab?guest=two-plus-two&mode=kvm&time=9&views=exit", 1280, ColorScheme.LIGHT);
        page.click("[data-do=try]");
        assertThat(page.locator(".remedies li[data-avoids=true]").first()).isVisible();
        page.context().close();
    }
}
