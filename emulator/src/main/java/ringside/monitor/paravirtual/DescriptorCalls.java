package ringside.monitor.paravirtual;

import static ringside.monitor.paravirtual.Hypercall.call;

import java.util.List;
import java.util.OptionalLong;
import ringside.mmu.SegmentRegister;

/** The guest's own descriptor tables: its frames become part of the processor's, after Xen has looked at every descriptor. */
final class DescriptorCalls {
    // spotless:off
    static final List<Hypercall> ROWS = List.of(
            call( 2, "set_gdt",            DescriptorCalls::setTable),
            call(10, "update_descriptor",  DescriptorCalls::updateDescriptor));
    // spotless:on

    private static final int A_PAGE = 512;
    private static final int MOST_LOCAL = 8192;
    private static final int LDT_RIGHTS = SegmentRegister.PRESENT | 2;

    private DescriptorCalls() {}

    private static long setTable(Domain domain, long[] a) {
        int entries = (int) a[1];
        if (Integer.compareUnsigned(entries, XenSpace.GUEST_DESCRIPTORS) > 0) {
            throw Errno.EINVAL.failure();
        }
        int count = (entries + A_PAGE - 1) / A_PAGE;
        long[] frames = new long[count];
        for (int i = 0; i < count; i++) {
            frames[i] = domain.memory().word(a[0] + (long) i * domain.abi().word());
        }
        DirectPaging paging = domain.paging();
        for (int i = 0; i < count; i++) {
            if (!paging.get(frames[i], FrameType.SEGMENTS)) {
                while (i-- > 0) {
                    paging.put((int) frames[i]);
                }
                throw Errno.EINVAL.failure();
            }
        }
        dropGlobalTable(domain);
        VirtualCpu vcpu = domain.vcpu();
        vcpu.descriptors = entries;
        for (int page = 0; page < count; page++) {
            vcpu.descriptorFrames[page] = (int) frames[page];
            domain.space().guestDescriptors(page, (int) frames[page]);
        }
        domain.cpu().memory.flush(true);
        return 0;
    }

    /** The guest has no descriptors of its own in the global table any more. */
    static void dropGlobalTable(Domain domain) {
        VirtualCpu vcpu = domain.vcpu();
        for (int page = 0; page < pages(vcpu.descriptors); page++) {
            domain.paging().put(vcpu.descriptorFrames[page]);
            domain.space().noGuestDescriptors(page);
        }
        vcpu.descriptors = 0;
    }

    private static int pages(int entries) {
        return (entries + A_PAGE - 1) / A_PAGE;
    }

    private static long updateDescriptor(Domain domain, long[] a) {
        boolean wide = domain.abi().is64();
        long address = wide ? a[0] : a[0] | a[1] << 32;
        long descriptor = wide ? a[1] : a[2] | a[3] << 32;
        long frame = address >>> 12;
        OptionalLong checked = Descriptors.checked(descriptor, domain.abi());
        if ((address & 7) != 0 || !domain.frames().isDomains(frame) || checked.isEmpty()) {
            throw Errno.EINVAL.failure();
        }
        boolean inTable = domain.frames().type((int) frame) == FrameType.SEGMENTS;
        if (!domain.paging().get(frame, inTable ? FrameType.SEGMENTS : FrameType.WRITABLE)) {
            throw Errno.EINVAL.failure();
        }
        domain.ram().write(address, 8, checked.getAsLong());
        domain.paging().put((int) frame);
        return 0;
    }

    // The local table.

    /** MMUEXT_SET_LDT. Its pages are looked at when they are first used. */
    static void setLocalTable(Domain domain, long linear, long count) {
        boolean guests = count == 0
                || domain.abi().isGuests(linear)
                        && domain.abi().isGuests(domain.abi().truncate(linear + count * 8 - 1));
        if ((linear & 0xFFF) != 0 || count < 0 || count > MOST_LOCAL || !guests) {
            throw Errno.EINVAL.failure();
        }
        dropLocalTable(domain);
        domain.vcpu().localTable = linear;
        domain.vcpu().localDescriptors = (int) count;
        SegmentRegister ldtr = domain.cpu().system.ldtr;
        if (count == 0) {
            ldtr.load(0, 0, 0, SegmentRegister.UNUSABLE);
        } else {
            ldtr.load(XenSpace.LDT_SELECTOR, XenSpace.LDT, count * 8 - 1, LDT_RIGHTS);
        }
    }

    /** Pages of the local table are looked at anew. */
    static void dropLocalTable(Domain domain) {
        for (int page = 0; page < XenSpace.LDT_PAGES; page++) {
            int frame = domain.space().localDescriptors(page);
            if (frame >= 0) {
                domain.space().noLocalDescriptors(page);
                domain.paging().put(frame);
            }
        }
        domain.cpu().memory.flush(true);
    }

    /**
     * A descriptor of the local table was used, and its page is not mapped yet.
     *
     * @param offset in the table
     * @return false where the guest's page cannot be one of descriptors
     */
    static boolean mapLocalTable(Domain domain, long offset) {
        VirtualCpu vcpu = domain.vcpu();
        if (offset < 0 || offset >= vcpu.localDescriptors * 8L) {
            return false;
        }
        long address = domain.lastEntry(domain.abi().truncate(vcpu.localTable + (offset & -4096)));
        long entry = address == -1 ? 0 : domain.ram().read(address, 8);
        if (!EntryRules.isPresent(entry) || !domain.paging().get(EntryRules.frame(entry), FrameType.SEGMENTS)) {
            return false;
        }
        domain.space().localDescriptors((int) (offset >>> 12), EntryRules.frame(entry));
        return true;
    }
}
