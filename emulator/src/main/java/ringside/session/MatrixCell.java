package ringside.session;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What came of one instruction in one mode at one ring, found by running it.
 *
 * @param group the part of the table
 * @param instruction the row's name
 * @param ring the ring that the guest believes in
 * @param reason of the fault, exit or hypercall
 * @param answeredBy who was entered; {@code cpu} where the processor delivered a fault by itself; empty where it just ran
 * @param image the probe, in hexadecimal
 * @param time guest time at which the instruction stands there
 * @param rip where it stands
 * @param text the instruction in NASM's syntax
 * @param events all that happened there, in order
 * @param differs what the guest sees afterwards that is not as on a bare machine
 */
public record MatrixCell(
        String group,
        String instruction,
        String mode,
        int bits,
        int ring,
        Outcome outcome,
        Optional<String> reason,
        OptionalInt number,
        Optional<String> answeredBy,
        String image,
        long time,
        long rip,
        String text,
        List<TraceLine.Happened> events,
        List<String> differs) {
    public MatrixCell {
        events = List.copyOf(events);
        differs = List.copyOf(differs);
    }

    /** How a lab is asked for this cell's guest: {@code 32/0/CLI}. */
    public String probe() {
        return MatrixProbe.name(this);
    }

    /** What can come of it. */
    public enum Outcome {
        /** It runs, nobody is told, and the guest sees what it would on a bare machine. */
        RUNS,
        /** It runs and nobody is told, but the guest does not see what it would on a bare machine. */
        WRONG,
        /** The guest is delivered a fault. */
        FAULT,
        /** Anybody but the guest is entered, and answers. */
        EXIT,
        /** The guest asks by a hypercall instead. */
        HYPERCALL,
        /** The mode does not take this guest. */
        REFUSED
    }
}
