package ringside.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.monitor.mode.Modes;

/** The lab as a learner has it before the eyes and under the hands, in Chromium. */
class LabBrowserTest {
    private static final Path SCREENSHOTS = Path.of("target", "screenshots");
    private static final String COMPARE = "lab?guest=popf-hole&mode=bare&mode=trap-and-emulate";

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

    private static Page open(String path, int width, int height, ColorScheme colours, String language) {
        var page = chromium.page(width, height, colours, language);
        // The matrix is run when it is asked for first.
        page.navigate(server.url() + path, new Page.NavigateOptions().setTimeout(180_000));
        return page;
    }

    private static Page open(String path) {
        return open(path, 1280, 800, ColorScheme.LIGHT, "en");
    }

    private static void close(Page page) {
        page.context().close();
    }

    private static long time(Page page) {
        return Long.parseLong(page.getAttribute("#lab", "data-time"));
    }

    /** Clicks a button and waits for another guest time. */
    private static void press(Page page, String action) {
        long before = time(page);
        page.click("[data-do=" + action + "]");
        page.waitForFunction(
                "before => document.querySelector('#lab').dataset.time !== before", String.valueOf(before));
    }

    private static void waitForTheEnd(Page page) {
        page.waitForSelector("#lab[data-ended=true]");
    }

    /** Everything that the page shows as a value. */
    private static Object values(Page page) {
        return page.evaluate("() => Object.fromEntries([...document.querySelectorAll('[data-value]')]"
                + ".map(element => [element.dataset.value, element.textContent]))");
    }

    static Stream<Arguments> modesInBothLanguages() {
        return Modes.machines().stream()
                .flatMap(mode -> Words.LANGUAGES.stream().map(language -> Arguments.of(mode, language)));
    }

