package ringside.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.FrameLocator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import ringside.store.LabStore;

/** A part of a lab on a course's own page, as its visitors have it. */
class ShareBrowserTest {
    private static final Path SCREENSHOTS = Path.of("target", "screenshots");

    private static HttpServer school;
    private static String page = "";
    private static LabServer server;
    private static Chromium chromium;

    @BeforeAll
    static void start() throws IOException {
        school = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 10);
        school.createContext("/", exchange -> {
            byte[] body = page.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        school.start();
        server = LabServer.start("127.0.0.1", 0, LabStore.inMemory(LabStore.Limits.DEFAULT), List.of(site()));
        chromium = new Chromium();
    }

    private static String site() {
        return "http://127.0.0.1:" + school.getAddress().getPort();
    }

    @AfterAll
    static void stop() {
        chromium.close();
        server.close();
        school.stop(0);
    }

    @AfterEach
    void nothingIsComplainedAboutAndNothingIsAskedOfOthers() {
        assertThat(chromium.complaints()).isEmpty();
    }

    @Test
    void aCoveredLabIsSteppedAndUncoveredInAnotherSitesPage() {
        Page lab = chromium.page(1280, 900, ColorScheme.LIGHT, "en");
        lab.setDefaultTimeout(60_000);
        lab.navigate(server.url() + "lab?guest=two-plus-two&mode=bare&mode=kvm");
        lab.keyboard().press("0");
        lab.waitForURL("**/share");
        assertThat(Chromium.violations(lab)).isEmpty();
        lab.screenshot(new Page.ScreenshotOptions().setPath(SCREENSHOTS.resolve("share.png")));
        for (String name : List.of("stack", "memory", "disassembly")) {
            lab.uncheck("input[value=" + name + "]");
        }
        lab.check("input[name=covered]");
        lab.click("[data-do=embed]");
        page = "<!doctype html><html lang=en><title>Course</title><h1>Our course</h1>"
                + lab.inputValue("[data-do=frame]");
        lab.navigate(site() + "/");
        FrameLocator frame = lab.frameLocator("iframe");
        assertThat(frame.locator("#code-a .next")).containsText("mov al, 2");
        assertThat(frame.locator("#state-a")).isHidden();
        frame.locator("[data-do=step]").click();
        assertThat(frame.locator("#lab")).hasAttribute("data-time", "1");
        assertThat(frame.locator("#state-a")).isHidden();
        frame.locator("#cover-a summary").click();
        assertThat(frame.locator("#state-a")).isVisible();
        frame.locator("[data-do=step]").click();
        assertThat(frame.locator("#lab")).hasAttribute("data-time", "2");
        assertThat(frame.locator("#state-a")).isVisible();
        assertThat(frame.locator("#memory-a")).hasCount(0);
        lab.screenshot(new Page.ScreenshotOptions()
                .setPath(SCREENSHOTS.resolve("embed.png"))
                .setFullPage(true));
        assertThat(lab.context().cookies(server.url())).isEmpty();
        lab.context().close();
    }
}
