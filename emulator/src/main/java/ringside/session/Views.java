package ringside.session;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a lab shows, as data: a page prints it, and so can the command line. Numbers are written as people read them here. */
public final class Views {
    private Views() {}

    /**
     * Everything of one lab at one moment.
     *
     * @param id names the session in addresses
     * @param guest name of the sample guest; empty for a guest of the learner's own
     * @param file name of the file that was sent; empty for other guests
     * @param time guest time
     * @param running whether it runs on by itself right now
     * @param ended whether no mode can go on
     * @param notice what the last command has to say
     * @param incident an error of Ringside itself, which has stopped this session
     * @param draft what was typed for COM1 and not sent
     * @param later what was typed at later times than this
     * @param views which of them are open
     * @param travel breakpoints, bookmarks, speed, and the actions that are looked at
     * @param modes one to four, side by side
     * @param together what several of them show together; empty where there is one
     */
    public record Lab(
            String id,
            Optional<String> guest,
            Optional<String> file,
            long time,
            boolean running,
            boolean ended,
            Optional<Sentence> notice,
            Optional<Sentence> incident,
            String memoryAddress,
            String draft,
            Optional<Later> later,
            OpenViews views,
            Travel travel,
            List<Mode> modes,
            Optional<Together> together) {}

    /**
     * Input at later times, which going forward will bring again.
     *
     * @param count bytes
     * @param last guest time of the last one
     */
    public record Later(long count, long last) {}

    /**
     * The guest under one way of virtualizing.
     *
     * @param letter {@code a} to {@code d}
     * @param name the mode's name
     * @param time guest time of this mode: earlier than the lab's where it has ended
     * @param bits code size: 16, 32 or 64
     * @param believedRing the ring the guest believes in
     * @param realRing the ring the processor is in
     * @param context who runs
     * @param domain which domain runs; empty where there is only one
     * @param exitCount how often the guest has been left
     * @param cycles modelled cost up to now, in cycles
     * @param translated what the code here is translated to; empty where instructions run as they stand
     * @param differences what differs from a bare machine at the same guest time
     * @param more what is drawn only where it is open, by the name of its view; see {@link Panel}
     */
    public record Mode(
            String letter,
            String name,
            long time,
            int bits,
            int believedRing,
            int realRing,
            Context context,
            String domain,
            long exitCount,
            long cycles,
            Optional<Sentence> ending,
            Optional<Sentence> last,
            List<Difference> differences,
            Code code,
            Optional<Translated> translated,
            List<Instruction> disassembly,
            State state,
            List<Left> exits,
            long earlierExits,
            Lane lane,
            Console console,
            Memory memory,
            Stack stack,
            Map<String, Object> more) {
        public Mode {
            more = Collections.unmodifiableMap(new LinkedHashMap<>(more));
            differences = List.copyOf(differences);
            disassembly = List.copyOf(disassembly);
            exits = List.copyOf(exits);
        }
    }

    /** Who runs or answers: the same letter and colour on every page. */
    public enum Context {
        GUEST_USER('U'),
        GUEST_KERNEL('K'),
        HYPERVISOR('H'),
        HOST_KERNEL('N'),
        VMM('V'),
        TRANSLATED('T');

        private final char letter;

        Context(char letter) {
            this.letter = letter;
        }

        public char letter() {
            return letter;
        }
    }

    /**
     * Where this mode is not what a bare machine is.
     *
     * @param alarming the guest could notice; otherwise only the processor differs, and a monitor takes care of it
     * @param title a few words that come first
     */
    public record Difference(boolean alarming, Sentence title, List<Sentence> sentences) {
        public Difference {
            sentences = List.copyOf(sentences);
        }
    }

    /**
     * The source, or nothing where there is none.
     *
     * @param lines in order
     */
    public record Code(List<Line> lines) {
        public Code {
            lines = List.copyOf(lines);
        }
    }

    /**
     * One line of source.
     *
     * @param number from 1
     * @param address hexadecimal, or empty where it makes no bytes
     * @param exits how often the guest has been left here
     * @param next the instruction that comes next stands here
     * @param done the instruction just performed stands here
     */
    public record Line(
            int number, String address, String text, String comment, int exits, boolean next, boolean done) {}

    /** One instruction as it stands in memory; see {@link Line}. */
    public record Instruction(
            String address, String bytes, String text, String label, int exits, boolean next, boolean done) {}

    /**
     * The block of guest code that comes next, and what it is translated to.
     *
     * @param kept it has been translated; otherwise it will be when it runs
     * @param summary what the translator has done up to now
     * @param legend what the words of its notation mean, as far as they occur
     */
    public record Translated(boolean kept, List<Original> originals, Sentence summary, List<Sentence> legend) {
        public Translated {
            originals = List.copyOf(originals);
            legend = List.copyOf(legend);
        }
    }

