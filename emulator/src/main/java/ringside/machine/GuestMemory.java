package ringside.machine;

import ringside.bus.MemoryBus;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;

/** Physical memory as the guest's processor reaches it: RAM from address 0 on, and devices above. Where both are, RAM answers. */
final class GuestMemory implements PhysicalMemory {
    private final PhysicalMemory chips;
    private final MemoryBus devices;

    GuestMemory(Ram ram, int frames, MemoryBus devices) {
        this.chips = PhysicalMemory.direct(ram, frames);
        this.devices = devices;
    }

    @Override
    public Ram ram() {
        return chips.ram();
    }

    @Override
    public int frame(long physical, Use use, long linear) {
        return chips.frame(physical, use, linear);
    }

    @Override
    public long readOutside(long physical, int size) {
        return devices.read(physical, size);
    }

    @Override
    public void writeOutside(long physical, int size, long value) {
        devices.write(physical, size, value);
    }
}
