package ringside.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import org.junit.jupiter.api.Test;

class CorridorTest {
    private static final JavaClasses EMULATOR = Corridor.emulator();

    @Test
    void importsPointUpTheCorridorAndNeverDown() {
        classes()
                .that()
                .resideInAPackage("ringside..")
                .should(Corridor.importOnlyWhatStandsAbove())
                .check(EMULATOR);
    }

    @Test
    void noPackagesImportEachOtherInACircle() {
        slices().matching("ringside.(**)").should().beFreeOfCycles().check(EMULATOR);
    }

    @Test
    void onlyTheHostsKvmIsCalledThroughNativeCode() {
        noClasses()
                .that()
                .resideOutsideOfPackage(Corridor.HOST_KVM)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.sun.jna..", "java.lang.foreign..", "jdk.internal..")
                .check(EMULATOR);
    }

    @Test
    void onlyReplayReadsAndWritesJson() {
        noClasses()
                .that()
                .resideOutsideOfPackage("ringside.replay..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("tools.jackson..", "com.fasterxml..")
                .check(EMULATOR);
    }

    @Test
    void theEmulatorKnowsNeitherPagesNorTheCommandLine() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.javalin..", "org.thymeleaf..", "picocli..", "org.slf4j..", "java.net..")
                .check(EMULATOR);
    }

    @Test
    void nothingStaticChanges() {
        fields().that().areStatic().should().beFinal().check(EMULATOR);
    }

    @Test
    void namesSayWhatAThingIsInTheMachine() {
        noClasses()
                .should()
                .haveSimpleNameEndingWith("Manager")
                .orShould()
                .haveSimpleNameEndingWith("Helper")
                .orShould()
                .haveSimpleNameEndingWith("Util")
                .orShould()
                .haveSimpleNameEndingWith("Utils")
                .orShould()
                .haveSimpleNameEndingWith("Impl")
                .orShould()
                .haveSimpleNameStartingWith("Abstract")
                .check(EMULATOR);
    }
}
