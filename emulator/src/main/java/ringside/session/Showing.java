package ringside.session;

import java.util.List;
import java.util.Optional;
import ringside.isa.Syntax;
import ringside.trace.NextInstruction;

/** One guest in one mode at one guest time, as data: what a lab shows there, without a lab. */
public final class Showing {
    private final Lab lab;
    private final String syntax;

    /**
     * Runs the guest to that time, or to its end if that is earlier.
     *
     * @param syntax of instructions in memory: {@code intel} or {@code att}
     * @throws BadInput where the guest, its mode or an option cannot be used
     */
    public Showing(GuestFile file, RunOptions options, byte[] input, long time, String syntax) {
        this.syntax = Sources.syntax(syntax).label();
        var images = GuestStart.checked(file, options);
        lab = new Lab(
                new Guests()
                        .lockstep(images, List.of(options.mode()), GuestStart.machine(options), Typing.atOnce(input)),
                new Ports(file, images, options::withMode));
        lab.lockstep().seek(time);
    }

    /** The same in Intel's syntax. */
    public Showing(GuestFile file, RunOptions options, byte[] input, long time) {
        this(file, options, input, time, Syntax.INTEL.label());
    }

    /**
     * Where a run has stopped.
     *
     * @param met a breakpoint was met; otherwise it went to its end, or as far as it was allowed to
     * @param why says which one, or that there was none
     * @param step how many had been performed
     * @param text the instruction that comes next
     */
    public record Stopped(boolean met, Sentence why, long time, long step, long rip, String text) {}

    /**
     * Goes on, or back, to the first breakpoint that is met.
     *
     * @param stops as {@link Stop#text} writes them, numbered from 1
     * @param most units of guest time after which it is given up
     * @throws Refusal where one of them cannot be watched
     */
    public Stopped stop(List<String> stops, boolean back, long most) {
        var why = Scout.go(lab, stops, back, most);
        var column = lab.lockstep().columns().get(0);
        var monitor = column.timeline().monitor();
        var next = new NextInstruction().of(monitor.believed());
        return new Stopped(
                why.isPresent(),
                why.orElse(Sentence.of("notice.nostop")),
                column.time(),
                monitor.machine().clock().steps(),
                next.rip(),
                next.text());
    }

    /**
     * Everything that a lab shows of a mode.
     *
     * @param address where in memory to look, as people write it; empty: where the next instruction stands
     * @throws BadInput where nobody knows that address
     */
    public Views.Mode mode(Optional<String> address) {
        return mode(address, OpenViews.of(Panel.names()));
    }

    /**
     * One view of a mode.
     *
     * @param address as for {@link #mode}
     * @throws BadInput where nobody knows that address
     */
    public Object view(Panel panel, Optional<String> address) {
        return panel.data(mode(address, OpenViews.of(List.of(panel.name()))));
    }

    private Views.Mode mode(Optional<String> address, OpenViews open) {
        address.ifPresent(this::look);
        return lab.draw(false, open.in(syntax)).get(0);
    }

    private void look(String address) {
        if (!lab.look(address)) {
            throw new BadInput(address + " is no address, symbol or register");
        }
    }

    /**
     * How an access to an address is translated now.
     *
     * @param address as people write it; empty: where the next instruction stands
     */
    public Walks walks(Optional<String> address, Walks.Access access) {
        return lab.walks(lab.lockstep().columns().get(0), address.orElse(Lab.NEXT_INSTRUCTION), access)
                .orElseThrow(() -> new BadInput(address.orElse("") + " is no address, symbol or register"));
    }
}
