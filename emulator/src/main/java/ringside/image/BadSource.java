package ringside.image;

import java.util.List;
import ringside.isa.AssemblyError;
import ringside.isa.Message;

/** A source that does not assemble. The sentence is the first error, with file, line and column. */
public final class BadSource extends BadImage {
    private static final long serialVersionUID = 1L;

    private final transient List<AssemblyError> errors;

    /**
     * @param errors at least one, in the order of the source
     */
    public BadSource(List<AssemblyError> errors) {
        super(sentence(errors.get(0)));
        this.errors = List.copyOf(errors);
    }

    private static Message sentence(AssemblyError error) {
        return error.advice().isEmpty()
                ? ImageWording.IN_SOURCE.with(error.file(), error.line(), error.column(), error.message())
                : ImageWording.IN_SOURCE_HINT.with(
                        error.file(), error.line(), error.column(), error.message(), error.advice());
    }

    /** All errors, in the order of the source. */
    public List<AssemblyError> errors() {
        return errors;
    }
}
