package ringside.monitor.paravirtual;

import ringside.cpu.CpuModel;
import ringside.cpu.CpuModel.Leaf;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;

/**
 * CPUID behind the prefix {@code ud2; "xen"}: an invalid opcode that only Xen understands, so that a guest at ring 3 can ask Xen instead of the
 * processor (Xen's public headers xen.h and cpuid.h).
 */
final class ForcedEmulation {
    private static final int[] INSTRUCTION = {0x0F, 0x0B, 'x', 'e', 'n', 0x0F, 0xA2};

    private static final int HYPERVISOR = 0x4000_0000;
    private static final int LAST = 3;
    private static final int KEEPS_FLAGS = 1;
    private static final int KILOHERTZ = 1_000_000;

    // What paravirtualized guests do not have: VME, PSE, SEP, PGE, PSE-36 of leaf 1; SMEP, INVPCID, UMIP of leaf 7;
    // large pages.
    private static final int HIDDEN_1_EDX = 1 << 1 | 1 << 3 | 1 << 11 | 1 << 13 | 1 << 17;
    private static final int HIDDEN_1_ECX = 1 << 3;
    private static final int HYPERVISOR_PRESENT = 1 << 31;
    private static final int HIDDEN_7_EBX = 1 << 1 | 1 << 7 | 1 << 10;
    private static final int HIDDEN_7_ECX = 1 << 2;
    private static final int HIDDEN_EXTENDED_EDX = 1 << 26;

    private ForcedEmulation() {}

    /** Performs it where the guest has met #UD at one; else false, and nothing has happened. */
    static boolean perform(Domain domain) {
        Registers registers = domain.cpu().registers;
        long rip = registers.rip();
        try {
            for (int i = 0; i < INSTRUCTION.length; i++) {
                if (domain.memory().read(domain.codeBase() + rip + i, 1) != INSTRUCTION[i]) {
                    return false;
                }
            }
        } catch (Errno.Failure unreadable) {
            return false;
        }
        Leaf leaf = leaf(domain, (int) registers.get(Registers.RAX), (int) registers.get(Registers.RCX));
        registers.set(Registers.RAX, 4, leaf.eax());
        registers.set(Registers.RBX, 4, leaf.ebx());
        registers.set(Registers.RCX, 4, leaf.ecx());
        registers.set(Registers.RDX, 4, leaf.edx());
        registers.rip(domain.abi().truncate(rip + INSTRUCTION.length));
        return true;
    }

    private static Leaf leaf(Domain domain, int number, int sub) {
        if (number >= HYPERVISOR && number <= HYPERVISOR + 0xFF) {
            return hypervisor(number - HYPERVISOR, sub);
        }
        Leaf leaf = CpuModel.leaf(
                number, sub, domain.cpu().is64Bit(), false, (domain.vcpu().cr4 & SystemState.OSXSAVE) != 0);
        return switch (number) {
            case 1 ->
                new Leaf(
                        leaf.eax(),
                        leaf.ebx(),
                        leaf.ecx() & ~HIDDEN_1_ECX | HYPERVISOR_PRESENT,
                        leaf.edx() & ~HIDDEN_1_EDX);
            case 7 -> new Leaf(leaf.eax(), leaf.ebx() & ~HIDDEN_7_EBX, leaf.ecx() & ~HIDDEN_7_ECX, leaf.edx());
            case 0x8000_0001 -> new Leaf(leaf.eax(), leaf.ebx(), leaf.ecx(), leaf.edx() & ~HIDDEN_EXTENDED_EDX);
            default -> leaf;
        };
    }

    private static Leaf hypervisor(int number, int sub) {
        return switch (number) {
            case 0 -> new Leaf(HYPERVISOR + LAST, word("XenV"), word("MMXe"), word("nVMM"));
            case 1 -> new Leaf(InformationCalls.MAJOR << 16 | InformationCalls.MINOR, 0, 0, 0);
            case 2 -> new Leaf(1, HYPERVISOR, KEEPS_FLAGS, 0);
            case LAST -> sub == 0 ? new Leaf(0, 0, KILOHERTZ, 0) : new Leaf(0, 0, 0, 0);
            default -> new Leaf(0, 0, 0, 0);
        };
    }

    private static int word(String letters) {
        return letters.charAt(0) | letters.charAt(1) << 8 | letters.charAt(2) << 16 | letters.charAt(3) << 24;
    }
}
