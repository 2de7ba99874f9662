package ringside.monitor.hardware;

import java.util.Optional;
import ringside.bus.PortBus;
import ringside.cpu.svm.SvmFeatures;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Options.Generation;
import ringside.monitor.Options.Virtualization;
import ringside.probe.Probe;

/** A vendor's virtualizing hardware, as a part to build monitors with. */
public interface Hardware {
    /** RAM needed above the guest's, in bytes. */
    long memory(long guestBytes);

    /**
     * A virtual processor for the guest.
     *
     * @param ports what the guest reaches where its ports are not intercepted
     */
    HardwareProcessor processor(GuestProcessor guest, PortBus ports, Probe probe);

    /** @throws IllegalArgumentException where {@link #refusal} has something to say */
    static Hardware of(Virtualization virtualization, Generation generation) {
        refusal(virtualization, generation).ifPresent(sentence -> {
            throw new IllegalArgumentException(sentence);
        });
        return switch (virtualization) {
            case VT_X -> VT_X;
            case AMD_V -> new AmdV(features(generation));
        };
    }

    /** Why monitors cannot be built on hardware of this generation yet; empty where they can. */
    static Optional<String> refusal(Virtualization virtualization, Generation generation) {
        boolean vtX = virtualization == Virtualization.VT_X;
        return switch (generation) {
            case YEAR_2005 ->
                Optional.of("the " + virtualization.text()
                        + " of 2005 has no tables of two dimensions, and shadow paging under it"
                        + " is not there yet; take --generation " + (vtX ? "2010" : "2008") + " or today");
            case YEAR_2008 ->
                vtX
                        ? Optional.of("the vt-x of 2008 cannot run a guest without paging, as guests start here;"
                                + " take --generation 2010 or today, or --hardware amd-v")
                        : Optional.empty();
            case YEAR_2010, TODAY -> Optional.empty();
        };
    }

    /** CPUID Fn8000_000A_EDX: nested paging came with family 10h, saving the next RIP in its later years, decode assists with family 15h. */
    private static SvmFeatures features(Generation generation) {
        return switch (generation) {
            case YEAR_2005, YEAR_2008 -> new SvmFeatures(false, false);
            case YEAR_2010 -> new SvmFeatures(true, false);
            case TODAY -> SvmFeatures.ALL;
        };
    }

    /** Intel's VT-x. */
    Hardware VT_X = new Hardware() {
        @Override
        public long memory(long guestBytes) {
            return VtXProcessor.memory(guestBytes);
        }

        @Override
        public HardwareProcessor processor(GuestProcessor guest, PortBus ports, Probe probe) {
            return new VtXProcessor(guest, ports, probe);
        }
    };

    /** AMD's SVM, which its maker sells as AMD-V. */
    record AmdV(SvmFeatures features) implements Hardware {
        @Override
        public long memory(long guestBytes) {
            return AmdVProcessor.memory(guestBytes);
        }

        @Override
        public HardwareProcessor processor(GuestProcessor guest, PortBus ports, Probe probe) {
            return new AmdVProcessor(guest, ports, features, probe);
        }
    }
}
