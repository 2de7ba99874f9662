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

    /** Left by an IRET: does it say whether that has ended the blocking of NMIs before? If not, it has not. */
    public boolean tellsOfUnblocking() {
        return false;
    }

    /** The same exit, of an IRET that has. */
    public Exit unblocking() {
        return this;
    }
}
