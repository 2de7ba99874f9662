package ringside.isa;

import java.util.List;
import java.util.Optional;

/**
 * A program, or what is wrong with its source.
 *
 * @param program the program; empty if there are errors
 * @param errors at most {@link #MOST_ERRORS}, in the order of the source
 */
public record AssemblyResult(Optional<AssembledProgram> program, List<AssemblyError> errors) {
    /** After so many errors the assembler looks no further. */
    public static final int MOST_ERRORS = 100;

    /** The program of a source that is known to be right. */
    public AssembledProgram get() {
        return program.orElseThrow(() -> new IllegalStateException(errors.toString()));
    }
}
