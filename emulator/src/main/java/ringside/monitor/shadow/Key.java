package ringside.monitor.shadow;

/**
 * What a shadow page stands for. Two paths through the guest's tables that lead to the same key share the page.
 *
 * @param table frame of the guest's table; of a direct page the first frame that it maps; {@link #NO_TABLE} where the guest has none
 * @param level 1 for a page whose entries map pages of 4 KiB
 * @param quadrant which part of a guest's table with 1024 entries it shadows: half of a page table, quarter of a page directory
 * @param access rights that the tables above grant: {@link #WRITABLE}, {@link #USER}, and {@link #NO_EXECUTE} where they forbid
 * @param direct there is no table: the page maps frames that follow each other, a large page's or, without paging, all there are
 * @param fixed addresses that the monitor keeps for itself lie in its range
 */
record Key(long table, Regime regime, int level, int quadrant, int access, boolean direct, boolean fixed) {
    static final int NO_EXECUTE = 1;
    static final int WRITABLE = 1 << 1;
    static final int USER = 1 << 2;
    static final int ALL = WRITABLE | USER;
    static final long NO_TABLE = -1;

    /** Does it shadow a table in the guest's memory, whose changes it must follow? */
    boolean shadowsTable() {
        return !direct && table != NO_TABLE;
    }
}
