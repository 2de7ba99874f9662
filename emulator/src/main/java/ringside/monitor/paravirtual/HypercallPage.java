package ringside.monitor.paravirtual;

import ringside.memory.Ram;

/**
 * The page with the ways into Xen: 32 bytes of code for each hypercall, at its number times 32 (Xen, docs/guest-guide/x86/hypercall-abi.rst).
 * The kernel calls them, and need not know how its Xen is entered.
 */
final class HypercallPage {
    private static final int STUB = 32;
    private static final int IRET = 23;

    private HypercallPage() {}

    static byte[] of(Abi abi) {
        byte[] page = new byte[Ram.FRAME_SIZE];
        for (int number = 0; number < Ram.FRAME_SIZE / STUB; number++) {
            int[] code = abi.is64() ? stub64(number) : stub32(number);
            for (int i = 0; i < code.length; i++) {
                page[number * STUB + i] = (byte) code[i];
            }
        }
        return page;
    }

    // spotless:off
    private static int[] stub64(int number) {
        return number == IRET
                ? new int[] {
                    0x51,                       // push rcx
                    0x41, 0x53,                 // push r11
                    0x50,                       // push rax
                    0xB8, number, 0, 0, 0,      // mov eax, 23
                    0x0F, 0x05}                 // syscall
                : new int[] {
                    0x51,                       // push rcx
                    0x41, 0x53,                 // push r11
                    0xB8, number, 0, 0, 0,      // mov eax, number
                    0x0F, 0x05,                 // syscall
                    0x41, 0x5B,                 // pop r11
                    0x59,                       // pop rcx
                    0xC3};                      // ret
    }

    private static int[] stub32(int number) {
        return number == IRET
                ? new int[] {
                    0x50,                       // push eax
                    0xB8, number, 0, 0, 0,      // mov eax, 23
                    0xCD, 0x82}                 // int 82h
                : new int[] {
                    0xB8, number, 0, 0, 0,      // mov eax, number
                    0xCD, 0x82,                 // int 82h
                    0xC3};                      // ret
    }
    // spotless:on
}
