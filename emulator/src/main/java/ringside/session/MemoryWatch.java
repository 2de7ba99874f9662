package ringside.session;

import java.util.Optional;
import ringside.cpu.Cpu;

/**
 * Memory that is read or written. The guest's own accesses are told by the processor; that somebody else has written, a device or whoever
 * is below, shows in what has changed, where the range is short enough to be looked at after every boundary.
 */
final class MemoryWatch implements Quarry {
    private static final int MOST_COMPARED = 64;

    private final Stop stop;
    private final Watches.Range range;
    private final int[] last;
    private boolean read;
    private boolean written;
    private long first;
    private int size;

    MemoryWatch(Stop stop, Watches.Range range) {
        this.stop = stop;
        this.range = range;
        this.last = new int[Math.min(MOST_COMPARED, range.length())];
    }

    @Override
    public boolean spies() {
        return true;
    }

    @Override
    public void accessed(long linear, int bytes, boolean write) {
        if (range.meets(linear, bytes)) {
            boolean counts = stop.access().counts(write);
            read |= counts && !write;
            written |= counts && write;
            if (counts) {
                first = Math.max(linear, range.address());
                size = (int) Math.min(linear + bytes, range.address() + range.length()) - (int) first;
            }
        }
    }

    @Override
    public void arm(Lookout here) {
        forget();
        for (int i = 0; i < last.length; i++) {
            last[i] = Scene.peek(here.cpu(), range.address() + i);
        }
    }

    private void forget() {
        read = false;
        written = false;
    }

    @Override
    public Optional<Sentence> met(Lookout crossed) {
        Cpu cpu = crossed.cpu();
        int from = last.length;
        int to = -1;
        for (int i = 0; i < last.length; i++) {
            int value = Scene.peek(cpu, range.address() + i);
            if (value != last[i]) {
                from = Math.min(from, i);
                to = i;
            }
        }
        boolean changed = to >= 0 && stop.access().counts(true);
        Optional<Sentence> said = Optional.empty();
        if (changed && !written) {
            first = range.address() + from;
            size = to - from + 1;
        }
        if (changed || (read || written) && !crossed.delivered) {
            said = Optional.of(sentence(crossed, changed));
        }
        for (int i = Math.max(0, from); i <= to; i++) {
            last[i] = Scene.peek(cpu, range.address() + i);
        }
        forget();
        return said;
    }

    private Sentence sentence(Lookout crossed, boolean changed) {
        var place = Scene.hex(first);
        var by = Scene.hex(crossed.from);
        var now = now(crossed.cpu());
        if (!changed && !written) {
            return Sentence.of("stop.memory.read", stop.number(), place, now, by);
        }
        if (first - range.address() + size > last.length) {
            return Sentence.of("stop.memory.far", stop.number(), place, now, by);
        }
        return Sentence.of(
                written || crossed.delivered ? "stop.memory.write" : "stop.memory.other",
                stop.number(),
                place,
                old(),
                now,
                by);
    }

    private String now(Cpu cpu) {
        return value(i -> Scene.peek(cpu, first + i));
    }

    private String old() {
        int offset = (int) (first - range.address());
        return value(i -> last[offset + i]);
    }

    /** The last eight bytes at most, as a number. */
    private String value(java.util.function.IntUnaryOperator bytes) {
        var out = new StringBuilder("0x");
        for (int i = Math.min(8, size) - 1; i >= 0; i--) {
            int one = bytes.applyAsInt(i);
            out.append(one < 0 ? "--" : Text.twoDigits(one));
        }
        return out.toString();
    }
}
