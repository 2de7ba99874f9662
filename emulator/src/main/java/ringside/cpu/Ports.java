package ringside.cpu;

/** Port space as IN and OUT reach it. */
public interface Ports {
    /** @return {@code size} bytes (1, 2 or 4), zero-extended */
    int read(int port, int size);

    void write(int port, int size, int value);
}
