package ringside.reference.system;

/**
 * A case of vmx-hypervisor.asm: what it writes, enters and calls.
 *
 * @param form what the case is about: its family, a colon, an instruction or what it does
 * @param detail what makes it another than the others of its form
 * @param script its steps, as the hypervisor reads them, without the end
 */
record VmxCase(String form, String detail, VmxScript script) {
    @Override
    public String toString() {
        return detail.isEmpty() ? form : form + "; " + detail;
    }
}
