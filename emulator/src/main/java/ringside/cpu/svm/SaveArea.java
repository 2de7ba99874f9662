package ringside.cpu.svm;

import static ringside.cpu.svm.VmcbField.*;

import ringside.cpu.Cpu;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.mmu.SegmentRegister;

/**
 * Between a processor and the state-save area of a VMCB, in two parts as the instructions have them: what VMRUN and #VMEXIT switch, and what
 * VMLOAD and VMSAVE move (APM 2, VMRUN; VMSAVE and VMLOAD).
 */
public final class SaveArea {
    /** The fields of one segment register. */
    private record Fields(VmcbField selector, VmcbField attributes, VmcbField limit, VmcbField base) {}

    // spotless:off
    private static final Fields[] SWITCHED = {
        new Fields(ES_SELECTOR, ES_ATTRIB, ES_LIMIT, ES_BASE),
        new Fields(CS_SELECTOR, CS_ATTRIB, CS_LIMIT, CS_BASE),
        new Fields(SS_SELECTOR, SS_ATTRIB, SS_LIMIT, SS_BASE),
        new Fields(DS_SELECTOR, DS_ATTRIB, DS_LIMIT, DS_BASE)
    };
    private static final Fields FS_FIELDS   = new Fields(FS_SELECTOR, FS_ATTRIB, FS_LIMIT, FS_BASE);
    private static final Fields GS_FIELDS   = new Fields(GS_SELECTOR, GS_ATTRIB, GS_LIMIT, GS_BASE);
    private static final Fields LDTR_FIELDS = new Fields(LDTR_SELECTOR, LDTR_ATTRIB, LDTR_LIMIT, LDTR_BASE);
    private static final Fields TR_FIELDS   = new Fields(TR_SELECTOR, TR_ATTRIB, TR_LIMIT, TR_BASE);
    // spotless:on

    private SaveArea() {}

    // VMRUN and #VMEXIT.

    /** What a #VMEXIT saves of the guest. */
    public static void save(Cpu cpu, Vmcb vmcb) {
        SystemState s = cpu.system;
        for (int i = 0; i < SWITCHED.length; i++) {
            saveSegment(vmcb, SWITCHED[i], s.segments[i]);
        }
        vmcb.write(GDTR_BASE, s.gdtrBase);
        vmcb.write(GDTR_LIMIT, s.gdtrLimit);
        vmcb.write(IDTR_BASE, s.idtrBase);
        vmcb.write(IDTR_LIMIT, s.idtrLimit);
        vmcb.write(CPL, s.cpl);
        vmcb.write(EFER, s.efer);
        vmcb.write(CR0, s.cr0);
        vmcb.write(CR2, s.cr2);
        vmcb.write(CR3, s.cr3);
        vmcb.write(CR4, s.cr4);
        vmcb.write(DR6, s.dr6);
        vmcb.write(DR7, s.dr7);
        vmcb.write(RFLAGS, cpu.flags());
        vmcb.write(RIP, cpu.registers.rip());
        vmcb.write(RSP, cpu.registers.get(Registers.RSP));
        vmcb.write(RAX, cpu.registers.get(Registers.RAX));
        vmcb.write(INTERRUPT_SHADOW, s.shadowed(cpu.clock.now()) ? 1 : 0);
        if (vmcb.has(V_INTR, Vmcb.V_INTR_MASKING)) {
            vmcb.write(V_INTR, vmcb.read(V_INTR) & ~Vmcb.V_TPR | s.cr8 & Vmcb.V_TPR);
        }
    }

