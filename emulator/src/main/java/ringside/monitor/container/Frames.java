package ringside.monitor.container;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import ringside.memory.Ram;

/** The host's page frames: how many mappings use each, and which control group pays for it. Frame 0 is never given away. */
final class Frames {
    private final Ram ram;
    private final int[] uses;
    private final Map<Integer, ControlGroup> payers = new HashMap<>();
    private int next = 1;
    private int free;

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
        payers.put(frame, payer);
        payer.charge(Ram.FRAME_SIZE);
        Arrays.fill(ram.writable(frame), (byte) 0);
        ram.wrote(frame, 0, Ram.FRAME_SIZE);
        return frame;
    }

    void share(int frame) {
        uses[frame]++;
    }

    boolean isShared(int frame) {
        return uses[frame] > 1;
    }

    void release(int frame) {
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
        });
    }
}
