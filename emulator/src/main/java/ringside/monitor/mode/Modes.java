package ringside.monitor.mode;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import ringside.cpu.svm.SvmExtension;
import ringside.cpu.vmx.VmxExtension;
import ringside.image.GuestImage;
import ringside.image.PvhImage;
import ringside.isa.Definition;
import ringside.machine.MachineConfig;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.Options.Virtualization;
import ringside.monitor.bare.Bare;
import ringside.monitor.container.Container;
import ringside.monitor.deprivileged.TrapAndEmulate;
import ringside.monitor.emulation.Emulation;
import ringside.monitor.hardware.Hardware;
import ringside.monitor.hardware.HardwareMonitor;
import ringside.monitor.hvm.BesideDomain0;
import ringside.monitor.hvm.XenHvm;
import ringside.monitor.kvm.Kvm;
import ringside.monitor.paravirtual.Xen;
import ringside.monitor.translation.BinaryTranslation;
import ringside.probe.Probe;

/** The ways of virtualizing a guest, by the names that command line and pages use. */
public final class Modes {
    /** Starts a guest. */
    @FunctionalInterface
    private interface Starter {
        Monitor start(GuestImage image, Options options, Probe probe);
    }

    /**
     * @param holds the kind of guest that the mode is for
     * @param definitions macros by which a source chooses the lines that were ported to the mode
     */
    private record Way(Kind holds, List<Definition> definitions, Starter starter) {}

    /** What a guest may be. */
    private enum Kind {
        MACHINE_SOFTWARE,
        LINUX_PROGRAM,
        XEN_KERNEL,
        /** A kernel for Xen too, but started in another way. */
        PVH_KERNEL;

        static Kind of(GuestImage image) {
            if (image.program().isPresent()) {
                return LINUX_PROGRAM;
            }
            return image.xenKernel().isPresent() ? XEN_KERNEL : MACHINE_SOFTWARE;
        }

        /** Why a mode for this kind cannot hold a guest of another. */
        Optional<Misfit> misfit(Kind guest) {
            if (guest == this || guest == XEN_KERNEL && this == PVH_KERNEL) {
                return Optional.empty();
            }
            return Optional.of(
                    switch (guest) {
                        case LINUX_PROGRAM -> Misfit.PROGRAM_WITHOUT_KERNEL;
                        case XEN_KERNEL, PVH_KERNEL -> Misfit.XEN_KERNEL_WITHOUT_XEN;
                        case MACHINE_SOFTWARE ->
                            this == LINUX_PROGRAM ? Misfit.MACHINE_IN_CONTAINER : Misfit.NOT_PORTED_TO_XEN;
                    });
        }
    }

    private static final Map<String, Way> WAYS = new LinkedHashMap<>();

    static {
        machine("bare", Modes::bare);
        machine("emulation", Modes::emulation);
        machine("trap-and-emulate", Modes::trapAndEmulate);
        machine("binary-translation", Modes::binaryTranslation);
        WAYS.put("xen-pv", new Way(Kind.XEN_KERNEL, List.of(Definition.of("XEN_PV")), Modes::xenPv));
        machine("xen-hvm", Modes::xenHvm);
        WAYS.put("xen-pvh", new Way(Kind.PVH_KERNEL, List.of(Definition.of("XEN_PVH")), Modes::xenPvh));
        machine("vt-x", Modes::vtX);
        machine("amd-v", Modes::amdV);
        machine("kvm", Modes::kvm);
        machine("kvm-pv", Modes::kvmPv);
        WAYS.put("container", new Way(Kind.LINUX_PROGRAM, List.of(Definition.of("CONTAINER")), Modes::container));
    }

    /** A mode that virtualizes a whole machine. */
    private static void machine(String name, Starter starter) {
        WAYS.put(name, new Way(Kind.MACHINE_SOFTWARE, List.of(), starter));
    }

    /** Which hardware a mode runs on; modes that are not here need none. */
    private static final Map<String, Function<Options, Virtualization>> HARDWARE = Map.of(
            "xen-hvm",
            Options::virtualization,
            "xen-pvh",
            Options::virtualization,
            "vt-x",
            options -> Virtualization.VT_X,
            "amd-v",
            options -> Virtualization.AMD_V,
            "kvm",
            Options::virtualization,
            "kvm-pv",
            Options::virtualization);

    private Modes() {}

    /** All names, in the order in which they are shown. */
    public static List<String> names() {
        return List.copyOf(WAYS.keySet());
    }

    /** Why a mode cannot be had with these options; empty where it can, and where there is no mode of this name. */
    public static Optional<String> refusal(String name, Options options) {
        return Optional.ofNullable(HARDWARE.get(name))
                .flatMap(hardware -> Hardware.refusal(hardware.apply(options), options));
    }

    /**
     * Starts a guest in a mode that these options do not make it refuse.
     *
     * @param image one that the mode can hold: {@link #misfit}
     * @param probe told of exits and deliveries
     * @return empty where there is no mode of this name
     */
    public static Optional<Monitor> start(String name, GuestImage image, Options options, Probe probe) {
        return Optional.ofNullable(WAYS.get(name)).map(way -> way.starter.start(image, options, probe));
    }

    /** Why a mode cannot hold an image; empty where it can, and where there is no mode of this name. */
    public static Optional<Misfit> misfit(String name, GuestImage image) {
        return Optional.ofNullable(WAYS.get(name))
                .flatMap(way -> way.holds.misfit(Kind.of(image)).or(() -> domainMisfit(way.holds, image)));
    }

