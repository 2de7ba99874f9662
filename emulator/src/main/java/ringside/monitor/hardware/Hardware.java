package ringside.monitor.hardware;

import java.util.Optional;
import ringside.bus.PortBus;
import ringside.cpu.svm.SvmFeatures;
import ringside.cpu.vmx.VmxCapabilities;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Options;
import ringside.monitor.Options.Generation;
import ringside.monitor.Options.Paging;
import ringside.monitor.Options.Virtualization;
import ringside.probe.Actor;

/** A vendor's virtualizing hardware, as a part to build monitors with. */
public interface Hardware {
    /** RAM needed above the guest's, in bytes. */
    long memory(long guestBytes);

    /**
     * A virtual processor for the guest.
     *
     * @param ports what the guest reaches where its ports are not intercepted
     * @param monitor who answers exits with it
     */
    HardwareProcessor processor(GuestProcessor guest, PortBus ports, Actor monitor);

    /**
     * The hardware that options ask for.
     *
     * @throws IllegalArgumentException where {@link #refusal} has something to say
     */
    static Hardware of(Virtualization virtualization, Options options) {
        refusal(virtualization, options).ifPresent(sentence -> {
            throw new IllegalArgumentException(sentence);
        });
        Paging paging = paging(options);
        return switch (virtualization) {
            case VT_X -> new VtX(capabilities(options.generation()), paging);
            case AMD_V -> new AmdV(features(options.generation()), paging);
        };
    }

    /** What a generation has not; empty where it has all that is asked for. */
    static Optional<String> refusal(Virtualization virtualization, Options options) {
        boolean nested = options.paging().equals(Optional.of(Paging.NESTED));
        return nested && !hasNested(options.generation())
                ? Optional.of("the " + virtualization.text() + " of "
                        + options.generation().text()
                        + " has no tables of two dimensions that hold every guest; take --paging shadow, or"
                        + " another generation")
                : Optional.empty();
    }

    /** What is asked for, or the best that the generation has. */
    private static Paging paging(Options options) {
        return options.paging().orElse(hasNested(options.generation()) ? Paging.NESTED : Paging.SHADOW);
    }

    /** Nested paging came with AMD's family 10h in 2007, EPT with Intel's Nehalem in 2008. */
    private static boolean hasNested(Generation generation) {
        return generation != Generation.YEAR_2005;
    }

    private static VmxCapabilities capabilities(Generation generation) {
        return switch (generation) {
            case YEAR_2005 -> VmxCapabilities.FIRST;
            case YEAR_2008 -> VmxCapabilities.NEHALEM;
            case YEAR_2010 -> VmxCapabilities.WESTMERE;
            case TODAY -> VmxCapabilities.ALL;
        };
    }

    /** CPUID Fn8000_000A_EDX: saving the next RIP came with the later years of family 10h, decode assists with family 15h. */
    private static SvmFeatures features(Generation generation) {
        return switch (generation) {
            case YEAR_2005, YEAR_2008 -> new SvmFeatures(false, false);
            case YEAR_2010 -> new SvmFeatures(true, false);
            case TODAY -> SvmFeatures.ALL;
        };
    }

    /** AMD's SVM, which its maker sells as AMD-V. */
    record AmdV(SvmFeatures features, Paging paging) implements Hardware {
        @Override
        public long memory(long guestBytes) {
            return AmdVProcessor.memory(guestBytes, paging);
        }

        @Override
        public HardwareProcessor processor(GuestProcessor guest, PortBus ports, Actor monitor) {
            return new AmdVProcessor(guest, ports, features, paging, monitor);
        }
    }
}
