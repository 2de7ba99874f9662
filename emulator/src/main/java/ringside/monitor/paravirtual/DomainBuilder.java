package ringside.monitor.paravirtual;

import ringside.cpu.Cpu;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.image.XenKernel;
import ringside.memory.Ram;
import ringside.mmu.Paging;
import ringside.mmu.SegmentRegister;
import ringside.monitor.paravirtual.EventChannels.Channel;
import ringside.monitor.paravirtual.EventChannels.Kind;

/**
 * Makes a domain of a kernel: gives it frames, puts the kernel and what it must know into them, makes its first page tables and sets its
 * registers (Xen's public header xen.h, "Start-of-day memory layout"; tools/libs/guest/xg_dom_x86.c). Machine frames are given
 * from the last one down, so that nobody takes them for pseudo-physical ones.
 */
final class DomainBuilder {
    private static final long LEAF = Paging.PRESENT | Paging.WRITABLE | Paging.ACCESSED;
    private static final long TABLE = LEAF | Paging.DIRTY | Paging.USER;

    private static final long CR0 = SystemState.PROTECTION_ENABLE
            | SystemState.MONITOR_COPROCESSOR
            | SystemState.EXTENSION_TYPE
            | SystemState.NUMERIC_ERROR
            | SystemState.WRITE_PROTECT
            | SystemState.ALIGNMENT_MASK
            | SystemState.PAGING;
    private static final long CR4 =
            SystemState.PHYSICAL_ADDRESS_EXTENSION | SystemState.PAGE_GLOBAL | SystemState.FXSAVE;
    private static final long EFER = SystemState.SYSCALL_ENABLE
            | SystemState.LONG_MODE_ENABLE
            | SystemState.LONG_MODE_ACTIVE
            | SystemState.NO_EXECUTE_ENABLE;

    private static final int BUSY_TSS = 0x8B;
    private static final int TSS_LIMIT = 0x66;
    private static final int VCPUS = 32;

    /** Entries of the grant table that are kept for the pages shared with domain 0. */
    static final int CONSOLE_GRANT = 0;

    static final int STORE_GRANT = 1;

    // start_info.flags: SIF_PRIVILEGED, SIF_INITDOMAIN.
    private static final int PRIVILEGED = 1;
    private static final int INITIAL = 2;

    private final Domain domain;
    private final XenKernel kernel;
    private final DomainLayout layout;
    private final Abi abi;
    private final Ram ram;
    private final int first;
    private final int pages;
    private int nextTable;

    DomainBuilder(Domain domain, XenKernel kernel) {
        this.domain = domain;
        this.kernel = kernel;
        first = domain.place().first();
        pages = domain.place().pages();
        layout = DomainLayout.of(kernel, (long) pages << 12);
        abi = domain.abi();
        ram = domain.ram();
        nextTable = layout.tables();
    }

    /** Why not every kernel can have a domain of so much memory: there must be room for it and what comes with it. */
    static boolean fits(XenKernel kernel, long memory) {
        return DomainLayout.of(kernel, memory).fits(kernel, memory);
    }

    void build() {
        giveFrames();
        loadKernel();
        fillHypercallPage();
        int root = makeTables();
        writeSharedInfo();
        writeStartInfo();
        setProcessor();
        VirtualCpu vcpu = domain.vcpu();
        FrameType type = abi.is64() ? FrameType.L4 : FrameType.L3;
        boolean pinned = domain.paging().get(root, type);
        boolean used = domain.paging().get(root, type);
        if (!pinned || !used) {
            throw new IllegalStateException("Xen refuses the builder's own page tables");
        }
        domain.frames().pin(root, true);
        vcpu.kernelRoot = root;
        vcpu.info = (long) domain.space().sharedInfo() << 12;
        domain.loadRoot(true);
        domain.timers().writeWallClock();
        domain.timers().updateTime();
        domain.timers().period(Timers.FIRST_PERIOD);
        domain.paging().takeWork(); // All this was before the start of time.
    }

    // Frames.

