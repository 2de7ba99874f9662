package ringside.session;

import java.util.Optional;

/**
 * Something wrong in a source.
 *
 * @param line from 1
 * @param column from 1
 * @param text what is wrong
 * @param hint what may help, if anything
 */
public record Complaint(int line, int column, Sentence text, Optional<Sentence> hint) {}
