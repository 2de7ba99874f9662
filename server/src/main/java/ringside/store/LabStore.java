package ringside.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Labs and links, kept in a folder. What is to be kept is written a moment later and together, so that a step does not wait for the disk; it
 * can be found from the moment it was given. Numbers and bytes are bounded: what nobody has touched for longest goes first.
 */
public final class LabStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LabStore.class);
    private static final Pattern ID = Pattern.compile("[0-9a-f]{8,40}");

    /** After a server was killed a lab is where it was at most so long before, in milliseconds. */
    private static final long DELAY_MILLIS = 200;

    /** Given but not yet written: more than these are only where the disk does not take them. */
    private static final int MOST_WAITING = 10_000;

    private static final int LINK_BYTES = 10;

    private final Tables tables;

    /** Open as long as the folder is ours. */
    private final Optional<FileChannel> lock;

    private final Map<String, Kept> waiting = new LinkedHashMap<>();
    private final SecureRandom random = new SecureRandom();
    private final ScheduledExecutorService writer;
    private boolean complained;

    /**
     * How much is kept.
     *
     * @param labs labs and links together
     * @param bytes of the guests that learners wrote or sent
     */
    public record Limits(int labs, long bytes) {
        public static final Limits DEFAULT = new Limits(20_000, 256L << 20);
    }

    private LabStore(Tables tables, Optional<FileChannel> lock) {
        this.tables = tables;
        this.lock = lock;
        this.writer = Executors.newSingleThreadScheduledExecutor(task -> {
            var thread = new Thread(task, "store");
            thread.setDaemon(true);
            return thread;
        });
        writer.scheduleWithFixedDelay(this::writeWaiting, DELAY_MILLIS, DELAY_MILLIS, TimeUnit.MILLISECONDS);
    }

    /**
     * Opens the store in a folder, which is made where it is missing.
     *
     * @throws IOException where the folder cannot be used, or another server has it; its message is a sentence
     */
    public static LabStore in(Path folder, Limits limits) throws IOException {
        FileChannel lock = lock(folder);
        try {
            return new LabStore(
                    Tables.open("jdbc:h2:file:" + escaped(folder) + "/labs;WRITE_DELAY=0", limits), Optional.of(lock));
        } catch (SQLException e) {
            lock.close();
            throw new IOException(
                    "cannot keep labs in " + folder + ": its files cannot be read or written (choose another --data)",
                    e);
        }
    }

    private static FileChannel lock(Path folder) throws IOException {
        FileChannel channel;
        try {
            Files.createDirectories(folder);
            channel = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new IOException(
                    "cannot keep labs in " + folder + ": it cannot be made or written (choose another --data)", e);
        }
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException sameProcess) {
            // The sentence below says it.
        }
        channel.close();
        throw new IOException("cannot keep labs in " + folder + ": another server has it (choose another --data)");
    }

    /** A store that is gone when the server ends. */
    public static LabStore inMemory(Limits limits) {
        try {
            return new LabStore(Tables.open("jdbc:h2:mem:", limits), Optional.empty());
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** H2 reads settings behind a semicolon. */
    private static String escaped(Path folder) throws IOException {
        String path = folder.toAbsolutePath().toString();
        if (path.contains(";")) {
            throw new IOException(
                    "cannot keep labs in " + folder + ": its name has a semicolon (choose another --data)");
        }
        return path;
    }

    /** Keeps a lab under its name, in place of what was kept under it before. */
    public void keep(String id, Kept kept) {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException("no name of a lab: " + id);
        }
        synchronized (waiting) {
            if (waiting.size() < MOST_WAITING || waiting.containsKey(id)) {
                waiting.put(id, kept);
            }
        }
    }

    /** Keeps what a link leads to. The same leads to the same link. */
    public String link(Kept kept) {
        String name = "f" + hash(kept.toString()).substring(0, 2 * LINK_BYTES);
        keep(name, kept);
        return name;
    }

    /** The SHA-256 of a text, in hexadecimal. */
    public static String hash(String text) {
        return Tables.sha256(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A name that nobody can guess. */
    public String secret() {
        var bytes = new byte[16];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** What is kept under that name. */
    public Optional<Kept> find(String id) {
        if (!ID.matcher(id).matches()) {
            return Optional.empty();
        }
        synchronized (waiting) {
            if (waiting.containsKey(id)) {
                return Optional.ofNullable(waiting.get(id));
            }
        }
        try {
            return tables.find(id);
        } catch (SQLException e) {
            LOG.error("a lab that was kept cannot be read", e);
            return Optional.empty();
        }
    }

    private void writeWaiting() {
        Map<String, Kept> batch;
        synchronized (waiting) {
            batch = new LinkedHashMap<>(waiting);
        }
        if (batch.isEmpty()) {
            return;
        }
        try {
            tables.write(batch);
            complained = false;
            synchronized (waiting) {
                batch.forEach(waiting::remove);
            }
        } catch (SQLException | RuntimeException e) {
            if (!complained) {
                LOG.error("labs cannot be kept for the time being", e);
            }
            complained = true;
        }
    }

    /** Writes what waits, and lets the folder go. */
    @Override
    public void close() {
        writer.shutdown();
        try {
            writer.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        writeWaiting();
        try {
            tables.close();
            if (lock.isPresent()) {
                lock.get().close();
            }
        } catch (SQLException | IOException e) {
            LOG.error("the store could not be closed", e);
        }
    }
}
