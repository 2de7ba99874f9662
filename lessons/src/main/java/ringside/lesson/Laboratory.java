package ringside.lesson;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import ringside.session.BadInput;
import ringside.session.GuestFile;
import ringside.session.Observation;
import ringside.session.ObservedRun;
import ringside.session.SampleGuests;

/** Runs the guests of lessons, and remembers the last runs. Every run is bounded. */
public final class Laboratory {
    /** Steps of one run: a lesson's guest is small, and somebody waits. */
    public static final long MOST_STEPS = 200_000;

    private static final int KEPT = 32;

    private final Map<Experiment, Observation> done = new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Experiment, Observation> eldest) {
            return size() > KEPT;
        }
    };

    private record Experiment(String source, Setting setting) {}

    /**
     * What comes of a source.
     *
     * @param name of the file, for messages
     * @throws BadInput where it does not become a guest there
     */
    public synchronized Observation observe(String name, String source, Setting setting) {
        var experiment = new Experiment(source, setting);
        Observation known = done.get(experiment);
        if (known == null) {
            var file = new GuestFile(name, source.getBytes(StandardCharsets.UTF_8), SampleGuests::file);
            known = ObservedRun.of(file, setting.runOptions(), MOST_STEPS);
            done.put(experiment, known);
        }
        return known;
    }
}
