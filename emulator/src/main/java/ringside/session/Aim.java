package ringside.session;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import ringside.image.GuestImage;
import ringside.probe.Event;

/** Something that happens again and again in a run, to the next or the previous of which a lab can go. */
public enum Aim {
    /** Anybody but the guest was entered. */
    EXIT("exit"),
    /** The guest saw something else than it would on a bare machine, and had not before. */
    DIFFERENCE("difference"),
    /** An exception was delivered to the guest. */
    FAULT("fault"),
    /** An interrupt was delivered to the guest. */
    INTERRUPT("interrupt"),
    /** A program of the guest's called its kernel: INT n, SYSCALL or SYSENTER at ring 3. */
    SYSTEM_CALL("system-call"),
    /** The guest stands at a place that a {@code ;@ milestone} comment of its source names. */
    MILESTONE("milestone");

    private final String text;

    Aim(String text) {
        this.text = text;
    }

    /** Its name, as buttons have it behind {@code next-} and {@code previous-}. */
    public String text() {
        return text;
    }

    /** The one of that name. */
    public static Optional<Aim> named(String text) {
        for (Aim aim : values()) {
            if (aim.text.equals(text)) {
                return Optional.of(aim);
            }
        }
        return Optional.empty();
    }

    /** What to look for in a column; a difference concerns all columns, and is nobody's own. */
    Quarry in(Column column) {
        return switch (this) {
            case EXIT -> new Told(Aim::exit);
            case DIFFERENCE -> new Told(crossed -> Optional.empty());
            case FAULT -> new Told(crossed -> delivery(crossed, "fault"));
            case INTERRUPT -> new Told(crossed -> delivery(crossed, "interrupt"));
            case SYSTEM_CALL -> Aim::systemCall;
            case MILESTONE -> milestone(column);
        };
    }

    private static Optional<Sentence> exit(Lookout crossed) {
        for (Event event : crossed.events) {
            if (event instanceof Event.Exit) {
                return Optional.of(Sentence.of("met.exit", event.reason(), event.number()));
            }
        }
        return Optional.empty();
    }

    private static Optional<Sentence> delivery(Lookout crossed, String kind) {
        if (crossed.delivered) {
            for (Event event : crossed.events) {
                if (event instanceof Event.Delivery && event.kind().equals(kind)) {
                    return Optional.of(Sentence.of("last." + kind, event.reason(), event.number()));
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<Sentence> systemCall(Lookout crossed) {
        for (Event event : crossed.events) {
            if (event.kind().equals("system-call")) {
                return Optional.of(Sentence.of("met.call", event.reason(), event.number()));
            }
        }
        boolean call = crossed.crossed
                && !crossed.delivered
                && crossed.fromRing == 3
                && (crossed.glance.flow == Glance.Flow.INTERRUPT || crossed.glance.flow == Glance.Flow.SYSTEM_CALL);
        return call ? Optional.of(Sentence.of("met.system", Scene.hex(crossed.from))) : Optional.empty();
    }

    private static Quarry milestone(Column column) {
        return new Milestones(
                names(column.image()), column.image().domain0().map(Aim::names).orElse(Map.of()));
    }

    /**
     * The places that milestones name, by address.
     *
     * @param guest its own
     * @param other of a domain 0 beside it
     */
    private record Milestones(Map<Long, String> guest, Map<Long, String> other) implements Quarry {
        @Override
        public Optional<long[]> places() {
            return Optional.of(
                    guest.keySet().stream().mapToLong(Long::longValue).toArray());
        }

        @Override
        public Optional<Sentence> met(Lookout crossed) {
            if (crossed.delivered || crossed.isBetweenIterations()) {
                return Optional.empty();
            }
            var name = (crossed.domainNow().equals("dom0") ? other : guest).get(crossed.at);
            return name == null ? Optional.empty() : Optional.of(Sentence.of("met.milestone", name));
        }
    }

    private static Map<Long, String> names(GuestImage image) {
        Map<Long, String> names = new HashMap<>();
        image.milestones().forEach(mark -> names.putIfAbsent(mark.address(), mark.name()));
        return names;
    }
}
