package ringside.session;

/**
 * Something wrong in a source.
 *
 * @param line from 1
 * @param column from 1
 * @param text what is wrong, in the assembler's English
 * @param hint what may help, or empty
 */
public record Complaint(int line, int column, String text, String hint) {}
