package ringside.session;

/** The memory that a server has for labs, as one of them sees it. */
interface Room {
    /** Room without bounds. */
    Room PLENTY = lab -> true;

    /**
     * A lab has grown, or not.
     *
     * @return false where it takes more than it can have
     */
    boolean holds(Session lab);
}