    /**
     * A guest instruction of the block.
     *
     * @param address hexadecimal
     * @param next it comes next
     * @param lines what it became, a micro-operation or an instruction each
     * @param count how many these are
     */
    public record Original(String address, String text, boolean next, List<String> lines, int count) {
        public Original {
            lines = List.copyOf(lines);
        }
    }

    /**
     * Registers and system state.
     *
     * @param single the processor that the guest believes in is the real one
     */
    public record State(boolean single, List<Register> general, List<Flag> flags, List<Row> system) {
        public State {
            general = List.copyOf(general);
            flags = List.copyOf(flags);
            system = List.copyOf(system);
        }
    }

    /**
     * A value, and what it was before the last boundary.
     *
     * @param old empty where it has not changed
     */
    public record Value(String now, Optional<String> old) {}

    /**
     * A register that has one value for guest and processor.
     *
     * @param id lower-case 64-bit name
     */
    public record Register(String id, String name, Value value) {}

    /** An arithmetic flag. */
    public record Flag(String name, boolean on, boolean changed) {}

    /**
     * One part of the system state.
     *
     * @param id lower-case name
     * @param believed what the guest's monitor keeps for it
     * @param real what the processor has
     * @param bare what a bare machine has at this time; empty where it is not at a boundary then
     * @param differs the guest could see a difference from a bare machine
     */
    public record Row(String id, String name, Value believed, Value real, Optional<String> bare, boolean differs) {}

    /**
     * One time the guest was left.
     *
     * @param number counts from 1
     * @param time guest time
     * @param address of the instruction, hexadecimal
     * @param text the instruction as it stands there now
     * @param command of a hypercall that has several, which one; else empty
     * @param reasonNumber as the manual numbers it
     * @param qualification hexadecimal, or empty
     * @param answeredBy as summaries name it
     * @param domain which domain was left; empty where there is only one
     * @param cycles modelled
     * @param fresh it happened at the last boundary
     * @param sentence what happened
     * @param fields of the qualification, as the manual has them
     * @param steps what was done about it, in order, up to now
     */
    public record Left(
            long number,
            long time,
            String address,
            String text,
            String kind,
            String reason,
            String command,
            int reasonNumber,
            String qualification,
            String answeredBy,
            String domain,
            Context context,
            long cycles,
            boolean fresh,
            Sentence sentence,
            List<Field> fields,
            List<Step> steps) {
        public Left {
            fields = List.copyOf(fields);
            steps = List.copyOf(steps);
        }
    }

    /**
     * A field of a qualification.
     *
     * @param bits as the manual writes them: {@code 5:4}
     * @param value hexadecimal
     * @param meaning of the value; empty where it is a plain number
     */
    public record Field(String name, String bits, String value, String meaning) {}

    /**
     * What somebody did about an exit.
     *
     * @param name as traces have it
     * @param by as in {@code answeredBy}; {@code cpu} where the processor did it
     * @param detail what it concerns, hexadecimal, or empty
     */
    public record Step(String name, String by, Context context, String detail, Sentence sentence) {}

    /** Who ran during the last boundaries, oldest first. */
    public record Lane(List<Moment> moments) {
        public Lane {
            moments = List.copyOf(moments);
        }
    }

    /**
     * A boundary that was crossed.
     *
     * @param time guest time after it
     * @param context where the guest was
     * @param idle guest time skipped by a halted processor, in its units
     */
    public record Moment(long time, Context context, long idle, List<Visit> visits) {
        public Moment {
            visits = List.copyOf(visits);
        }
    }

    /** The guest was left for somebody. */
    public record Visit(Context context, String reason) {}

    /**
     * What came out of the serial port.
     *
     * @param text control characters made visible, line breaks kept
     * @param dropped bytes that are not shown because there are too many
     * @param debug what came out of the debug port E9H, in the same way
     */
    public record Console(String text, long bytes, long dropped, String debug) {}

    /** Sixteen bytes a row. */
    public record Memory(List<MemoryRow> rows) {
        public Memory {
            rows = List.copyOf(rows);
        }
    }

    /** @param text the bytes as characters, a dot for what does not print */
    public record MemoryRow(String address, List<Byte> bytes, String text) {
        public MemoryRow {
            bytes = List.copyOf(bytes);
        }
    }

    /**
     * A byte of memory.
     *
     * @param address hexadecimal
     * @param value two digits, or {@code --} where nothing is mapped
     */
    public record Byte(String address, String value, boolean changed) {}

    /** From the top down the stack: highest entry last. */
    public record Stack(List<Entry> entries) {
        public Stack {
            entries = List.copyOf(entries);
        }
    }

    /**
     * @param symbol what the value points at, or empty
     * @param role what it is to a frame; empty where nothing says so
     * @param frame {@code handler} where a delivery that was seen has pushed it; {@code procedure} where that is a guess, because RBP chains
     *     it; else empty
     * @param pushed the last boundary has put it there: the old value is what lay there before
     */
    public record Entry(
            String address,
            Value value,
            String symbol,
            Optional<Sentence> role,
            String frame,
            boolean top,
            boolean pushed) {}
}
