package ringside.session;

import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * All labs of one server. Their number and their memory are bounded: when there are too many, those that nobody has looked at for longest
 * go; their recipes make them again.
 */
public final class Sessions implements AutoCloseable {
    /** A lab that has not been looked at for so long gives its room to one that needs it. */
    private static final long LONG_UNWATCHED_NANOS = 5L * 60 * 1_000_000_000;

    private final Limits limits;
    private final Guests guests = new Guests();
    private final Map<String, Session> open = new ConcurrentHashMap<>();
    private final Uploads uploads;
    private final SecureRandom random = new SecureRandom();
    private final ExecutorService runners;
    private Optional<Showcase> showcase = Optional.empty();

    /**
     * What a server can hold.
     *
     * @param sessions at most so many labs
     * @param memory for all of them, in bytes
     * @param uploads bytes of binaries that learners have sent
     * @param threads that run guests, beside those that answer requests
     * @param idleNanos a lab that nobody has looked at for so long goes
     */
    public record Limits(int sessions, long memory, long uploads, int threads, long idleNanos) {
        public static final Limits DEFAULT =
                new Limits(64, Runtime.getRuntime().maxMemory() / 2, 64L << 20, 2, 60L * 60 * 1_000_000_000);
    }

    public Sessions(Limits limits) {
        this.limits = limits;
        this.uploads = new Uploads(limits.uploads);
        var count = new AtomicInteger();
        this.runners = Executors.newFixedThreadPool(limits.threads, task -> {
            var thread = new Thread(task, "lab-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Names of the sample guests, in the order in which a learner meets them. */
    public List<String> guests() {
        return guests.names();
    }

    /** Names of the modes. */
    public List<String> modes() {
        return guests.modes();
    }

    /** The modes that can hold a guest, in the order in which they are shown. */
    public List<String> modes(GuestChoice guest, MachineChoice machine) {
        return guests.modes(guest, machine);
    }

    /** The sample guests with the modes that can hold them, in the order in which a learner meets them. */
    public List<GuestCatalogue.Entry> catalogue() {
        return guests.catalogue();
    }

    /** What can be chosen about a machine. */
    public List<MachineMenu> menus() {
        return guests.menus();
    }

    /**
     * Takes a learner's file; a binary is kept for a while, so that a recipe can name it.
     *
     * @throws Refusal where it cannot become a guest on that machine
     */
    public GuestChoice take(GuestFile file, StartChoice start, MachineChoice machine) {
        var choice = guests.choice(file, start, guests.options(machine).memory());
        if (choice instanceof GuestChoice.Binary binary) {
            uploads.keep(binary.upload());
        }
        return choice;
    }

    /**
     * The guest of a cell of the matrix, kept as if somebody had sent it.
     *
     * @param name code size, ring and the row's name: {@code 32/0/CLI}
     * @return empty where there is no such cell
     */
    public Optional<GuestChoice> probe(String name) {
        var probe = MatrixProbe.named(name).map(MatrixProbe::upload);
        probe.ifPresent(uploads::keep);
        return probe.map(GuestChoice.Binary::new);
    }

    /** A binary that was taken, if it is still there. */
    public Optional<GuestChoice> taken(String uploadId) {
        return uploads.find(uploadId).map(GuestChoice.Binary::new);
    }

    /** What is wrong with a source, in words of no language yet; nothing where it assembles. */
    public List<Complaint> complaints(String source) {
        return guests.assemble(source, guests.options(MachineChoice.DEFAULT).memory(), List.of(Recipe.REFERENCE_MODE))
                .complaints();
    }

    /** What an editor should colour. */
    public AssemblyWords assemblyWords() {
        return guests.assemblyWords();
    }

    /**
     * The guest that runs for whoever comes in, at one of its steps.
     *
     * @param time guest time; taken as the nearest that is shown
     */
    public Views.Lab showcase(long time) {
        return theShowcase().at(time);
    }

    /** What makes a lab of one's own of that guest, from a guest time on. */
    public Recipe showcaseRecipe(long time) {
        return theShowcase().recipe(time);
    }

    private synchronized Showcase theShowcase() {
        if (showcase.isEmpty()) {
            showcase = Optional.of(new Showcase(guests, runners));
        }
        return showcase.get();
    }

    /**
     * Opens a lab.
     *
     * @throws Refusal where there is no such guest or mode
     */
    public Session open(Recipe recipe) {
        var session = new Session(newId(), recipe, guests, runners, this::holds);
        makeRoom(session);
        open.put(session.id(), session);
        return session;
    }

    /**
     * Opens a lab again under the name that it had.
     *
     * @return that lab, or where another request was quicker, its lab
     * @throws Refusal where there is no such guest or mode
     */
    public Session restore(String id, Recipe recipe) {
        var session = new Session(id, recipe, guests, runners, this::holds);
        makeRoom(session);
        var other = open.putIfAbsent(id, session);
        if (other != null) {
            session.abandon();
            return other;
        }
        return session;
    }

    /** The lab of this name, if it is still there. */
    public Optional<Session> find(String id) {
        return Optional.ofNullable(open.get(id));
    }

    /** How many labs are open. */
    public int count() {
        return open.size();
    }

    private synchronized void makeRoom(Session added) {
        dropUnwatched(added, limits.idleNanos);
        for (Session oldest : byAge()) {
            if (open.size() < limits.sessions) {
                break;
            }
            drop(oldest);
        }
        dropUnwatched(added, LONG_UNWATCHED_NANOS, () -> memory(added) > limits.memory);
        while (memory(added) > limits.memory && !open.isEmpty()) {
            largestBeside(added).ifPresent(this::drop);
        }
    }

    /**
     * A lab that grows takes the room of those that nobody has looked at for a while. Where that is not enough, the larger ones give way
     * to the smaller: others to this one, or this one to them.
     */
    private synchronized boolean holds(Session lab) {
        dropUnwatched(lab, LONG_UNWATCHED_NANOS, () -> memory(lab) > limits.memory);
        while (memory(lab) > limits.memory) {
            var largest = largestBeside(lab).filter(other -> other.memory() > lab.memory());
            if (largest.isEmpty()) {
                return false;
            }
            drop(largest.get());
        }
        return true;
    }

    private void dropUnwatched(Session lab, long nanos) {
        dropUnwatched(lab, nanos, () -> true);
    }

    /** The longest unwatched first, while that is needed. */
    private void dropUnwatched(Session lab, long nanos, BooleanSupplier needed) {
        long now = System.nanoTime();
        byAge().stream()
                .filter(other -> other != lab && now - other.lastUsed() > nanos)
                .takeWhile(other -> needed.getAsBoolean())
                .forEach(this::drop);
    }

    private Optional<Session> largestBeside(Session lab) {
        return open.values().stream().filter(other -> other != lab).max(Comparator.comparingLong(Session::memory));
    }

    /** What all labs take, with one that may not be among them yet. */
    private long memory(Session lab) {
        return open.values().stream()
                        .filter(session -> session != lab)
                        .mapToLong(Session::memory)
                        .sum()
                + lab.memory();
    }

    private List<Session> byAge() {
        long now = System.nanoTime();
        return open.values().stream()
                .sorted(Comparator.comparingLong(session -> session.lastUsed() - now))
                .toList();
    }

    private void drop(Session session) {
        open.remove(session.id());
        session.abandon();
    }

    private String newId() {
        var bytes = new byte[12];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public void close() {
        open.values().forEach(Session::abandon);
        runners.shutdownNow();
    }
}
