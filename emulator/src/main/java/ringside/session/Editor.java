package ringside.session;

import java.util.List;
import ringside.isa.AssemblyResult;

/**
 * What the editor shows.
 *
 * @param source the text last sent, or the sample guest's
 * @param complaints the first errors of the text last sent; empty where it was assembled
 * @param more how many errors there are beside them
 * @param assembled the text was sent, and runs
 */
public record Editor(String source, List<Complaint> complaints, int more, boolean assembled) {
    public Editor {
        complaints = List.copyOf(complaints);
    }

    /** How many errors were found; the assembler may have looked no further. */
    public int errors() {
        return complaints.size() + more;
    }

    /** The words that say how many. */
    public String counted() {
        return errors() < AssemblyResult.MOST_ERRORS ? "editor.wrong" : "editor.wrong.first";
    }

    /** The same where the editor may be out of sight. */
    String notice() {
        return errors() < AssemblyResult.MOST_ERRORS ? "notice.complaints" : "notice.complaints.first";
    }
}
