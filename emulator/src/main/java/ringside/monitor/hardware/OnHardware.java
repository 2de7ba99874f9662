package ringside.monitor.hardware;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import ringside.cpu.Cpu;
import ringside.monitor.Monitor;
import ringside.monitor.PageWalk;
import ringside.probe.Inspection;

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
    default Map<String, Supplier<Inspection>> inspections() {
        return virtualProcessor().inspections();
    }

    @Override
    default Cpu believed() {
        if (virtualProcessor().isInside()) {
            virtualProcessor().copyGuestToBelieved();
        }
        return virtualProcessor().believed();
    }
}
