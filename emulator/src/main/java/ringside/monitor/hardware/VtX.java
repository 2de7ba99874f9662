package ringside.monitor.hardware;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import ringside.bus.PortBus;
import ringside.cpu.Cpu;
import ringside.cpu.vmx.ExtendedPageTables;
import ringside.cpu.vmx.Vmcs;
import ringside.cpu.vmx.VmxCapabilities;
import ringside.memory.Ram;
import ringside.mmu.Paging;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Options;
import ringside.monitor.shadow.FixedMapping;
import ringside.monitor.shadow.ShadowPaging;
import ringside.monitor.shadow.View;
import ringside.probe.Actor;

/**
 * Intel's VT-x.
 *
 * @param capabilities what the processor's VMX offers
 * @param paging how the guest's memory is virtualized
 */
record VtX(VmxCapabilities capabilities, Options.Paging paging) implements Hardware {
    /** Frames between the bitmaps and the tables. */
    static final int OWN_FRAMES = RealModeInDisguise.TSS_FRAMES + 1;

    /** Tables of EPT for the pages of the monitor's own in guest-physical memory. */
    private static final int OWN_TABLES = 3;

    private static final int BITMAP_FRAMES = 3;

    @Override
    public long memory(long guestBytes) {
        int tables = switch (paging) {
            case NESTED -> OWN_TABLES + ExtendedPageTables.framesFor(guestBytes);
            case SHADOW -> ShadowMemory.FRAMES;
        };
        return (long) (BITMAP_FRAMES + OWN_FRAMES + tables) << 12;
    }

    @Override
    public HardwareProcessor processor(GuestProcessor guest, PortBus ports, Actor monitor) {
        return new VtXProcessor(guest, ports, this, monitor);
    }

    /** SDM 3C, VM-Execution Controls: a guest can be unrestricted only where there is EPT. */
    private boolean isUnrestricted() {
        return paging == Options.Paging.NESTED && capabilities.hasUnrestrictedGuest();
    }

    /** @param task first frame for a TSS */
    GuestModes modes(Ram ram, int task) {
        return isUnrestricted() ? GuestModes.UNRESTRICTED : new RealModeInDisguise(ram, task);
    }

    /**
     * The guest's memory, and the controls that go with it.
     *
     * @param guestFrames of its RAM
     * @param first frame for tables
     * @param end of the frames that are the hardware's
     */
    MemoryVirtualization memory(Vmcs vmcs, Ram ram, int guestFrames, int first, int end, Cpu believed) {
        return switch (paging) {
            case NESTED -> {
                ExtendedPageTables tables = new ExtendedPageTables(ram, first, end);
                VtXControls.nest(vmcs, capabilities, tables.pointer());
                NestedMemory nested = new NestedMemory(new Extended(tables), guestFrames, believed);
                yield isUnrestricted() ? nested : identityMapped(nested, tables, vmcs, ram, first);
            }
            case SHADOW -> {
                VtXControls.shadow(vmcs);
                int task = first - OWN_FRAMES;
                ShadowPaging tables = new ShadowPaging(
                        ram, first, first + ShadowMemory.FRAMES, guestFrames, believed, taskFrom(task));
                yield new ShadowMemory(tables, believed, guest -> {
                    if (!guest.protectedMode()) {
                        return View.VIRTUAL_8086;
                    }
                    return guest.longMode() ? View.LONG : View.LEGACY;
                });
            }
        };
    }

    private static MemoryVirtualization identityMapped(
            NestedMemory nested, ExtendedPageTables tables, Vmcs vmcs, Ram ram, int first) {
        int task = first - OWN_FRAMES;
        int directory = first - 1;
        for (int i = 0; i < RealModeInDisguise.TSS_FRAMES; i++) {
            tables.map(RealModeInDisguise.TSS_ADDRESS + i * 4096L, task + i, ExtendedPageTables.READ);
        }
        tables.map(IdentityMappedMemory.ADDRESS, directory, ExtendedPageTables.READ);
        return new IdentityMappedMemory(nested, vmcs, ram, directory);
    }

    /** The processor reads its TSS through linear addresses. */
    private static Map<View, FixedMapping> taskFrom(int frame) {
        long leaf = Paging.PRESENT | Paging.WRITABLE | Paging.ACCESSED | Paging.DIRTY | Paging.NO_EXECUTE;
        List<Long> leaves = IntStream.range(0, RealModeInDisguise.TSS_FRAMES)
                .mapToLong(i -> (long) (frame + i) << 12 | leaf)
                .boxed()
                .toList();
        return Map.of(View.VIRTUAL_8086, new FixedMapping(RealModeInDisguise.TSS_ADDRESS, leaves));
    }

    /** EPT as the second dimension. */
    private record Extended(ExtendedPageTables tables) implements NestedMemory.Tables {
        private static final int ALL = ExtendedPageTables.READ | ExtendedPageTables.WRITE | ExtendedPageTables.EXECUTE;

        @Override
        public boolean map(long page, int frame, boolean writable) {
            boolean can = tables.canMap(page << 12);
            if (can) {
                tables.map(page << 12, frame, writable ? ALL : ALL & ~ExtendedPageTables.WRITE);
            }
            return can;
        }

        @Override
        public void unmap(long page) {
            if (tables.has(page << 12)) {
                tables.map(page << 12, 0, 0);
            }
        }

        /** As KVM does (arch/x86/kvm/mmu, MMIO SPTEs): an entry that no processor accepts, so that the exit is EPT_MISCONFIGURATION. */
        @Override
        public void markOutside(long physical) {
            tables.markOutside(physical);
        }

        private record Saved(ExtendedPageTables.State tables) implements MemoryVirtualization.State {}

        @Override
        public MemoryVirtualization.State save() {
            return new Saved(tables.save());
        }

        @Override
        public void restore(MemoryVirtualization.State state) {
            tables.restore(((Saved) state).tables);
        }
    }
}
