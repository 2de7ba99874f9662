package ringside.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

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

    private static final String PROCESSOR = "segments,control,descriptors,idt,tss,devices";

    static Stream<Arguments> pages() {
        return Stream.of(
                Arguments.of("processor", "guest=rings&mode=trap-and-emulate&time=30&views=code," + PROCESSOR, "en"),
                Arguments.of("vmcs", "guest=rings&mode=vt-x&mode=amd-v&time=40&views=vmcs,vmcb", "es"),
                Arguments.of("kvm", "guest=two-plus-two&mode=kvm&time=8&views=code,ioctl,vmcs", "en"),
                Arguments.of("xen", "guest=split-driver&mode=xen-pv&time=3000&views=xen,console", "es"),
                Arguments.of("container", "guest=containers&mode=container&time=4000&views=container,code", "en"));
    }

    /** As wide as a phone, too: nothing is wider than the page. */
    @ParameterizedTest
    @MethodSource("pages")
    void whatPartsHoldIsReadableForEverybody(String name, String query, String language) {
        for (var colours : ColorScheme.values()) {
            if (colours == ColorScheme.NO_PREFERENCE) {
                continue;
            }
            for (int width : new int[] {1280, 390}) {
                var page = open("lab?" + query, width, colours, language);
                assertThat(page.locator(".inspection").first()).isVisible();
                assertThat(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                        .isEqualTo(true);
                assertThat(Chromium.violations(page)).isEmpty();
                picture(page, name + "-" + width + "-" + colours.name().toLowerCase(java.util.Locale.ROOT));
                page.context().close();
            }
        }
    }

    @Test
    void aViewIsAPageOfItsOwn() {
        var page = open("lab?guest=rings&mode=trap-and-emulate&mode=vt-x&time=30", 1280, ColorScheme.LIGHT, "es");
        page.keyboard().press("w");
        page.click("#views a[href$='/view/segments']");
        assertThat(page.locator(".inspection")).hasCount(2);
        assertThat(Chromium.violations(page)).isEmpty();
        picture(page, "alone");
        page.click("text=Volver al laboratorio");
        assertThat(page.locator("#code-a")).isVisible();
        page.context().close();
    }

    @Test
    void aStepShowsWhatItHasChangedInTheControlStructure() {
        var page = open("lab?guest=two-plus-two&mode=vt-x&views=code,vmcs", 1280, ColorScheme.LIGHT, "en");
        page.keyboard().press("x");
        assertThat(page.locator("#vmcs-a tr[data-item='Exit reason'] .chg").first())
                .containsText("IO_INSTRUCTION");
        page.context().close();
    }
}
