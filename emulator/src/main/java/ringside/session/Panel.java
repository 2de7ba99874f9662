package ringside.session;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A view of the lab: data about one mode, and the template that prints it. The registry of all of them is {@link #ALL}: pages, menus,
 * addresses and the command line take them from there, and a text {@code panel.NAME} is its title.
 */
public final class Panel {
    /** Where the menu has it. */
    public enum Group {
        GUEST,
        PROCESSOR,
        MACHINE,
        MONITOR
    }

    private static final String INSPECTION = "inspection";

    /** Every view, in the order in which menus and pages have them. */
    // spotless:off
    public static final List<Panel> ALL = List.of(
            part("code",        Group.GUEST,     "listing", Views.Mode::code),
            part("state",       Group.PROCESSOR, Views.Mode::state),
            part("exits",       Group.MONITOR,   Views.Mode::exits),
            part("console",     Group.GUEST,     Views.Mode::console),
            part("translation", Group.MONITOR,   Views.Mode::translated),
            part("disassembly", Group.GUEST,     Views.Mode::disassembly),
            part("stack",       Group.GUEST,     Views.Mode::stack),
            part("memory",      Group.GUEST,     Views.Mode::memory),
            more("port",        Group.GUEST,     "port :: port", Portrait::port),
            more("course",      Group.MONITOR,   "course :: course", Portrait::course),
            more("lanes",       Group.MONITOR,   "lanes :: lanes", Portrait::lanes),
            more("exit",        Group.MONITOR,   "exit :: exit", Portrait::cards),
            more("counts",      Group.MONITOR,   "counts :: counts", Portrait::counts),
            more("walk",        Group.PROCESSOR, "walk :: walk", Portrait::walks),
            inspection("segments",    Group.PROCESSOR),
            inspection("control",     Group.PROCESSOR),
            inspection("descriptors", Group.PROCESSOR),
            inspection("idt",         Group.PROCESSOR),
            inspection("tss",         Group.PROCESSOR),
            inspection("devices",     Group.MACHINE),
            inspection("vmcs",        Group.MONITOR),
            inspection("vmcb",        Group.MONITOR),
            inspection("ioctl",       Group.MONITOR),
            inspection("xen",         Group.MONITOR),
            inspection("container",   Group.MONITOR));
    // spotless:on

    private final String name;
    private final Group group;
    private final String template;
    private final String fragment;
    private final Optional<Function<Portrait, Object>> drawing;
    private final Function<Views.Mode, Object> data;

    private Panel(
            String name,
            Group group,
            String template,
            String fragment,
            Optional<Function<Portrait, Object>> drawing,
            Function<Views.Mode, Object> data) {
        this.name = name;
        this.group = group;
        this.template = template;
        this.fragment = fragment;
        this.drawing = drawing;
        this.data = data;
    }

    /** A view that every lab opens with, in its own place: a part of {@link Views.Mode}, and the fragment of that name in panels.html. */
    private static Panel part(String name, Group group, Function<Views.Mode, Object> data) {
        return part(name, group, name, data);
    }

    /** The same with a fragment of another name, where that of the view is an element's, too. */
    private static Panel part(String name, Group group, String fragment, Function<Views.Mode, Object> data) {
        return new Panel(name, group, "panels", fragment, Optional.empty(), data);
    }

    /**
     * A view that is drawn only where somebody has opened it, behind the others: {@link Views.Mode#more} has it by its name.
     *
     * @param template file and fragment: {@code file :: fragment}
     * @param drawing of one column at its present boundary
     */
    static Panel more(String name, Group group, String template, Function<Portrait, Object> drawing) {
        var parts = template.split(" :: ", 2);
        return new Panel(
                name,
                group,
                parts[0],
                parts[1],
                Optional.of(drawing),
                mode -> Optional.ofNullable(mode.more().get(name)).orElseThrow());
    }

    /** A view of what a part holds, as {@link Inspections} has it by that name. */
    private static Panel inspection(String name, Group group) {
        return more(name, group, INSPECTION + " :: inspection", portrait -> portrait.inspection(name));
    }

    /** Shows what a part holds, beside what it held before the last boundary. */
    boolean inspects() {
        return template.equals(INSPECTION);
    }

    /** The view of that name. */
    public static Optional<Panel> named(String name) {
        return ALL.stream().filter(panel -> panel.name.equals(name)).findFirst();
    }

    /** The names of all of them, in their order. */
    public static List<String> names() {
        return ALL.stream().map(Panel::name).collect(Collectors.toUnmodifiableList());
    }

    public String name() {
        return name;
    }

    public Group group() {
        return group;
    }

    /** Is open where nobody has chosen. */
    public boolean usual() {
        return drawing.isEmpty();
    }

    /** The file with its template, without ending. */
    public String template() {
        return template;
    }

    /** The fragment of the template that prints it. */
    public String fragment() {
        return fragment;
    }

    /**
     * What it shows, as data.
     *
     * @param mode drawn with this view open
     */
    public Object data(Views.Mode mode) {
        return data.apply(mode);
    }

    /** What is drawn for it beside what every mode shows; empty where that is all. */
    Optional<Object> draw(Portrait portrait) {
        return drawing.map(draw -> draw.apply(portrait));
    }
}
