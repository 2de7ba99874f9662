package ringside.session;

import java.util.Optional;
import ringside.trace.NextInstruction;

/**
 * Over the next instruction with all that it calls: a procedure, a handler, all iterations. An interrupt or fault that comes first is gone
 * over, too. It is done where the guest stands behind the instruction again with its stack as it was.
 */
final class Over implements Quarry {
    /** A procedure may take so many bytes of arguments off the stack. */
    private static final long MOST_ARGUMENTS = 1024;

    private static final Optional<Sentence> ARRIVED = Optional.of(Sentence.of("met.over"));

    private final NextInstruction next = new NextInstruction();
    private String domain = "";
    private int ring;
    private long at;
    private long behind;
    private long stack;
    private boolean inside;
    private boolean interrupted;

    /** SYSENTER leads back wherever the kernel says. */
    private boolean systemCall;

    private long tables;

    @Override
    public void arm(Lookout here) {
        begin(here);
    }

    private void begin(Lookout here) {
        domain = here.domainNow();
        ring = here.ring;
        at = here.at;
        stack = here.stack;
        behind = at + next.of(here.cpu()).bytes().length;
        inside = false;
        interrupted = false;
        tables = here.cpu().system.cr3;
    }

    @Override
    public Optional<Sentence> met(Lookout crossed) {
        if (!crossed.domainNow().equals(domain)) {
            return Optional.empty();
        }
        if (inside || interrupted) {
            return back(crossed);
        }
        if (crossed.delivered) {
            interrupted = true;
            return Optional.empty();
        }
        boolean led = crossed.depth() > 0 && crossed.at != behind;
        boolean more = crossed.glance.repeated && crossed.at == at;
        inside = led;
        systemCall = led && crossed.glance.flow == Glance.Flow.SYSTEM_CALL;
        return led || more ? Optional.empty() : ARRIVED;
    }

    /** Has the guest come back from what was called? */
    private Optional<Sentence> back(Lookout crossed) {
        if (systemCall && inside) {
            boolean returned = crossed.ring == ring && crossed.depth() < 0 && crossed.cpu().system.cr3 == tables;
            return returned ? ARRIVED : Optional.empty();
        }
        long off = crossed.stack - stack;
        if (crossed.ring != ring || off < 0 || off >= MOST_ARGUMENTS) {
            return Optional.empty();
        }
        if (crossed.at == behind && crossed.depth() < 0) {
            return ARRIVED;
        }
        if (interrupted && off == 0 && crossed.depth() < 0) {
            if (crossed.at != at) {
                return ARRIVED;
            }
            begin(crossed);
        }
        return Optional.empty();
    }
}
