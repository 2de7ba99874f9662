package ringside.cpu;

import static ringside.cpu.SystemState.SS;

import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/** Reading descriptor tables and loading data segment registers: SDM 3A, Protection; SDM 2, MOV. */
public final class SegmentLoads {
    private SegmentLoads() {}

    /** The index and table part of a selector, as error codes carry it. */
    public static int errorCode(long selector) {
        return (int) selector & 0xFFFC;
    }

    public static boolean isNull(int selector) {
        return (selector & 0xFFFC) == 0;
    }

    /** Linear address of a selector's descriptor, or -1 where it lies outside its table. */
    public static long descriptorAddress(Cpu cpu, int selector, int size) {
        SystemState system = cpu.system;
        int offset = selector & 0xFFF8;
        if ((selector & 4) == 0) {
            return offset + size - 1 <= system.gdtrLimit ? system.gdtrBase + offset : -1;
        }
        boolean inside = system.ldtr.isUsable() && offset + size - 1 <= system.ldtr.limit();
        return inside ? system.ldtr.base() + offset : -1;
    }

    /**
     * Reads a selector's descriptor.
     *
     * @throws Fault #GP(selector) where the selector lies outside its table
     */
    public static long descriptor(Cpu cpu, int selector) {
        long address = descriptorAddress(cpu, selector, 8);
        if (address == -1) {
            throw Fault.generalProtection(errorCode(selector));
        }
        return cpu.memory.readSystem(address, 8);
    }

    /** Sets the accessed bit in the table, where it is clear; returns the descriptor with the bit. */
    public static long markAccessed(Cpu cpu, int selector, long descriptor) {
        if ((descriptor & Descriptor.ACCESSED) == 0) {
            long address = descriptorAddress(cpu, selector, 8);
            cpu.memory.writeSystem(address + 5, 1, (descriptor | Descriptor.ACCESSED) >>> 40 & 0xFF);
        }
        return descriptor | Descriptor.ACCESSED;
    }

    /** A selector and its descriptor become visible and hidden part. */
    public static void fill(SegmentRegister register, int selector, long descriptor) {
        register.load(
                selector, Descriptor.base(descriptor), Descriptor.limit(descriptor), Descriptor.rights(descriptor));
    }

    /**
     * Loads DS, ES, FS, GS or SS as MOV, POP, LDS and the like do; the accessed bit is set.
     *
     * @param segment register number, not CS
     * @throws Fault #GP, #SS or #NP with the selector as error code
     */
    public static void load(Cpu cpu, int segment, int selector) {
        SystemState system = cpu.system;
        SegmentRegister register = system.segments[segment];
        if (system.paragraphs()) {
            register.loadRealMode(selector);
            return;
        }
        if (segment == SS) {
            loadStack(cpu, selector);
            return;
        }
        if (isNull(selector)) {
            register.load(selector, 0, 0, SegmentRegister.UNUSABLE);
            return;
        }
        long descriptor = descriptor(cpu, selector);
        boolean data = Descriptor.isData(descriptor);
        if (!data && !Descriptor.isReadableCode(descriptor)) {
            throw Fault.generalProtection(errorCode(selector));
        }
        boolean conforming = !data && Descriptor.isConforming(descriptor);
        int dpl = Descriptor.dpl(descriptor);
        if (!conforming && (dpl < (selector & 3) || dpl < system.cpl)) {
            throw Fault.generalProtection(errorCode(selector));
        }
        if (!Descriptor.isPresent(descriptor)) {
            throw Fault.notPresent(errorCode(selector));
        }
        fill(register, selector, markAccessed(cpu, selector, descriptor));
    }

    private static void loadStack(Cpu cpu, int selector) {
        SystemState system = cpu.system;
        if (isNull(selector)) {
            // SDM 2, MOV: in 64-bit mode a null SS is allowed below ring 3, with RPL equal to CPL.
            if (!system.is64Bit() || system.cpl == 3 || (selector & 3) != system.cpl) {
                throw Fault.generalProtection(0);
            }
            system.segments[SS].load(selector, 0, 0, SegmentRegister.UNUSABLE | system.cpl << 5);
            cpu.modeChanged();
            return;
        }
        long descriptor = checkStack(cpu, selector, system.cpl, false);
        fill(system.segments[SS], selector, markAccessed(cpu, selector, descriptor));
        cpu.modeChanged();
    }

    /**
     * The checks of a stack segment for a ring.
     *
     * @param fromTss true where the selector comes from a TSS: the fault is then #TS instead of #GP
     * @return the descriptor
     */
    public static long checkStack(Cpu cpu, int selector, int cpl, boolean fromTss) {
        int code = errorCode(selector);
        long address = descriptorAddress(cpu, selector, 8);
        if (address == -1) {
            throw refuse(code, fromTss);
        }
        long descriptor = cpu.memory.readSystem(address, 8);
        boolean right =
                (selector & 3) == cpl && Descriptor.isWritableData(descriptor) && Descriptor.dpl(descriptor) == cpl;
        if (!right) {
            throw refuse(code, fromTss);
        }
        if (!Descriptor.isPresent(descriptor)) {
            throw Fault.stack(code);
        }
        return descriptor;
    }

    private static Fault refuse(int code, boolean fromTss) {
        return fromTss ? Fault.invalidTss(code) : Fault.generalProtection(code);
    }
}
