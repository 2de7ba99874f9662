package ringside.cli;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import ringside.session.BadInput;
import ringside.session.ExitCard;
import ringside.session.Panel;
import ringside.session.Refusal;
import ringside.session.Sentence;
import ringside.session.Showing;
import ringside.session.Walks;
import ringside.web.Words;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code ringside show}: what a lab shows of one mode at one guest time, as data. */
@Command(
        name = "show",
        description = "Shows a guest in one mode at one guest time: any view of the lab, and page walks.",
        footer = {
            "",
            "Views: code, console, container, control, descriptors, devices, disassembly, exit,",
            "exits, idt, ioctl, lab (all of them), memory, port, segments, stack, state, stop,",
            "translation, tss, vmcb, vmcs, walk, xen. walk is each reference to a paging structure on the way of an",
            "address: the guest's own tables, nested tables, shadow tables. exit is what happens at",
            "that time, what it costs, and on which other machines the guest is not left there.",
            "With --break the guest goes on from that time to what is named: 'address A', 'line N',",
            "'port 3f8-3ff write', 'memory buffer+4 read', 'value cx == 4', 'exit CPUID', each perhaps",
            "with 'if al == 3 && cf'; stop says where and why it stopped.",
            "Without --json the JSON is written in lines that people can read.",
            "Status: 0 done, 2 bad input."
        })
final class ShowCommand implements Callable<Integer> {
    private static final String WALK = "walk";
    private static final String EXIT = "exit";

    private static final String LAB = "lab";

    private static final String STOP = "stop";

    private static final List<String> OTHERS = List.of(LAB, EXIT, STOP);

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addModule(new SimpleModule().addSerializer(Sentence.class, new InEnglish()))
            .build();

    @ParentCommand
    private RingsideCommand ringside;

    @Mixin
    private Help help;

    @Mixin
    private GuestOptions guest;

    @Option(names = "--mode", paramLabel = "M", defaultValue = "bare", description = "mode (default: ${DEFAULT-VALUE})")
    private String mode;

    @Option(
            names = "--at",
            paramLabel = "TIME",
            defaultValue = "0",
            converter = Numbers.Count.class,
            description = "guest time (default: the start)")
    private long time;

    @Option(names = "--break", paramLabel = "WHAT", description = "goes on to there; may be given several times")
    private List<String> stops = List.of();

    @Option(names = "--backwards", description = "goes back to what --break names, instead")
    private boolean backwards;

    @Option(
            names = "--view",
            paramLabel = "NAME",
            defaultValue = "state",
            description = "view (default: ${DEFAULT-VALUE})")
    private String view;

    @Option(
            names = "--address",
            paramLabel = "A",
            description =
                    "for memory and walk: hexadecimal number, symbol, register or segment:offset (default: CS:IP)")
    private Optional<String> address;

    @Option(
            names = "--access",
            paramLabel = "KIND",
            defaultValue = "read",
            description = "for walk: read, write or fetch (default: ${DEFAULT-VALUE})")
    private Asked access;

    @Option(names = "--program", description = "for walk: the access is judged as ring 3's, whatever the present ring")
    private boolean program;

    @Option(
            names = "--syntax",
            paramLabel = "intel|att",
            defaultValue = "intel",
            description = "of instructions in memory (default: ${DEFAULT-VALUE})")
    private String syntax;

    @Option(names = "--json", description = "prints one line of JSON")
    private boolean json;

    /** What is done with an address. */
    private enum Asked {
        read(Walks.Kind.READ),
        write(Walks.Kind.WRITE),
        fetch(Walks.Kind.FETCH);

        private final Walks.Kind kind;

        Asked(Walks.Kind kind) {
            this.kind = kind;
        }

        Walks.Access as(boolean program) {
            return new Walks.Access(kind, program);
        }
    }

    /** What a lab says in the visitor's language. */
    private static final class InEnglish extends ValueSerializer<Sentence> {
        @Override
        public void serialize(Sentence sentence, JsonGenerator out, SerializationContext context) {
            out.writeString(Words.in("en").of(sentence));
        }
    }

    @Override
    public Integer call() {
        if (!OTHERS.contains(view) && Panel.named(view).isEmpty()) {
            throw new BadInput("there is no view " + view + "; the views are " + String.join(", ", Panel.names()) + ", "
                    + String.join(", ", OTHERS));
        }
        byte[] input = guest.input().orElse(new byte[0]);
        Object shown = view.equals(EXIT) ? exit(input) : shown(input);
        Output output = ringside.output();
        output.line(
                json
                        ? MAPPER.writeValueAsString(shown)
                        : MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(shown));
        output.flush();
        return Status.DONE;
    }

    private Object shown(byte[] input) {
        var showing = new Showing(guest.file(), guest.in(mode), input, time, syntax);
        if (stops.isEmpty() && !view.equals(STOP)) {
            return shown(showing);
        }
        var stopped = stopped(showing);
        return view.equals(STOP) ? told(stopped) : shown(showing);
    }

    private Showing.Stopped stopped(Showing showing) {
        if (stops.isEmpty()) {
            throw new BadInput("stop shows where a breakpoint is met: name one with --break");
        }
        try {
            return showing.stop(stops, backwards, guest.limit());
        } catch (Refusal refusal) {
            throw new BadInput(Words.in("en").of(refusal.sentence()));
        }
    }

    private static ObjectNode told(Showing.Stopped stopped) {
        return Json.object()
                .put("met", stopped.met())
                .put("why", Words.in("en").of(stopped.why()))
                .put("time", stopped.time())
                .put("step", stopped.step())
                .put("rip", Json.hex(stopped.rip()))
                .put("text", stopped.text());
    }

    private Object shown(Showing showing) {
        return view.equals(WALK)
                ? WalkJson.of(showing.walks(address, access.as(program)))
                : view.equals(LAB)
                        ? showing.mode(address)
                        : showing.view(Panel.named(view).orElseThrow(), address);
    }

    private ObjectNode exit(byte[] input) {
        var card = ExitCard.at(guest.file(), guest.in(mode), input, time);
        ObjectNode out = Json.object();
        out.put("time", card.time()).put("rip", Json.hex(card.rip())).put("text", card.text());
        ArrayNode events = out.putArray("events");
        for (ExitCard.Told told : card.events()) {
            ObjectNode event = events.addObject();
            Json.event(event, told.event());
            event.putObject("cost")
                    .put("event", told.cost().event())
                    .put("cycles", told.cost().cycles())
                    .put("processor", told.cost().processor())
                    .put("evidence", told.cost().evidence())
                    .put("source", told.cost().source());
        }
        ArrayNode remedies = out.putArray("remedies");
        for (ExitCard.Remedy remedy : card.remedies()) {
            ObjectNode one = remedies.addObject()
                    .put("option", remedy.option())
                    .put("value", remedy.value())
                    .put("avoids", remedy.avoids());
            ArrayNode instead = one.putArray("events");
            remedy.events().forEach(event -> Json.event(instead.addObject(), event));
        }
        return out;
    }
}