    /** A kernel for Xen may start in another way only, or need more memory. */
    private static Optional<Misfit> domainMisfit(Kind kind, GuestImage image) {
        return image.xenKernel().flatMap(kernel -> {
            if (kind == Kind.PVH_KERNEL) {
                if (!PvhImage.holds(kernel)) {
                    return Optional.of(Misfit.NO_PVH_ENTRY);
                }
                return PvhImage.fits(kernel, image.memory()) ? Optional.empty() : Optional.of(Misfit.DOMAIN_TOO_SMALL);
            }
            if (!kernel.isParavirtual()) {
                return Optional.of(Misfit.NOT_PARAVIRTUAL);
            }
            return Xen.holds(kernel, image.memory()) ? Optional.empty() : Optional.of(Misfit.DOMAIN_TOO_SMALL);
        });
    }

    /** The macros that are there before the first line of a source that is assembled for a mode. */
    public static List<Definition> definitions(String name) {
        return Optional.ofNullable(WAYS.get(name)).map(Way::definitions).orElse(List.of());
    }

    /** Modes that virtualize a whole machine, in the order in which they are shown. */
    public static List<String> machines() {
        return WAYS.entrySet().stream()
                .filter(way -> way.getValue().holds == Kind.MACHINE_SOFTWARE)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Modes that can hold an image, in the order in which they are shown. */
    public static List<String> holding(GuestImage image) {
        return names().stream().filter(name -> misfit(name, image).isEmpty()).toList();
    }

    /** Why an image cannot run in a mode. */
    public enum Misfit {
        /** A Linux program needs a kernel, and the mode is a machine without one. */
        PROGRAM_WITHOUT_KERNEL,
        /** Software for a whole machine, where there is only a kernel for programs. */
        MACHINE_IN_CONTAINER,
        /** A kernel made for Xen asks its hypervisor for what others ask the hardware for, and there is no Xen. */
        XEN_KERNEL_WITHOUT_XEN,
        /** Where there is only Xen, software must have been ported to it. */
        NOT_PORTED_TO_XEN,
        /** A kernel for Xen that starts only where the processor is virtualized for it (PVH). */
        NOT_PARAVIRTUAL,
        /** A kernel for Xen that does not say where it starts by PVH. */
        NO_PVH_ENTRY,
        /** There is not enough memory for a kernel for Xen and what its domain is built of. */
        DOMAIN_TOO_SMALL
    }

    private static Monitor bare(GuestImage image, Options options, Probe probe) {
        return new Bare(GuestProcessor.load(image, 0, GuestProcessor.DIRECT, extension(image, probe), probe));
    }

    /** The virtualization that the guest's source asks for; it is at most one. */
    private static GuestProcessor.Extension extension(GuestImage image, Probe probe) {
        for (GuestImage.Extension wanted : image.extensions()) {
            return switch (wanted) {
                case SVM -> (parts, controller) -> SvmExtension.extend(parts, controller, probe);
                case VMX -> (parts, controller) -> VmxExtension.extend(parts, controller, probe);
            };
        }
        return (parts, controller) -> parts;
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
            case VIRTUALBOX -> BinaryTranslation.virtualbox(guest, probe);
            case KQEMU -> BinaryTranslation.kqemu(guest, probe);
        };
    }

    private static Monitor xenPv(GuestImage image, Options options, Probe probe) {
        MachineConfig machine = image.domain0()
                .map(domain0 -> Xen.machine(image.memory(), domain0.memory()))
                .orElseGet(() -> new MachineConfig(image.memory(), Xen.memory(image.memory())));
        GuestProcessor guest =
                GuestProcessor.load(image, machine, GuestProcessor.WITHOUT_INTERRUPTS, GuestProcessor.PLAIN, probe);
        return new Xen(guest, image.xenKernel().orElseThrow(), image.domain0().flatMap(GuestImage::xenKernel), probe);
    }

    private static Monitor xenHvm(GuestImage image, Options options, Probe probe) {
        Virtualization type = options.virtualization();
        Hardware hardware = Hardware.of(type, options);
        return image.domain0()
                .<Monitor>flatMap(domain0 -> domain0.xenKernel()
                        .map(kernel -> BesideDomain0.start(image, hardware, type, kernel, domain0.memory(), probe)))
                .orElseGet(() -> XenHvm.start(image, hardware, type, probe));
    }

    private static Monitor xenPvh(GuestImage image, Options options, Probe probe) {
        Virtualization hardware = options.virtualization();
        return XenHvm.startPvh(PvhImage.of(image), Hardware.of(hardware, options), hardware, probe);
    }

    private static Monitor vtX(GuestImage image, Options options, Probe probe) {
        return HardwareMonitor.start(image, Hardware.of(Virtualization.VT_X, options), probe);
    }

    private static Monitor amdV(GuestImage image, Options options, Probe probe) {
        return HardwareMonitor.start(image, Hardware.of(Virtualization.AMD_V, options), probe);
    }

    private static Monitor kvm(GuestImage image, Options options, Probe probe) {
        return Kvm.start(image, options, Hardware.of(options.virtualization(), options), probe);
    }

    private static Monitor kvmPv(GuestImage image, Options options, Probe probe) {
        return Kvm.startParavirtual(image, options, Hardware.of(options.virtualization(), options), probe);
    }

    private static Monitor container(GuestImage image, Options options, Probe probe) {
        GuestProcessor guest = GuestProcessor.load(image, 0, GuestProcessor.DIRECT, probe);
        return new Container(guest, image, image.program().orElseThrow(), probe);
    }
}
