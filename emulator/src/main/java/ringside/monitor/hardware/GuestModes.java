package ringside.monitor.hardware;

import ringside.cpu.SystemState;

/** In which of its modes the guest runs as it is, and as what it runs in the others. */
interface GuestModes {
    /** An unrestricted guest (SDM 3C, Restrictions on VMX Operation): all of them. */
    GuestModes UNRESTRICTED = new GuestModes() {
        @Override
        public void disguise(SystemState real) {}

        @Override
        public void believe(SystemState believed, SystemState.State had) {}

        @Override
        public boolean isDisguised(SystemState believed) {
            return false;
        }
    };

    /** The real state is a copy of the believed one: it becomes what the processor must really have. */
    void disguise(SystemState real);

    /** The believed state has been read from the real processor: what was a disguise is taken off. */
    void believe(SystemState believed, SystemState.State had);

    /** Is the guest in a mode that it does not really run in? */
    boolean isDisguised(SystemState believed);
}
