package ringside.monitor.hardware;

import ringside.probe.Actor;
import ringside.probe.Deed;
import ringside.probe.Event;

/**
 * An exit as a monitor sees it that runs on any vendor's hardware.
 *
 * @param kind what it must be prepared for
 * @param port of an I/O instruction; {@link PortAccess#NONE} for other exits
 * @param memory of a fault in the nested tables; {@link MemoryAccess#NONE} for other exits
 * @param event as it is watched, in the vendor's words, not yet answered by anybody
 */
public record HardwareExit(Kind kind, PortAccess port, MemoryAccess memory, Event.Exit event) {
    /** What a monitor tells apart before it looks closer. */
    public enum Kind {
        /** IN, OUT, INS or OUTS. */
        PORT(Deed.HANDLE_IO),
        /** HLT. */
        HALT(Deed.HANDLE_HALT),
        /** A triple fault. */
        SHUTDOWN(Deed.HANDLE_TRIPLE_FAULT),
        /** A physical interrupt. */
        INTERRUPT(Deed.HANDLE_EXTERNAL_INTERRUPT),
        /** MOV to CR8. */
        TASK_PRIORITY(Deed.HANDLE_TASK_PRIORITY),
        /** The guest would take an interrupt now. */
        WINDOW(Deed.HANDLE_INTERRUPT_WINDOW),
        /** The nested tables do not lead anywhere. */
        MEMORY(Deed.HANDLE_MEMORY_FAULT),
        /** Whatever else was intercepted. */
        OTHER(Deed.HANDLE_INTERCEPT);

        private final Deed handler;

        Kind(Deed handler) {
            this.handler = handler;
        }
    }

    /** The part of a monitor that is for such exits takes it. */
    public void handledBy(Actor monitor) {
        monitor.does(kind.handler, event.number());
    }

    /**
     * What an I/O instruction asks for.
     *
     * @param size 1, 2 or 4 bytes
     * @param in IN or INS
     * @param string INS or OUTS
     */
    public record PortAccess(int port, int size, boolean in, boolean string) {
        public static final PortAccess NONE = new PortAccess(0, 0, false, false);
    }

    /**
     * A guest-physical address.
     *
     * @param write whether it was to be written
     * @param delivery whether the processor did so while it delivered an event, and no instruction
     * @param nested whether nested tables have refused it, and not shadow tables
     */
    public record MemoryAccess(long physical, boolean write, boolean delivery, boolean nested) {
        static final MemoryAccess NONE = new MemoryAccess(0, false, false, false);
    }

    /**
     * The exit as it is watched.
     *
     * @param who {@code monitor}, {@code kvm-kernel} or {@code kvm-user}
     */
    public Event.Exit answeredBy(String who) {
        return new Event.Exit(
                event.kind(), event.reason(), event.number(), event.qualification(), event.detail(), who, 0);
    }
}
