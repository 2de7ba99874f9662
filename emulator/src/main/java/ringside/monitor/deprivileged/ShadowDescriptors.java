package ringside.monitor.deprivileged;

import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.SegmentLoads;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/**
 * Shadow GDT and LDT: the guest's descriptors as its deprivileged kernel may use them. DPL 0 becomes the ring that the kernel really has;
 * limits end below the monitor's own addresses; whatever the monitor must see first (gates, TSSs, a descriptor whose accessed bit is
 * still clear) is marked not present, so that loading it faults.
 */
final class ShadowDescriptors {
    private static final long PRESENT = 1L << 47;
    private static final int IO_MAP_BASE = 102;

    private final Ram ram;
    private final MonitorMemory place;
    private final Cpu believed;

    ShadowDescriptors(Ram ram, MonitorMemory place, Cpu believed) {
        this.ram = ram;
        this.place = place;
        this.believed = believed;
    }

    /**
     * Has the guest an LDT that it loaded itself? The one of the reset state, at address 0 behind a null selector, is not shadowed: loads
     * from it fault, and are performed for the guest.
     */
    boolean hasLocalTable() {
        var system = believed.system;
        return system.protectedMode() && system.ldtr.isUsable() && !SegmentLoads.isNull(system.ldtr.selector());
    }

    /**
     * Makes both tables anew from the guest's.
     *
     * @param kernelRing the ring that the guest's kernel really has
     * @param view which of a 64-bit guest's two worlds runs
     */
    void rebuild(int kernelRing, ShadowPaging.View view) {
        var system = believed.system;
        boolean tables = system.protectedMode();
        copy(system.gdtrBase, tables ? system.gdtrLimit : -1, MonitorMemory.GDT, kernelRing, view);
        boolean local = hasLocalTable();
        copy(
                system.ldtr.base(),
                local ? (int) Math.min(system.ldtr.limit(), 0xFFFF) : -1,
                MonitorMemory.LDT,
                kernelRing,
                view);
        addOwn(view);
    }

    private void copy(long base, int limit, int table, int kernelRing, ShadowPaging.View view) {
        for (int offset = 0; offset < 0x1_0000; offset += 8) {
            long shadow = 0;
            if (offset + 7 <= limit && (offset != 0 || table == MonitorMemory.LDT)) {
                shadow = shadow(read(base + offset), kernelRing, view);
            }
            long address = place.address(table) + offset;
            if (ram.read(address, 8) != shadow) {
                ram.write(address, 8, shadow);
            }
        }
    }

    /** The descriptor that a selector names in the guest's own tables; 0 where there is none. Leaves no trace. */
    long ofGuest(int selector) {
        long address = SegmentLoads.descriptorAddress(believed, selector, 8);
        return address == -1 ? 0 : read(address);
    }

    /** A descriptor as the guest's table has it; 0 where the table is not in memory. Leaves no trace. */
    private long read(long linear) {
        try {
            long value = 0;
            for (int i = 0; i < 8; i++) {
                long physical = believed.memory.peek(linear + i);
                int frame = believed.memory.physical().frame(physical, PhysicalMemory.Use.READ, linear);
                value |= frame < 0 ? 0xFFL << i * 8 : ram.read((long) frame << 12 | physical & 0xFFF, 1) << i * 8;
            }
            return value;
        } catch (Fault unmapped) {
            return 0;
        }
    }

    /** What the processor may see of a guest's descriptor. */
    static long shadow(long d, int kernelRing, ShadowPaging.View view) {
        if (!Descriptor.isCodeOrData(d) || !Descriptor.isPresent(d) || (d & Descriptor.ACCESSED) == 0) {
            return d & ~PRESENT;
        }
        int dpl = Descriptor.dpl(d);
        if (view == ShadowPaging.View.LONG_KERNEL && dpl == 3 && Descriptor.isCode(d)) {
            // Kernel and programs both run at ring 3: going to a program must be seen.
            return d & ~PRESENT;
        }
        boolean conforming = Descriptor.isCode(d) && Descriptor.isConforming(d);
        boolean ofUser = view == ShadowPaging.View.LONG_USER;
        long ring = conforming || ofUser ? dpl : Math.max(dpl, kernelRing);
        long withRing = d & ~(3L << 45) | ring << 45;
        return view == ShadowPaging.View.LEGACY ? truncated(withRing) : withRing;
    }

    /** Ends a segment below the monitor's addresses; one that lies inside them is marked not present. */
    private static long truncated(long d) {
        boolean expandDown = Descriptor.isData(d) && Descriptor.isConforming(d);
        long base = Descriptor.base(d);
        long room = MonitorMemory.BASE_32 - 1 - base;
        if (room < 0 || expandDown) {
            return d & ~PRESENT;
        }
        if (Descriptor.limit(d) <= room) {
            return d;
        }
        int rights = Descriptor.rights(d) | SegmentRegister.GRANULARITY;
        return Descriptor.of(base, (int) (room + 1 >>> 12) - 1, rights);
    }

    /** The monitor's TSS and the shadow LDT at the end of the GDT, 16 bytes each as 64-bit mode wants them; its code before them. */
    private void addOwn(ShadowPaging.View view) {
        long base = view == ShadowPaging.View.LEGACY ? MonitorMemory.BASE_32 : MonitorMemory.BASE_64;
        long ldtBase = base + MonitorMemory.LDT;
        long tssBase = base + MonitorMemory.TSS;
        own(
                MonitorMemory.LDT_SELECTOR,
                Descriptor.of(ldtBase, 0xFFFF, SegmentRegister.PRESENT | Descriptor.LDT),
                ldtBase);
        own(
                MonitorMemory.TSS_SELECTOR,
                Descriptor.of(tssBase, 0x67, SegmentRegister.PRESENT | Descriptor.BUSY_TSS_32),
                tssBase);
        if (place.codeFrames() > 0) {
            int ring = view == ShadowPaging.View.LONG_KERNEL ? 3 : 1;
            for (int bits : new int[] {16, 32, 64}) {
                var code = MonitorMemory.codeSegment(bits, ring);
                long address = place.address(MonitorMemory.GDT) + MonitorMemory.codeSelector(bits);
                ram.write(address, 8, Descriptor.of(code.base(), (int) code.limit(), code.rights()));
            }
            var data = MonitorMemory.dataSegment(place.dataBase(), Ram.FRAME_SIZE - 1, ring);
            long address = place.address(MonitorMemory.GDT) + MonitorMemory.DATA_SELECTOR;
            ram.write(address, 8, Descriptor.of(data.base(), (int) data.limit(), data.rights()));
        }
        // SDM 1, I/O Permission Bit Map: a map that begins behind the limit allows no port.
        ram.write(place.address(MonitorMemory.TSS) + IO_MAP_BASE, 2, 0x68);
    }

    private void own(int selector, long low, long base) {
        ram.write(place.address(MonitorMemory.GDT) + (selector & 0xFFF8), 8, low);
        ram.write(place.address(MonitorMemory.GDT) + (selector & 0xFFF8) + 8, 8, base >>> 32);
    }
}
