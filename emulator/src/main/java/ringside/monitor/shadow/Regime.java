package ringside.monitor.shadow;

import ringside.cpu.SystemState;

/**
 * The rules by which a guest's tables are read; entries of a shadow page are good for one regime only.
 *
 * @param entrySize bytes of an entry in the guest's tables; 0 where it has no paging
 */
record Regime(
        View view,
        int entrySize,
        boolean writeProtect,
        boolean largePages,
        boolean noExecute,
        boolean supervisorExecutionPrevention) {
    static Regime of(SystemState guest, View view) {
        if ((guest.cr0 & SystemState.PAGING) == 0) {
            return new Regime(view, 0, false, false, false, false);
        }
        boolean wide = (guest.cr4 & SystemState.PHYSICAL_ADDRESS_EXTENSION) != 0;
        return new Regime(
                view,
                wide ? 8 : 4,
                (guest.cr0 & SystemState.WRITE_PROTECT) != 0,
                (guest.cr4 & SystemState.PAGE_SIZE_EXTENSIONS) != 0,
                (guest.efer & SystemState.NO_EXECUTE_ENABLE) != 0,
                (guest.cr4 & SystemState.SMEP) != 0);
    }

    boolean isPaging() {
        return entrySize != 0;
    }
}
