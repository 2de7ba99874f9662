package ringside.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.lesson.Course;
import ringside.lesson.Judgement;
import ringside.lesson.Laboratory;
import ringside.lesson.Lesson;
import ringside.lesson.LessonFolder;
import ringside.lesson.LessonText;
import ringside.lesson.Part;

/** Every lesson from its first page to its last, by keyboard alone, with a wrong and then the right answer to everything. */
class LessonBrowserTest {
    private static final Path SCREENSHOTS = Path.of("target", "screenshots");
    private static final Course COURSE = Course.read(LessonFolder.included());
    private static final Laboratory LABORATORY = new Laboratory();
    private static final int MOST_TABS = 150;

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

    static List<Lesson> lessons() {
        return COURSE.lessons();
    }

    @ParameterizedTest
    @MethodSource("lessons")
    void aLessonIsTakenByKeyboardInEnglish(Lesson lesson) {
        take(lesson, "en", chromium.page(1280, 900, ColorScheme.LIGHT, "en"));
    }

    @ParameterizedTest
    @MethodSource("lessons")
    void aLessonIsTakenByKeyboardInSpanishOnAPhone(Lesson lesson) {
        take(lesson, "es", chromium.page(390, 844, ColorScheme.DARK, "es"));
    }

    private static void take(Lesson lesson, String language, Page page) {
        page.setDefaultTimeout(60_000);
        page.navigate(server.url() + "lessons/" + lesson.name() + "?lang=" + language);
        for (LessonText.Beat beat : lesson.text(language).beats()) {
            String name = beat.kind().text();
            assertThat(page.locator("body")).hasAttribute("data-beat", name);
            assertThat(Chromium.violations(page)).as(lesson.name() + " " + name).isEmpty();
            assertThat((boolean) page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"))
                    .as("%s %s fits its width", lesson.name(), name)
                    .isTrue();
            page.screenshot(new Page.ScreenshotOptions()
                    .setPath(SCREENSHOTS.resolve("lesson-" + lesson.name() + "-" + name + "-" + language + ".png"))
                    .setFullPage(true));
            beat.predictions().forEach(prediction -> predict(lesson, prediction, page));
            if (beat.stage().isPresent()) {
                assertThat(page.locator("#lab")).hasAttribute("data-locked", "false");
                String before = page.locator("#lab").getAttribute("data-time");
                page.keyboard().press("s");
                assertThat(page.locator("#lab")).not().hasAttribute("data-time", before);
            }
            if (name.equals("build")) {
                build(lesson, page);
            }
            page.keyboard().press(".");
        }
        page.waitForURL("**/lessons");
        assertThat(page.locator("[data-lesson='" + lesson.name() + "'] [data-state]"))
                .containsText("✓");
        page.context().close();
    }

    private static void predict(Lesson lesson, Part.Prediction prediction, Page page) {
        String form = "[data-prediction='" + prediction.number() + "']";
        if (prediction.number() == 1) {
            assertThat(page.locator("#lab")).hasAttribute("data-locked", "true");
            assertThat(page.locator("[data-do=step]")).isDisabled();
        }
        for (boolean right : new boolean[] {false, true}) {
            String answer = answer(lesson, prediction, right);
            switch (prediction.sort()) {
                case CHOICE -> choose(page, form, Integer.parseInt(answer));
                case NUMBER, REGISTER -> {
                    tabTo(page, form + " input.mono");
                    page.keyboard().press("Control+A");
                    page.keyboard().insertText(answer);
                }
                case ORDER -> order(page, form, answer);
            }
            tabTo(page, form + " [data-do=commit]");
            page.keyboard().press("Enter");
            assertThat(page.locator(form + " [data-verdict]")).hasAttribute("data-verdict", right ? "right" : "wrong");
        }
    }

    private static void choose(Page page, String form, int option) {
        tabTo(page, form + " input[type=radio]");
        page.keyboard().press("Space");
        for (int i = 0;
                i < 10
                        && !page.locator(form + " input[type=radio][value='" + option + "']")
                                .isChecked();
                i++) {
            page.keyboard().press("ArrowDown");
        }
        assertThat(page.locator(form + " input[type=radio][value='" + option + "']"))
                .isChecked();
    }

    /** Brings each to the end, in the order in which they shall stand. */
    private static void order(Page page, String form, String answer) {
        for (String option : answer.split(",")) {
            String item = form + " li[data-option='" + option + "']";
            for (int i = 0; i < 10 && page.locator(item + ":last-child").count() == 0; i++) {
                tabTo(page, item + " [data-do=down]");
                page.keyboard().press("Enter");
            }
        }
        assertThat(page.locator(form + " input[name=answer]").inputValue()).isEqualTo(answer);
    }

    /** What the machine says, and something else. */
    private static String answer(Lesson lesson, Part.Prediction prediction, boolean right) {
        var judgement = new Judgement(lesson, LABORATORY);
        int options = prediction.options().size();
        return switch (prediction.sort()) {
            case CHOICE ->
                IntStream.range(0, options)
                        .mapToObj(Integer::toString)
                        .filter(one ->
                                judgement.of(prediction, one).orElseThrow().right() == right)
                        .findFirst()
                        .orElseThrow();
            case NUMBER, REGISTER ->
                right
                        ? judgement
                                .of(prediction, "4711")
                                .orElseThrow()
                                .findings()
                                .get(0)
                                .observed()
                                .orElseThrow()
                                .shown()
                        : "4711";
            case ORDER -> {
                var first = new ArrayList<>(IntStream.range(0, options).boxed().toList());
                var order = judgement.of(prediction, text(first)).orElseThrow().order();
                yield text(right ? order : first);
            }
        };
    }

    private static String text(List<Integer> order) {
        return String.join(",", order.stream().map(String::valueOf).toList());
    }

    private static void build(Lesson lesson, Page page) {
        for (boolean right : new boolean[] {false, true}) {
            if (right) {
                tabTo(page, "#source");
                page.keyboard().press("Control+A");
                page.keyboard().insertText(lesson.solution());
            }
            tabTo(page, "[data-do=check]");
            page.keyboard().press("Enter");
            assertThat(page.locator("#grades [data-verdict]")).hasAttribute("data-verdict", right ? "right" : "wrong");
        }
        assertThat(Chromium.violations(page)).isEmpty();
    }

    /** As somebody without a mouse gets there. */
    private static void tabTo(Page page, String selector) {
        for (int i = 0; i < MOST_TABS; i++) {
            if ((boolean) page.evaluate("wanted => document.activeElement.matches(wanted)", selector)) {
                return;
            }
            page.keyboard().press("Tab");
        }
        throw new AssertionError("the keyboard does not come to " + selector);
    }

    @Test
    void whatWasDoneIsSavedForgottenAndReadAgain() {
        Page page = chromium.page(1280, 900, ColorScheme.LIGHT, "en");
        page.navigate(server.url() + "lessons/08");
        page.evaluate(
                "() => localStorage.setItem('ringside.lessons', JSON.stringify({ lessons: { '08': { beats: { step: true },"
                        + " predictions: { 1: { answer: '1', first: true, right: true } }, passed: true }, '<b>': {} } }))");
        page.navigate(server.url() + "progress");
        assertThat(page.locator("tr[data-lesson='08'] [data-cell=predictions]")).hasText("1 / 1");
        assertThat(Chromium.violations(page)).isEmpty();
        var saved = page.waitForDownload(() -> page.locator("[data-do=export]").press("Enter"));
        page.locator("[data-do=forget]").press("Enter");
        assertThat(page.locator("tr[data-lesson='08'] [data-cell=predictions]")).hasText("–");
        page.setInputFiles("#import", saved.path());
        assertThat(page.locator("#told")).not().isEmpty();
        assertThat(page.locator("tr[data-lesson='08'] [data-cell=exercise]")).containsText("✓");
        page.navigate(server.url() + "glossary");
        assertThat(Chromium.violations(page)).isEmpty();
        page.navigate(server.url() + "lessons");
        assertThat(Chromium.violations(page)).isEmpty();
        page.context().close();
    }
}
