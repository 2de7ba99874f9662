package ringside.cli;

import java.io.IOException;

/** Somebody who has a lab open, presses its buttons, and waits until it shows what came of it. */
interface LabClient extends AutoCloseable {
    /** As printed. */
    String name();

    /**
     * Opens the page of a lab.
     *
     * @param lab its path on the server
     */
    void open(String lab) throws IOException;

    /**
     * Presses a button.
     *
     * @param name its {@code data-do}
     * @return milliseconds until the lab stands still and is shown
     */
    double press(String name) throws IOException;

    /**
     * Goes to a place in the run.
     *
     * @param place a guest time, or {@code #} and the number of a step
     * @return milliseconds, as of {@link #press}
     */
    double seek(String place) throws IOException;

    @Override
    void close();
}