    private int machine(int physical) {
        return first + pages - 1 - physical;
    }

    private long machineAddress(long physical) {
        return (long) machine((int) (physical >>> 12)) << 12 | physical & Ram.OFFSET;
    }

    private void giveFrames() {
        for (int physical = 0; physical < pages; physical++) {
            domain.frames().give(machine(physical), domain.frames().own());
            domain.space().physical(machine(physical), physical);
            write(((long) layout.list() << 12) + (long) physical * abi.word(), abi.word(), machine(physical));
        }
        domain.share(domain.space().sharedInfo());
        for (int i = 0; i < XenSpace.GRANT_FRAMES; i++) {
            domain.share(domain.space().grantFrame(i));
        }
        if (!domain.isPrivileged()) {
            domain.grants().permit(CONSOLE_GRANT, Domain.ZERO, machine(layout.console()));
            domain.grants().permit(STORE_GRANT, Domain.ZERO, machine(layout.store()));
        }
    }

    /** Writes at a pseudo-physical address. */
    private void write(long physical, int size, long value) {
        ram.write(machineAddress(physical), size, value);
    }

    private void loadKernel() {
        for (XenKernel.Load load : kernel.segments()) {
            byte[] page = new byte[Ram.FRAME_SIZE];
            for (long done = 0; done < load.inFile(); ) {
                long at = load.physical() + done;
                int part = (int) Math.min(load.inFile() - done, Ram.FRAME_SIZE - (at & Ram.OFFSET));
                kernel.file().copy(load.offset() + done, page, 0, part);
                byte[] frame = ram.writable(machine((int) (at >>> 12)));
                System.arraycopy(page, 0, frame, (int) at & Ram.OFFSET, part);
                done += part;
            }
        }
    }

    private void fillHypercallPage() {
        kernel.hypercallPage().ifPresent(linear -> {
            long physical = linear - kernel.virtualBase();
            if (physical >= 0 && physical >>> 12 < layout.list()) {
                ram.load(machineAddress(physical), HypercallPage.of(abi));
            }
        });
    }

    // Page tables.

    private int makeTables() {
        int top = abi.is64() ? 4 : 3;
        int root = newTable();
        for (int physical = 0; physical < layout.end(); physical++) {
            long linear = abi.truncate(kernel.virtualBase() + ((long) physical << 12));
            boolean isTable = physical >= layout.tables() && physical < layout.tables() + layout.tableFrames();
            long table = (long) root << 12;
            for (int level = top; level > 1; level--) {
                table = below(table, level, linear);
            }
            long leaf = isTable ? LEAF & ~(long) Paging.WRITABLE : LEAF;
            ram.write(slot(table, 1, linear), 8, (long) machine(physical) << 12 | leaf);
        }
        if (!abi.is64()) {
            below((long) root << 12, 3, 0xC000_0000L);
        }
        return root;
    }

    private int newTable() {
        return machine(nextTable++);
    }

    private long slot(long table, int level, long linear) {
        long mask = level == 3 && !abi.is64() ? 3 : 0x1FF;
        return table + (linear >>> 3 + 9 * level & mask) * 8;
    }

    /** The table under an entry, made where there is none. */
    private long below(long table, int level, long linear) {
        long address = slot(table, level, linear);
        long entry = ram.read(address, 8);
        if (!EntryRules.isPresent(entry)) {
            long rights = level == 3 && !abi.is64() ? Paging.PRESENT : TABLE;
            entry = (long) newTable() << 12 | rights;
            ram.write(address, 8, entry);
        }
        return entry & EntryRules.FRAME;
    }

    // What the kernel must know.

    private void writeSharedInfo() {
        long info = (long) domain.space().sharedInfo() << 12;
        for (int i = 0; i < VCPUS; i++) {
            ram.write(info + (long) i * Abi.VCPU_INFO + Abi.UPCALL_MASK, 1, 1);
        }
    }

    private long linear(int physical) {
        return abi.truncate(kernel.virtualBase() + ((long) physical << 12));
    }

