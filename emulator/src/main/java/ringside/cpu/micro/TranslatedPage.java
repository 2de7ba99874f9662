package ringside.cpu.micro;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.cpu.Step;
import ringside.memory.Ram;

/** The translated code of one RAM frame: its blocks, and the steps of all their instructions by offset, for each code size. */
final class TranslatedPage {
    private final Step[] @Nullable [] steps = new Step[3][];
    private final long[] covered = new long[Ram.FRAME_SIZE / 64];
    private final List<Block> blocks = new ArrayList<>();

    void keep(Block block) {
        blocks.add(block);
        int size = index(block.bits());
        Step[] ofSize = steps[size];
        if (ofSize == null) {
            ofSize = new Step[Ram.FRAME_SIZE];
            steps[size] = ofSize;
        }
        for (Block.Instruction instruction : block.instructions()) {
            ofSize[instruction.offset()] = instruction.step();
        }
        cover(block);
    }

    private void cover(Block block) {
        for (int i = block.offset(); i < block.end(); i++) {
            covered[i >>> 6] |= 1L << i;
        }
    }

    boolean covers(int offset, int size) {
        for (int i = offset; i < offset + size; i++) {
            if ((covered[i >>> 6] & 1L << i) != 0) {
                return true;
            }
        }
        return false;
    }

    void drop(Block block) {
        Step[] ofSize = steps[index(block.bits())];
        for (Block.Instruction instruction : block.instructions()) {
            if (ofSize != null && ofSize[instruction.offset()] == instruction.step()) {
                ofSize[instruction.offset()] = null;
            }
        }
        blocks.removeIf(other -> other == block);
        Arrays.fill(covered, 0);
        blocks.forEach(this::cover);
    }

    @Nullable
    Step known(int offset, int bits) {
        Step[] ofSize = steps[index(bits)];
        return ofSize == null ? null : ofSize[offset];
    }

    List<Block> blocks() {
        return blocks;
    }

    Step @Nullable [] steps(int bits) {
        return steps[index(bits)];
    }

    private static int index(int bits) {
        return bits == 16 ? 0 : bits == 32 ? 1 : 2;
    }
}
