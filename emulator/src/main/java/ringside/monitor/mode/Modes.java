package ringside.monitor.mode;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import ringside.cpu.svm.SvmExtension;
import ringside.image.GuestImage;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.Options.Virtualization;
import ringside.monitor.bare.Bare;
import ringside.monitor.deprivileged.TrapAndEmulate;
import ringside.monitor.emulation.Emulation;
import ringside.monitor.hardware.Hardware;
import ringside.monitor.hardware.HardwareMonitor;
import ringside.monitor.kvm.Kvm;
import ringside.monitor.translation.BinaryTranslation;
import ringside.probe.Probe;

/** The ways of virtualizing a guest, by the names that command line and pages use. */
public final class Modes {
    /** Starts a guest. */
    @FunctionalInterface
    private interface Starter {
        Monitor start(GuestImage image, Options options, Probe probe);
    }

    private static final Map<String, Starter> STARTERS = new LinkedHashMap<>();

    static {
        STARTERS.put("bare", Modes::bare);
        STARTERS.put("emulation", Modes::emulation);
        STARTERS.put("trap-and-emulate", Modes::trapAndEmulate);
        STARTERS.put("binary-translation", Modes::binaryTranslation);
        STARTERS.put("vt-x", Modes::vtX);
        STARTERS.put("amd-v", Modes::amdV);
        STARTERS.put("kvm", Modes::kvm);
    }

    /** Which hardware a mode runs on; modes that are not here need none. */
    private static final Map<String, Function<Options, Virtualization>> HARDWARE = Map.of(
            "vt-x", options -> Virtualization.VT_X,
            "amd-v", options -> Virtualization.AMD_V,
            "kvm", Options::virtualization);

    private Modes() {}

    /** All names, in the order in which they are shown. */
    public static List<String> names() {
        return List.copyOf(STARTERS.keySet());
    }

    /** Why a mode cannot be had with these options; empty where it can, and where there is no mode of this name. */
    public static Optional<String> refusal(String name, Options options) {
        return Optional.ofNullable(HARDWARE.get(name))
                .flatMap(hardware -> Hardware.refusal(hardware.apply(options), options.generation()));
    }

    /**
     * Starts a guest in a mode that these options do not make it refuse.
     *
     * @param probe told of exits and deliveries
     * @return empty where there is no mode of this name
     */
    public static Optional<Monitor> start(String name, GuestImage image, Options options, Probe probe) {
        return Optional.ofNullable(STARTERS.get(name)).map(starter -> starter.start(image, options, probe));
    }

    private static Monitor bare(GuestImage image, Options options, Probe probe) {
        GuestProcessor.Extension extension = image.extensions().contains(GuestImage.Extension.SVM)
                ? (parts, controller) -> SvmExtension.extend(parts, controller, probe)
                : (parts, controller) -> parts;
        return new Bare(GuestProcessor.load(image, 0, GuestProcessor.DIRECT, extension, probe));
    }

    private static Monitor emulation(GuestImage image, Options options, Probe probe) {
        return new Emulation(GuestProcessor.load(image, 0, GuestProcessor.DIRECT, probe));
    }

    private static Monitor trapAndEmulate(GuestImage image, Options options, Probe probe) {
        return new TrapAndEmulate(
                GuestProcessor.load(image, TrapAndEmulate.memory(), GuestProcessor.DIRECT, probe), probe);
    }

    private static Monitor binaryTranslation(GuestImage image, Options options, Probe probe) {
        GuestProcessor guest = GuestProcessor.load(image, BinaryTranslation.memory(), GuestProcessor.DIRECT, probe);
        return switch (options.translator()) {
            case VMWARE -> BinaryTranslation.vmware(guest, probe);
            case KQEMU -> BinaryTranslation.kqemu(guest, probe);
        };
    }

    private static Monitor vtX(GuestImage image, Options options, Probe probe) {
        return HardwareMonitor.start(image, Hardware.of(Virtualization.VT_X, options.generation()), probe);
    }

    private static Monitor amdV(GuestImage image, Options options, Probe probe) {
        return HardwareMonitor.start(image, Hardware.of(Virtualization.AMD_V, options.generation()), probe);
    }

    private static Monitor kvm(GuestImage image, Options options, Probe probe) {
        return Kvm.start(image, options, Hardware.of(options.virtualization(), options.generation()), probe);
    }
}
