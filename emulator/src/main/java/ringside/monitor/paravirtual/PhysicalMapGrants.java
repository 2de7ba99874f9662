package ringside.monitor.paravirtual;

/**
 * Frames that others have granted to a domain on virtualizing hardware: pages of its guest-physical memory lead there (Xen, arch/x86/hvm/grant_table.c). A
 * page that has led to RAM before leads nowhere afterwards, so a guest takes one that it has given back. The entry of a page that is mapped for reading
 * only lacks the right to write.
 */
final class PhysicalMapGrants implements GrantMapper {
    private final HardwareMemory memory;

    PhysicalMapGrants(HardwareMemory memory) {
        this.memory = memory;
    }

    @Override
    public boolean map(XenDomain owner, int frame, long address, int flags) {
        long page = address >>> 12;
        boolean writable = (flags & GrantCalls.READ_ONLY) == 0;
        boolean plain = (flags & ~GrantCalls.READ_ONLY) == GrantCalls.FOR_HOST;
        if (!plain
                || !memory.map().isPage(page)
                || memory.map().isGrant(page)
                || memory.isDevice(page << 12)
                || !owner.hold(frame, writable)) {
            return false;
        }
        if (!memory.map().mapGrant(page, frame, writable)) {
            owner.letGo(frame, writable);
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
