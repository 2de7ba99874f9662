package ringside.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import ringside.cpu.micro.MicroOperation;
import ringside.image.ImageWording;
import ringside.isa.SourceWording;
import ringside.lesson.LessonText;
import ringside.monitor.Ending;
import ringside.monitor.mode.Modes;
import ringside.probe.Deed;
import ringside.session.Aim;
import ringside.session.CostTable;
import ringside.session.MachineMenu;
import ringside.session.MatrixTables;
import ringside.session.Pace;
import ringside.session.Panel;
import ringside.session.Reference;
import ringside.session.SampleGuests;
import ringside.session.Sentence;
import ringside.session.Sessions;
import ringside.session.Stop;
import ringside.session.Together;
import ringside.session.Views;
import ringside.session.Wordings;

/** Every text exists in every language, and none is there for nothing. */
class WordsTest {
    private static final Pattern IN_TEMPLATE = Pattern.compile("#\\{([a-z.-]+)}|text\\('([a-z.-]+)'");
    private static final Pattern IN_CODE = Pattern.compile("\"((?:[a-z]+\\.)+[a-z.-]+|incident)\"");
    private static final Pattern IN_PARTS =
            Pattern.compile("(?:Term\\.of|Group\\.of)\\(\\s*(?:[a-z.A-Z()]+ \\? )?\"([a-z0-9.-]+)\"");
    private static final Pattern FILE = Pattern.compile("[a-z-]+\\.(asm|json|md)");
    private static final Pattern GAP = Pattern.compile("\\{\\d}");

    /** Texts that are the same word in both languages. */
    private static final Set<String> SAME = Set.of(
            "lab.title",
            "lesson.finding.holds",
            "reference.bytes",
            "met.in",
            "mode.trap-and-emulate",
            "mode.binary-translation",
            "mode.vt-x",
            "mode.amd-v",
            "mode.kvm",
            "mode.xen-pv",
            "mode.xen-hvm",
            "mode.xen-pvh",
            "who.monitor",
            "matrix.group.vmx",
            "matrix.group.svm",
            "term.rpl",
            "term.named",
            "term.vector",
            "term.base",
            "term.dpl",
            "cost.processor.amd-x2-2007",
            "cost.processor.penryn-2008",
            "cost.processor.broadwell-2014",
            "who.xen",
            "state.real",
            "console.bytes",
            "console.bytes.one",
            "hardware.amd-v",
            "short.hardware.amd-v",
            "short.generation.2005",
            "short.generation.2008",
            "short.generation.2010",
            "short.translator.kqemu",
            "short.translator.virtualbox",
            "walk.bits",
            "image.in-source",
            "image.in-source-hint");

    private static final Set<String> ENGLISH = keys("en");

