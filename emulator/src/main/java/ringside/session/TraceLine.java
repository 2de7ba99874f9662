package ringside.session;

import java.util.List;
import ringside.probe.Deed;
import ringside.probe.Event;
import ringside.trace.Account;
import ringside.trace.Answer;
import ringside.trace.CostModel;
import ringside.trace.Qualification;

/**
 * One boundary of a run: what stood there, and what happened.
 *
 * @param time guest time before it
 * @param rip the guest's instruction pointer before it
 * @param bytes of the instruction in hexadecimal; empty where an interrupt came instead of it, or none could be read
 * @param text the instruction in NASM's syntax
 * @param domain whose instruction it is; empty where there is only one domain
 */
public record TraceLine(long time, long rip, String bytes, String text, String domain, List<Happened> events) {
    public TraceLine {
        events = List.copyOf(events);
    }

    /**
     * One event.
     *
     * @param qualification of an exit; the data of a step; the error code of a delivery, or 0
     * @param detail what it concerns beside that: of an exit a port, an address or a vector, or 0
     * @param answeredBy {@code cpu} where the processor delivered it to the guest
     * @param cycles modelled
     * @param domain where it happened; empty where there is only one
     * @param steps what was done about an exit, in order, as far as it is known
     */
    public record Happened(
            String kind,
            String reason,
            int number,
            long qualification,
            long detail,
            String answeredBy,
            long cycles,
            String domain,
            List<Step> steps) {
        public Happened {
            steps = List.copyOf(steps);
        }

        /**
         * A field of a qualification.
         *
         * @param bits as the manual writes them: {@code 5:4}
         * @param meaning of the value; empty where it is a plain number
         */
        public record Field(String name, String bits, long value, String meaning) {}

        /**
         * What somebody did about an exit.
         *
         * @param name as {@link Deed} has it
         * @param by as in {@code answeredBy}; {@code cpu} where the processor did it
         * @param detail what it concerns: a reason, a vector, a port or an address; else 0
         */
        public record Step(String name, String by, long detail) {
            static Step of(Answer.Step step) {
                return new Step(step.deed().text(), step.by(), step.detail());
            }
        }

        /** What happened, without what was done about it. */
        static Happened of(Event event, CostModel costs) {
            return of(new Account.Told(event, List.of()), costs);
        }

        static Happened of(Account.Told told, CostModel costs) {
            Event event = told.event();
            List<Step> steps = told.steps().stream().map(Step::of).toList();
            long cycles = costs.cycles(event);
            if (event instanceof Event.Exit exit) {
                return new Happened(
                        exit.kind(),
                        exit.reason(),
                        exit.number(),
                        exit.qualification(),
                        exit.detail(),
                        exit.answeredBy(),
                        cycles,
                        exit.domain(),
                        steps);
            }
            if (event instanceof Event.Step step) {
                return new Happened(
                        step.kind(),
                        step.reason(),
                        step.number(),
                        step.qualification(),
                        step.detail(),
                        step.answeredBy(),
                        cycles,
                        step.domain(),
                        steps);
            }
            int code = event instanceof Event.Delivery delivery ? Math.max(delivery.errorCode(), 0) : 0;
            return new Happened(
                    event.kind(), event.reason(), event.number(), code, 0, "cpu", cycles, event.domain(), steps);
        }

        /** The qualification, field by field; empty where the manual gives it none. */
        public List<Field> decoded() {
            return Qualification.fields(kind, reason, number, qualification, detail).stream()
                    .map(field -> new Field(
                            field.name(),
                            field.high() == field.low() ? "" + field.low() : field.high() + ":" + field.low(),
                            field.value(),
                            field.meaning()))
                    .toList();
        }
    }
}
