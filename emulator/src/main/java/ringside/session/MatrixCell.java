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
 * @param isPorted is the probe a kernel for this mode, and no software for a bare machine?
 * @param image the probe, in hexadecimal
 * @param time guest time at which the instruction stands there
 * @param rip where it stands
 * @param text the instruction in NASM's syntax
 * @param events all that happened there, in order
 * @param differs what the guest sees afterwards that is not as on a bare machine
 * @param instead what a kernel that was ported to the mode does in the instruction's place
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
        boolean isPorted,
        String image,
        long time,
        long rip,
        String text,
        List<TraceLine.Happened> events,
        List<String> differs,
        Optional<Instead> instead) {
    /**
     * What stands in a ported kernel in the place of the instruction, found by running that too.
     *
     * @param reason by which the guest was left; empty where nobody is told
     * @param image a probe of its own, in hexadecimal
     * @param time guest time before the line of its trace that tells of it
     * @param rip of that line
     * @param text of that line
     */
    public record Instead(Optional<String> reason, OptionalInt number, String image, long time, long rip, String text) {
        /** The hypercall's name and number, or the instruction where nobody is told. */
        public String said() {
            return reason.map(name -> name + " " + number.orElseThrow()).orElse(text);
        }
    }

    public MatrixCell {
        events = List.copyOf(events);
        differs = List.copyOf(differs);
    }

    /** How a lab is asked for this cell's guest: {@code 32/0/CLI}, or {@code xen-pv/32/0/CLI} for one that is ported. */
    public String probe() {
        return MatrixProbe.name(this);
    }

    /** The mode that a lab with this cell's guest is in: the bare machine where its own does not take it. */
    public String lab() {
        return outcome == Outcome.REFUSED ? Recipe.REFERENCE_MODE : mode;
    }

    /** Is there nothing to compare with in that lab, as the guest runs in this mode alone? */
    public boolean isAlone() {
        return isPorted || lab().equals(Recipe.REFERENCE_MODE);
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
