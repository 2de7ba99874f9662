package ringside.monitor.translation;

import java.util.List;
import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState.Activity;
import ringside.machine.Machine;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.monitor.Ending;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Host;
import ringside.monitor.Monitor;
import ringside.monitor.PageWalk;
import ringside.monitor.Translation;
import ringside.monitor.deprivileged.DeprivilegedGuest;
import ringside.monitor.deprivileged.MonitorMemory;
import ringside.monitor.deprivileged.Trapped;
import ringside.probe.Probe;

/** The monitor of binary translation: programs run directly, and the kernel runs as the system at hand has it. */
public final class BinaryTranslation implements Monitor {
    private final DeprivilegedGuest guest;
    private final Kernel kernel;
    private final Host host;
    private final Cpu believed;

    private BinaryTranslation(DeprivilegedGuest guest, Kernel kernel) {
        this.guest = guest;
        this.kernel = kernel;
        this.host = guest.host();
        this.believed = guest.believed();
    }

    /** VMware's: kernel code is translated. */
    public static BinaryTranslation vmware(GuestProcessor processor, Probe probe) {
        Ram ram = processor.machine().ram();
        MonitorMemory memory = MonitorMemory.above(processor.machine().config(), CodeCache.FRAMES)
                .withPatches(VirtualProcessor.FRAMES);
        VirtualProcessor virtual = new VirtualProcessor(ram, memory);
        CodeCache cache = new CodeCache(ram, memory, virtual);
        CacheCode code = new CacheCode(processor.code(), ram, memory, cache::isAdded);
        var parts = new DeprivilegedGuest.Parts(new CachePages(ram, memory), code, Callout.TO_MONITOR);
        var guest = new DeprivilegedGuest(processor, probe, memory, parts, cache::translationsDropped);
        return new BinaryTranslation(guest, new TranslatedKernel(guest, probe, virtual, cache, code));
    }

    /** kqemu's: kernel code is emulated. */
    public static BinaryTranslation kqemu(GuestProcessor processor, Probe probe) {
        Ram ram = processor.machine().ram();
        MonitorMemory memory = MonitorMemory.above(processor.machine().config(), 0);
        var parts = new DeprivilegedGuest.Parts(
                PhysicalMemory.direct(ram, ram.frames()), processor.code(), Trapped.TO_MONITOR);
        var guest = new DeprivilegedGuest(processor, probe, memory, parts, () -> {});
        return new BinaryTranslation(guest, new EmulatedKernel(guest));
    }

    /** VirtualBox's raw mode: kernel code runs at ring 1 as it stands, patched where that would go wrong. */
    public static BinaryTranslation virtualbox(GuestProcessor processor, Probe probe) {
        Ram ram = processor.machine().ram();
        MonitorMemory place =
                MonitorMemory.above(processor.machine().config(), 0).withPatches(PatchMemory.FRAMES);
        PatchMemory memory = new PatchMemory(ram, place);
        ScannedCode code = new ScannedCode(processor.code(), ram, memory);
        var parts = new DeprivilegedGuest.Parts(
                PhysicalMemory.direct(ram, ram.frames()), code, PatchTrap.toMonitor(memory));
        var guest = new DeprivilegedGuest(processor, probe, place, parts, () -> {});
        return new BinaryTranslation(guest, new RawKernel(guest, probe, memory, code));
    }

    /** RAM that this monitor needs for itself, in bytes. */
    public static long memory() {
        return MonitorMemory.SIZE;
    }

    @Override
    public void run(long until) {
        while (machine().clock().now() < until && host.ending().isEmpty()) {
            if (believed.system.activity == Activity.ACTIVE) {
                runOnce(until);
            }
            guest.attend();
        }
    }

    private void runOnce(long until) {
        if (guest.hasEventForGuest()) {
            kernel.left();
            guest.deliver();
        } else if (believed.system.cpl < 3) {
            kernel.run(until);
        } else if (!kernel.runsPrograms()) {
            guest.goOnEmulated();
        } else if (guest.isRepresentable()) {
            guest.runInside(until);
        } else {
            guest.interpret();
        }
    }

    @Override
    public List<PageWalk> walks(long linear, int access) {
        return List.of(
                PageWalk.of(PageWalk.Tables.GUEST, believed(), linear, access),
                PageWalk.of(PageWalk.Tables.SHADOW, real(), linear, access));
    }

    @Override
    public Optional<Ending> ending() {
        return host.ending();
    }

    @Override
    public Machine machine() {
        return guest.machine();
    }

    @Override
    public boolean runsInPlace() {
        return false;
    }

    @Override
    public Cpu real() {
        return believed.system.cpl < 3 ? kernel.real() : guest.realInside();
    }

    @Override
    public Cpu believed() {
        return believed;
    }

    @Override
    public Optional<Translation> translation() {
        return believed.system.cpl < 3 ? kernel.translation() : Optional.empty();
    }

    @Override
    public Optional<Translation.Counts> translated() {
        return kernel.translated();
    }

    private record Saved(DeprivilegedGuest.State guest, Kernel.State kernel) implements State {
        @Override
        public Machine.State machine() {
            return guest.machine();
        }
    }

    @Override
    public State save() {
        return new Saved(guest.save(), kernel.save());
    }

    @Override
    public void restore(State state) {
        Saved saved = (Saved) state;
        kernel.beginRestore();
        guest.restore(saved.guest);
        kernel.restore(saved.kernel);
    }
}
