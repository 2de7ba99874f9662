package ringside.session;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState;
import ringside.monitor.Monitor;
import ringside.probe.Event;
import ringside.trace.NextInstruction;

/**
 * Which exceptions and interrupts the guest is handling, as far as their deliveries were seen, and where their frames lie: a frame comes
 * with the delivery or with INT n, and goes with the IRET that takes it off the stack.
 */
final class Handlers {
    /** Of deeper nesting the innermost are kept. */
    private static final int MOST = 16;

    private static final String SOFTWARE = "INT";

    private final Glance glance = new Glance();
    private final Deque<Frame> frames = new ArrayDeque<>();
    private String domain = "";
    private long stack;
    private int ring;
    private int selector;

    /** The vector of an INT n that comes next; -1 for other instructions. */
    private int software;

    /**
     * What a delivery has pushed (SDM 3A, Exception- or Interrupt-Handler Procedures).
     *
     * @param reason in the manual's words; {@code INT} where an instruction has asked for it
     * @param vector its number
     * @param time guest time at which its handler began
     * @param address linear address of the lowest entry
     * @param width bytes of an entry
     * @param errorCode the lowest entry is one
     * @param outer the interrupted program's stack pointer and SS are saved too
     */
    record Frame(
            String reason,
            int vector,
            long time,
            long address,
            int width,
            boolean errorCode,
            boolean outer,
            String domain) {
        /** What stands in each entry, the lowest first. */
        List<Sentence> entries() {
            List<Sentence> all = new ArrayList<>();
            if (errorCode) {
                all.add(Sentence.of("stack.handled.error", reason, vector, time));
                all.add(Sentence.of("stack.saved.ip"));
            } else {
                all.add(Sentence.of("stack.handled.ip", reason, vector, time));
            }
            all.add(Sentence.of("stack.saved.cs"));
            all.add(Sentence.of("stack.saved.flags"));
            if (outer) {
                all.add(Sentence.of("stack.saved.sp"));
                all.add(Sentence.of("stack.saved.ss"));
            }
            return all;
        }

        private long instructionPointer() {
            return address + (errorCode ? width : 0);
        }
    }

    /** A boundary will be crossed. */
    void before(Monitor monitor) {
        Cpu cpu = monitor.believed();
        domain = monitor.domain();
        stack = Scene.stackTop(cpu);
        ring = cpu.system.cpl;
        selector = cpu.system.segments[SystemState.CS].selector();
        long at = NextInstruction.codeBase(cpu) + cpu.registers.rip();
        glance.at(cpu, at);
        software = glance.flow == Glance.Flow.INTERRUPT ? glance.vector : -1;
    }

    /** It was crossed, and these events were told. */
    void after(Monitor monitor, long time, List<Event> events) {
        if (!monitor.domain().equals(domain)) {
            return;
        }
        Optional<Event.Delivery> delivery = events.stream()
                .filter(Event.Delivery.class::isInstance)
                .map(Event.Delivery.class::cast)
                .reduce((first, last) -> last);
        if (delivery.isPresent()) {
            var told = delivery.get();
            enter(monitor.believed(), told.reason(), told.number(), time, told.errorCode() >= 0);
        } else if (software >= 0) {
            enter(monitor.believed(), SOFTWARE, software, time, false);
        } else if (glance.interruptReturn) {
            leave();
        }
    }

    private void enter(Cpu cpu, String reason, int vector, long time, boolean errorCode) {
        int width = Scene.stackWidth(cpu);
        boolean outer = cpu.is64Bit() || cpu.system.cpl != ring;
        var frame = new Frame(reason, vector, time, Scene.stackTop(cpu), width, errorCode, outer, domain);
        // Where something else was pushed, as by Xen's own way of delivering, it is no frame of this form.
        int saved = Scene.peek(cpu, frame.instructionPointer() + width)
                | Scene.peek(cpu, frame.instructionPointer() + width + 1) << 8;
        if (saved != selector) {
            return;
        }
        frames.addLast(frame);
        if (frames.size() > MOST) {
            frames.removeFirst();
        }
    }

    /** IRET takes off what lies on top; what was delivered later has been left by other ways. */
    private void leave() {
        if (frames.stream().anyMatch(frame -> frame.instructionPointer() == stack)) {
            while (frames.removeLast().instructionPointer() != stack) {}
        }
    }

    /** Those of the domain that runs, the innermost last. */
    List<Frame> frames(String running) {
        return frames.stream().filter(frame -> frame.domain().equals(running)).toList();
    }

    void clear() {
        frames.clear();
    }
}
