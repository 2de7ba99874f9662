package ringside.architecture;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.List;

/** The order of the packages: data flows down this list, imports point up. */
final class Corridor {
    /** A package may import those of the lines above its own. Packages of one line do not know each other. */
    private static final List<List<String>> LINES = List.of(
            List.of("isa", "probe", "memory"),
            List.of("bus"),
            List.of("device", "mmu"),
            List.of("cpu"),
            List.of("cpu.instruction", "cpu.vmx", "cpu.svm", "cpu.micro"),
            List.of("image"),
            List.of("machine"),
            List.of("monitor", "inspect"),
            List.of("trace"),
            List.of("replay"),
            List.of("session"));

    private static final String ROOT = "ringside.";

    /** The one package that speaks to the machine below us. */
    static final String HOST_KVM = "ringside.monitor.hostkvm..";

    private Corridor() {}

    /** All classes of the emulator, without its tests. */
    static JavaClasses emulator() {
        return new ClassFileImporter()
                .withImportOption(location -> !location.contains("/test-classes/"))
                .importPackages("ringside");
    }

    /** The packages, with those below them, whose results follow from guest, configuration and inputs alone. */
    static String[] core() {
        return LINES.stream()
                .takeWhile(line -> !line.contains("trace"))
                .flatMap(List::stream)
                .map(name -> ROOT + name + "..")
                .toArray(String[]::new);
    }

    /** Holds for a class that stands on a line and imports only what stands above it. */
    static ArchCondition<JavaClass> importOnlyWhatStandsAbove() {
        return new ArchCondition<>("import only what stands above them in the corridor") {
            @Override
            public void check(JavaClass origin, ConditionEvents events) {
                if (line(origin.getPackageName()) < 0) {
                    events.add(SimpleConditionEvent.violated(
                            origin, origin.getName() + " lies in a package that stands on no line of the corridor"));
                }
                origin.getDirectDependenciesFromSelf().stream()
                        .filter(dependency ->
                                dependency.getTargetClass().getPackageName().startsWith(ROOT))
                        .filter(dependency -> !pointsUp(dependency))
                        .forEach(dependency ->
                                events.add(SimpleConditionEvent.violated(dependency, dependency.getDescription())));
            }
        };
    }

    private static boolean pointsUp(Dependency dependency) {
        var origin = dependency.getOriginClass().getPackageName();
        var target = dependency.getTargetClass().getPackageName();
        var insideMonitor = isMode(origin) && isMode(target);
        return origin.equals(target) || insideMonitor || line(target) < line(origin);
    }

    private static boolean isMode(String name) {
        return (name + ".").startsWith(ROOT + "monitor.");
    }

    private static int line(String packageName) {
        var name = isMode(packageName) ? ROOT + "monitor" : packageName;
        for (int line = 0; line < LINES.size(); line++) {
            if (LINES.get(line).stream().map(ROOT::concat).anyMatch(name::equals)) {
                return line;
            }
        }
        return -1;
    }
}
