package ringside.image;

import java.util.List;
import ringside.isa.AssemblyError;

/** A source that does not assemble. The sentence is the first error, with file, line and column. */
public final class BadSource extends BadImage {
    private static final long serialVersionUID = 1L;

    private final transient List<AssemblyError> errors;

    /**
     * @param errors at least one, in the order of the source
     */
    public BadSource(List<AssemblyError> errors) {
        super(errors.get(0).toString());
        this.errors = List.copyOf(errors);
    }

    /** All errors, in the order of the source. */
    public List<AssemblyError> errors() {
        return errors;
    }
}
