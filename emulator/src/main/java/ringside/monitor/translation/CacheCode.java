package ringside.monitor.translation;

import java.util.Arrays;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import ringside.cpu.Behaviour;
import ringside.cpu.Code;
import ringside.cpu.Cpu;
import ringside.cpu.Step;
import ringside.cpu.StepCache;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.monitor.deprivileged.MonitorMemory;

/**
 * What runs on the real processor: the bytes that lie there, decoded as everywhere. Of those in the cache it knows which belong to no
 * instruction of the guest: no guest time passes for them.
 *
 * <p>On the hot path: steps are kept in arrays by frame, as in {@link StepCache}.
 */
final class CacheCode implements Code, Ram.Observer {
    private static final int LONGEST = 15;

    private final StepCache code;
    private final MonitorMemory memory;
    private final IntPredicate added;

    /** Steps of the cache for each code size, by frame and offset. */
    private final Step[][][] steps = new Step[3][CodeCache.FRAMES][Ram.FRAME_SIZE];

    private long performed;

    /** @param added whether the instruction at an offset in the cache is none of the guest's */
    CacheCode(StepCache code, Ram ram, MonitorMemory memory, IntPredicate added) {
        this.code = code;
        this.memory = memory;
        this.added = added;
        ram.observe(this);
    }

    @Override
    public Step fetch(Cpu cpu) {
        Step step = code.fetch(cpu);
        long linear = CodeContext.of(cpu).linear(cpu.registers.rip());
        if (!MonitorMemory.contains(linear, cpu.system.longMode())) {
            return step;
        }
        int at = MonitorMemory.offset(linear) - MonitorMemory.CODE;
        Step known = added.test(at) ? StepCache.bind(step.decoded, withoutTime(step)) : step;
        steps[index(cpu.codeBits())][at >>> 12][at & Ram.OFFSET] = known;
        return known;
    }

    private Behaviour withoutTime(Step step) {
        return (cpu, same) -> {
            step.behaviour.perform(cpu, same);
            cpu.clock.withhold();
            performed++;
        };
    }

    /** Completed instructions that the guest does not have. */
    long performed() {
        return performed;
    }

    private static int index(int bits) {
        return bits == 16 ? 0 : bits == 32 ? 1 : 2;
    }

    @Override
    public Step @Nullable [] stepsOfFrame(int frame, int bits) {
        return frame != PhysicalMemory.NONE && memory.isCode(frame)
                ? steps[index(bits)][frame - memory.firstCodeFrame()]
                : code.stepsOfFrame(frame, bits);
    }

    @Override
    public void written(int frame, int offset, int size) {
        if (!memory.isCode(frame)) {
            return;
        }
        int from = (frame - memory.firstCodeFrame() << 12) + offset;
        for (Step[][] ofSize : steps) {
            for (int at = Math.max(0, from - LONGEST + 1); at < from + size; at++) {
                ofSize[at >>> 12][at & Ram.OFFSET] = null;
            }
        }
    }

    /**
     * After the cache was restored: which instructions are the guest's may have changed where bytes have not.
     *
     * @param count see {@link #performed}
     */
    void restore(long count) {
        performed = count;
        for (Step[][] ofSize : steps) {
            for (Step[] ofFrame : ofSize) {
                Arrays.fill(ofFrame, null);
            }
        }
    }

    @Override
    public void dropWritable() {}

    @Override
    public void dropAll() {}
}
