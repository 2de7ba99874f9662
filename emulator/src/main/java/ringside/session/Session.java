package ringside.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import ringside.memory.Ram;
import ringside.monitor.Options;

/**
 * One lab: a guest in one to four modes, moved by commands. Commands and views may come from any thread; they take turns.
 *
 * <p>An error of Ringside itself stops this lab, and only this one; it then shows what to report.
 */
public final class Session {
    /** A command that is done so soon is answered with its result; others go on by themselves. */
    private static final long PATIENCE_MILLIS = 400;

    /** Whoever asks waits no longer for another's turn to end. */
    private static final long TURN_MILLIS = 20_000;

    /** So long it runs without giving others their turn. */
    private static final long SLICE_NANOS = 20_000_000;

    /** A slice ends early where the guest has written to so many new frames. */
    private static final long SLICE_FRAMES = (32 << 20) / Ram.FRAME_SIZE;

    /** A lab that runs on by itself pauses when nobody has looked for so long. */
    private static final long UNWATCHED_NANOS = 30L * 1_000_000_000;

    private final String id;
    private final Guests guests;
    private final Executor runners;
    private final Room room;
    private final ReentrantLock turn = new ReentrantLock(true);
    private final Condition stopped = turn.newCondition();

    private GuestChoice guest;
    private final List<String> modes;
    private final MachineChoice machine;
    private final Options options;
    private Lab lab;
    private Editor editor;
    private final Typist typist = new Typist();
    private OpenViews views;
    private final Itinerary itinerary;
    private Optional<Errand> errand = Optional.empty();
    private Optional<Sentence> notice = Optional.empty();
    private Optional<Sentence> incident = Optional.empty();
    private Optional<Parting> parting = Optional.empty();
    private volatile long lastUsed = System.nanoTime();
    private volatile long memory;
    private volatile boolean abandoned;

    /** A lab that takes what memory it wants. */
    Session(String id, Recipe recipe, Guests guests, Executor runners) {
        this(id, recipe, guests, runners, Room.PLENTY);
    }

    Session(String id, Recipe recipe, Guests guests, Executor runners, Room room) {
        this.room = room;
        this.id = id;
        this.guests = guests;
        this.runners = runners;
        this.guest = recipe.guest();
        this.modes = recipe.modes();
        this.machine = recipe.machine();
        this.views = recipe.views();
        this.itinerary = new Itinerary(recipe.plans());
        this.options = guests.options(machine);
        var images = guests.images(guest, options.memory());
        this.lab = lab(images, recipe.typing());
        this.editor = new Editor(lab.source(), List.of(), 0, false);
        this.memory = lab.memory();
        if (recipe.time() > 0) {
            perform(new Command.Seek(recipe.time()));
        }
    }

    private Lab lab(GuestImages images, Typing typing) {
        var choice = guest;
        return new Lab(
                guests.lockstep(images, modes, options, typing),
                new Ports(OtherMachines.file(choice), images, mode -> OtherMachines.options(choice, mode, machine)));
    }

    public String id() {
        return id;
    }

    /** When it was last looked at, on the clock of {@link System#nanoTime}. */
    long lastUsed() {
        return lastUsed;
    }

    /** Bytes that it takes, roughly. */
    long memory() {
        return memory;
    }

    /** What makes this lab again. */
    public Recipe recipe() {
        return inTurn(() -> new Recipe(
                guest,
                modes,
                machine,
                Typing.of(lab.lockstep().inputs()),
                lab.lockstep().time(),
                views,
                itinerary.plans()));
    }

    /** What the editor shows. */
    public Editor editor() {
        return inTurn(() -> editor);
    }

    /**
     * What is wrong with a source that somebody is writing here; nothing is started, and nobody waits for another's turn.
     *
     * @return empty where the server looks no source over now, or none so long
     */
    public Optional<Editor> check(String source) {
        return guests.check(source, options.memory(), modes);
    }

    /** Puts a source into the editor, without assembling it. */
    public void write(String source) {
        inTurn(() -> editor = new Editor(source, List.of(), 0, false));
    }

    /** Does what a learner wants. What takes long goes on by itself, and {@link Views.Lab#running} says so. */
    public void perform(Command command) {
        inTurn(() -> {
            if (incident.isPresent()) {
                return false;
            }
            notice = Optional.empty();
            guarded(() -> begin(command));
            awaitEnd();
            return true;
        });
    }

