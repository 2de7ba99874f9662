package ringside.device;

import ringside.bus.Device;

/**
 * The registers of a local APIC as they lie in memory, 16 bytes apart in a page; software reads and writes them as aligned words of 32 bits.
 *
 * <p>Source: SDM 3A, Local APIC Register Address Map.
 */
final class ApicPage implements Device {
    /** An integrated APIC with five entries behind the first in its table. */
    private static final int VERSION = 0x14 | LocalVectorTable.LAST << 16;

    private final LocalApic apic;

    ApicPage(LocalApic apic) {
        this.apic = apic;
    }

    @Override
    public int width() {
        return 4;
    }

    @Override
    public int read(int offset, int size) {
        int within = offset & 0xF;
        return within >= 4 ? 0 : read(offset & ~0xF) >>> 8 * within;
    }

    /** @param register its offset */
    int read(int register) {
        if (LocalVectorTable.has(register)) {
            return apic.table().read(register);
        }
        if (register >= 0x100 && register < 0x280) {
            return apic.priorities().word(register);
        }
        return switch (register) {
            case 0x20 -> apic.names().id();
            case 0x30 -> VERSION;
            case 0x80 -> apic.priorities().task();
            case 0xA0 -> apic.priorities().processor();
            case 0xD0 -> apic.names().logical();
            case 0xE0 -> apic.names().format();
            case 0xF0 -> apic.spurious();
            case 0x280 -> apic.errors();
            case 0x300 -> apic.command().low();
            case 0x310 -> apic.command().high();
            case 0x380 -> apic.timer().initialCount();
            case 0x390 -> apic.timer().currentCount();
            case 0x3E0 -> apic.timer().divideConfiguration();
            default -> 0; // also arbitration priority; EOI, which is to be written; remote read
        };
    }

    /** Anything but an aligned word has no meaning: it is lost. */
    @Override
    public void write(int offset, int size, int value) {
        if (size == 4 && (offset & 0xF) == 0) {
            write(offset, value);
        }
    }

    /** @param register its offset */
    void write(int register, int value) {
        if (LocalVectorTable.has(register)) {
            apic.writeTable(register, value);
            return;
        }
        switch (register) {
            case 0x20 -> {
                apic.names().id(value);
                apic.reconsider();
            }
            case 0x80 -> apic.writeTaskPriority(value);
            case 0xB0 -> apic.endOfInterrupt();
            case 0xD0 -> {
                apic.names().logical(value);
                apic.reconsider();
            }
            case 0xE0 -> {
                apic.names().format(value);
                apic.reconsider();
            }
            case 0xF0 -> apic.writeSpurious(value);
            case 0x280 -> apic.showErrors();
            case 0x300 -> apic.send(value);
            case 0x310 -> apic.command().high(value);
            case 0x380 -> apic.timer().initialCount(value);
            case 0x3E0 -> apic.timer().divideConfiguration(value);
            default -> {
                if (!isReadOnly(register)) {
                    apic.illegalRegister();
                }
            }
        }
    }

    private static boolean isReadOnly(int register) {
        return switch (register) {
            case 0x30, 0x90, 0xA0, 0xC0, 0x390 -> true;
            default -> register >= 0x100 && register < 0x280;
        };
    }
}
