package ringside.cpu;

/**
 * The monitor's turn: the guest has been left. Thrown through the running instruction, which has changed nothing; each kind of monitor
 * has its own subclass, which says why.
 */
public abstract class Exit extends RuntimeException {
    private static final long serialVersionUID = 1;

    protected Exit() {
        super(null, null, false, false);
    }
}
