package ringside.device;

/**
 * The registers of a local APIC in x2APIC mode: model-specific registers 800H to 83FH, in the order that they have in memory otherwise, with
 * names of 32 bits and one register of 64 bits for commands.
 *
 * <p>Source: SDM 3A, x2APIC Register Address Space; Reserved Bit Checking.
 */
final class ExtendedApicRegisters {
    private static final int FIRST = 0x800;
    private static final int LAST = 0x83F;

    private static final int ID = 0x802;
    private static final int TASK_PRIORITY = 0x808;
    private static final int END_OF_INTERRUPT = 0x80B;
    private static final int LOGICAL_DESTINATION = 0x80D;
    private static final int SPURIOUS_VECTOR = 0x80F;
    private static final int ERROR_STATUS = 0x828;
    private static final int COMMAND = 0x830;
    private static final int INITIAL_COUNT = 0x838;
    private static final int DIVIDE_CONFIGURATION = 0x83E;
    private static final int SELF_INTERRUPT = 0x83F;

    private static final long BYTE = 0xFF;
    private static final long WORD = 0xFFFF_FFFFL;
    private static final int SELF = 1 << 18;

    /** The vector, and whether it is enabled by software; no focus checking. */
    private static final long SPURIOUS = 0x1FF;

    private final LocalApic apic;
    private final ApicPage page;

    ExtendedApicRegisters(LocalApic apic, ApicPage page) {
        this.apic = apic;
        this.page = page;
    }

    /** Is it one of them that can be read? Some exist in memory only, and some can only be written. */
    boolean canRead(int number) {
        return switch (number) {
            case ID, 0x803, TASK_PRIORITY, 0x80A, LOGICAL_DESTINATION, SPURIOUS_VECTOR -> true;
            case ERROR_STATUS, COMMAND, INITIAL_COUNT, 0x839, DIVIDE_CONFIGURATION -> true;
            default -> number >= 0x810 && number <= 0x827 || isOfTable(number);
        };
    }

    private static boolean isOfTable(int number) {
        return number >= FIRST && number <= LAST && LocalVectorTable.has(offset(number));
    }

    /** The offset that the register has in memory. */
    private static int offset(int number) {
        return number - FIRST << 4;
    }

    /** RDMSR of what {@link #canRead}. */
    long read(int number) {
        return switch (number) {
            case ID -> apic.names().extendedId();
            case LOGICAL_DESTINATION -> apic.names().extendedLogical();
            case COMMAND -> apic.command().extended();
            default -> page.read(offset(number)) & WORD;
        };
    }

    /** WRMSR. @return false where there is no such register, it cannot be written, or it has not these bits */
    boolean write(int number, long value) {
        if (!canHold(number, value)) {
            return false;
        }
        switch (number) {
            case COMMAND -> {
                apic.command().extendedDestination((int) (value >>> 32));
                apic.send((int) value);
            }
            case SELF_INTERRUPT -> apic.sendToItself(SELF | (int) value);
            default -> page.write(offset(number), (int) value);
        }
        return true;
    }

    private static boolean canHold(int number, long value) {
        return canWrite(number) && (value & ~writable(number)) == 0;
    }

    private static boolean canWrite(int number) {
        return switch (number) {
            case TASK_PRIORITY, END_OF_INTERRUPT, SPURIOUS_VECTOR, ERROR_STATUS, COMMAND -> true;
            case INITIAL_COUNT, DIVIDE_CONFIGURATION, SELF_INTERRUPT -> true;
            default -> isOfTable(number);
        };
    }

    private static long writable(int number) {
        return switch (number) {
            case TASK_PRIORITY, SELF_INTERRUPT -> BYTE;
            case END_OF_INTERRUPT, ERROR_STATUS -> 0;
            case SPURIOUS_VECTOR -> SPURIOUS;
            case COMMAND -> WORD << 32 | InterruptCommand.WRITABLE;
            case INITIAL_COUNT -> WORD;
            case DIVIDE_CONFIGURATION -> 0xB;
            default -> LocalVectorTable.accepted(offset(number));
        };
    }
}