    /**
     * Opens these views, and closes all others: a lesson's stage, which may open others than those that it has locked. What a page's
     * controls want comes as {@link Command.Open} instead.
     */
    public void show(OpenViews wanted) {
        inTurn(() -> {
            views = views.opening(wanted);
            return true;
        });
    }

    /** What there is to see. */
    public Views.Lab view() {
        return inTurn(() -> view(views));
    }

    /**
     * The same, with one view more, whether it is open or not.
     *
     * @param name of a view that there is
     */
    public Views.Lab viewWith(String name) {
        return inTurn(() -> view(views.with(name)));
    }

    private Views.Lab view(OpenViews drawing) {
        var drawn = new ArrayList<Views.Mode>();
        guarded(() -> drawn.addAll(lab.draw(errand.isPresent(), drawing)));
        var travel = incident.isPresent() ? Travel.NOTHING : itinerary.view(lab, drawn);
        itinerary.bound(travel);
        return new Views.Lab(
                id,
                guest instanceof GuestChoice.Sample sample ? Optional.of(sample.name()) : Optional.empty(),
                guest instanceof GuestChoice.Binary binary
                        ? Optional.of(binary.upload().file().name())
                        : Optional.empty(),
                incident.isPresent() ? 0 : lab.lockstep().time(),
                errand.isPresent() || travel.playing(),
                incident.isPresent() || lab.lockstep().ended(),
                incident.isPresent()
                        ? Optional.empty()
                        : errand.<Optional<Sentence>>map(Errand::progress).orElse(notice),
                incident,
                lab.memoryAddressTyped(),
                typist.draft(),
                incident.isPresent() ? Optional.empty() : Typist.later(lab.lockstep()),
                views,
                travel,
                incident.isPresent() ? List.of() : drawn,
                incident.isPresent() || drawn.size() < 2
                        ? Optional.empty()
                        : Optional.of(Together.of(lab.lockstep().columns(), drawn, parting)));
    }

    /**
     * How an access is translated now.
     *
     * @param letter the mode's
     * @param address as typed
     * @return empty where there is no such mode or address
     */
    public Optional<Walks> walks(String letter, String address, Walks.Access access) {
        return looked(letter, column -> lab.walks(column, address, access));
    }

    /**
     * Other machines on which something else happens where this guest was left, found by running it there.
     *
     * @param letter the mode's
     * @param time of that boundary
     * @return empty where this is not tried: of a guest without source, after typed input, or late in a run
     */
    public Optional<List<ExitCard.Remedy>> remedies(String letter, long time) {
        return looked(
                letter,
                column -> OtherMachines.at(
                        guest, column.mode(), machine, lab.lockstep().inputs().size() > 0, time));
    }

    /** What there is to see of one mode; empty where there is none of that letter, or where this lab has stopped. */
    private <T> Optional<T> looked(String letter, Function<Column, Optional<T>> look) {
        return inTurn(() -> {
            var seen = new ArrayList<T>();
            if (incident.isEmpty()) {
                guarded(() -> lab.lockstep().columns().stream()
                        .filter(column -> column.letter().equals(letter))
                        .findFirst()
                        .flatMap(look)
                        .ifPresent(seen::add));
            }
            return seen.stream().findFirst();
        });
    }

    /** Nobody will look at it any more: what runs by itself ends soon. */
    void abandon() {
        abandoned = true;
    }

