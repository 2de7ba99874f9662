package ringside.cpu.vmx;

import static ringside.cpu.vmx.VmcsField.*;

import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.ModelSpecificRegisters;
import ringside.memory.PhysicalMemory;

/**
 * Lists of model-specific registers in memory, which entries and exits go through: SDM 3C, Loading MSRs; Saving MSRs. An entry has 16
 * bytes: the register's number, and from byte 8 its value.
 */
final class MsrAreas {
    private static final int ENTRY = 16;
    private static final int SMM_MONITOR_CONTROL = 0x9B;

    private MsrAreas() {}

    /** @return 0, or the number (from 1) of the first entry that cannot be loaded */
    static long loadAtEntry(Cpu cpu, Vmcs vmcs, PhysicalMemory host) {
        return load(cpu, host, vmcs.read(VMENTRY_MSR_LOAD_ADDR), vmcs.read(VMENTRY_MSR_LOAD_COUNT));
    }

    /** @return 0, or the number of the first entry that cannot be loaded */
    static long loadAtExit(Cpu cpu, Vmcs vmcs, PhysicalMemory host) {
        return load(cpu, host, vmcs.read(VMEXIT_MSR_LOAD_ADDR), vmcs.read(VMEXIT_MSR_LOAD_COUNT));
    }

    private static long load(Cpu cpu, PhysicalMemory host, long address, long count) {
        for (long i = 0; i < count; i++) {
            long number = HostMemory.read(host, address + i * ENTRY, 8);
            long value = HostMemory.read(host, address + i * ENTRY + 8, 8);
            if (!isLoadable(number)) {
                return i + 1;
            }
            try {
                ModelSpecificRegisters.write(cpu, (int) number, value);
            } catch (Fault refused) {
                return i + 1;
            }
        }
        return 0;
    }

    /** @return 0, or the number of the first entry that cannot be stored */
    static long store(Cpu cpu, Vmcs vmcs, PhysicalMemory host) {
        long address = vmcs.read(VMEXIT_MSR_STORE_ADDR);
        for (long i = 0; i < vmcs.read(VMEXIT_MSR_STORE_COUNT); i++) {
            long number = HostMemory.read(host, address + i * ENTRY, 8);
            if (number >>> 32 != 0 || isLocalApic((int) number)) {
                return i + 1;
            }
            try {
                HostMemory.write(host, address + i * ENTRY + 8, 8, ModelSpecificRegisters.read(cpu, (int) number));
            } catch (Fault absent) {
                return i + 1;
            }
        }
        return 0;
    }

    private static boolean isLoadable(long number) {
        int index = (int) number;
        return number >>> 32 == 0
                && index != ModelSpecificRegisters.IA32_FS_BASE
                && index != ModelSpecificRegisters.IA32_GS_BASE
                && index != SMM_MONITOR_CONTROL
                && !isLocalApic(index);
    }

    private static boolean isLocalApic(int index) {
        return index >>> 8 == 8;
    }
}
