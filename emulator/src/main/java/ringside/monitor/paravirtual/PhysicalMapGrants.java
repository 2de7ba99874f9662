package ringside.monitor.paravirtual;

/**
 * Frames that others have granted to a domain on virtualizing hardware: pages of its guest-physical memory lead there (Xen, arch/x86/hvm/grant_table.c). A
 * page that has led to RAM before leads nowhere afterwards, so a guest takes one that it has given back. A mapping for reading only is refused: the
 * tables of the hardware have no such pages here.
 */
final class PhysicalMapGrants implements GrantMapper {
    private final HardwareMemory memory;

    PhysicalMapGrants(HardwareMemory memory) {
        this.memory = memory;
    }

    @Override
    public boolean map(XenDomain owner, int frame, long address, int flags) {
        long page = address >>> 12;
        boolean readOnly = (flags & GrantCalls.READ_ONLY) != 0;
        boolean plain = (flags & ~GrantCalls.READ_ONLY) == GrantCalls.FOR_HOST;
        if (!plain
                || readOnly
                || !memory.map().isPage(page)
                || memory.map().isGrant(page)
                || memory.isDevice(page << 12)
                || !owner.hold(frame, true)) {
            return false;
        }
        if (!memory.map().mapGrant(page, frame)) {
            owner.letGo(frame, true);
            return false;
        }
        return true;
    }

    @Override
    public boolean unmap(XenDomain owner, GrantTables.Mapping mapping, long address) {
        long page = address >>> 12;
        if (!memory.map().isGrant(page) || memory.map().frame(page) != mapping.frame()) {
            return false;
        }
        memory.map().unmap(page);
        owner.letGo(mapping.frame(), !mapping.readOnly());
        return true;
    }
}
