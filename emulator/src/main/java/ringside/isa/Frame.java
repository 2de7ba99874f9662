package ringside.isa;

import java.util.List;
import java.util.Optional;

/** Lines that are being read: a file, a use of a macro, or a repeated block. */
final class Frame {
    private final List<RawLine> lines;
    private int at;
    private long repetitions;

    /** The macro whose lines these are, if they are a macro's. */
    final Optional<BlockMacro> macro;

    /** What the parameters mean in these lines. */
    final Optional<BlockMacro.Use> use;

    /** The line that called for these lines; the lines' own places count if there is none. */
    final Optional<RawLine> caller;

    /** How many conditional blocks were open before. */
    final int conditionals;

    Frame(
            List<RawLine> lines,
            long repetitions,
            Optional<BlockMacro> macro,
            Optional<BlockMacro.Use> use,
            Optional<RawLine> caller,
            int conditionals) {
        this.lines = lines;
        this.repetitions = repetitions;
        this.macro = macro;
        this.use = use;
        this.caller = caller;
        this.conditionals = conditionals;
    }

    boolean isRepetition() {
        return macro.isEmpty() && caller.isPresent();
    }

    boolean isEmpty() {
        return lines.isEmpty();
    }

    /** The next line as it stands; empty at the end. */
    Optional<RawLine> next() {
        return at < lines.size() ? Optional.of(lines.get(at++)) : Optional.empty();
    }

    /** Begins again if repetitions are left. */
    boolean again() {
        if (--repetitions <= 0) {
            return false;
        }
        at = 0;
        return true;
    }

    void end() {
        at = lines.size();
        repetitions = 0;
    }
}
