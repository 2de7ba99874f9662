package ringside.cpu.vmx;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The fields of a VMCS with their encodings: SDM 3D, Field Encoding in VMCS. Bits 14:13 of an encoding give the width (0 is 16 bits, 1 is 64,
 * 2 is 32, 3 natural), bits 11:10 the kind (0 control, 1 read-only data, 2 guest state, 3 host state).
 */
public enum VmcsField {
    // 16-bit control fields.
    VPID(0x0000),
    POSTED_INTERRUPT_VECTOR(0x0002),
    EPTP_INDEX(0x0004),

    // 16-bit guest state fields.
    GUEST_ES_SELECTOR(0x0800),
    GUEST_CS_SELECTOR(0x0802),
    GUEST_SS_SELECTOR(0x0804),
    GUEST_DS_SELECTOR(0x0806),
    GUEST_FS_SELECTOR(0x0808),
    GUEST_GS_SELECTOR(0x080A),
    GUEST_LDTR_SELECTOR(0x080C),
    GUEST_TR_SELECTOR(0x080E),
    GUEST_INTERRUPT_STATUS(0x0810),
    GUEST_PML_INDEX(0x0812),

    // 16-bit host state fields.
    HOST_ES_SELECTOR(0x0C00),
    HOST_CS_SELECTOR(0x0C02),
    HOST_SS_SELECTOR(0x0C04),
    HOST_DS_SELECTOR(0x0C06),
    HOST_FS_SELECTOR(0x0C08),
    HOST_GS_SELECTOR(0x0C0A),
    HOST_TR_SELECTOR(0x0C0C),

    // 64-bit control fields.
    IO_BITMAP_A(0x2000),
    IO_BITMAP_B(0x2002),
    MSR_BITMAPS(0x2004),
    VMEXIT_MSR_STORE_ADDR(0x2006),
    VMEXIT_MSR_LOAD_ADDR(0x2008),
    VMENTRY_MSR_LOAD_ADDR(0x200A),
    EXECUTIVE_VMCS_PTR(0x200C),
    PML_ADDRESS(0x200E),
    TSC_OFFSET(0x2010),
    VIRTUAL_APIC_PAGE_ADDR(0x2012),
    APIC_ACCESS_ADDR(0x2014),
    POSTED_INTERRUPT_DESC_ADDR(0x2016),
    VMFUNC_CTRLS(0x2018),
    EPT_POINTER(0x201A),
    EOI_EXIT_BITMAP0(0x201C),
    EOI_EXIT_BITMAP1(0x201E),
    EOI_EXIT_BITMAP2(0x2020),
    EOI_EXIT_BITMAP3(0x2022),
    EPTP_LIST_ADDRESS(0x2024),
    VMREAD_BITMAP_ADDR(0x2026),
    VMWRITE_BITMAP_ADDR(0x2028),
    VE_EXCEPTION_INFO_ADDR(0x202A),
    XSS_EXITING_BITMAP(0x202C),
    TSC_MULTIPLIER(0x2032),

    // 64-bit read-only data fields.
    GUEST_PHYSICAL_ADDR(0x2400),

    // 64-bit guest state fields.
    GUEST_LINK_POINTER(0x2800),
    GUEST_IA32_DEBUGCTL(0x2802),
    GUEST_IA32_PAT(0x2804),
    GUEST_IA32_EFER(0x2806),
    GUEST_IA32_PERF_GLOBAL_CTRL(0x2808),
    GUEST_IA32_PDPTE0(0x280A),
    GUEST_IA32_PDPTE1(0x280C),
    GUEST_IA32_PDPTE2(0x280E),
    GUEST_IA32_PDPTE3(0x2810),
    GUEST_IA32_BNDCFGS(0x2812),

    // 64-bit host state fields.
    HOST_IA32_PAT(0x2C00),
    HOST_IA32_EFER(0x2C02),
    HOST_IA32_PERF_GLOBAL_CTRL(0x2C04),

    // 32-bit control fields.
    PIN_BASED_EXEC_CONTROLS(0x4000),
    PROCESSOR_BASED_VMEXEC_CONTROLS(0x4002),
    EXCEPTION_BITMAP(0x4004),
    PAGE_FAULT_ERR_CODE_MASK(0x4006),
    PAGE_FAULT_ERR_CODE_MATCH(0x4008),
    CR3_TARGET_COUNT(0x400A),
    VMEXIT_CONTROLS(0x400C),
    VMEXIT_MSR_STORE_COUNT(0x400E),
    VMEXIT_MSR_LOAD_COUNT(0x4010),
    VMENTRY_CONTROLS(0x4012),
    VMENTRY_MSR_LOAD_COUNT(0x4014),
    VMENTRY_INTERRUPTION_INFO(0x4016),
    VMENTRY_EXCEPTION_ERR_CODE(0x4018),
    VMENTRY_INSTRUCTION_LENGTH(0x401A),
    TPR_THRESHOLD(0x401C),
    SECONDARY_VMEXEC_CONTROLS(0x401E),
    PAUSE_LOOP_EXITING_GAP(0x4020),
    PAUSE_LOOP_EXITING_WINDOW(0x4022),

