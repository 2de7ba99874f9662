package ringside.cpu.micro;

/** One line of the tables of lowerings: writes the micro-operations of some instructions. */
@FunctionalInterface
interface Rule {
    /** @return false where this instruction, after all, shall call its row; the draft is thrown away then */
    boolean write(Draft draft);
}
