package ringside.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.syntax.elements.GivenClassesConjunction;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.FileReader;
import java.io.FileWriter;
import java.io.RandomAccessFile;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.InstantSource;
import java.util.Calendar;
import java.util.Date;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.Timer;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** From {@code isa} to {@code monitor} a run depends on its guest, its configuration and its inputs, and nothing else. */
class BackDoorTest {
    private static final JavaClasses EMULATOR = Corridor.emulator();

    @Test
    void noMachineReadsTheWallClock() {
        core().should()
                .dependOnClassesThat(belongToAnyOf(Clock.class, InstantSource.class, Date.class, Calendar.class))
                .orShould()
                .callMethodWhere(target(describe(
                        "now() of java.time",
                        method -> method.getName().equals("now")
                                && method.getOwner().getPackageName().startsWith("java.time"))))
                .check(EMULATOR);
    }

    @Test
    void noMachineAsksTheSystemForAnythingButToCopyAnArray() {
        core().should()
                .accessTargetWhere(target(describe("java.lang.System, but for arraycopy", BackDoorTest::isOfTheSystem)))
                .check(EMULATOR);
    }

    @Test
    void noMachineThrowsDice() {
        core().should()
                .dependOnClassesThat(
                        belongToAnyOf(Random.class, SecureRandom.class, SplittableRandom.class, UUID.class))
                .orShould()
                .dependOnClassesThat()
                .resideInAPackage("java.util.random..")
                .orShould()
                .callMethod(Math.class, "random")
                .orShould()
                .callMethod(StrictMath.class, "random")
                .check(EMULATOR);
    }

    @Test
    void noMachineHasThreads() {
        core().should()
                .dependOnClassesThat()
                .resideInAPackage("java.util.concurrent..")
                .orShould()
                .dependOnClassesThat(belongToAnyOf(Thread.class, ThreadLocal.class, Timer.class))
                .orShould()
                .callMethodWhere(target(describe(
                        "a parallel stream",
                        method -> method.getName().equals("parallelStream")
                                || method.getName().equals("parallel"))))
                .check(EMULATOR);
        methods()
                .that()
                .areDeclaredInClassesThat()
                .resideInAnyPackage(Corridor.core())
                .and()
                .areDeclaredInClassesThat()
                .resideOutsideOfPackage(Corridor.HOST_KVM)
                .should()
                .notHaveModifier(JavaModifier.SYNCHRONIZED)
                .check(EMULATOR);
    }

    @Test
    void noMachineOpensFilesOrConnections() {
        core().should()
                .dependOnClassesThat(belongToAnyOf(
                        File.class,
                        FileDescriptor.class,
                        FileInputStream.class,
                        FileOutputStream.class,
                        FileReader.class,
                        FileWriter.class,
                        RandomAccessFile.class,
                        ProcessBuilder.class,
                        Process.class,
                        Runtime.class))
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("java.nio.file..", "java.nio.channels..", "java.net..")
                .check(EMULATOR);
    }

    private static boolean isOfTheSystem(AccessTarget accessed) {
        return accessed.getOwner().isEquivalentTo(System.class)
                && !accessed.getName().equals("arraycopy");
    }

    private static GivenClassesConjunction core() {
        return noClasses().that().resideInAnyPackage(Corridor.core()).and().resideOutsideOfPackage(Corridor.HOST_KVM);
    }
}
