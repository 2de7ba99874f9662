package ringside.web;

import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import ringside.session.GuestChoice;
import ringside.session.GuestFile;
import ringside.session.MachineChoice;
import ringside.session.OpenViews;
import ringside.session.Recipe;
import ringside.session.Session;
import ringside.session.Sessions;
import ringside.session.StartChoice;
import ringside.session.Upload;
import ringside.store.Kept;
import ringside.store.LabStore;

/** Keeps of every lab what makes it again, so that it comes back where it was when it was closed, or the server ended. */
final class Keeper {
    private static final int MOST_REMEMBERED = 1000;

    /** Of a lab's name. Links and embeds have names of other lengths: nobody moves what they lead to. */
    private static final int LAB_DIGITS = 24;

    private static final String COVERED = "&covered=yes";
    private static final String UNCOVERED = "&covered=no";

    private final Sessions sessions;
    private final LabStore store;

    /** What was kept last of each lab: one that stays where it is need not be kept again. */
    private final Map<String, String> last = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > MOST_REMEMBERED;
        }
    };

    Keeper(Sessions sessions, LabStore store) {
        this.sessions = sessions;
        this.store = store;
    }

    /** Keeps a lab as it is now. */
    void keep(Session session) {
        Recipe recipe = session.recipe();
        String now = LabAddress.of(guestName(recipe.guest()), recipe);
        synchronized (last) {
            if (now.equals(last.put(session.id(), now))) {
                return;
            }
        }
        store.keep(session.id(), kept(recipe));
    }

    /** Another for another guest, and short. */
    private static String guestName(GuestChoice guest) {
        if (guest instanceof GuestChoice.Sample sample) {
            return sample.name();
        }
        return guest instanceof GuestChoice.Binary binary
                ? "@" + binary.upload().id()
                : LabStore.hash(((GuestChoice.Source) guest).text());
    }

    /** The lab of that name: where it is open, or was kept. */
    Optional<Session> find(String id) {
        return sessions.find(id)
                .or(() -> (id.length() == LAB_DIGITS ? store.find(id) : Optional.<Kept>empty())
                        .map(kept -> sessions.restore(id, recipe(kept))));
    }

    /** The name of a link that makes the same lab as this one is now, for anybody who follows it. */
    String link(Session session) {
        return store.link(kept(session.recipe()));
    }

    /**
     * A lab inside a page of another site.
     *
     * @param covered what happens is shown only to who asks for it
     */
    record Embed(Recipe recipe, boolean covered) {}

    /** Keeps a lab as it is now, with a choice of views. @return the name, which nobody can guess, under which it is had */
    String embed(Session session, OpenViews views, boolean covered) {
        Recipe now = session.recipe();
        Kept kept =
                kept(new Recipe(now.guest(), now.modes(), now.machine(), now.typing(), now.time(), views, now.plans()));
        String capability = store.secret();
        store.keep(capability, new Kept(kept.address() + (covered ? COVERED : UNCOVERED), kept.guest()));
        return capability;
    }

    /** What was kept to be embedded under that name. */
    Optional<Embed> embedded(String capability) {
        return store.find(capability)
                .filter(kept -> Parameters.of(kept.address()).one("covered").isPresent())
                .map(kept -> new Embed(recipe(kept), kept.address().endsWith(COVERED)));
    }

    /** What a link leads to. */
    Optional<Recipe> linked(String link) {
        return store.find(link).map(this::recipe);
    }

    private static Kept kept(Recipe recipe) {
        if (recipe.guest() instanceof GuestChoice.Sample sample) {
            return new Kept(LabAddress.of(sample.name(), recipe), Optional.empty());
        }
        Kept.OwnGuest guest = recipe.guest() instanceof GuestChoice.Binary binary
                ? sent(binary.upload())
                : new Kept.Source(((GuestChoice.Source) recipe.guest()).text());
        return new Kept(LabAddress.of("", recipe), Optional.of(guest));
    }

    private static Kept.Sent sent(Upload upload) {
        StartChoice start = upload.start();
        return new Kept.Sent(
                upload.id(),
                upload.file().name(),
                Base64.getEncoder().encodeToString(upload.file().bytes()),
                start.bits(),
                start.load(),
                start.entry());
    }

    private Recipe recipe(Kept kept) {
        Parameters parameters = Parameters.of(kept.address());
        return kept.guest().isEmpty()
                ? LabAddress.read(parameters, sessions)
                : LabAddress.read(parameters, sessions, guest(kept.guest().get(), MachineChoice.read(parameters::one)));
    }

    private GuestChoice guest(Kept.OwnGuest guest, MachineChoice machine) {
        if (guest instanceof Kept.Source source) {
            return new GuestChoice.Source(source.text());
        }
        Kept.Sent sent = (Kept.Sent) guest;
        return sessions.take(
                new GuestFile(sent.name(), Base64.getDecoder().decode(sent.base64())),
                new StartChoice(sent.bits(), sent.load(), sent.entry()),
                machine);
    }
}
