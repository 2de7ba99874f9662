package ringside.cpu;

import ringside.mmu.FourLevelPaging;
import ringside.mmu.NoPaging;
import ringside.mmu.PaePaging;
import ringside.mmu.Paging;
import ringside.mmu.TwoLevelPaging;

/** Which paging CR0, CR4 and IA32_EFER choose: SDM 3A, Paging Modes and Control Bits. */
final class PagingMode {
    private PagingMode() {}

    static Paging of(SystemState system) {
        if ((system.cr0 & SystemState.PAGING) == 0) {
            return new NoPaging();
        }
        Paging.Rules rules = new Paging.Rules(
                system.cr3,
                (system.cr0 & SystemState.WRITE_PROTECT) != 0,
                (system.cr4 & SystemState.PAGE_SIZE_EXTENSIONS) != 0,
                (system.cr4 & SystemState.PAGE_GLOBAL) != 0,
                (system.efer & SystemState.NO_EXECUTE_ENABLE) != 0,
                (system.cr4 & SystemState.SMEP) != 0);
        if (system.longMode()) {
            return new FourLevelPaging(rules);
        }
        return (system.cr4 & SystemState.PHYSICAL_ADDRESS_EXTENSION) != 0
                ? new PaePaging(rules, system.pdpte)
                : new TwoLevelPaging(rules);
    }
}