    // 32-bit read-only data fields.
    INSTRUCTION_ERROR(0x4400),
    VMEXIT_REASON(0x4402),
    VMEXIT_INTERRUPTION_INFO(0x4404),
    VMEXIT_INTERRUPTION_ERR_CODE(0x4406),
    IDT_VECTORING_INFO(0x4408),
    IDT_VECTORING_ERR_CODE(0x440A),
    VMEXIT_INSTRUCTION_LENGTH(0x440C),
    VMEXIT_INSTRUCTION_INFO(0x440E),

    // 32-bit guest state fields.
    GUEST_ES_LIMIT(0x4800),
    GUEST_CS_LIMIT(0x4802),
    GUEST_SS_LIMIT(0x4804),
    GUEST_DS_LIMIT(0x4806),
    GUEST_FS_LIMIT(0x4808),
    GUEST_GS_LIMIT(0x480A),
    GUEST_LDTR_LIMIT(0x480C),
    GUEST_TR_LIMIT(0x480E),
    GUEST_GDTR_LIMIT(0x4810),
    GUEST_IDTR_LIMIT(0x4812),
    GUEST_ES_ACCESS_RIGHTS(0x4814),
    GUEST_CS_ACCESS_RIGHTS(0x4816),
    GUEST_SS_ACCESS_RIGHTS(0x4818),
    GUEST_DS_ACCESS_RIGHTS(0x481A),
    GUEST_FS_ACCESS_RIGHTS(0x481C),
    GUEST_GS_ACCESS_RIGHTS(0x481E),
    GUEST_LDTR_ACCESS_RIGHTS(0x4820),
    GUEST_TR_ACCESS_RIGHTS(0x4822),
    GUEST_INTERRUPTIBILITY_STATE(0x4824),
    GUEST_ACTIVITY_STATE(0x4826),
    GUEST_SMBASE(0x4828),
    GUEST_IA32_SYSENTER_CS_MSR(0x482A),
    GUEST_PREEMPTION_TIMER_VALUE(0x482E),

    // 32-bit host state fields.
    HOST_IA32_SYSENTER_CS_MSR(0x4C00),

    // Natural-width control fields.
    CR0_GUEST_HOST_MASK(0x6000),
    CR4_GUEST_HOST_MASK(0x6002),
    CR0_READ_SHADOW(0x6004),
    CR4_READ_SHADOW(0x6006),
    CR3_TARGET0(0x6008),
    CR3_TARGET1(0x600A),
    CR3_TARGET2(0x600C),
    CR3_TARGET3(0x600E),

    // Natural-width read-only data fields.
    VMEXIT_QUALIFICATION(0x6400),
    IO_RCX(0x6402),
    IO_RSI(0x6404),
    IO_RDI(0x6406),
    IO_RIP(0x6408),
    GUEST_LINEAR_ADDR(0x640A),

    // Natural-width guest state fields.
    GUEST_CR0(0x6800),
    GUEST_CR3(0x6802),
    GUEST_CR4(0x6804),
    GUEST_ES_BASE(0x6806),
    GUEST_CS_BASE(0x6808),
    GUEST_SS_BASE(0x680A),
    GUEST_DS_BASE(0x680C),
    GUEST_FS_BASE(0x680E),
    GUEST_GS_BASE(0x6810),
    GUEST_LDTR_BASE(0x6812),
    GUEST_TR_BASE(0x6814),
    GUEST_GDTR_BASE(0x6816),
    GUEST_IDTR_BASE(0x6818),
    GUEST_DR7(0x681A),
    GUEST_RSP(0x681C),
    GUEST_RIP(0x681E),
    GUEST_RFLAGS(0x6820),
    GUEST_PENDING_DBG_EXCEPTIONS(0x6822),
    GUEST_IA32_SYSENTER_ESP_MSR(0x6824),
    GUEST_IA32_SYSENTER_EIP_MSR(0x6826),

    // Natural-width host state fields.
    HOST_CR0(0x6C00),
    HOST_CR3(0x6C02),
    HOST_CR4(0x6C04),
    HOST_FS_BASE(0x6C06),
    HOST_GS_BASE(0x6C08),
    HOST_TR_BASE(0x6C0A),
    HOST_GDTR_BASE(0x6C0C),
    HOST_IDTR_BASE(0x6C0E),
    HOST_IA32_SYSENTER_ESP_MSR(0x6C10),
    HOST_IA32_SYSENTER_EIP_MSR(0x6C12),
    HOST_RSP(0x6C14),
    HOST_RIP(0x6C16);

    private static final Map<Integer, VmcsField> BY_ENCODING = new HashMap<>();

    static {
        Arrays.stream(values()).forEach(field -> BY_ENCODING.put(field.encoding, field));
    }

    private final int encoding;

    VmcsField(int encoding) {
        this.encoding = encoding;
    }

    public int encoding() {
        return encoding;
    }

    /** In bits; natural-width fields have 64. */
    public int width() {
        return switch (encoding >>> 13 & 3) {
            case 0 -> 16;
            case 2 -> 32;
            default -> 64;
        };
    }

    /** VMWRITE must leave it alone: it reports an exit. */
    public boolean isReadOnly() {
        return (encoding >>> 10 & 3) == 1;
    }

    public static Optional<VmcsField> of(int encoding) {
        return Optional.ofNullable(BY_ENCODING.get(encoding));
    }
}
