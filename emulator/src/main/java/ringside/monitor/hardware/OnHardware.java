package ringside.monitor.hardware;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.monitor.Monitor;
import ringside.monitor.PageWalk;

/** A monitor whose guest runs on virtualizing hardware: its processors are those of one virtual processor. */
public interface OnHardware extends Monitor {
    /** The virtual processor, for views. */
    HardwareProcessor virtualProcessor();

    @Override
    default Cpu real() {
        return virtualProcessor().real();
    }

    @Override
    default List<PageWalk> walks(long linear, int access) {
        believed();
        return virtualProcessor().walks(linear, access);
    }

    @Override
    default Cpu believed() {
        if (virtualProcessor().isInside()) {
            virtualProcessor().copyGuestToBelieved();
        }
        return virtualProcessor().believed();
    }
}
