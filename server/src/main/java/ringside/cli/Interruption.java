package ringside.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Control-C while a guest runs: the run stops at the next look, what it did is still told, and the process ends as a shell expects. */
final class Interruption implements AutoCloseable {
    /** How long the process waits for the last words; in milliseconds. */
    private static final long PATIENCE = 3000;

    private volatile boolean wanted;
    private final CountDownLatch told = new CountDownLatch(1);
    private final Thread hook = new Thread(this::interrupted, "control-C");

    Interruption() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void interrupted() {
        wanted = true;
        try {
            if (!told.await(PATIENCE, TimeUnit.MILLISECONDS)) {
                Runtime.getRuntime().halt(130);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    boolean isWanted() {
        return wanted;
    }

    @Override
    public void close() {
        told.countDown();
        if (!wanted) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException alreadyEnding) {
                // Control-C came this very moment; the hook finds everything told.
            }
        }
    }
}
