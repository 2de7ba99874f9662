package ringside.session;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import ringside.cpu.Cpu;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.monitor.Monitor;
import ringside.probe.Event;
import ringside.trace.HypercallCommands;

/**
 * Which lines of a guest's source have asked the hypervisor for what, seen while it runs: a hypercall belongs to the line from which the
 * guest came to it, be it by way of code that the hypervisor has put there.
 */
final class LineCalls {
    private static final String HYPERCALL = "hypercall";

    /** Different calls that are told of one line. */
    private static final int MOST = 16;

    /** Where hypercalls have their arguments (Xen, docs/guest-guide/x86/hypercall-abi.rst). */
    private static final int[] ARGUMENTS_64 = {Registers.RDI, Registers.RSI, Registers.RDX, 10, 8};

    private static final int[] ARGUMENTS_32 = {Registers.RBX, Registers.RCX, Registers.RDX, Registers.RSI, Registers.RDI
    };

    private final SourceMap source;
    private final Map<Integer, Map<Asked, PortDiff.Call>> lines = new TreeMap<>();
    private Optional<Integer> line = Optional.empty();
    private List<String> arguments = List.of();
    private long time;

    /** What is asked for: calls of one line that are alike in this are counted together. */
    private record Asked(String name, String command) {}

    LineCalls(SourceMap source) {
        this.source = source;
    }

    /** A domain of its own code, whose lines these are, is about to perform an instruction. */
    void before(Monitor monitor) {
        Cpu cpu = monitor.believed();
        long linear = cpu.system.segments[SystemState.CS].base() + cpu.registers.rip();
        line = source.lineAt(linear).or(() -> line);
        int[] places = cpu.is64Bit() ? ARGUMENTS_64 : ARGUMENTS_32;
        int size = cpu.is64Bit() ? 8 : 4;
        arguments = IntStream.of(places)
                .mapToObj(place -> Scene.hex(cpu.registers.get(place, size)))
                .toList();
        time = monitor.machine().clock().now();
    }

    /** It has been performed, and this has happened. */
    void after(List<Event> events) {
        for (Event event : events) {
            if (event.kind().equals(HYPERCALL)) {
                line.ifPresent(number -> add(number, event));
            }
        }
    }

    private void add(int number, Event event) {
        long detail =
                event instanceof Event.Exit exit ? exit.detail() : event instanceof Event.Step step ? step.detail() : 0;
        Asked asked = new Asked(event.reason(), HypercallCommands.name(event.reason(), detail));
        Map<Asked, PortDiff.Call> known = lines.computeIfAbsent(number, none -> new LinkedHashMap<>());
        PortDiff.Call call = known.get(asked);
        if (call != null) {
            known.put(asked, call.again());
        } else if (known.size() < MOST) {
            known.put(asked, new PortDiff.Call(asked.name, event.number(), asked.command, arguments, 1, time));
        }
    }

    /** By the numbers of lines, in the order in which they were made first. */
    Map<Integer, List<PortDiff.Call>> all() {
        Map<Integer, List<PortDiff.Call>> all = new TreeMap<>();
        lines.forEach((number, calls) -> all.put(number, new ArrayList<>(calls.values())));
        return all;
    }
}
