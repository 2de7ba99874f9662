package ringside.monitor.translation;

import ringside.cpu.Cpu;
import ringside.monitor.deprivileged.DeprivilegedGuest;

/**
 * kqemu's way without its option for kernel code: an emulator performs the kernel, every instruction of it, and the processor gets
 * programs only. The emulator's own work is no exit; it is entered when a program faults.
 */
final class EmulatedKernel implements Kernel {
    private final DeprivilegedGuest guest;

    EmulatedKernel(DeprivilegedGuest guest) {
        this.guest = guest;
    }

    @Override
    public void run(long until) {
        guest.goOnEmulated();
    }

    @Override
    public void left() {}

    @Override
    public Cpu real() {
        return guest.realInside();
    }

    private record Nothing() implements State {}

    @Override
    public State save() {
        return new Nothing();
    }

    @Override
    public void beginRestore() {}

    @Override
    public void restore(State state) {}
}
