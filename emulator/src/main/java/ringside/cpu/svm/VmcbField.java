package ringside.cpu.svm;

/** The fields of a VMCB, with their offsets and sizes in bytes: APM 2, Layout of VMCB. */
public enum VmcbField {
    // spotless:off
    // Control area.
    CR_READ_INTERCEPTS(0x000, 2),    CR_WRITE_INTERCEPTS(0x002, 2),
    DR_READ_INTERCEPTS(0x004, 2),    DR_WRITE_INTERCEPTS(0x006, 2),
    EXCEPTION_INTERCEPTS(0x008, 4),
    /** Bit n intercepts exit code 60H + n. */
    INTERCEPTS_60(0x00C, 4),
    /** Bit n intercepts exit code 80H + n. */
    INTERCEPTS_80(0x010, 4),
    /** Bit n intercepts exit code A0H + n. */
    INTERCEPTS_A0(0x014, 4),
    PAUSE_FILTER_THRESHOLD(0x03C, 2), PAUSE_FILTER_COUNT(0x03E, 2),
    IOPM_BASE_PA(0x040, 8),          MSRPM_BASE_PA(0x048, 8),
    TSC_OFFSET(0x050, 8),
    GUEST_ASID(0x058, 4),            TLB_CONTROL(0x05C, 1),
    /** V_TPR and all that belongs to virtual interrupts, but for the vector. */
    V_INTR(0x060, 4),                V_INTR_VECTOR(0x064, 1),
    INTERRUPT_SHADOW(0x068, 8),
    EXITCODE(0x070, 8),              EXITINFO1(0x078, 8),           EXITINFO2(0x080, 8),
    EXITINTINFO(0x088, 8),
    NP_ENABLE(0x090, 8),
    AVIC_APIC_BAR(0x098, 8),
    EVENTINJ(0x0A8, 8),
    N_CR3(0x0B0, 8),
    LBR_VIRTUALIZATION_ENABLE(0x0B8, 8),
    VMCB_CLEAN(0x0C0, 4),
    NRIP(0x0C8, 8),
    BYTES_FETCHED(0x0D0, 1),
    AVIC_BACKING_PAGE(0x0E0, 8),     AVIC_LOGICAL_TABLE(0x0F0, 8),  AVIC_PHYSICAL_TABLE(0x0F8, 8),

    // State-save area.
    ES_SELECTOR(0x400, 2),   ES_ATTRIB(0x402, 2),   ES_LIMIT(0x404, 4),   ES_BASE(0x408, 8),
    CS_SELECTOR(0x410, 2),   CS_ATTRIB(0x412, 2),   CS_LIMIT(0x414, 4),   CS_BASE(0x418, 8),
    SS_SELECTOR(0x420, 2),   SS_ATTRIB(0x422, 2),   SS_LIMIT(0x424, 4),   SS_BASE(0x428, 8),
    DS_SELECTOR(0x430, 2),   DS_ATTRIB(0x432, 2),   DS_LIMIT(0x434, 4),   DS_BASE(0x438, 8),
    FS_SELECTOR(0x440, 2),   FS_ATTRIB(0x442, 2),   FS_LIMIT(0x444, 4),   FS_BASE(0x448, 8),
    GS_SELECTOR(0x450, 2),   GS_ATTRIB(0x452, 2),   GS_LIMIT(0x454, 4),   GS_BASE(0x458, 8),
    GDTR_LIMIT(0x464, 4),    GDTR_BASE(0x468, 8),
    LDTR_SELECTOR(0x470, 2), LDTR_ATTRIB(0x472, 2), LDTR_LIMIT(0x474, 4), LDTR_BASE(0x478, 8),
    IDTR_LIMIT(0x484, 4),    IDTR_BASE(0x488, 8),
    TR_SELECTOR(0x490, 2),   TR_ATTRIB(0x492, 2),   TR_LIMIT(0x494, 4),   TR_BASE(0x498, 8),
    CPL(0x4CB, 1),
    EFER(0x4D0, 8),
    CR4(0x548, 8),           CR3(0x550, 8),         CR0(0x558, 8),
    DR7(0x560, 8),           DR6(0x568, 8),
    RFLAGS(0x570, 8),        RIP(0x578, 8),
    RSP(0x5D8, 8),           RAX(0x5F8, 8),
    STAR(0x600, 8),          LSTAR(0x608, 8),       CSTAR(0x610, 8),      SFMASK(0x618, 8),
    KERNEL_GS_BASE(0x620, 8),
    SYSENTER_CS(0x628, 8),   SYSENTER_ESP(0x630, 8), SYSENTER_EIP(0x638, 8),
    CR2(0x640, 8),
    G_PAT(0x668, 8),
    DBGCTL(0x670, 8),
    BR_FROM(0x678, 8),       BR_TO(0x680, 8),
    LASTEXCP_FROM(0x688, 8), LASTEXCP_TO(0x690, 8);
    // spotless:on

    private final int offset;
    private final int size;

    VmcbField(int offset, int size) {
        this.offset = offset;
        this.size = size;
    }

    /** From the VMCB's first byte. */
    public int offset() {
        return offset;
    }

    /** 1, 2, 4 or 8 bytes. */
    public int size() {
        return size;
    }
}
