package ringside.web;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The system's Chromium, driven by Playwright; what its pages complain about is collected. */
final class Chromium implements AutoCloseable {
    private static final List<String> PLACES =
            List.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome");

    /** Milliseconds; a busy machine is no error of the page. */
    private static final double PATIENCE = 180_000;

    static {
        PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE);
    }

    private final Playwright playwright =
            Playwright.create(new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    private final Browser browser = playwright
            .chromium()
            .launch(new BrowserType.LaunchOptions()
                    .setExecutablePath(program())
                    .setArgs(List.of(
                            "--no-sandbox",
                            // As with the network cable out.
                            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                            "--disable-gpu",
                            "--disable-quic",
                            "--no-first-run",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--disable-sync")));
    private final List<String> complaints = new ArrayList<>();

    private static Path program() {
        return Stream.concat(Stream.ofNullable(System.getProperty("ringside.chromium")), PLACES.stream())
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "no Chromium: install the package chromium, or name it by -Dringside.chromium=PATH"));
    }

    /** A page of a fresh profile. */
    Page page(int width, int height, ColorScheme colours, String language) {
        BrowserContext context = browser.newContext(new Browser.NewContextOptions()
                .setViewportSize(width, height)
                .setColorScheme(colours)
                .setLocale(language));
        return watched(context.newPage());
    }

    /** A page of a fresh profile, as those options want it. */
    Page page(Browser.NewContextOptions options) {
        return watched(browser.newContext(options).newPage());
    }

    /** A page that runs no scripts. */
    Page pageWithoutScripts() {
        return watched(browser.newContext(new Browser.NewContextOptions().setJavaScriptEnabled(false))
                .newPage());
    }

    private Page watched(Page page) {
        page.setDefaultTimeout(PATIENCE);
        page.onConsoleMessage(message -> complain("console " + message.type() + ": " + message.text()));
        page.onPageError(error -> complain("script: " + error));
        page.onRequest(request -> {
            if (!request.url().startsWith("http://127.0.0.1:") && !request.url().startsWith("data:")) {
                complain("request to " + request.url());
            }
        });
        return page;
    }

    private void complain(String what) {
        complaints.add(what);
    }

    /** Messages of all pages since the last call. */
    List<String> complaints() {
        var all = List.copyOf(complaints);
        complaints.clear();
        return all;
    }

    /** What axe finds against WCAG 2.2, levels A and AA, with the elements concerned. */
    @SuppressWarnings("unchecked")
    static List<String> violations(Page page) {
        page.evaluate(axe());
        var found = (List<Map<String, Object>>)
                page.evaluate(
                        "async () => (await axe.run(document, { runOnly:"
                                + " ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })).violations"
                                + ".map(v => ({ id: v.id, nodes: v.nodes.map(n => n.target.join(' ') + ' ' + n.failureSummary).join('; ') }))");
        return found.stream()
                .map(each -> each.get("id") + ": " + each.get("nodes"))
                .toList();
    }

    private static String axe() {
        try (InputStream in = Chromium.class.getResourceAsStream("/axe.min.js")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        browser.close();
        playwright.close();
    }
}
