package ringside.cpu.vmx;

import static ringside.cpu.vmx.VmcsField.*;

import ringside.cpu.SystemState;

/** A VMCS whose entry succeeds: a 64-bit host, a guest in 32-bit protected mode with paging, without EPT. */
final class ValidVmcs {
    private static final int CODE = 0xC09B;
    private static final int DATA = 0xC093;
    private static final int BUSY_TSS = 0x8B;
    private static final int UNUSABLE = 1 << 16;

    private ValidVmcs() {}

    static Vmcs of() {
        Vmcs vmcs = new Vmcs();
        vmcs.requireDefaults(VmxCapabilities.ALL);
        vmcs.set(VMEXIT_CONTROLS, Vmcs.HOST_ADDRESS_SPACE_SIZE, true);
        host(vmcs);
        vmcs.write(GUEST_CR0, 0x8000_0031L);
        vmcs.write(GUEST_CR3, 0x3000);
        vmcs.write(GUEST_CR4, SystemState.VMXE);
        vmcs.write(GUEST_RFLAGS, 2);
        vmcs.write(GUEST_RIP, 0x1000);
        vmcs.write(GUEST_LINK_POINTER, -1L);
        for (int i = 0; i < 6; i++) {
            boolean code = i == SystemState.CS;
            vmcs.write(GuestStateArea.SELECTOR[i], code ? 8 : 0x10);
            vmcs.write(GuestStateArea.LIMIT[i], 0xFFFF_FFFFL);
            vmcs.write(GuestStateArea.RIGHTS[i], code ? CODE : DATA);
        }
        vmcs.write(GUEST_LDTR_ACCESS_RIGHTS, UNUSABLE);
        vmcs.write(GUEST_TR_SELECTOR, 0x18);
        vmcs.write(GUEST_TR_LIMIT, 0x67);
        vmcs.write(GUEST_TR_ACCESS_RIGHTS, BUSY_TSS);
        return vmcs;
    }

    private static void host(Vmcs vmcs) {
        vmcs.write(HOST_CR0, 0x8000_0031L);
        vmcs.write(HOST_CR3, 0x2000);
        vmcs.write(HOST_CR4, SystemState.VMXE | SystemState.PHYSICAL_ADDRESS_EXTENSION);
        vmcs.write(HOST_CS_SELECTOR, 8);
        vmcs.write(HOST_SS_SELECTOR, 0x10);
        vmcs.write(HOST_TR_SELECTOR, 0x18);
        vmcs.write(HOST_RIP, 0x7000);
    }
}
