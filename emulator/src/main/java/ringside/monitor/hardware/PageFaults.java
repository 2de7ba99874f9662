package ringside.monitor.hardware;

import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.mmu.Paging;

/** What a monitor asks about a page fault that has left the guest. */
final class PageFaults {
    /** What the error code says about the access. */
    static final int ACCESS = Paging.WRITE_ACCESS | Paging.USER_ACCESS | Paging.FETCH_ACCESS;

    private PageFaults() {}

    /** Where the guest's own tables lead to; 0 where they lead nowhere. */
    static long physical(Cpu believed, long linear) {
        try {
            return believed.memory.peek(linear);
        } catch (Fault fault) {
            return 0;
        }
    }
}
