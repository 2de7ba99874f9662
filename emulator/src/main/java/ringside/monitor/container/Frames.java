package ringside.monitor.container;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import ringside.memory.Ram;

/** The host's page frames: how many mappings use each, and which control group pays for it. Frame 0 is never given away. */
final class Frames {
    private static final long MAPPINGS_A_FRAME = 2;

    private final Ram ram;
    private final int[] uses;
    private final Map<Integer, ControlGroup> payers = new HashMap<>();
    private int next = 1;
    private int free;

    /** Mappings of all frames together. They are bounded, so that a snapshot of the kernel is. */
    private long mappings;

    /** Units of guest time that the kernel has worked, and nobody has spent yet. */
    private long work;

    /** A limit was reached: the group whose it is, or none where the whole host has no frame left. */
    static final class OutOfMemory extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final transient @Nullable ControlGroup group;

        private OutOfMemory(@Nullable ControlGroup group) {
            super(null, null, false, false);
            this.group = group;
        }

        Optional<ControlGroup> group() {
            return Optional.ofNullable(group);
        }
    }

    Frames(Ram ram) {
        this.ram = ram;
        uses = new int[ram.frames()];
        uses[0] = 1;
        free = ram.frames() - 1;
    }

    Ram ram() {
        return ram;
    }

    /** A frame full of zeros, used once, that the group pays for. */
    int allocate(ControlGroup payer) {
        ControlGroup refusing = payer.refusing(Ram.FRAME_SIZE);
        if (refusing != null || free == 0) {
            throw new OutOfMemory(refusing);
        }
        while (uses[next] != 0) {
            next = next + 1 < uses.length ? next + 1 : 1;
        }
        int frame = next;
        uses[frame] = 1;
        free--;
        mappings++;
        work(Ram.FRAME_SIZE / HostKernel.BYTES_A_UNIT);
        payers.put(frame, payer);
        payer.charge(Ram.FRAME_SIZE);
        Arrays.fill(ram.writable(frame), (byte) 0);
        ram.wrote(frame, 0, Ram.FRAME_SIZE);
        return frame;
    }

    /** One mapping more of a frame. */
    void share(int frame) {
        if (mappings >= MAPPINGS_A_FRAME * uses.length) {
            throw new OutOfMemory(null);
        }
        uses[frame]++;
        mappings++;
        work(1);
    }

    void work(long units) {
        work += units;
    }

    /** How long the kernel has worked since this was asked last. */
    long takeWork() {
        long units = work;
        work = 0;
        return units;
    }

    boolean isShared(int frame) {
        return uses[frame] > 1;
    }

    void release(int frame) {
        mappings--;
        if (--uses[frame] == 0) {
            free++;
            ControlGroup payer = payers.remove(frame);
            if (payer != null) {
                payer.charge(-Ram.FRAME_SIZE);
            }
        }
    }

    /** The same for another copy of the kernel's objects. */
    Frames copy(Copies copies) {
        return copies.of(this, () -> new Frames(ram), (from, to) -> {
            System.arraycopy(from.uses, 0, to.uses, 0, from.uses.length);
            from.payers.forEach((frame, payer) -> to.payers.put(frame, payer.copy(copies)));
            to.next = from.next;
            to.free = from.free;
            to.mappings = from.mappings;
            to.work = from.work;
        });
    }
}
