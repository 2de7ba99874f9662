package ringside.monitor.paravirtual;

import java.util.Arrays;
import ringside.memory.Ram;
import ringside.monitor.paravirtual.GrantTables.Mapping;

/**
 * What a domain that is destroyed has goes back to Xen: what others have granted to it, what its processor and its page tables refer to, and last its
 * frames (Xen, common/domain.c, domain_kill; arch/x86/domain.c, domain_relinquish_resources). A frame that another domain still uses stays the dead
 * one's until that use is over. Nobody finds anything in a frame that comes back: it is filled with zeros.
 */
final class Relinquishing {
    private Relinquishing() {}

    /** Of a domain at a ring: its page tables are tables no longer, and so refer to nothing. */
    static void of(Domain domain) {
        VirtualCpu vcpu = domain.vcpu();
        DirectPaging paging = domain.paging();
        letGoOfDevices(domain);
        if (vcpu.infoRegistered) {
            paging.put((int) (vcpu.info >>> 12));
            forgetInfo(domain);
        }
        DescriptorCalls.dropLocalTable(domain);
        DescriptorCalls.dropGlobalTable(domain);
        if (vcpu.userRoot != 0) {
            paging.put(vcpu.userRoot);
        }
        paging.put(vcpu.kernelRoot);
        vcpu.kernelRoot = 0;
        vcpu.userRoot = 0;
        FrameTable frames = domain.frames();
        boolean[] had = had(frames);
        for (int frame = 0; frame < domain.space().first(); frame++) {
            if (had[frame] && frames.isPinned(frame)) {
                frames.pin(frame, false);
                paging.put(frame);
            }
        }
        giveBack(frames, domain.space().first());
        clear(domain, had);
        domain.cpu().memory.flush(true);
    }

    private static void giveBack(FrameTable frames, int end) {
        for (int frame = 0; frame < end; frame++) {
            if (frames.isDomains(frame)) {
                frames.release(frame);
            }
        }
    }

    /** Of a domain on virtualizing hardware: the pages of its memory lead nowhere. */
    static void of(HardwareDomain domain) {
        HardwareMemory own = domain.own();
        VirtualCpu vcpu = domain.vcpu();
        for (Mapping mapping : domain.grants().mappings()) {
            if (mapping.host()) {
                owner(domain, mapping).letGo(mapping.frame(), !mapping.readOnly());
            }
        }
        letGoOfDevices(domain);
        if (vcpu.infoRegistered) {
            own.letGo((int) (vcpu.info >>> 12), true);
            forgetInfo(domain);
        }
        boolean[] had = had(own.frames());
        for (long page : own.map().pages()) {
            own.map().unmap(page);
        }
        giveBack(own.frames(), own.mostPages());
        clear(domain, had);
    }

    private static XenDomain owner(XenDomain domain, Mapping mapping) {
        return domain.all().stream()
                .filter(other -> other.id() == mapping.owner())
                .findFirst()
                .orElseThrow();
    }

    /** What was mapped for devices is theirs no longer, and no handle stands for anything (gnttab_release_mappings). */
    private static void letGoOfDevices(XenDomain domain) {
        GrantTables grants = domain.grants();
        for (int handle = 0; handle < grants.mappings().size(); handle++) {
            Mapping mapping = grants.mapping(handle);
            if (mapping.isLive()) {
                XenDomain owner = owner(domain, mapping);
                if (mapping.device()) {
                    owner.letGo(mapping.frame(), !mapping.readOnly());
                }
                grants.set(handle, Mapping.NONE);
                grants.giveBack(handle);
                GrantCalls.mark(owner, mapping.reference());
            }
        }
    }

    private static void forgetInfo(XenDomain domain) {
        domain.vcpu().info = domain.sharedInfo();
        domain.vcpu().infoRegistered = false;
    }

    private static boolean[] had(FrameTable frames) {
        boolean[] had = new boolean[frames.frames()];
        for (int frame = 0; frame < had.length; frame++) {
            had[frame] = frames.isDomains(frame);
        }
        return had;
    }

    private static void clear(XenDomain domain, boolean[] had) {
        for (int frame = 0; frame < had.length; frame++) {
            if (had[frame]) {
                clearFree(domain, frame);
            }
        }
    }

    /** A frame of a dead domain's is filled with zeros as soon as it is nobody's. */
    static void clearFree(XenDomain domain, int frame) {
        if (domain.frames().owner(frame) == FrameTable.NOBODY) {
            Arrays.fill(domain.ram().writable(frame), (byte) 0);
            domain.ram().wrote(frame, 0, Ram.FRAME_SIZE);
        }
    }
}
