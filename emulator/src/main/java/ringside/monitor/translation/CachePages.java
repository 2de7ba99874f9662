package ringside.monitor.translation;

import ringside.cpu.Fault;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.Paging;
import ringside.monitor.deprivileged.MonitorMemory;
import ringside.monitor.deprivileged.Trapped;

/**
 * Memory of a real processor whose code lies in the cache: the cache can be executed, but the guest's loads and stores do not reach it.
 * Outside long mode segment limits see to that. In long mode there are none, but for those that AMD's EFER.LMSLE switches on for data; VMware
 * ran 64-bit guests by binary translation on processors that have them. This part stands for that limit.
 */
final class CachePages implements PhysicalMemory {
    private final PhysicalMemory all;
    private final MonitorMemory memory;

    CachePages(Ram ram, MonitorMemory memory) {
        this.all = PhysicalMemory.direct(ram, ram.frames());
        this.memory = memory;
    }

    @Override
    public Ram ram() {
        return all.ram();
    }

    @Override
    public int frame(long physical, Use use, long linear) {
        int frame = all.frame(physical, use, linear);
        if (memory.isCode(frame) && (use == Use.READ || use == Use.WRITE)) {
            int write = use == Use.WRITE ? Paging.WRITE_ACCESS : 0;
            throw new Trapped(Fault.page(linear, Paging.USER_ACCESS | write));
        }
        return frame;
    }
}
