package ringside.isa;

import java.util.List;
import java.util.Optional;

/**
 * A program, or what is wrong with its source.
 *
 * @param program the program; empty if there are errors
 * @param errors at most 100 errors, in the order of the source
 */
public record AssemblyResult(Optional<AssembledProgram> program, List<AssemblyError> errors) {
    /** The program of a source that is known to be right. */
    public AssembledProgram get() {
        return program.orElseThrow(() -> new IllegalStateException(errors.toString()));
    }
}