    private void begin(Command command) {
        if (command instanceof Command.Type type) {
            // A lab that runs goes on running, and its guest reads what was typed.
            if (errand.isPresent() && !errand.get().isOnward()) {
                end();
            }
            typist.type(type, lab.lockstep()).ifPresent(why -> notice = Optional.of(why));
            return;
        }
        if (command instanceof Command.Open open) {
            if (views.locked()) {
                notice = Optional.of(Sentence.of("notice.locked"));
            } else {
                views = views.opening(open.views());
            }
            return;
        }
        if (command instanceof Command.Write write) {
            views = views.in(write.label());
            return;
        }
        if (command instanceof Command.Stretch) {
            play();
            return;
        }
        if (!(command instanceof Command.SetPace)) {
            notice = end();
            itinerary.rest();
        }
        if (plan(command)) {
            return;
        }
        itinerary.leave();
        var lockstep = lab.lockstep();
        if (command instanceof Command.Step) {
            lockstep.forward();
        } else if (command instanceof Command.Back) {
            start(WayBack.byOne(lockstep));
        } else if (command instanceof Command.Reset) {
            lockstep.seek(0);
        } else if (command instanceof Command.Seek seek) {
            start(
                    seek.time() <= lockstep.time()
                            ? WayBack.to(lockstep, seek.time())
                            : new Onward(lockstep, Onward.Goal.TIME, seek.time()));
        } else if (command instanceof Command.Look look) {
            notice = lab.look(look.address())
                    ? Optional.empty()
                    : Optional.of(Sentence.of("notice.address", look.address()));
        } else if (command instanceof Command.Walk walk) {
            notice = lab.walk(walk.address(), walk.access())
                    ? Optional.empty()
                    : Optional.of(Sentence.of("notice.address", walk.address()));
        } else if (command instanceof Command.Assemble assemble) {
            assemble(assemble.source());
        } else if (command instanceof Command.Part part) {
            part(part);
        } else {
            travel(command);
        }
        memory = lab.memory();
    }

    /** @return whether it was a command that changes nothing about the machine */
    private boolean plan(Command command) {
        try {
            return itinerary.perform(command, lab);
        } catch (Refusal refusal) {
            notice = Optional.of(refusal.sentence());
            return true;
        }
    }

    private void travel(Command command) {
        var stops = itinerary.stops();
        var travels = new Travels(lab, column -> Watches.of(stops, column), itinerary.watches());
        if (command instanceof Command.Run) {
            run(travels, false);
        } else if (command instanceof Command.RunBack) {
            run(travels, true);
        } else if (command instanceof Command.SeekStep seek) {
            start(new ToStep(lab.lockstep(), seek.step()));
        } else if (command instanceof Command.NextExit) {
            start(travels.next(Aim.EXIT));
        } else if (command instanceof Command.NextDifference) {
            start(travels.next(Aim.DIFFERENCE));
        } else if (command instanceof Command.Next next) {
            start(travels.next(next.aim()));
        } else if (command instanceof Command.Previous previous) {
            start(travels.previous(previous.aim()));
        } else if (command instanceof Command.Over over) {
            start(travels.over(over.back()));
        } else if (command instanceof Command.Out out) {
            start(travels.out(out.back()));
        } else if (command instanceof Command.RunTo runTo) {
            travels.to(runTo)
                    .ifPresentOrElse(
                            this::start, () -> notice = Optional.of(Sentence.of("notice.noplace", runTo.place())));
        }
    }

    private void run(Travels travels, boolean back) {
        if (itinerary.pace() == Pace.FULL) {
            start(back ? travels.runBack() : travels.run());
        } else {
            itinerary.play(back);
            play();
        }
    }

    /** The next stretch of a run that is watched; it is over at either end, and where a breakpoint is met. */
    private void play() {
        boolean back = itinerary.playing().orElse(false);
        var lockstep = lab.lockstep();
        if (itinerary.playing().isEmpty() || errand.isPresent()) {
            return;
        }
        notice = Optional.empty();
        if (itinerary.pace() == Pace.FULL) {
            itinerary.rest();
            travel(back ? new Command.RunBack() : new Command.Run());
            return;
        }
        var stops = itinerary.stops();
        int units = Math.max(1, itinerary.pace().units());
        start(new Travels(lab, column -> Watches.of(stops, column), itinerary.watches()).stretch(units, back));
        if (notice.isPresent() || (back ? lockstep.time() == 0 : lockstep.ended())) {
            itinerary.rest();
        }
    }

    /** Two modes are run anew beside the lab, on the same machine and with the same input. */
    private void part(Command.Part part) {
        var two = Stream.of(part.first(), part.second())
                .flatMap(letter -> lab.lockstep().columns().stream()
                        .filter(column -> column.letter().equals(letter)))
                .map(Column::mode)
                .distinct()
                .toList();
        if (two.size() < 2) {
            notice = Optional.of(Sentence.of("notice.parting.same"));
            return;
        }
        var comparison =
                new ModeComparison(OtherMachines.file(guest), OtherMachines.options(guest, two.get(0), machine), two);
        comparison.type(Typing.of(lab.lockstep().inputs()));
        parting = Optional.empty();
        start(new PartingSearch(lab.lockstep(), two, comparison, found -> parting = Optional.of(found)));
    }