    private static Set<String> keys(String language) {
        return Words.in(language).keys().collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<String> sources() throws IOException {
        Stream<Path> folders = Stream.of(
                Path.of("src/main/resources/templates"),
                Path.of("src/main/java/ringside/web"),
                Path.of("../emulator/src/main/java/ringside/session"),
                Path.of("../lessons/src/main/java/ringside/lesson"));
        return folders.flatMap(WordsTest::filesIn);
    }

    private static Stream<String> filesIn(Path folder) {
        try (var files = Files.list(folder)) {
            return files.sorted().map(WordsTest::read).toList().stream();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Keys that pages and sessions name, and those that they put together from names. */
    private static Set<String> used() throws IOException {
        var used = new TreeSet<String>();
        sources().forEach(text -> {
            for (Pattern pattern : List.of(IN_TEMPLATE, IN_CODE)) {
                Matcher matcher = pattern.matcher(text);
                while (matcher.find()) {
                    used.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
                }
            }
        });
        used.addAll(Wordings.english().keySet());
        try (var sessions = new Sessions(Sessions.Limits.DEFAULT)) {
            for (MachineMenu menu : sessions.menus()) {
                used.add("machine." + menu.name());
                menu.values().stream()
                        .filter(value -> !menu.name().equals("memory"))
                        .forEach(value -> {
                            used.add(menu.name() + "." + value);
                            if (!value.equals(menu.usual())) {
                                used.add("short." + menu.name() + "." + value);
                            }
                        });
            }
        }
        SampleGuests.names().forEach(name -> used.add("guest." + name));
        FrontPage.WAYS.forEach(way -> {
            used.add("home.way." + way.name());
            used.add("home.way." + way.name() + ".text");
        });
        Stream.of("guest.asm", "guest.bin", "export.zip").forEach(name -> used.add("share.file." + name));
        new Reference(new MatrixTables()).cards().forEach(card -> {
            used.add("card." + card.name());
            card.traits().forEach(trait -> {
                used.add("reference.trait." + trait);
                used.add("reference.meaning." + trait);
            });
        });
        Stream.of(LessonText.Kind.values()).forEach(kind -> used.add("lesson.beat." + kind.text()));
        Modes.names().forEach(name -> used.add("mode." + name));
        Panel.names().forEach(name -> used.add("panel." + name));
        Stream.of(Panel.Group.values()).forEach(group -> used.add("views.group." + group));
        Stream.of(Views.Context.values()).forEach(context -> used.add("context." + context));
        Stream.of(Deed.values()).forEach(deed -> used.add("step." + deed.text()));
        Stream.of(Ending.Kind.values()).forEach(kind -> used.add("ending." + kind.text()));
        Stream.of("monitor", "translator", "kvm-kernel", "kvm-user", "xen", "dom0", "host-kernel", "cpu")
                .forEach(who -> used.add("who." + who));
        Stream.of(Modes.Misfit.values()).forEach(misfit -> used.add("refused.misfit." + misfit));
        Stream.of(MicroOperation.Kind.values()).forEach(kind -> used.add("micro." + kind));
        Stream.of("EMULATE", "LOOK_UP", "TRANSLATE", "INT3", "UD2").forEach(word -> used.add("micro." + word));
        Stream.of("step", "back", "next-exit", "run", "pause", "next-difference", "reset", "step-over", "step-out")
                .forEach(name -> used.add("do." + name));
        Stream.of(Pace.values()).forEach(pace -> used.add("pace." + pace));
        Stream.of(Stop.Kind.values()).forEach(kind -> used.add("stops." + kind.text()));
        Stream.of(Stop.Access.values()).forEach(access -> used.add("stops.access." + access));
        Stream.of("address", "line").forEach(kind -> used.add("stop." + kind));
        Stream.of(Aim.values()).forEach(aim -> used.add("aim." + aim.text()));
        CostTable.generations()
                .forEach(generation -> CostTable.of(generation).lines().forEach(line -> {
                    used.add("cost." + line.key());
                    used.add("costs.evidence." + line.evidence());
                    used.add("costs.generation." + generation);
                }));
        Stream.of(Views.Context.values()).forEach(context -> used.add("lanes.context." + context));
        Stream.of("guest", "delivery").forEach(place -> used.add("counts.place." + place));
        Stream.of(Together.Group.values()).forEach(group -> used.add("together.group." + group));
        Stream.of("steps", "time", "exits", "cycles").forEach(total -> used.add("together.run." + total));
        Stream.of("user", "write", "execute", "smep").forEach(right -> used.add("walk.verdict." + right));
        Stream.of("guest", "direct", "shadow", "nested").forEach(tables -> used.add("walk.tables." + tables));
        Stream.of("off", "two-level", "pae", "four-level").forEach(paging -> used.add("walk.paging." + paging));
        Stream.of("read", "write", "fetch").forEach(kind -> {
            used.add("walk.kind." + kind);
            used.add("walk.access." + kind + ".kernel");
            used.add("walk.access." + kind + ".program");
        });
        Stream.of("fault", "interrupt").forEach(kind -> used.add("last." + kind));
        Stream.of("privileged", "vmx", "svm", "io", "virtual-8086", "sensitive", "controllable", "events")
                .forEach(group -> used.add("matrix.group." + group));
        Stream.of(
                        "trap",
                        "hidden",
                        "interpreted",
                        "callout",
                        "look-up",
                        "translation",
                        "scan",
                        "patch",
                        "vm-exit",
                        "vmexit",
                        "signal",
                        "system-call",
                        "exception",
                        "hypercall",
                        "xen-trap",
                        "xen-schedule",
                        "backend",
                        "domain-crash")
                .forEach(kind -> used.add("exit." + kind));
        sources()
                .forEach(text -> ENGLISH.stream()
                        .filter(key -> text.contains("'" + key + "'"))
                        .forEach(used::add));
        used.addAll(terms());
        used.removeIf(key -> key.endsWith("."));
        return used;
    }

    /** What parts of the machine say of themselves, and what they put together from names. */
    private static Set<String> terms() throws IOException {
        var terms = new TreeSet<String>();
        for (Path folder : List.of(
                Path.of("../emulator/src/main/java/ringside/inspect"),
                Path.of("../emulator/src/main/java/ringside/cpu"),
                Path.of("../emulator/src/main/java/ringside/mmu"),
                Path.of("../emulator/src/main/java/ringside/monitor"))) {
            try (var files = Files.walk(folder)) {
                files.filter(file -> file.toString().endsWith(".java")).forEach(file -> {
                    var text = read(file);
                    IN_PARTS.matcher(text).results().forEach(found -> terms.add("term." + found.group(1)));
                    ENGLISH.stream()
                            .filter(key -> key.startsWith("term.") && text.contains('"' + key.substring(5) + '"'))
                            .forEach(terms::add);
                });
            }
        }
        terms.removeIf(term -> term.endsWith(".") || term.endsWith("-"));
        Stream.of("code-readable", "code-execute-only", "data-writable", "data-read-only")
                .forEach(kind -> {
                    terms.add("term.segment." + kind);
                    terms.add("term.segment." + kind + (kind.startsWith("code") ? "-conforming" : "-expand-down"));
                });
        Stream.of("call-gate", "interrupt-gate", "trap-gate", "tss").forEach(kind -> {
            terms.add("term.system." + kind + "-16");
            terms.add("term.system." + kind + "-32");
        });
        Stream.of("l1", "l2", "l2-top", "l3", "l4", "segments").forEach(type -> terms.add("term.xen.frame." + type));
        Stream.of("one-shot", "periodic", "tsc-deadline").forEach(mode -> terms.add("term.timer." + mode));
        Stream.of("fixed", "lowest", "smi", "reserved", "nmi", "init", "extint")
                .forEach(mode -> terms.add("term.delivery." + mode));
        Stream.of(
                        "external-interrupt",
                        "reserved",
                        "nmi",
                        "hardware-exception",
                        "software-interrupt",
                        "privileged-software-exception",
                        "software-exception",
                        "other-event")
                .forEach(type -> terms.add("term.event." + type));
        Stream.of("active", "hlt", "shutdown", "wait-for-sipi").forEach(state -> terms.add("term.activity." + state));
        Stream.of("guest-state", "host-state", "execution", "exit-controls", "entry-controls", "exit-information")
                .forEach(group -> terms.add("term.vmcs." + group));
        Stream.of("tss-16-busy", "tss-32-busy", "ldt", "task-gate", "reserved")
                .forEach(kind -> terms.add("term.system." + kind));
        return terms;
    }

    /**
     * What becomes of an instruction under a monitor is for the computed cells to say: a card's sentence is about the processor alone. Chapters
     * that are about virtualization name hypervisors, for that is what they are.
     */
    @Test
    void cardsDoNotSayWhatModesDo() {
        List<String> said = new ArrayList<>();
        for (String language : List.of("en", "es")) {
            Words words = Words.in(language);
            List<String> names = new ArrayList<>(List.of(
                    "trap-and-emulate",
                    "VT-x",
                    "AMD-V",
                    "monitor",
                    "shadow",
                    "sombra",
                    "sensitive",
                    "sensible",
                    "virtualiz",
                    "leaves the guest",
                    "sale aquí",
                    "innocu",
                    "inocu"));
            Modes.names().stream()
                    .filter(mode -> !mode.equals("bare"))
                    .map(mode -> words.ofName("mode.", mode))
                    .forEach(names::add);
            keys(language).stream()
                    .filter(key -> key.startsWith("card."))
                    .forEach(key -> names.stream()
                            .filter(name -> words.text(key).contains(name))
                            .forEach(name -> said.add(language + " " + key + ": " + name)));
        }
        assertThat(said).isEmpty();
    }

    @Test
    void nothingThatIsSaidIsMissing() throws IOException {
        var missing = used();
        missing.removeIf(key -> !startsLikeAKey(key) || FILE.matcher(key).matches());
        missing.removeAll(ENGLISH);
        assertThat(missing).isEmpty();
    }

    private static boolean startsLikeAKey(String key) {
        var first = key.contains(".") ? key.substring(0, key.indexOf('.') + 1) : key;
        return ENGLISH.stream().anyMatch(known -> known.startsWith(first));
    }

    @Test
    void nothingIsThereThatNobodySays() throws IOException {
        var unused = new TreeSet<>(ENGLISH);
        unused.removeAll(used());
        unused.removeIf(key -> key.endsWith(".one") && ENGLISH.contains(key.substring(0, key.length() - 4)));
        unused.removeIf(key -> key.startsWith("exit.") && ENGLISH.contains(key.substring(0, key.lastIndexOf('.'))));
        assertThat(unused).isEmpty();
    }

    @Test
    void everyWordingOfTheEmulatorIsSaidSomewhere() {
        var sources = Stream.of("isa", "image")
                .map(name -> Path.of("../emulator/src/main/java/ringside", name))
                .flatMap(WordsTest::filesIn)
                .collect(Collectors.joining());
        List<Enum<?>> wordings = new ArrayList<>(List.of(SourceWording.values()));
        wordings.addAll(List.of(ImageWording.values()));
        for (Enum<?> wording : wordings) {
            var type = wording.getDeclaringClass().getSimpleName();
            assertThat(sources.contains(type + "." + wording.name()))
                    .as(wording.name())
                    .isTrue();
        }
    }

    @Test
    void everyLanguageSaysTheSameThings() {
        for (String language : Words.LANGUAGES) {
            assertThat(keys(language)).as(language).isEqualTo(ENGLISH);
        }
    }

    @Test
    void everyTextIsTranslatedWithTheSameGaps() {
        for (String key : ENGLISH) {
            var english = Words.in("en").text(key);
            var spanish = Words.in("es").text(key);
            assertThat(gaps(spanish)).as(key).isEqualTo(gaps(english));
            if (!SAME.contains(key)) {
                assertThat(spanish).as(key).isNotEqualTo(english).isNotBlank();
            }
        }
    }

    private static Set<String> gaps(String text) {
        return GAP.matcher(text).results().map(match -> match.group()).collect(Collectors.toSet());
    }

    @Test
    void gapsAreFilledOnceAndNeverWithWhatAnArgumentSays() {
        var text = Words.in("en").of(Sentence.of("refused.mode", "{1}{0}", "bare"));
        assertThat(text).isEqualTo("There is no mode “{1}{0}”; there are bare.");
    }

    @Test
    void oneThingIsNotMany() {
        assertThat(Words.in("en").text("where.exits", 1L)).isEqualTo("1 exit");
        assertThat(Words.in("en").text("where.exits", 12_345L)).isEqualTo("12\u202F345 exits");
    }

    @Test
    void theBrowserSaysWhichLanguageItPrefers() {
        assertThat(Words.preferred("es-MX,es;q=0.9,en;q=0.8")).isEqualTo("es");
        assertThat(Words.preferred("de,en;q=0.5")).isEqualTo("en");
        assertThat(Words.preferred("")).isEqualTo("en");
        assertThat(Words.preferred("a;;b,,=1")).isEqualTo("en");
    }
}
