package ringside.cli;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** The version as the jar's manifest gives it, with the Java that runs it. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        var ringside = Optional.ofNullable(Version.class.getPackage().getImplementationVersion());
        return new String[] {
            "Ringside " + ringside.orElse("(from its classes)"),
            "Java " + System.getProperty("java.version") + ", " + System.getProperty("java.vm.name")
        };
    }
}
