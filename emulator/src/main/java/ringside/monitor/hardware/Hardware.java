package ringside.monitor.hardware;

import ringside.bus.PortBus;
import ringside.monitor.GuestProcessor;
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
    Hardware AMD_V = new Hardware() {
        @Override
        public long memory(long guestBytes) {
            return AmdVProcessor.memory(guestBytes);
        }

        @Override
        public HardwareProcessor processor(GuestProcessor guest, PortBus ports, Probe probe) {
            return new AmdVProcessor(guest, ports, probe);
        }
    };
}
