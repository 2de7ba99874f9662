package ringside.session;

import java.util.List;

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
}
