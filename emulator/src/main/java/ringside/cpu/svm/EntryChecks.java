package ringside.cpu.svm;

import static ringside.cpu.SystemState.*;
import static ringside.cpu.svm.VmcbField.*;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import ringside.cpu.ControlRegisters;
import ringside.cpu.Fault;
import ringside.cpu.SystemState;
import ringside.mmu.Paging;

/** What VMRUN refuses with VMEXIT_INVALID: APM 2, Canonicalization and Consistency Checks. */
final class EntryChecks {
    /** One reason, and when it holds. */
    private record Check(String reason, Predicate<Vmcb> refuses) {}

    private static final long BEYOND_PHYSICAL = -1L << Paging.PHYSICAL_BITS;
    private static final long UPPER_HALF = -1L << 32;
    private static final long EFER_KNOWN =
            SYSCALL_ENABLE | LONG_MODE_ENABLE | LONG_MODE_ACTIVE | NO_EXECUTE_ENABLE | SVME;
    /** So many checks at the beginning are about registers. */
    private static final int LAST_OF_STATE = 11;

    private static final int MSR_MAP_SIZE = MsrPermissionMap.SIZE;
    private static final int IO_MAP_SIZE = 0x3000;
    private static final int CS_LONG = 1 << 9;
    private static final int CS_DEFAULT = 1 << 10;

    // spotless:off
    private static final List<Check> CHECKS = List.of(
            new Check("EFER.SVME is 0",                             v -> (v.read(EFER) & SVME) == 0),
            new Check("CR0.CD is 0 and CR0.NW is 1",                v -> (v.read(CR0) & (CACHE_DISABLE | NOT_WRITE_THROUGH)) == NOT_WRITE_THROUGH),
            new Check("CR0 has a bit above 31",                     v -> (v.read(CR0) & UPPER_HALF) != 0),
            new Check("CR3 has a bit that must be zero",            v -> isLong(v) && (v.read(CR3) & BEYOND_PHYSICAL) != 0),
            new Check("CR4 has a bit that must be zero",            v -> (v.read(CR4) & ~ControlRegisters.CR4_KNOWN) != 0),
            new Check("DR6 has a bit above 31",                     v -> (v.read(DR6) & UPPER_HALF) != 0),
            new Check("DR7 has a bit above 31",                     v -> (v.read(DR7) & UPPER_HALF) != 0),
            new Check("EFER has a bit that must be zero",           v -> (v.read(EFER) & ~EFER_KNOWN) != 0),
            new Check("long mode is paged without CR4.PAE",         v -> isLong(v) && (v.read(CR4) & PHYSICAL_ADDRESS_EXTENSION) == 0),
            new Check("long mode is paged without CR0.PE",          v -> isLong(v) && (v.read(CR0) & PROTECTION_ENABLE) == 0),
            new Check("CS is long and has D set in long mode",      v -> isLong(v) && v.has(CS_ATTRIB, CS_LONG | CS_DEFAULT)),
            new Check("VMRUN is not intercepted",                   v -> !v.intercepts(ExitCode.VMRUN)),
            new Check("the I/O map lies beyond physical memory",    v -> isBeyond(v.read(IOPM_BASE_PA), IO_MAP_SIZE)),
            new Check("the MSR map lies beyond physical memory",    v -> isBeyond(v.read(MSRPM_BASE_PA), MSR_MAP_SIZE)),
            new Check("the ASID is 0, which is the host's",         v -> v.read(GUEST_ASID) == 0),
            new Check("EVENTINJ asks for no event that there is",   EntryChecks::isIllegalEvent),
            new Check("N_CR3 has a bit that must be zero",          v -> isNested(v) && (v.read(N_CR3) & BEYOND_PHYSICAL) != 0),
            new Check("G_PAT has a memory type that there is not",  v -> isNested(v) && isIllegalPat(v.read(G_PAT))));
    // spotless:on

    private EntryChecks() {}

    /**
     * The first reason why the guest cannot be entered.
     *
     * @param host CR0 of the processor that performs VMRUN
     */
    static Optional<String> refusal(Vmcb vmcb, long hostCr0) {
        if (isNested(vmcb) && (hostCr0 & PAGING) == 0) {
            return Optional.of("nested paging is on while the host's is off");
        }
        return CHECKS.stream()
                .filter(check -> check.refuses.test(vmcb))
                .map(Check::reason)
                .findFirst();
    }

    /** A host's state that #VMEXIT cannot go back to: control registers and EFER are judged as a guest's are. */
    static boolean isBroken(Vmcb host) {
        return CHECKS.stream().limit(LAST_OF_STATE).anyMatch(check -> check.refuses.test(host))
                || (host.read(CR0) & PROTECTION_ENABLE) == 0;
    }

    private static boolean isLong(Vmcb v) {
        return (v.read(EFER) & LONG_MODE_ENABLE) != 0 && (v.read(CR0) & SystemState.PAGING) != 0;
    }

    private static boolean isNested(Vmcb v) {
        return (v.read(NP_ENABLE) & 1) != 0;
    }

    private static boolean isBeyond(long map, int size) {
        long base = map & ~0xFFFL;
        return (base & BEYOND_PHYSICAL) != 0 || (base + size - 1 & BEYOND_PHYSICAL) != 0;
    }

    /** APM 2, Event Injection: reserved types, exceptions that are none, and those that 64-bit mode does not have. */
    private static boolean isIllegalEvent(Vmcb v) {
        long event = v.read(EVENTINJ);
        int vector = (int) event & 0xFF;
        if ((event & Vmcb.VALID) == 0) {
            return false;
        }
        boolean absent = vector == Fault.OVERFLOW || vector == Fault.BOUND_RANGE;
        return switch ((int) (event >>> Vmcb.TYPE_SHIFT) & 7) {
            case 0, 2, 4 -> false;
            case 3 -> vector == Fault.NON_MASKABLE || vector > 31 || absent && isLong(v) && v.has(CS_ATTRIB, CS_LONG);
            default -> true;
        };
    }

    private static boolean isIllegalPat(long pat) {
        for (int i = 0; i < 64; i += 8) {
            long type = pat >>> i & 0xFF;
            if (type > 7 || type == 2 || type == 3) {
                return true;
            }
        }
        return false;
    }
}
