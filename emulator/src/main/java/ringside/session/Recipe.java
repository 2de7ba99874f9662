package ringside.session;

import java.util.List;

/**
 * What makes the same lab again, anywhere.
 *
 * @param modes one or two, side by side
 * @param machine what it runs on
 * @param typing what comes to COM1
 * @param time guest time, in its units, not negative
 */
public record Recipe(GuestChoice guest, List<String> modes, MachineChoice machine, Typing typing, long time) {
    /** What a lab opens with when nothing is said. */
    public static final String FIRST_GUEST = "two-plus-two";

    /** The mode that all others are compared with. */
    public static final String REFERENCE_MODE = "bare";

    public Recipe {
        modes = List.copyOf(modes);
    }

    /** On the usual machine. */
    public Recipe(GuestChoice guest, List<String> modes, long time) {
        this(guest, modes, MachineChoice.DEFAULT, Typing.NONE, time);
    }
}
