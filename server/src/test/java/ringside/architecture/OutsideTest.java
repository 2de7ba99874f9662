package ringside.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.syntax.elements.GivenClassesConjunction;
import org.junit.jupiter.api.Test;

/** What lies around the emulator sees a session from outside, and each library has one place. */
class OutsideTest {
    private static final JavaClasses RINGSIDE = new ClassFileImporter()
            .withImportOption(location -> !location.contains("/test-classes/"))
            .importPackages("ringside");

    @Test
    void pagesSeeSessionsLessonsAndTheReferenceCardAndNothingElseOfOurs() {
        classesIn("ringside.web..")
                .should()
                .onlyDependOnClassesThat(
                        notOursOr("ringside.web", "ringside.store", "ringside.session", "ringside.lesson"))
                .check(RINGSIDE);
    }

    @Test
    void theCommandLineSeesWhatPagesSeeAndServesThem() {
        classesIn("ringside.cli..")
                .should()
                .onlyDependOnClassesThat(notOursOr(
                        "ringside.cli", "ringside.web", "ringside.store", "ringside.session", "ringside.lesson"))
                .check(RINGSIDE);
    }

    @Test
    void lessonsKnowNeitherPagesNorTheCommandLine() {
        noClasses()
                .that()
                .resideInAPackage("ringside.lesson..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("ringside.web..", "ringside.cli..", "ringside")
                .check(RINGSIDE);
    }

    @Test
    void noPackagesImportEachOtherInACircle() {
        slices().matching("ringside.(**)").should().beFreeOfCycles().check(RINGSIDE);
    }

    @Test
    void onlyPagesKnowTheWebServerAndItsTemplates() {
        noClasses()
                .that()
                .resideOutsideOfPackage("ringside.web..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.javalin..", "org.eclipse.jetty..", "jakarta.servlet..", "org.thymeleaf..")
                .check(RINGSIDE);
    }

    @Test
    void onlyTheCommandLineKnowsItsLibrary() {
        noClasses()
                .that()
                .resideOutsideOfPackages("ringside", "ringside.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("picocli..")
                .check(RINGSIDE);
    }

    @Test
    void onlyLessonsKnowMarkdown() {
        noClasses()
                .that()
                .resideOutsideOfPackage("ringside.lesson..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.commonmark..")
                .check(RINGSIDE);
    }

    @Test
    void jsonIsReadAndWrittenAtTheEdges() {
        noClasses()
                .that()
                .resideOutsideOfPackages("ringside.replay..", "ringside.lesson..", "ringside.web..", "ringside.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("tools.jackson..", "com.fasterxml..")
                .check(RINGSIDE);
    }

    @Test
    void onlyTheStoreKnowsItsDatabaseAndKnowsNothingElseOfOurs() {
        noClasses()
                .that()
                .resideOutsideOfPackage("ringside.store..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "javax.sql..", "org.h2..")
                .check(RINGSIDE);
        classesIn("ringside.store..")
                .should()
                .onlyDependOnClassesThat(notOursOr("ringside.store"))
                .check(RINGSIDE);
    }

    @Test
    void nothingStaticChanges() {
        fields().that().areStatic().should().beFinal().check(RINGSIDE);
    }

    private static GivenClassesConjunction classesIn(String packages) {
        return classes().that().resideInAPackage(packages);
    }

    private static DescribedPredicate<JavaClass> notOursOr(String... packages) {
        return describe("are not ours, or of " + String.join(", ", packages) + ", or the reference card", type -> {
            var name = type.getBaseComponentType().getName();
            return !name.startsWith("ringside.")
                    || name.startsWith("ringside.isa.ReferenceCard")
                    || isIn(type.getBaseComponentType().getPackageName(), packages);
        });
    }

    private static boolean isIn(String name, String... packages) {
        for (var each : packages) {
            if ((name + ".").startsWith(each + ".")) {
                return true;
            }
        }
        return false;
    }
}
