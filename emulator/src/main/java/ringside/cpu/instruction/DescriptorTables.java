package ringside.cpu.instruction;

import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.MODE;
import static ringside.isa.Trait.PRIVILEGED;
import static ringside.isa.Trait.SENSITIVE;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.SegmentLoads;
import ringside.cpu.Step;
import ringside.cpu.SystemState;
import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/** SDM 3A, Memory-Management Registers: loading and storing GDTR, IDTR, LDTR and the task register. */
final class DescriptorTables {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("0F 01 /0", "SGDT m16&32|64",      SENSITIVE,  DescriptorTables::storeGlobal, MODE),
            row("0F 01 /1", "SIDT m16&32|64",      SENSITIVE,  DescriptorTables::storeInterrupt, MODE),
            row("0F 01 /2", "LGDT m16&32|64",      PRIVILEGED, DescriptorTables::loadGlobal, MODE),
            row("0F 01 /3", "LIDT m16&32|64",      PRIVILEGED, DescriptorTables::loadInterrupt, MODE),
            row("0F 00 /0", "SLDT r16|32|64/m16",  SENSITIVE,  DescriptorTables::storeLocal),
            row("0F 00 /1", "STR r16|32|64/m16",   SENSITIVE,  DescriptorTables::storeTask),
            row("0F 00 /2", "LLDT r/m16",          PRIVILEGED, DescriptorTables::loadLocal),
            row("0F 00 /3", "LTR r/m16",           PRIVILEGED, DescriptorTables::loadTask));
    // spotless:on

    /** The type field in the second half of a 16-byte descriptor must be 0. */
    private static final long UPPER_TYPE = 0x1FL << 40;

    private DescriptorTables() {}

    // Storing.

    private static void storeGlobal(Cpu cpu, Step step) {
        checkStore(cpu, step);
        store(cpu, step, cpu.system.gdtrLimit, cpu.system.gdtrBase);
    }

    private static void storeInterrupt(Cpu cpu, Step step) {
        checkStore(cpu, step);
        store(cpu, step, cpu.system.idtrLimit, cpu.system.idtrBase);
    }

    private static void storeLocal(Cpu cpu, Step step) {
        cpu.requireProtectedMode();
        checkStore(cpu, step);
        step.first.write(cpu, cpu.system.ldtr.selector());
    }

    private static void storeTask(Cpu cpu, Step step) {
        cpu.requireProtectedMode();
        checkStore(cpu, step);
        step.first.write(cpu, cpu.system.tr.selector());
    }

    /** SDM 3A, Control Registers: CR4.UMIP hides the tables from user mode. */
    private static void checkStore(Cpu cpu, Step step) {
        if (cpu.system.cpl > 0 && (cpu.system.cr4 & SystemState.UMIP) != 0) {
            throw Fault.generalProtection(0);
        }
        cpu.admit(step);
    }

    /** Limit, then base: four bytes of it whatever the operand size, as processors since the 80386 do. */
    private static void store(Cpu cpu, Step step, int limit, long base) {
        int segment = step.first.segment();
        long at = step.first.offset(cpu);
        long second = at + 2 & step.addressMask;
        int size = cpu.is64Bit() ? 8 : 4;
        cpu.probeWrite(segment, at, 2);
        cpu.probeWrite(segment, second, size);
        cpu.write(segment, at, 2, limit);
        cpu.write(segment, second, size, base);
    }

    // Loading GDTR and IDTR.

    private static void loadGlobal(Cpu cpu, Step step) {
        int limit = readLimit(cpu, step);
        long base = readBase(cpu, step);
        cpu.system.gdtrLimit = limit;
        cpu.system.gdtrBase = base;
    }

    private static void loadInterrupt(Cpu cpu, Step step) {
        int limit = readLimit(cpu, step);
        long base = readBase(cpu, step);
        cpu.system.idtrLimit = limit;
        cpu.system.idtrBase = base;
    }

    private static int readLimit(Cpu cpu, Step step) {
        cpu.requireRingZero();
        cpu.admit(step);
        return (int) cpu.read(step.first.segment(), step.first.offset(cpu), 2);
    }

    /** Sixteen-bit operands have a base of 24 bits, as on the 80286. */
    private static long readBase(Cpu cpu, Step step) {
        long at = step.first.offset(cpu) + 2 & step.addressMask;
        long base = cpu.read(step.first.segment(), at, cpu.is64Bit() ? 8 : 4);
        if (cpu.is64Bit() && !Cpu.isCanonical(base)) {
            throw Fault.generalProtection(0);
        }
        return step.size == 2 ? base & 0xFF_FFFFL : base;
    }

    // Loading LDTR and the task register.

    private static void loadLocal(Cpu cpu, Step step) {
        int selector = readSelector(cpu, step);
        SegmentRegister ldtr = cpu.system.ldtr;
        if (SegmentLoads.isNull(selector)) {
            ldtr.load(selector, 0, 0, SegmentRegister.UNUSABLE);
            return;
        }
        long descriptor = descriptor(cpu, selector);
        if (Descriptor.isCodeOrData(descriptor) || Descriptor.type(descriptor) != Descriptor.LDT) {
            throw refuse(selector);
        }
        long upper = upperHalf(cpu, selector);
        checkPresent(selector, descriptor);
        ldtr.load(selector, base(descriptor, upper), Descriptor.limit(descriptor), Descriptor.rights(descriptor));
    }

    private static void loadTask(Cpu cpu, Step step) {
        int selector = readSelector(cpu, step);
        if (SegmentLoads.isNull(selector)) {
            throw Fault.generalProtection(0);
        }
        long descriptor = descriptor(cpu, selector);
        int type = Descriptor.type(descriptor);
        boolean available = type == Descriptor.TSS_32 || type == Descriptor.TSS_16 && !cpu.system.longMode();
        if (Descriptor.isCodeOrData(descriptor) || !available) {
            throw refuse(selector);
        }
        long upper = upperHalf(cpu, selector);
        checkPresent(selector, descriptor);
        long busy = descriptor | Descriptor.BUSY;
        cpu.memory.writeSystem(SegmentLoads.descriptorAddress(cpu, selector, 8) + 5, 1, busy >>> 40 & 0xFF);
        cpu.system.tr.load(selector, base(descriptor, upper), Descriptor.limit(descriptor), Descriptor.rights(busy));
    }

    private static int readSelector(Cpu cpu, Step step) {
        cpu.requireProtectedMode();
        cpu.requireRingZero();
        cpu.admit(step);
        return (int) step.first.read(cpu) & 0xFFFF;
    }

    /** These descriptors are in the GDT only. */
    private static long descriptor(Cpu cpu, int selector) {
        if ((selector & 4) != 0) {
            throw refuse(selector);
        }
        return SegmentLoads.descriptor(cpu, selector);
    }

    /** In IA-32e mode these descriptors have 16 bytes; else 0. */
    private static long upperHalf(Cpu cpu, int selector) {
        if (!cpu.system.longMode()) {
            return 0;
        }
        long address = SegmentLoads.descriptorAddress(cpu, selector, 16);
        long upper = address == -1 ? UPPER_TYPE : cpu.memory.readSystem(address + 8, 8);
        boolean canonical = Cpu.isCanonical(upper << 32);
        if ((upper & UPPER_TYPE) != 0 || !canonical) {
            throw refuse(selector);
        }
        return upper;
    }

    private static void checkPresent(int selector, long descriptor) {
        if (!Descriptor.isPresent(descriptor)) {
            throw Fault.notPresent(SegmentLoads.errorCode(selector));
        }
    }

    private static long base(long descriptor, long upper) {
        return Descriptor.base(descriptor) | upper << 32;
    }

    private static Fault refuse(int selector) {
        return Fault.generalProtection(SegmentLoads.errorCode(selector));
    }
}
