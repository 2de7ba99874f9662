package ringside.monitor.translation;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import ringside.cpu.Behaviour;
import ringside.cpu.Code;
import ringside.cpu.Cpu;
import ringside.cpu.Step;
import ringside.cpu.StepCache;
import ringside.memory.Ram;

/**
 * What runs on the real processor in raw mode: programs as they stand, the kernel from copies of its pages and from patch memory only. Of
 * those it knows what is none of the guest's instructions: no guest time passes for it. Code that was not scanned leaves to the scanner; no
 * processor can tell it from other code in the same page, and VirtualBox trusted that there is none.
 *
 * <p>On the hot path: steps are kept in arrays by frame, as in {@link StepCache}.
 */
final class ScannedCode implements Code, Ram.Observer {
    private static final int LONGEST = 15;

    private final StepCache code;
    private final PatchMemory memory;

    /** By frame of the monitor's, from the shared page on. */
    private final Step[] @Nullable [] steps = new Step[PatchMemory.FRAMES][];

    private boolean kernel;
    private long performed;

    ScannedCode(StepCache code, Ram ram, PatchMemory memory) {
        this.code = code;
        this.memory = memory;
        ram.observe(this);
    }

    @Override
    public Step fetch(Cpu cpu) {
        kernel = cpu.system.cpl < 3;
        if (!kernel) {
            return code.fetch(cpu);
        }
        long linear = CodeContext.of(cpu).linear(cpu.registers.rip());
        int frame = cpu.memory.fetchFrame(linear);
        if (memory.isPatchFrame(frame)) {
            return kept(frame, linear, patched(linear, code.fetch(cpu)));
        }
        CodePage page = memory.pageOfCopy(frame).orElseThrow(NotScanned::new);
        int offset = (int) linear & Ram.OFFSET;
        if (!page.isKnown(offset)) {
            throw new NotScanned();
        }
        Step step = code.fetch(cpu);
        return kept(frame, linear, page.patchAt(offset).isPresent() ? withoutTime(step) : step);
    }

    private Step kept(int frame, long linear, Step step) {
        int i = frame - memory.firstFrame();
        Step[] ofFrame = steps[i];
        if (ofFrame == null) {
            ofFrame = new Step[Ram.FRAME_SIZE];
            steps[i] = ofFrame;
        }
        ofFrame[(int) linear & Ram.OFFSET] = step;
        return step;
    }

    private Step patched(long linear, Step step) {
        int at = memory.place(linear).orElseThrow(NotScanned::new);
        Patch.Role role = memory.patchAt(at)
                .flatMap(patch -> patch.pieceAt(at))
                .map(Patch.Piece::role)
                .orElseThrow(NotScanned::new);
        return role == Patch.Role.GUEST ? counted(step) : withoutTime(step);
    }

    private Step withoutTime(Step step) {
        Behaviour behaviour = (cpu, same) -> {
            step.behaviour.perform(cpu, same);
            cpu.clock.withhold();
            performed++;
        };
        return StepCache.bind(step.decoded, behaviour);
    }

    private Step counted(Step step) {
        Behaviour behaviour = (cpu, same) -> {
            step.behaviour.perform(cpu, same);
            performed++;
        };
        return StepCache.bind(step.decoded, behaviour);
    }

    /** Completed instructions in patch memory, and jumps to it. */
    long performed() {
        return performed;
    }

    @Override
    public Step @Nullable [] stepsOfFrame(int frame, int bits) {
        if (!kernel) {
            return code.stepsOfFrame(frame, bits);
        }
        int i = frame - memory.firstFrame();
        return i >= 0 && i < steps.length ? steps[i] : null;
    }

    @Override
    public void written(int frame, int offset, int size) {
        int i = frame - memory.firstFrame();
        Step[] ofFrame = i >= 0 && i < steps.length ? steps[i] : null;
        if (ofFrame != null) {
            Arrays.fill(ofFrame, Math.max(0, offset - LONGEST + 1), offset + size, null);
        }
    }

    /**
     * What is known of the code has changed where bytes have not.
     *
     * @param count see {@link #performed}
     */
    void restore(long count) {
        performed = count;
        Arrays.fill(steps, null);
    }

    @Override
    public void dropWritable() {}

    @Override
    public void dropAll() {}
}