    @ParameterizedTest
    @MethodSource("modesInBothLanguages")
    void twoPlusTwoIsSteppedToItsHaltAndBackAndForwardAgain(String mode, String language) {
        var page = open("lab?guest=two-plus-two&mode=" + mode + "&lang=" + language);
        assertThat(page.locator("html")).hasAttribute("lang", language);
        var start = values(page);
        while (!page.getAttribute("#lab", "data-ended").equals("true")) {
            press(page, "step");
        }
        assertThat(page.textContent("[data-value='a.serial']")).isEqualTo("4\n");
        assertThat(page.textContent("[data-value='a.end']"))
                .isEqualTo(Words.in(language).text("ending.halt"));
        assertThat(time(page)).isEqualTo(9);
        var end = values(page);
        while (time(page) > 0) {
            press(page, "back");
        }
        assertThat(values(page)).isEqualTo(start);
        while (!page.getAttribute("#lab", "data-ended").equals("true")) {
            press(page, "step");
        }
        assertThat(values(page)).isEqualTo(end);
        page.reload();
        assertThat(values(page)).isEqualTo(end);
        close(page);
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "es"})
    void popfHoleShowsWhereTheProcessorIsNotWhatBareHas(String language) {
        var page = open(COMPARE + "&lang=" + language);
        assertThat(page.locator("[data-value='b.difference']")).hasCount(0);
        page.click("[data-do=next-difference]");
        var words = Words.in(language);
        Locator alarm = page.locator("[data-value='b.difference']");
        assertThat(alarm).containsText(words.text("difference.title"));
        assertThat(alarm).containsText(words.text("difference.value", "IF", "0", "1"));
        assertThat(page.locator("[data-value='a.difference']")).hasCount(0);
        assertThat(page.textContent("[data-value='a.real.if']")).isEqualTo("0");
        assertThat(page.textContent("[data-value='b.real.if']")).isEqualTo("1");
        assertThat(page.textContent("[data-value='b.bare.if']")).isEqualTo("0");
        assertThat(page.locator("[data-value='b.bare.if'] + .unequal")).containsText(words.text("state.differs"));
        close(page);
    }

    @Test
    void everyButtonHasItsKey() {
        var page = open("lab?guest=two-plus-two&mode=kvm");
        for (int i = 0; i < 3; i++) {
            page.keyboard().press("s");
        }
        page.waitForSelector("#lab[data-time='3']");
        page.keyboard().press("b");
        page.waitForSelector("#lab[data-time='2']");
        page.keyboard().press("x");
        page.waitForSelector("#lab[data-time='6']");
        page.keyboard().press("c");
        waitForTheEnd(page);
        page.keyboard().press("r");
        page.waitForSelector("#lab[data-time='0']");
        page.keyboard().press("j");
        page.keyboard().type("4");
        page.keyboard().press("Enter");
        page.waitForSelector("#lab[data-time='4']");
        page.keyboard().press("Escape");
        page.keyboard().press("m");
        page.keyboard().type("0x2000");
        page.keyboard().press("Enter");
        page.waitForSelector(".hex th:text-is('2000')");
        page.keyboard().press("Escape");
        page.keyboard().press("?");
        assertThat(page.locator("#help")).isVisible();
        page.keyboard().press("Escape");
        page.keyboard().press("l");
        page.waitForSelector("html[lang=es]");
        page.waitForLoadState();
        page.keyboard().press("t");
        page.waitForSelector("html[data-theme=dark]");
        assertThat(time(page)).isEqualTo(4);
        var keyless = page.locator("button:visible:not([aria-keyshortcuts]):not([data-do=seek]):not([data-do=look])"
                + ":not([data-do=gutter]):not([data-do=watch-byte]):not(.plans button), "
                + "select[data-choose=guest]:not([aria-keyshortcuts])");
        assertThat(keyless).hasCount(0);
        // Bytes of memory are gone through by arrow keys.
        var bytes = page.locator("[data-do=watch-byte]");
        bytes.first().focus();
        page.keyboard().press("ArrowRight");
        assertThat(bytes.nth(1)).isFocused();
        close(page);
    }

    @Test
    void noKeyBelongsToTwoThings() {
        var page = open("lab?guest=popf-hole&mode=bare&mode=kvm&time=20");
        assertThat(
                        (List<?>)
                                page.evaluate(
                                        "() => { const owners = {};"
                                                + " for (const e of document.querySelectorAll('[aria-keyshortcuts]')) {"
                                                + "   if (e.checkVisibility()) (owners[e.getAttribute('aria-keyshortcuts')] ??= new Set()).add(e.dataset.do ?? e.textContent.trim()); }"
                                                + " return Object.entries(owners).filter(([, who]) => who.size > 1).map(([key, who]) => key + ': ' + [...who].join(', ')); }"))
                .isEmpty();
        close(page);
    }

    @Test
    void anotherModeOpensAtTheSameTimeAndAnotherGuestAtItsStart() {
        var page = open("lab?guest=popf-hole&mode=bare&time=5");
        page.selectOption("[data-choose=b]", "kvm");
        page.click("[data-do=open]");
        page.waitForSelector("#lab[data-time='5'] [data-mode=kvm]");
        page.waitForLoadState();
        assertThat(page.locator("[data-mode=bare]")).hasCount(1);
        page.selectOption("[data-choose=guest]", "two-plus-two");
        page.click("[data-do=open]");
        page.waitForSelector("#lab[data-time='0'] [data-mode=kvm]");
        assertThat(page.title()).contains("two-plus-two");
        close(page);
    }

    @Test
    void whatIsTooLongIsRefusedInTheEditorAndCanBeSentAgainShortened() {
        var page = open("lab?guest=two-plus-two&mode=bare#editor");
        page.waitForSelector(".cm-content");
        page.evaluate("() => { document.getElementById('source').value = 'x'.repeat(3 << 20); }");
        page.click("[data-do=assemble]");
        assertThat(page.locator("#answer")).containsText("takes 2");
        page.evaluate("() => { document.getElementById('source').value = 'nonsense'; }");
        page.click("[data-do=assemble]");
        assertThat(page.locator("#answer li")).hasCount(1);
        close(page);
        assertThat(chromium.complaints()).hasSize(1);
    }

    @Test
    void manyQuickStepsAreAllTaken() {
        var page = open("lab?guest=popf-hole&mode=trap-and-emulate&mode=kvm");
        for (int i = 0; i < 12; i++) {
            page.keyboard().press("s");
        }
        page.waitForSelector("#lab[data-time='12']");
        close(page);
    }

    @Test
    void anEndlessLoopRunsPausesAndIsLeftAlone() {
        var page = open("lab?guest=two-plus-two&mode=kvm");
        assemble(page, "bits 16\norg 0x1000\nagain: inc ax\njmp again\n");
        page.waitForSelector("#lab[data-time='0']");
        page.click("[data-do=run]");
        page.waitForSelector("#lab[data-running=true]");
        long before = time(page);
        page.waitForFunction("before => Number(document.querySelector('#lab').dataset.time) > before", (int)
                Math.min(before, Integer.MAX_VALUE));
        page.click("[data-do=pause]");
        page.waitForSelector("#lab[data-running=false]");
        assertThat(time(page)).isPositive();
        press(page, "step");
        close(page);
    }

    private static void assemble(Page page, String source) {
        page.click("[data-do=edit]");
        page.waitForSelector(".cm-content");
        page.click(".cm-content");
        page.keyboard().press("Control+a");
        page.keyboard().insertText(source);
        page.keyboard().press("Control+Enter");
    }

    @Test
    void errorsOfASourceStandAtTheirLines() {
        var page = open("lab?guest=two-plus-two&mode=bare");
        assemble(page, "bits 16\nmov ax, 1\nnonsense 3\n");
        assertThat(page.locator("#answer li")).hasCount(1);
        assertThat(page.locator("#answer [data-do=line]")).hasText("line 3, column 1");
        page.waitForSelector(".cm-lint-marker-error");
        assertThat(page.locator(".cm-editor")).isVisible();
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(SCREENSHOTS.resolve("editor-light.png"))
                .setFullPage(true));
        close(page);
    }

    @Test
    void aFileIsSentAndRunsOnTheMachineThatWasChosen() throws IOException {
        var page = open("");
        page.keyboard().press("u");
        assertThat(page.locator("[data-do=file]")).isFocused();
        var sector = new byte[512];
        sector[0] = (byte) 0xF4;
        sector[510] = 0x55;
        sector[511] = (byte) 0xAA;
        page.setInputFiles(
                "[data-do=file]",
                new com.microsoft.playwright.options.FilePayload("boot.img", "application/octet-stream", sector));
        page.selectOption(".send [name=memory]", "4M");
        page.click("[data-do=send]");
        page.waitForSelector("#lab[data-time='0']");
        assertThat(page.title()).contains("boot.img");
        press(page, "step");
        assertThat(page.locator("#lab")).hasAttribute("data-ended", "true");
        page.keyboard().press("v");
        assertThat(page.locator("#machine .choices")).isVisible();
        page.screenshot(new Page.ScreenshotOptions().setPath(SCREENSHOTS.resolve("machine-light.png")));
        assertThat(violations(page)).isEmpty();
        page.selectOption("[data-choose=a]", "kvm");
        page.selectOption("[data-choose=irqchip]", "kernel");
        page.selectOption("[data-choose=hardware]", "amd-v");
        page.selectOption("[data-choose=generation]", "2010");
        page.click("[data-do=open]");
        page.waitForSelector("#lab[data-time='1'] [data-mode=kvm]");
        assertThat(page.url())
                .contains("memory=4M", "irqchip=kernel", "hardware=amd-v", "generation=2010")
                .doesNotContain("translator");
        assertThat(page.locator("#machine summary")).containsText("AMD-V");
        close(page);
    }

    @Test
    void whatIsTypedIsEchoedAndComesAgainAfterGoingBack() {
        var page = open("lab?guest=two-plus-two&mode=bare&mode=kvm");
        assemble(page, """
                bits 16
                org 0x1000
                again: mov dx, 0x3fd
                in al, dx
                test al, 1
                jz again
                mov dx, 0x3f8
                in al, dx
                out dx, al
                jmp again
                """);
        page.waitForSelector("[data-value=notice]");
        page.keyboard().press("i");
        page.keyboard().type("hello");
        page.keyboard().press("Enter");
        page.waitForFunction("() => document.getElementById('keys-a').value === ''");
        page.keyboard().press("Escape");
        page.keyboard().press("j");
        page.keyboard().type("300");
        page.keyboard().press("Enter");
        page.waitForSelector("#lab[data-time='300']");
        assertThat(page.locator("[data-value='a.serial']")).hasText("hello");
        assertThat(page.locator("[data-value='b.serial']")).hasText("hello");
        page.keyboard().press("Escape");
        page.keyboard().press("i");
        page.keyboard().type("later");
        page.keyboard().press("Enter");
        page.waitForFunction("() => document.getElementById('keys-a').value === ''");
        page.keyboard().press("Escape");
        page.keyboard().press("r");
        page.waitForSelector("#lab[data-time='0']");
        page.keyboard().press("i");
        page.keyboard().type("no");
        page.keyboard().press("Enter");
        assertThat(page.locator("[data-value=notice]")).containsText("Nothing was typed: 6 bytes");
        assertThat(page.locator("#keys-a")).hasValue("no");
        page.screenshot(new Page.ScreenshotOptions().setPath(SCREENSHOTS.resolve("typing-light.png")));
        assertThat(violations(page)).isEmpty();
        page.keyboard().press("Escape");
        page.keyboard().press("y");
        assertThat(page.locator("[data-do=type-over]")).hasCount(0);
        assertThat(page.locator("#keys-a")).hasValue("");
        close(page);
    }

    @Test
    void whatIsBeingTypedStaysWhileTheGuestRuns() {
        var page = open("lab?guest=two-plus-two&mode=bare");
        assemble(page, "bits 16\norg 0x1000\nagain: jmp again\n");
        page.waitForSelector("[data-value=notice]");
        page.click("[data-do=run]");
        page.waitForSelector("#lab[data-running=true]");
        page.keyboard().press("i");
        for (char c : "half a sentence".toCharArray()) {
            page.keyboard().type(String.valueOf(c));
            page.waitForTimeout(60);
        }
        assertThat(page.locator("#keys-a")).hasValue("half a sentence");
        assertThat(page.locator("#keys-a")).isFocused();
        page.keyboard().press("Enter");
        page.waitForFunction("() => document.getElementById('keys-a').value === ''");
        assertThat(page.locator("#lab")).hasAttribute("data-running", "true");
        page.click("[data-do=pause]");
        close(page);
    }

    @Test
    void theEditorColoursWhatTheTableKnows() {
        var page = open("lab?guest=linux-program&mode=container#editor");
        page.waitForSelector(".cm-content");
        var style = page.evaluate(
                "() => { const word = [...document.querySelectorAll('.cm-line span')].find(s => s.textContent === 'mov');"
                        + " return getComputedStyle(word).fontWeight; }");
        assertThat(style).isEqualTo("600");
        close(page);
    }

    @Test
    void whatAGuestSaysIsTextAndNothingElse() {
        var page = open("lab?guest=two-plus-two&mode=bare");
        assemble(page, """
                bits 16
                org 0x1000
                ; </textarea><script>document.title = 'broken'</script>
                start: mov dx, 0x3f8
                mov si, text
                again: lodsb
                or al, al
                jz done
                out dx, al
                jmp again
                done: hlt
                text: db '<img src=x onerror="document.title=1">', 27, 0
                """);
        page.waitForSelector(
                "[data-value=notice]",
                new Page.WaitForSelectorOptions()
                        .setState(com.microsoft.playwright.options.WaitForSelectorState.ATTACHED));
        page.click("[data-do=run]");
        waitForTheEnd(page);
        assertThat(page.textContent("[data-value='a.serial']"))
                .isEqualTo("<img src=x onerror=\"document.title=1\">\u241B");
        assertThat(page.locator("img")).hasCount(0);
        assertThat(page.title()).contains("Ringside");
        close(page);
    }

    @Test
    void codeStateAndExitsAreSeenTogetherWithoutScrolling() {
        for (String path : List.of("lab?guest=popf-hole&mode=trap-and-emulate&time=4", COMPARE + "&time=4")) {
            var page = open(path);
            for (String panel : List.of("code", "state", "exits")) {
                for (Locator each :
                        page.locator(".grid:not(.below) section." + panel).all()) {
                    var box = each.boundingBox();
                    assertThat(box.y + Math.min(box.height, 120)).as(panel).isLessThan(800);
                }
            }
            assertThat((Boolean) page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"))
                    .isTrue();
            close(page);
        }
    }

    @Test
    void onAPhoneTheToolbarStaysUnderTheThumbAndNothingIsWiderThanThePage() {
        var page = open(COMPARE + "&time=4", 390, 844, ColorScheme.LIGHT, "es");
        assertThat((Boolean) page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"))
                .isTrue();
        page.evaluate("() => scrollTo(0, 900)");
        var step = page.locator("[data-do=step]").boundingBox();
        assertThat(step.y).isGreaterThan(844 / 2.0);
        assertThat(step.y + step.height).isLessThanOrEqualTo(844);
        assertThat(step.height).isGreaterThanOrEqualTo(44);
        close(page);
    }

    @Test
    void aCellOfTheMatrixLeadsToItsGuestBeforeTheInstruction() {
        var page = open("matrix?bits=32");
        page.click("tr:has(th a:text-is('POPF')) td.wrong a");
        page.waitForSelector("#lab [data-mode=trap-and-emulate]");
        assertThat(page.locator("[data-value='b.difference']")).hasCount(0);
        press(page, "step");
        assertThat(page.locator("[data-value='b.difference']")).containsText("IF");
        close(page);
    }

    @Test
    void theMeaningOfMicroOperationsStaysUnfoldedWhileTheGuestIsStepped() {
        var page = open("lab?guest=two-plus-two&mode=emulation");
        page.click("#legend-a summary");
        press(page, "step");
        press(page, "step");
        assertThat(page.locator("#legend-a li").first()).isVisible();
        assertThat(page.locator(".block tr.next")).hasCount(1);
        page.click("#legend-a summary");
        press(page, "step");
        assertThat(page.locator("#legend-a li").first()).isHidden();
        close(page);
    }

    @Test
    void withoutScriptsTheLabStillSteps() {
        var page = chromium.pageWithoutScripts();
        page.navigate(server.url() + "lab?guest=two-plus-two&mode=vt-x");
        page.click("[data-do=step]");
        page.waitForSelector("#lab[data-time='1']");
        page.click("#editor summary");
        page.fill("#source", "bits 16\norg 0x1000\nhlt\n");
        page.click("[data-do=assemble]");
        page.waitForSelector("#lab[data-time='0']");
        page.click("[data-do=run]");
        waitForTheEnd(page);
        close(page);
    }

    // What it looks like, and whether everybody can use it.

    @ParameterizedTest
    @CsvSource({
        "lab-light,   lab?guest=popf-hole&mode=bare&mode=trap-and-emulate&time=4, 1280,  800, LIGHT, en",
        "lab-dark,    lab?guest=popf-hole&mode=trap-and-emulate&mode=kvm&time=4,  1280,  800, DARK,  en",
        "lab-spanish, lab?guest=rings&mode=kvm&time=9,                            1280,  800, LIGHT, es",
        "lab-paging,  lab?guest=paging&mode=trap-and-emulate&time=30,             1280,  800, DARK,  en",
        "lab-narrow,  lab?guest=popf-hole&mode=trap-and-emulate&time=4,            390,  844, LIGHT, en",
        "lab-narrow-dark, lab?guest=timer&mode=kvm&time=40,                        390,  844, DARK,  es",
        "lab-emulation, lab?guest=paging&mode=emulation&time=33,                  1280,  800, LIGHT, en",
        "lab-emulation-narrow, lab?guest=timer&mode=bare&mode=emulation&time=15,   390,  844, DARK,  es",
        "home-light,  '',                                                         1280,  800, LIGHT, en",
        "home-narrow, '',                                                          390,  844, DARK,  es",
        "matrix-light, matrix?bits=32,                                            1280,  800, LIGHT, en",
        "matrix-dark, matrix?bits=64,                                             1280,  800, DARK,  es",
        "matrix-narrow, matrix?bits=16,                                            390,  844, DARK,  es",
        "matrix-narrow-light, matrix?bits=32,                                      390,  844, LIGHT, en",
        "costs-light, costs,                                                      1280,  800, LIGHT, en",
        "costs-narrow-dark, costs?generation=2005,                                 390,  844, DARK,  es",
        "refused,     lab?guest=nobody,                                           1280,  800, LIGHT, en"
    })
    void everybodyCanUseThePageAndItsPictureIsKept(
            String name, String path, int width, int height, ColorScheme colours, String language) {
        var page = open(path, width, height, colours, language);
        page.screenshot(new Page.ScreenshotOptions().setPath(SCREENSHOTS.resolve(name + ".png")));
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(SCREENSHOTS.resolve(name + "-whole.png"))
                .setFullPage(true));
        assertThat(violations(page)).isEmpty();
        close(page);
        if (name.equals("refused")) {
            chromium.complaints();
        }
    }

    @Test
    void everybodyCanUseTheEditorAndTheHelp() {
        var page = open("lab?guest=two-plus-two&mode=bare");
        assemble(page, "nonsense\n");
        page.waitForSelector("#answer li");
        assertThat(violations(page)).isEmpty();
        page.keyboard().press("Escape");
        page.click("[data-do=help]");
        page.screenshot(new Page.ScreenshotOptions().setPath(SCREENSHOTS.resolve("help.png")));
        assertThat(violations(page)).isEmpty();
        close(page);
    }

    private static List<String> violations(Page page) {
        return Chromium.violations(page);
    }
}
