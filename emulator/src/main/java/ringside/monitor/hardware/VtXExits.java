package ringside.monitor.hardware;

import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.vmx.ExtendedPageTables;
import ringside.cpu.vmx.VmExit;
import ringside.mmu.Paging;
import ringside.monitor.hardware.HardwareExit.Kind;
import ringside.monitor.hardware.HardwareExit.MemoryAccess;
import ringside.monitor.hardware.HardwareExit.PortAccess;
import ringside.probe.Event;

/** VM exits as a monitor sees them that runs on any vendor's hardware. */
final class VtXExits {
    private VtXExits() {}

    /**
     * Says what an exit is about.
     *
     * @param believed the guest as it was left
     * @param delivering whether it was left while an event was being delivered
     */
    static HardwareExit describe(VmExit exit, Cpu believed, boolean delivering) {
        Event.Exit event = report(exit);
        return switch (exit.reason()) {
            case IO_INSTRUCTION -> new HardwareExit(Kind.PORT, port(exit.qualification()), MemoryAccess.NONE, event);
            case HLT -> plain(Kind.HALT, event);
            case TRIPLE_FAULT -> plain(Kind.SHUTDOWN, event);
            case EXTERNAL_INTERRUPT -> plain(Kind.INTERRUPT, event);
            case INTERRUPT_WINDOW -> plain(Kind.WINDOW, event);
            case EPT_VIOLATION, EPT_MISCONFIGURATION -> {
                boolean write = (exit.qualification() & ExtendedPageTables.WRITE) != 0;
                yield memory(new MemoryAccess(exit.physicalAddress(), write, delivering, true), event);
            }
            case EXCEPTION_OR_NMI -> exception(exit, believed, delivering, event);
            case CR_ACCESS -> plain(isTaskPriority(exit.qualification()) ? Kind.TASK_PRIORITY : Kind.OTHER, event);
            default -> plain(Kind.OTHER, event);
        };
    }

    /** SDM 3C, Exit Qualification for Control-Register Accesses: MOV to CR8. */
    private static boolean isTaskPriority(long qualification) {
        return (qualification & 0x3F) == 8;
    }

    private static HardwareExit plain(Kind kind, Event.Exit event) {
        return new HardwareExit(kind, PortAccess.NONE, MemoryAccess.NONE, event);
    }

    private static HardwareExit memory(MemoryAccess access, Event.Exit event) {
        return new HardwareExit(Kind.MEMORY, PortAccess.NONE, access, event);
    }

    private static HardwareExit exception(VmExit exit, Cpu believed, boolean delivering, Event.Exit event) {
        int vector = vector(exit);
        if (vector == Fault.PAGE_FAULT) {
            boolean write = (exit.errorCode() & Paging.WRITE_ACCESS) != 0;
            return memory(
                    new MemoryAccess(PageFaults.physical(believed, exit.qualification()), write, delivering, false),
                    event);
        }
        boolean protection = vector == Fault.GENERAL_PROTECTION || vector == Fault.STACK;
        return protection && !believed.system.protectedMode()
                ? EmulatedInstruction.at(believed, event)
                : plain(Kind.OTHER, event);
    }

    /** The processor cannot hold the guest: no exit, but its monitor's turn all the same. */
    static HardwareExit interpreted(Cpu believed) {
        return EmulatedInstruction.at(believed, new Event.Exit("interpreted", "INTERPRETED", 0, 0, 0, "", 0));
    }

    private static int vector(VmExit exit) {
        return (int) exit.interruptionInformation() & 0xFF;
    }

    /** SDM 3C, Exit Qualification for I/O Instructions. */
    private static PortAccess port(long qualification) {
        return new PortAccess(
                (int) (qualification >>> 16) & 0xFFFF,
                (int) (qualification & 7) + 1,
                (qualification & 1 << 3) != 0,
                (qualification & 1 << 4) != 0);
    }

    /** An exit as it is watched; its detail is a vector, a port or an address. */
    private static Event.Exit report(VmExit exit) {
        long detail = switch (exit.reason()) {
            case EPT_VIOLATION, EPT_MISCONFIGURATION -> exit.physicalAddress();
            case EXCEPTION_OR_NMI -> vector(exit);
            case IO_INSTRUCTION -> exit.qualification() >>> 16 & 0xFFFF;
            default -> exit.linearAddress();
        };
        return new Event.Exit(
                "vm-exit", exit.reason().name(), exit.reason().number(), exit.qualification(), detail, "", 0);
    }
}
