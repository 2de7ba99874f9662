package ringside.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import ringside.cpu.Cpu;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.CodeSource;
import ringside.isa.Decoded;
import ringside.isa.Decoder;
import ringside.isa.Symbols;
import ringside.isa.Syntax;
import ringside.isa.UndefinedInstruction;
import ringside.trace.TraceLog;

/** The guest's code around the present instruction: as its source, and as it stands in memory. */
final class Listing {
    private static final Decoder DECODER = InstructionSet.decoder();

    /** Longer sources are shown around the present line only. */
    private static final int MOST_LINES = 600;

    /** Of longer lines the beginning is shown. */
    private static final int LONGEST_LINE = 400;

    private static final int INSTRUCTIONS = 18;
    private static final int BEFORE = 6;
    private static final int LONGEST = 15;

    private final SourceMap source;
    private final Syntax syntax;
    private final Cpu cpu;
    private final Scene now;
    private final Optional<Scene> before;
    private final Map<Long, Integer> exits = new HashMap<>();

    private record Placed(long linear, int length, String bytes, String text, boolean data) {}

    Listing(SourceMap source, Syntax syntax, Cpu cpu, Scene now, Optional<Scene> before, List<TraceLog.Entry> left) {
        this.source = source;
        this.syntax = syntax;
        this.cpu = cpu;
        this.now = now;
        this.before = before;
        left.forEach(entry -> exits.merge(linearOf(entry.rip()), 1, Integer::sum));
    }

    /** Linear address of an offset in the present code segment. */
    private long linearOf(long rip) {
        return now.linear() - now.rip() + rip;
    }

    // Source.

    Views.Code source() {
        var text = source.text;
        Map<Integer, Integer> exitsAt = new HashMap<>();
        exits.forEach(
                (linear, count) -> source.lineAt(linear).ifPresent(line -> exitsAt.merge(line, count, Integer::sum)));
        int next = source.lineAt(now.linear()).orElse(0);
        int done = before.flatMap(scene -> source.lineAt(scene.linear())).orElse(0);
        int count = text.length > 0 && text[text.length - 1].isEmpty() ? text.length - 1 : text.length;
        int from = Math.max(1, Math.min(count - MOST_LINES + 1, next - MOST_LINES / 2));
        List<Views.Line> all = new ArrayList<>();
        for (int number = from; number <= Math.min(count, from + MOST_LINES - 1); number++) {
            var line = shortened(text[number - 1].replace("\r", ""));
            int comment = commentStart(line);
            all.add(new Views.Line(
                    number,
                    Optional.ofNullable(source.addresses.get(number))
                            .map(Text::address)
                            .orElse(""),
                    shown(line.substring(0, comment)),
                    shown(line.substring(comment)),
                    exitsAt.getOrDefault(number, 0),
                    number == next,
                    number == done));
        }
        return new Views.Code(all);
    }

    private static String shortened(String line) {
        return line.length() <= LONGEST_LINE ? line : line.substring(0, LONGEST_LINE) + "\u2026";
    }

    private static String shown(String text) {
        return text.replace("\t", "        ").replaceAll("\\p{Cntrl}", "\uFFFD");
    }

    /** Where a comment begins: at a semicolon outside quotes. */
    private static int commentStart(String line) {
        char quote = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '\'' || c == '"' || c == '`') {
                quote = c;
            } else if (c == ';') {
                return i;
            }
        }
        return line.length();
    }

    // As it stands in memory.

    List<Views.Instruction> disassembly() {
        List<Placed> placed = new ArrayList<>(upTo(now.linear()));
        long at = now.linear();
        while (placed.size() < INSTRUCTIONS) {
            var here = at(at);
            placed.add(here);
            at += here.length;
        }
        long done = before.map(Scene::linear).orElse(-1L);
        return placed.stream()
                .map(here -> new Views.Instruction(
                        Text.address(here.linear),
                        here.bytes,
                        here.text,
                        source.names.getOrDefault(here.linear, ""),
                        exits.getOrDefault(here.linear, 0),
                        here.linear == now.linear(),
                        here.linear == done))
                .toList();
    }

    /** The instructions just before an address: from the nearest start before it from which they lead exactly there. */
    private List<Placed> upTo(long end) {
        return starts(end)
                .mapToObj(start -> chain(start, end))
                .filter(chain -> !chain.isEmpty())
                .findFirst()
                .map(chain -> chain.subList(Math.max(0, chain.size() - BEFORE), chain.size()))
                .orElse(List.of());
    }

    /** Where code may begin: at lines of the source, or, where nothing is known of the bytes, anywhere. */
    private LongStream starts(long end) {
        long earliest = end - BEFORE * 4L;
        return source.lines.isEmpty()
                ? LongStream.range(Math.max(0, earliest), end)
                : source.lines.subMap(earliest, end).keySet().stream().mapToLong(Long::longValue);
    }

    private List<Placed> chain(long start, long end) {
        List<Placed> chain = new ArrayList<>();
        long at = start;
        while (at < end) {
            var here = at(at);
            if (here.data) {
                return List.of();
            }
            chain.add(here);
            at += here.length;
        }
        return at == end ? chain : List.of();
    }

    private Placed at(long linear) {
        try {
            Decoded decoded = DECODER.decode(reader(linear), cpu.codeBits());
            return new Placed(
                    linear,
                    decoded.length,
                    bytes(linear, decoded.length),
                    syntax.text(decoded, linear - base(), symbols()),
                    false);
        } catch (UndefinedInstruction | NotMapped e) {
            int value = Scene.peek(cpu, linear);
            return new Placed(
                    linear, 1, value < 0 ? "--" : Text.twoDigits(value), value < 0 ? "?" : syntax.data(value), true);
        }
    }

    private long base() {
        return now.linear() - now.rip();
    }

    private Symbols symbols() {
        return address -> Optional.ofNullable(source.names.get(address + base()));
    }

    private CodeSource reader(long linear) {
        return new CodeSource() {
            private long at = linear;

            @Override
            public int next() {
                int value = Scene.peek(cpu, at);
                if (value < 0 || at - linear >= LONGEST) {
                    throw new NotMapped();
                }
                at++;
                return value;
            }
        };
    }

    private static final class NotMapped extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotMapped() {
            super(null, null, false, false);
        }
    }

    private String bytes(long linear, int length) {
        var out = new StringBuilder();
        for (int i = 0; i < length; i++) {
            out.append(String.format(Locale.ROOT, "%02x", Scene.peek(cpu, linear + i)));
        }
        return out.toString();
    }

    /** The instruction at an offset of the present code segment. */
    String textAt(long rip) {
        return at(linearOf(rip)).text;
    }

    /** The instruction that was performed in a scene, as it stands there now. */
    String textAt(Scene scene) {
        return at(scene.linear()).text;
    }
}
