package ringside.session;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import ringside.probe.Deed;
import ringside.probe.Event;
import ringside.trace.Answer;
import ringside.trace.TraceLog;

/**
 * Who ran during the last boundaries, oldest first: the guest, and whoever was entered in between.
 *
 * @param moments at most as many as {@link Column#LANE} units of guest time have boundaries
 */
public record Lanes(List<Moment> moments) {
    public Lanes {
        moments = List.copyOf(moments);
    }

    /** How the guest is left, or got something. */
    public enum Way {
        /** An instruction or an event led out of the guest. */
        EXIT,
        /** The guest has asked for it: a hypercall or a system call. */
        CALL,
        /** The processor has changed to another domain. */
        SWITCH
    }

    /**
     * A boundary that was crossed.
     *
     * @param from guest time before it
     * @param time guest time after it
     * @param context where the guest was
     * @param idle guest time skipped by a halted processor, in its units
     * @param exits when the guest was left, in order
     * @param deliveries what the guest was delivered
     */
    public record Moment(
            long from, long time, Views.Context context, long idle, List<Exit> exits, List<Delivery> deliveries) {
        public Moment {
            exits = List.copyOf(exits);
            deliveries = List.copyOf(deliveries);
        }
    }

    /**
     * One time that the guest was left.
     *
     * @param number counts from 1
     * @param time guest time, to which one can jump
     * @param stays who ran until the guest went on, in order; at least one
     * @param injected an interrupt or an event was given to the guest on the way back
     */
    public record Exit(
            long number,
            long time,
            String kind,
            String reason,
            int reasonNumber,
            Way way,
            List<Stay> stays,
            boolean injected) {
        public Exit {
            stays = List.copyOf(stays);
        }
    }

    /** @param by as summaries name it */
    public record Stay(Views.Context context, String by) {}

    /**
     * The guest was delivered an exception or interrupt by its own table.
     *
     * @param interrupt otherwise it is a fault
     */
    public record Delivery(boolean interrupt, String reason, int vector) {}

    static Lanes of(Column column) {
        List<TraceLog.Entry> log = column.log();
        int at = log.size();
        long number = column.exits();
        List<Moment> moments = new ArrayList<>();
        List<Column.Moment> crossed = column.moments();
        for (int i = crossed.size() - 1; i >= 0; i--) {
            Column.Moment moment = crossed.get(i);
            List<Exit> exits = new ArrayList<>();
            List<Delivery> deliveries = new ArrayList<>();
            // The log ends with the events of the last moment; what it has forgotten cannot be shown.
            for (int e = moment.events().size() - 1; e >= 0 && at > 0; e--) {
                TraceLog.Entry entry = log.get(--at);
                if (entry.event() instanceof Event.Exit exit) {
                    exits.add(exit(exit, entry, number--));
                } else if (entry.event() instanceof Event.Delivery delivery) {
                    deliveries.add(
                            new Delivery(delivery.kind().equals("interrupt"), delivery.reason(), delivery.number()));
                }
            }
            Collections.reverse(exits);
            Collections.reverse(deliveries);
            moments.add(new Moment(
                    moment.time() - moment.idle() - (moment.idle() > 0 ? 1 : 0),
                    moment.time(),
                    moment.context(),
                    moment.idle(),
                    exits,
                    deliveries));
        }
        Collections.reverse(moments);
        return new Lanes(moments);
    }

    private static Exit exit(Event.Exit exit, TraceLog.Entry entry, long number) {
        List<Stay> stays = new ArrayList<>();
        boolean injected = false;
        for (Answer.Step step : entry.steps()) {
            injected |= step.deed().text().startsWith("inject") || step.deed() == Deed.BOUNCE_EVENT;
            if (!step.by().equals("cpu") && !isLast(stays, step.by())) {
                stays.add(new Stay(Portrait.contextOf(step.by()), step.by()));
            }
        }
        if (stays.isEmpty()) {
            stays.add(new Stay(Portrait.contextOf(exit.answeredBy()), exit.answeredBy()));
        }
        return new Exit(
                number, entry.time(), exit.kind(), exit.reason(), exit.number(), way(exit.kind()), stays, injected);
    }

    private static boolean isLast(List<Stay> stays, String by) {
        return !stays.isEmpty() && stays.get(stays.size() - 1).by().equals(by);
    }

    private static Way way(String kind) {
        return switch (kind) {
            case "hypercall", "system-call" -> Way.CALL;
            case "xen-schedule" -> Way.SWITCH;
            default -> Way.EXIT;
        };
    }
}
