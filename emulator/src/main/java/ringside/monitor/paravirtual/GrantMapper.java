package ringside.monitor.paravirtual;

/** How a domain reaches frames that others have granted to it: GNTMAP_host_map of Xen's public header grant_table.h. */
interface GrantMapper {
    /**
     * The domain reaches a frame from now on, which counts as a use of the owner's.
     *
     * @param address the host_addr of the request
     * @param flags GNTMAP_*
     * @return false where that cannot be
     */
    boolean map(XenDomain owner, int frame, long address, int flags);

    /** It does no longer. @return false where what is at the address does not lead to the frame */
    boolean unmap(XenDomain owner, GrantTables.Mapping mapping, long address);
}
