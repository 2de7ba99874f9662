package ringside.monitor;

import java.util.List;

/**
 * A block of guest code and what it was translated to.
 *
 * @param kept the translator keeps it; false where it will be made when it runs
 * @param rows in order
 */
public record Translation(boolean kept, List<Row> rows) {
    public Translation {
        rows = List.copyOf(rows);
    }

    /**
     * One guest instruction.
     *
     * @param rip its offset in the code segment
     * @param lines what it became, a micro-operation or an instruction each
     */
    public record Row(long rip, List<Line> lines) {
        public Row {
            lines = List.copyOf(lines);
        }
    }

    /**
     * One line of a translation.
     *
     * @param word names what it does, where its notation is the translator's own: for a legend; else empty
     */
    public record Line(String text, String word) {}

    /**
     * What a translator has done in a run.
     *
     * @param blocks translated, also those that were translated again
     * @param instructions of the guest in them
     * @param operations that they became: micro-operations, or instructions of the host
     * @param performed of them, in completed instructions
     * @param calls how many of those called a routine that does the whole instruction
     * @param dropped blocks that were thrown away, because their code was written or there were too many
     * @param emulated instructions that an emulator performed, because the processor was not to run their code
     */
    public record Counts(
            long blocks, long instructions, long operations, long performed, long calls, long dropped, long emulated) {}
}
