package ringside.session;

import java.util.List;
import ringside.probe.Event;
import ringside.trace.CostModel;

/**
 * One boundary of a run: what stood there, and what happened.
 *
 * @param time guest time before it
 * @param rip the guest's instruction pointer before it
 * @param bytes of the instruction in hexadecimal; empty where an interrupt came instead of it, or none could be read
 * @param text the instruction in NASM's syntax
 */
public record TraceLine(long time, long rip, String bytes, String text, List<Happened> events) {
    public TraceLine {
        events = List.copyOf(events);
    }

    /**
     * One event.
     *
     * @param qualification of an exit; the error code of a delivery, or 0
     * @param answeredBy {@code cpu} where the processor delivered it to the guest
     * @param cycles modelled
     */
    public record Happened(String kind, String reason, int number, long qualification, String answeredBy, long cycles) {
        static Happened of(Event event, CostModel costs) {
            long cycles = costs.cycles(event);
            if (event instanceof Event.Exit exit) {
                return new Happened(
                        exit.kind(), exit.reason(), exit.number(), exit.qualification(), exit.answeredBy(), cycles);
            }
            int code = event instanceof Event.Delivery delivery ? Math.max(delivery.errorCode(), 0) : 0;
            return new Happened(event.kind(), event.reason(), event.number(), code, "cpu", cycles);
        }
    }
}
