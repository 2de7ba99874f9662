package ringside.monitor.hvm;

import ringside.device.DebugPort;
import ringside.device.IoApic;
import ringside.device.LocalApic;
import ringside.device.SystemControlPortB;
import ringside.machine.Machine;

/**
 * Which devices Xen has itself (Xen, arch/x86/hvm: vpic.c, i8254.c, rtc.c, vlapic.c, vioapic.c, and hvm_print_line in hvm.c). It has a port where
 * the whole access lies in one range that it knows; what else there may be in a domain of its, this one has not: HPET, ACPI's timer.
 */
final class XenDevices {
    /** RTC_CMOS_SIZE: the clock's registers are Xen's, the memory behind them is the device model's. */
    private static final int CLOCK_REGISTERS = 14;

    private static final int CLOCK_INDEX = 0x70;
    private static final int CLOCK_DATA = 0x71;

    private final Machine machine;
    private final Emulated emulated;

    /** Which devices a domain is made with: XEN_X86_EMU_* (Xen, public header arch-x86/xen.h). */
    enum Emulated {
        /** All, for a guest that believes in a PC. */
        PC,
        /** The local APIC alone, for a guest that starts by PVH. */
        LOCAL_APIC
    }

    /** What the guest has last written to port 70H. */
    private int clockIndex;

    XenDevices(Machine machine, Emulated emulated) {
        this.machine = machine;
        this.emulated = emulated;
    }

    /** Does Xen answer a read of these ports? */
    boolean reads(int port, int size) {
        return isClock(port, size) ? clockIndex < CLOCK_REGISTERS : isAlways(port, size);
    }

    /**
     * Does Xen take this write? It remembers the clock's index, and the device model must know it too where the register is no clock's.
     */
    boolean writes(int port, int size, int value) {
        if (isClock(port, size)) {
            int index = port == CLOCK_INDEX ? value & 0x7F : clockIndex;
            return index < CLOCK_REGISTERS;
        }
        return isAlways(port, size) || port == DebugPort.PORT && size == 1;
    }

    /** The guest's write is done. */
    void written(int port, int size, int value) {
        if (port == CLOCK_INDEX && size == 1) {
            clockIndex = value & 0x7F;
        }
    }

    private boolean isPc() {
        return emulated == Emulated.PC;
    }

    private boolean isClock(int port, int size) {
        return isPc() && size == 1 && (port == CLOCK_INDEX || port == CLOCK_DATA);
    }

    private boolean isAlways(int port, int size) {
        int end = port + size - 1;
        return isPc() && isOfPc(port, end);
    }

    private static boolean isOfPc(int port, int end) {
        return within(port, end, 0x20, 0x21)
                || within(port, end, 0xA0, 0xA1)
                || within(port, end, 0x4D0, 0x4D1)
                || within(port, end, 0x40, 0x43)
                || within(port, end, SystemControlPortB.PORT, SystemControlPortB.PORT);
    }

    private static boolean within(int port, int end, int first, int last) {
        return port >= first && end <= last;
    }

    /** Has Xen a device at this guest-physical address? */
    boolean claims(long physical) {
        return Long.compareUnsigned(physical - machine.localApic().place(), LocalApic.SIZE) < 0
                || isPc() && Long.compareUnsigned(physical - IoApic.ADDRESS, IoApic.SIZE) < 0;
    }

    /** The clock's index. */
    record State(int clockIndex) {}

    State save() {
        return new State(clockIndex);
    }

    void restore(State state) {
        clockIndex = state.clockIndex;
    }
}
