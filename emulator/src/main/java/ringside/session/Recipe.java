package ringside.session;

import java.util.List;

/**
 * What makes the same lab again, anywhere.
 *
 * @param modes one to four, side by side
 * @param machine what it runs on
 * @param typing what comes to COM1
 * @param time guest time, in its units, not negative
 * @param views which of them are open
 * @param plans breakpoints, bookmarks and speed
 */
public record Recipe(
        GuestChoice guest,
        List<String> modes,
        MachineChoice machine,
        Typing typing,
        long time,
        OpenViews views,
        Plans plans) {
    /** What a lab opens with when nothing is said. */
    public static final String FIRST_GUEST = "two-plus-two";

    /** The mode that all others are compared with. */
    public static final String REFERENCE_MODE = "bare";

    public Recipe {
        modes = List.copyOf(modes);
    }

    /** Without breakpoints, bookmarks or a speed. */
    public Recipe(
            GuestChoice guest, List<String> modes, MachineChoice machine, Typing typing, long time, OpenViews views) {
        this(guest, modes, machine, typing, time, views, Plans.NOTHING);
    }

    /** With the usual views. */
    public Recipe(GuestChoice guest, List<String> modes, MachineChoice machine, Typing typing, long time) {
        this(guest, modes, machine, typing, time, OpenViews.USUAL);
    }

    /** On the usual machine. */
    public Recipe(GuestChoice guest, List<String> modes, long time) {
        this(guest, modes, MachineChoice.DEFAULT, Typing.NONE, time);
    }
}
