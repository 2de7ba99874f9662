package ringside.reference.system;

import java.util.List;

/**
 * A guest of hypervisor.asm: its VMCB, its code, and how it is entered.
 *
 * @param form what the case is about: its family, a colon, an instruction or what it does
 * @param detail what makes it another than the others of its form
 * @param ways how VMRUN is performed: bits of {@link SvmDraft.Way}
 * @param general RCX, RDX, RBX, RBP, RSI and RDI
 * @param patches what lies in the work area, in this order
 */
record SvmCase(String form, String detail, int ways, List<Long> general, List<SystemCase.Patch> patches) {
    SvmCase {
        general = List.copyOf(general);
        patches = List.copyOf(patches);
    }

    String family() {
        return form.substring(0, form.indexOf(':'));
    }

    @Override
    public String toString() {
        return detail.isEmpty() ? form : form + "; " + detail;
    }
}