    /** What VMRUN loads of the guest. EFER.LMA follows from EFER.LME and CR0.PG; the ring of real and virtual-8086 mode is known. */
    public static void load(Cpu cpu, Vmcb vmcb) {
        SystemState s = cpu.system;
        for (int i = 0; i < SWITCHED.length; i++) {
            loadSegment(vmcb, SWITCHED[i], s.segments[i]);
        }
        s.gdtrBase = vmcb.read(GDTR_BASE);
        s.gdtrLimit = (int) vmcb.read(GDTR_LIMIT) & 0xFFFF;
        s.idtrBase = vmcb.read(IDTR_BASE);
        s.idtrLimit = (int) vmcb.read(IDTR_LIMIT) & 0xFFFF;
        s.cr0 = vmcb.read(CR0) | SystemState.EXTENSION_TYPE;
        s.cr2 = vmcb.read(CR2);
        s.cr3 = vmcb.read(CR3);
        s.cr4 = vmcb.read(CR4);
        boolean longMode = (vmcb.read(EFER) & SystemState.LONG_MODE_ENABLE) != 0 && (s.cr0 & SystemState.PAGING) != 0;
        s.efer = vmcb.read(EFER) & ~SystemState.LONG_MODE_ACTIVE | (longMode ? SystemState.LONG_MODE_ACTIVE : 0);
        s.dr6 = vmcb.read(DR6);
        s.dr7 = vmcb.read(DR7);
        long flags = vmcb.read(RFLAGS);
        boolean virtual = s.protectedMode() && !longMode && (flags & SystemState.VIRTUAL_8086) != 0;
        s.cpl = virtual ? 3 : s.protectedMode() ? (int) vmcb.read(CPL) & 3 : 0;
        cpu.flags(virtual ? flags : flags & ~SystemState.VIRTUAL_8086, -1L);
        cpu.registers.rip(vmcb.read(RIP));
        cpu.registers.set(Registers.RSP, vmcb.read(RSP));
        cpu.registers.set(Registers.RAX, vmcb.read(RAX));
        s.shadowTime = (vmcb.read(INTERRUPT_SHADOW) & 1) != 0 ? cpu.clock.now() : -1;
        if (vmcb.has(V_INTR, Vmcb.V_INTR_MASKING)) {
            s.cr8 = vmcb.read(V_INTR) & Vmcb.V_TPR;
        }
    }

    // VMSAVE and VMLOAD.

    /** What VMSAVE saves. */
    public static void saveMore(Cpu cpu, Vmcb vmcb) {
        SystemState s = cpu.system;
        saveSegment(vmcb, FS_FIELDS, s.segments[SystemState.FS]);
        saveSegment(vmcb, GS_FIELDS, s.segments[SystemState.GS]);
        saveSegment(vmcb, LDTR_FIELDS, s.ldtr);
        saveSegment(vmcb, TR_FIELDS, s.tr);
        vmcb.write(KERNEL_GS_BASE, s.kernelGsBase);
        vmcb.write(STAR, s.star);
        vmcb.write(LSTAR, s.lstar);
        vmcb.write(CSTAR, s.cstar);
        vmcb.write(SFMASK, s.syscallMask);
        vmcb.write(SYSENTER_CS, s.sysenterCs);
        vmcb.write(SYSENTER_ESP, s.sysenterEsp);
        vmcb.write(SYSENTER_EIP, s.sysenterEip);
    }

    /** What VMLOAD loads. Addresses are made canonical. */
    public static void loadMore(Cpu cpu, Vmcb vmcb) {
        SystemState s = cpu.system;
        loadSegment(vmcb, FS_FIELDS, s.segments[SystemState.FS]);
        loadSegment(vmcb, GS_FIELDS, s.segments[SystemState.GS]);
        loadSegment(vmcb, LDTR_FIELDS, s.ldtr);
        loadSegment(vmcb, TR_FIELDS, s.tr);
        s.kernelGsBase = canonical(vmcb.read(KERNEL_GS_BASE));
        s.star = vmcb.read(STAR);
        s.lstar = canonical(vmcb.read(LSTAR));
        s.cstar = canonical(vmcb.read(CSTAR));
        s.syscallMask = vmcb.read(SFMASK) & 0xFFFF_FFFFL;
        s.sysenterCs = vmcb.read(SYSENTER_CS) & 0xFFFF_FFFFL;
        s.sysenterEsp = canonical(vmcb.read(SYSENTER_ESP));
        s.sysenterEip = canonical(vmcb.read(SYSENTER_EIP));
    }

    private static long canonical(long address) {
        return address << 16 >> 16;
    }

    // Segments: the attributes are bits 47:40 of a descriptor, and above them bits 55:52.

    private static final int NIBBLE_SHIFT = 4;

    private static void saveSegment(Vmcb vmcb, Fields fields, SegmentRegister register) {
        int rights = register.rights();
        vmcb.write(fields.selector, register.selector());
        vmcb.write(fields.attributes, rights & 0xFF | rights >>> NIBBLE_SHIFT & 0xF00);
        vmcb.write(fields.limit, register.limit());
        vmcb.write(fields.base, register.base());
    }

    /** A register that is not present cannot be used. Its base is made canonical. */
    private static void loadSegment(Vmcb vmcb, Fields fields, SegmentRegister register) {
        int attributes = (int) vmcb.read(fields.attributes);
        int rights = attributes & 0xFF | (attributes & 0xF00) << NIBBLE_SHIFT;
        boolean present = (attributes & SegmentRegister.PRESENT) != 0;
        register.load(
                (int) vmcb.read(fields.selector),
                canonical(vmcb.read(fields.base)),
                vmcb.read(fields.limit),
                present ? rights : rights | SegmentRegister.UNUSABLE);
    }
}
