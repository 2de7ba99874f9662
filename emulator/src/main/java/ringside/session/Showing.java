package ringside.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import ringside.bus.InputLog;
import ringside.monitor.PageWalk;

/** One guest in one mode at one guest time, as data: what a lab shows there, without a lab. */
public final class Showing {
    private final Lab lab;

    /**
     * Runs the guest to that time, or to its end if that is earlier.
     *
     * @throws BadInput where the guest, its mode or an option cannot be used
     */
    public Showing(GuestFile file, RunOptions options, byte[] input, long time) {
        var images = GuestStart.checked(file, options);
        lab = new Lab(
                new Guests().lockstep(images, List.of(options.mode()), GuestStart.machine(options), typed(input)));
        lab.lockstep().seek(time);
    }

    private static Typing typed(byte[] input) {
        List<Typing.Key> keys = new ArrayList<>();
        for (byte value : input) {
            keys.add(new Typing.Key(0, value & 0xFF));
        }
        if (keys.size() > InputLog.CAPACITY) {
            throw new BadInput(
                    "the input has " + input.length + " bytes; COM1 takes " + InputLog.CAPACITY + " at most");
        }
        return new Typing(keys);
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
        return lab.draw(false, open).get(0);
    }

    private void look(String address) {
        if (!lab.look(address)) {
            throw new BadInput(address + " is no address, symbol or register");
        }
    }

    /**
     * How an address is translated now.
     *
     * @param tables whose tables lead the walk: {@code guest} or {@code shadow}
     * @param references to entries, in the order in which they are made
     * @param physical the host's address; empty where the walk ends before
     * @param errorCode of the page fault in which it ends
     * @param exit the reason for which the guest would be left
     */
    public record Walk(
            String tables,
            List<Reference> references,
            OptionalLong physical,
            OptionalInt errorCode,
            Optional<String> exit) {
        public Walk {
            references = List.copyOf(references);
        }
    }

    /**
     * An entry that is read.
     *
     * @param tables {@code guest}, {@code shadow} or {@code nested}
     * @param address in the host's memory
     * @param translates a linear address, or in nested tables a physical address of the guest
     */
    public record Reference(String tables, int level, long address, long entry, long translates) {}

    /** What a linear address goes through. */
    public record Translation(long linear, List<Walk> walks) {
        public Translation {
            walks = List.copyOf(walks);
        }
    }

    /** @param address as people write it; empty: where the next instruction stands */
    public Translation translation(Optional<String> address) {
        var column = lab.lockstep().columns().get(0);
        var monitor = column.timeline().monitor();
        long linear = address.map(text -> Addresses.read(text, column.image(), column.scene(), monitor.believed())
                        .orElseThrow(() -> new BadInput(text + " is no address, symbol or register")))
                .orElseGet(() -> column.scene().linear());
        return new Translation(
                linear, monitor.walks(linear).stream().map(Showing::told).toList());
    }

    private static Walk told(PageWalk walk) {
        return new Walk(
                name(walk.tables()),
                walk.references().stream()
                        .map(one -> new Reference(
                                name(one.tables()), one.level(), one.address(), one.entry(), one.translates()))
                        .toList(),
                walk.physical(),
                walk.errorCode(),
                walk.exit());
    }

    private static String name(PageWalk.Tables tables) {
        return tables.name().toLowerCase(java.util.Locale.ROOT);
    }
}
