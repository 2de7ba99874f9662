package ringside.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Standard output as bytes: what a guest sends must arrive unchanged, and soon. */
final class Output {
    private final OutputStream stream;

    Output(OutputStream stream) {
        this.stream = new BufferedOutputStream(stream, 1 << 13);
    }

    /** A byte from COM1; a line is shown as soon as it is complete. */
    void serial(int value) {
        try {
            stream.write(value);
            if (value == '\n') {
                stream.flush();
            }
        } catch (IOException gone) {
            throw new BrokenPipe();
        }
    }

    /** How often something happened, in words. */
    static String times(long count) {
        return count == 1 ? "once" : String.format(Locale.ROOT, "%,d times", count);
    }

    /** A line of our own, in UTF-8. */
    void line(String text) {
        try {
            stream.write((text + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException gone) {
            throw new BrokenPipe();
        }
    }

    void bytes(byte[] bytes) {
        try {
            stream.write(bytes);
        } catch (IOException gone) {
            throw new BrokenPipe();
        }
    }

    /** Shows what has been written. */
    void flush() {
        try {
            stream.flush();
        } catch (IOException gone) {
            throw new BrokenPipe();
        }
    }
}
