package ringside.monitor.hardware;

import ringside.cpu.Cpu;
import ringside.monitor.Monitor;

/** A monitor whose guest runs on virtualizing hardware: its processors are those of one virtual processor. */
public interface OnHardware extends Monitor {
    /** The virtual processor, for views. */
    HardwareProcessor virtualProcessor();

    @Override
    default Cpu real() {
        return virtualProcessor().real();
    }

    @Override
    default Cpu believed() {
        if (virtualProcessor().isInside()) {
            virtualProcessor().copyGuestToBelieved();
        }
        return virtualProcessor().believed();
    }
}
