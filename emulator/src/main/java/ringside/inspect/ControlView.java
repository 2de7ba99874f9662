package ringside.inspect;

import java.util.ArrayList;
import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.ModelSpecificRegisters;
import ringside.cpu.RegisterBits;
import ringside.cpu.SystemState;
import ringside.probe.Inspection;
import ringside.probe.Inspection.BitNames;
import ringside.probe.Inspection.Group;
import ringside.probe.Inspection.Item;

/** Flags, control, debug and model-specific registers, bit by bit: SDM 3A, Control Registers; SDM 4, Model-Specific Registers. */
public final class ControlView {
    // spotless:off
    private static final BitNames DR7 = BitNames.none()
            .bit(13, "GD", "General Detect Enable")
            .bit(9, "GE", "Global Exact Breakpoint Enable").bit(8, "LE", "Local Exact Breakpoint Enable")
            .bit(7, "G3", "") .bit(6, "L3", "") .bit(5, "G2", "") .bit(4, "L2", "")
            .bit(3, "G1", "") .bit(2, "L1", "") .bit(1, "G0", "") .bit(0, "L0", "");

    private static final BitNames DR6 = BitNames.none()
            .bit(15, "BT", "Debug exception resulted from task switch")
            .bit(14, "BS", "Debug exception triggered by single-step execution")
            .bit(13, "BD", "Debug register access detected")
            .bit(3, "B3", "") .bit(2, "B2", "") .bit(1, "B1", "") .bit(0, "B0", "");

    private static final BitNames MISC = BitNames.none().bit(0, "FAST_STRINGS", "Fast-Strings Enable");
    // spotless:on

    private ControlView() {}

    /** Of one processor. */
    public static Inspection of(Cpu cpu) {
        SystemState s = cpu.system;
        long flags = cpu.flags();
        return new Inspection(List.of(
                Group.of("group.flags", List.of(Item.of("RFLAGS", flags).with(RegisterBits.RFLAGS, flags))),
                Group.of(
                        "group.control",
                        List.of(
                                Item.of("CR0", s.cr0).with(RegisterBits.CR0, s.cr0),
                                Item.of("CR2", s.cr2),
                                Item.of("CR3", s.cr3).with(RegisterBits.CR3, s.cr3),
                                Item.of("CR4", s.cr4).with(RegisterBits.CR4, s.cr4),
                                Item.of("CR8", s.cr8),
                                Item.of("IA32_EFER", s.efer)
                                        .at(msr(0xC000_0080))
                                        .with(RegisterBits.EFER, s.efer),
                                Item.of("XCR0", s.xcr0))),
                Group.of("group.debug", debug(s)),
                Group.of("group.msrs", msrs(cpu))));
    }

    private static List<Item> debug(SystemState s) {
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < s.breakpoints.length; i++) {
            items.add(Item.of("DR" + i, s.breakpoints[i]));
        }
        items.add(Item.of("DR6", s.dr6).with(DR6, s.dr6));
        items.add(Item.of("DR7", s.dr7).with(DR7, s.dr7));
        return items;
    }

    private static List<Item> msrs(Cpu cpu) {
        SystemState s = cpu.system;
        // spotless:off
        return List.of(
                msr("IA32_TIME_STAMP_COUNTER", ModelSpecificRegisters.IA32_TIME_STAMP_COUNTER, ModelSpecificRegisters.timeStamp(cpu)),
                msr("IA32_TSC_ADJUST",         ModelSpecificRegisters.IA32_TSC_ADJUST,         s.tscAdjust),
                msr("IA32_SYSENTER_CS",        ModelSpecificRegisters.IA32_SYSENTER_CS,        s.sysenterCs),
                msr("IA32_SYSENTER_ESP",       ModelSpecificRegisters.IA32_SYSENTER_ESP,       s.sysenterEsp),
                msr("IA32_SYSENTER_EIP",       ModelSpecificRegisters.IA32_SYSENTER_EIP,       s.sysenterEip),
                msr("IA32_MISC_ENABLE",        ModelSpecificRegisters.IA32_MISC_ENABLE,        s.miscEnable).with(MISC, s.miscEnable),
                msr("IA32_PAT",                ModelSpecificRegisters.IA32_PAT,                s.pat),
                msr("IA32_STAR",               ModelSpecificRegisters.IA32_STAR,               s.star),
                msr("IA32_LSTAR",              ModelSpecificRegisters.IA32_LSTAR,              s.lstar),
                msr("IA32_CSTAR",              ModelSpecificRegisters.IA32_CSTAR,              s.cstar),
                msr("IA32_FMASK",              ModelSpecificRegisters.IA32_FMASK,              s.syscallMask).with(RegisterBits.RFLAGS, s.syscallMask),
                msr("IA32_FS_BASE",            ModelSpecificRegisters.IA32_FS_BASE,            s.segments[SystemState.FS].base()),
                msr("IA32_GS_BASE",            ModelSpecificRegisters.IA32_GS_BASE,            s.segments[SystemState.GS].base()),
                msr("IA32_KERNEL_GS_BASE",     ModelSpecificRegisters.IA32_KERNEL_GS_BASE,     s.kernelGsBase),
                msr("IA32_TSC_AUX",            ModelSpecificRegisters.IA32_TSC_AUX,            s.tscAux));
        // spotless:on
    }

    private static Item msr(String name, int number, long value) {
        return Item.of(name, value).at(msr(number));
    }

    private static String msr(int number) {
        return Inspection.hex(number & 0xFFFF_FFFFL);
    }
}