    private void writeStartInfo() {
        long at = (long) layout.startInfo() << 12;
        String magic = abi.is64() ? "xen-3.0-x86_64" : "xen-3.0-x86_32p";
        for (int i = 0; i < magic.length(); i++) {
            write(at + i, 1, magic.charAt(i));
        }
        int word = abi.word();
        boolean wide = abi.is64();
        write(at + 32, word, pages);
        write(at + (wide ? 40 : 36), word, (long) domain.space().sharedInfo() << 12);
        if (domain.isPrivileged()) {
            write(at + (wide ? 48 : 40), 4, PRIVILEGED | INITIAL);
        } else {
            shareWithDomain0(at);
        }
        write(at + (wide ? 88 : 60), word, linear(layout.tables()));
        write(at + (wide ? 96 : 64), word, layout.tableFrames());
        write(at + (wide ? 104 : 68), word, linear(layout.list()));
    }

    /** The pages of store and console, and their ports: their other ends wait for domain 0, or for who stands in its place. */
    private void shareWithDomain0(long at) {
        boolean hasOther = domain.domains().isExpected(Domain.ZERO);
        int storePort = domain.events().bind(otherEnd(hasOther, 1));
        int consolePort = domain.events().bind(otherEnd(hasOther, ConsoleDaemon.PORT));
        domain.vcpu().consoleFrame = machine(layout.console());
        domain.vcpu().consolePort = consolePort;
        int word = abi.word();
        boolean wide = abi.is64();
        write(at + (wide ? 56 : 44), word, machine(layout.store()));
        write(at + (wide ? 64 : 48), 4, storePort);
        write(at + (wide ? 72 : 52), word, machine(layout.console()));
        write(at + (wide ? 80 : 56), 4, consolePort);
    }

    private static Channel otherEnd(boolean waits, int port) {
        return waits ? new Channel(Kind.UNBOUND, Domain.ZERO, 0) : new Channel(Kind.INTERDOMAIN, Domain.ZERO, port);
    }

    // The processor.

    private void setProcessor() {
        Cpu cpu = domain.cpu();
        SystemState system = cpu.system;
        Registers registers = cpu.registers;
        for (int i = 0; i < 16; i++) {
            registers.set(i, 0);
        }
        long stack = linear(layout.stack() + 1);
        registers.set(Registers.RSI, linear(layout.startInfo()));
        registers.set(Registers.RSP, stack);
        registers.rip(kernel.entry());
        system.cr0 = CR0;
        system.cr4 = CR4;
        system.efer = EFER;
        system.gdtrBase = XenSpace.GDT;
        system.gdtrLimit = XenSpace.GDT_LIMIT;
        system.idtrBase = XenSpace.IDT;
        system.idtrLimit = XenSpace.IDT_LIMIT;
        system.tr.load(XenSpace.TSS_SELECTOR, 0, TSS_LIMIT, BUSY_TSS);
        system.ldtr.load(0, 0, 0, SegmentRegister.UNUSABLE);
        int data = abi.is64() ? 0 : 0xE021;
        system.cpl = abi.ring();
        flat(SystemState.CS, abi.is64() ? 0xE033 : 0xE019);
        flat(SystemState.SS, abi.is64() ? 0xE02B : 0xE021);
        for (int segment : new int[] {SystemState.DS, SystemState.ES, SystemState.FS, SystemState.GS}) {
            flat(segment, data);
        }
        system.flags = SystemState.INTERRUPT;
        domain.vcpu().kernelSs = abi.is64() ? 0xE02B : 0xE021;
        domain.vcpu().kernelSp = stack;
        domain.vcpu().cr4 = CR4;
        cpu.stateReplaced();
    }

    private void flat(int register, int selector) {
        SegmentRegister segment = domain.cpu().system.segments[register];
        if (selector == 0) {
            segment.load(0, 0, 0, SegmentRegister.UNUSABLE);
            return;
        }
        domain.space().loadFlat(segment, selector);
    }
}