    private void assemble(String source) {
        var assembly = guests.assemble(source, options.memory(), modes);
        var complaints = assembly.complaints();
        boolean good = assembly.images().isPresent();
        editor = new Editor(source, complaints, assembly.more(), good);
        if (good) {
            guest = new GuestChoice.Source(source);
            parting = Optional.empty();
            lab = lab(assembly.images().get(), Typing.NONE);
            notice = Optional.of(Sentence.of("notice.assembled"));
        } else {
            notice = Optional.of(Sentence.of(editor.notice(), editor.errors()));
        }
    }

    // What goes on by itself.

    /** Most are done before anybody else would have had their turn. */
    private void start(Errand begun) {
        errand = Optional.of(begun);
        advance(begun);
        if (errand.isPresent()) {
            submit(begun);
        }
    }

    private void submit(Errand begun) {
        try {
            runners.execute(() -> slice(begun));
        } catch (RejectedExecutionException closing) {
            end();
        }
    }

    private void slice(Errand begun) {
        turn.lock();
        try {
            if (abandoned || errand.isEmpty() || errand.get() != begun) {
                return;
            }
            guarded(() -> advance(begun));
            if (errand.isPresent()) {
                submit(begun);
            }
        } finally {
            turn.unlock();
        }
    }

    private void advance(Errand begun) {
        boolean unwatched = System.nanoTime() - lastUsed > UNWATCHED_NANOS;
        long begin = System.nanoTime();
        var lockstep = lab.lockstep();
        long frames = lockstep.frames();
        Optional<Sentence> said =
                begun.slice(() -> System.nanoTime() - begin > SLICE_NANOS || lockstep.frames() - frames > SLICE_FRAMES);
        memory = lab.memory() + begun.memory();
        if (!room.holds(this)) {
            startAnew();
        } else if (begun.done()) {
            notice = said;
            said.ifPresent(itinerary::ended);
            if (said.isPresent()) {
                itinerary.rest();
            }
            end();
        } else if (unwatched) {
            notice = Optional.of(Sentence.of("notice.unwatched"));
            end();
        }
    }

    /** The guest has taken more memory than there is: it stands at its start again, and what it had is free. */
    private void startAnew() {
        long taken = memory >>> 20;
        var typing = Typing.of(lab.lockstep().inputs());
        errand = Optional.empty();
        stopped.signalAll();
        lab = lab(guests.images(guest, options.memory()), typing);
        memory = lab.memory();
        notice = Optional.of(Sentence.of("notice.memory", taken));
    }

    /** @return what is to be said of an errand that was not done */
    private Optional<Sentence> end() {
        Optional<Sentence> said = Optional.empty();
        if (errand.isPresent()) {
            said = errand.get().done() ? Optional.empty() : errand.get().giveUp();
            errand = Optional.empty();
            lab.settle();
        }
        stopped.signalAll();
        return said;
    }

    private void awaitEnd() {
        long left = TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        try {
            while (errand.isPresent() && left > 0) {
                left = stopped.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // Turns and accidents.

    private <T> T inTurn(Supplier<T> work) {
        lastUsed = System.nanoTime();
        try {
            if (!turn.tryLock(TURN_MILLIS, TimeUnit.MILLISECONDS)) {
                throw new Refusal(Sentence.of("refused.busy"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refusal(Sentence.of("refused.busy"));
        }
        try {
            return work.get();
        } finally {
            turn.unlock();
        }
    }

    /** Our own errors end here: they stop this lab and are shown in it. */
    private void guarded(Runnable work) {
        try {
            work.run();
        } catch (Refusal refusal) {
            throw refusal;
        } catch (OutOfMemoryError e) {
            startAnew();
        } catch (RuntimeException | StackOverflowError e) {
            errand = Optional.empty();
            stopped.signalAll();
            incident = Optional.of(Sentence.of("incident", e.toString(), place(e), lab.recipeText(modes)));
        }
    }

    private static String place(Throwable e) {
        var trace = e.getStackTrace();
        return trace.length == 0 ? "" : trace[0].toString();
    }
}
