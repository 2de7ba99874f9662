package ringside.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;

/**
 * What the processor reports beside an exit's reason, field by field: Intel's exit qualifications (SDM 3C, Exit Qualification), AMD's
 * EXITINFO1 (APM 2, SVM Intercept Exit Codes and the sections on each), and error codes of faults (SDM 3A, Error Code; Interrupt 14).
 */
public final class Qualification {
    /**
     * One field.
     *
     * @param name as the manual names it
     * @param high its highest bit
     * @param low its lowest bit
     * @param value of the field alone
     * @param meaning of this value; empty where it is a plain number
     */
    public record Field(String name, int high, int low, long value, String meaning) {}

    /** A field of a form; its meaning follows from its value. */
    private record Part(String name, int high, int low, LongFunction<String> meaning) {
        Field of(long qualification) {
            long mask = high - low == 63 ? -1 : (1L << high - low + 1) - 1;
            long value = qualification >>> low & mask;
            return new Field(name, high, low, value, meaning.apply(value));
        }
    }

    private static final List<String> REGISTERS = List.of(
            "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI", "R8", "R9", "R10", "R11", "R12", "R13", "R14",
            "R15");
    private static final List<String> SEGMENTS = List.of("ES", "CS", "SS", "DS", "FS", "GS");

    private static final LongFunction<String> NUMBER = value -> "";
    private static final LongFunction<String> REGISTER = value -> REGISTERS.get((int) value);

    // spotless:off
    private static final List<Part> CONTROL_REGISTER = List.of(
            part("control register", 3, 0, value -> "CR" + value),
            part("access type", 5, 4, value -> List.of("MOV to CR", "MOV from CR", "CLTS", "LMSW").get((int) value)),
            part("LMSW operand type", 6, 6, value -> value == 0 ? "register" : "memory"),
            part("general register", 11, 8, REGISTER),
            part("LMSW source data", 31, 16, NUMBER));
    private static final List<Part> DEBUG_REGISTER = List.of(
            part("debug register", 2, 0, value -> "DR" + value),
            part("direction", 4, 4, value -> value == 0 ? "MOV to DR" : "MOV from DR"),
            part("general register", 11, 8, REGISTER));
    private static final List<Part> INPUT_OUTPUT = List.of(
            part("size of access", 2, 0, value -> value + 1 + " bytes"),
            part("direction", 3, 3, value -> value == 0 ? "OUT" : "IN"),
            flag("string instruction", 4),
            flag("REP prefixed", 5),
            part("operand encoding", 6, 6, value -> value == 0 ? "DX" : "immediate"),
            part("port number", 31, 16, NUMBER));
    private static final List<Part> EPT_VIOLATION = List.of(
            flag("data read", 0),
            flag("data write", 1),
            flag("instruction fetch", 2),
            flag("readable", 3),
            flag("writable", 4),
            flag("executable", 5),
            flag("guest linear address valid", 7),
            part("translation", 8, 8, value -> value == 0 ? "of a paging-structure entry" : "of the final address"),
            flag("NMI unblocking due to IRET", 12));
    private static final List<Part> TASK_SWITCH = List.of(
            part("selector of the new task", 15, 0, NUMBER),
            part("source", 31, 30, value -> List.of("CALL", "IRET", "JMP", "task gate in the IDT").get((int) value)));
    private static final List<Part> DEBUG_EXCEPTION = List.of(
            part("B3 to B0", 3, 0, NUMBER),
            flag("BD: access to a debug register", 13),
            flag("BS: single step", 14));
    private static final List<Part> LINEAR_ADDRESS = List.of(part("linear address", 63, 0, NUMBER));
    private static final List<Part> MONITOR_ARMED = List.of(flag("address range monitoring armed", 0));
    private static final List<Part> APIC_ACCESS = List.of(
            part("offset in the APIC page", 11, 0, NUMBER),
            part("access type", 15, 12, value -> switch ((int) value) {
                case 0 -> "read by an instruction";
                case 1 -> "write by an instruction";
                case 2 -> "instruction fetch";
                case 3 -> "during event delivery";
                case 10 -> "guest-physical access during event delivery";
                case 15 -> "guest-physical access by an instruction";
                default -> "";
            }));

    private static final List<Part> IOIO = List.of(
            part("TYPE", 0, 0, value -> value == 0 ? "OUT" : "IN"),
            flag("STR: string instruction", 2),
            flag("REP: repeated", 3),
            flag("SZ8: 8 bits", 4),
            flag("SZ16: 16 bits", 5),
            flag("SZ32: 32 bits", 6),
            flag("A16: 16-bit address", 7),
            flag("A32: 32-bit address", 8),
            flag("A64: 64-bit address", 9),
            part("SEG: effective segment", 12, 10, value -> value < SEGMENTS.size() ? SEGMENTS.get((int) value) : ""),
            part("PORT", 31, 16, NUMBER));
    private static final List<Part> NESTED_PAGE_FAULT = List.of(
            flag("P: translation present", 0),
            flag("RW: write", 1),
            flag("US: user", 2),
            flag("RSV: reserved bit set", 3),
            flag("ID: instruction fetch", 4),
            flag("of the final physical address", 32),
            flag("of a page table of the guest", 33));
    private static final List<Part> MOVE = List.of(
            part("general register", 3, 0, REGISTER),
            flag("MOV", 63));
    private static final List<Part> MODEL_SPECIFIC = List.of(part("direction", 0, 0, value -> value == 0 ? "RDMSR" : "WRMSR"));
    private static final List<Part> VECTOR = List.of(part("vector", 7, 0, NUMBER));
    private static final List<Part> SELECTOR_OF_TASK = List.of(part("selector of the new task", 15, 0, NUMBER));

    private static final List<Part> PAGE_FAULT = List.of(
            part("P", 0, 0, value -> value == 0 ? "page not present" : "protection"),
            part("W/R", 1, 1, value -> value == 0 ? "read" : "write"),
            part("U/S", 2, 2, value -> value == 0 ? "supervisor" : "user"),
            flag("RSVD: reserved bit set", 3),
            part("I/D", 4, 4, value -> value == 0 ? "data" : "instruction fetch"));
    private static final List<Part> SELECTOR = List.of(
            flag("EXT: while an event was delivered", 0),
            part("IDT", 1, 1, value -> value == 0 ? "of a descriptor table" : "of a gate in the IDT"),
            part("TI", 2, 2, value -> value == 0 ? "GDT" : "LDT"),
            part("index", 15, 3, NUMBER));

    private static final Map<String, List<Part>> VT_X = Map.of(
            "TASK_SWITCH",   TASK_SWITCH,
            "CR_ACCESS",     CONTROL_REGISTER,
            "MOV_DR",        DEBUG_REGISTER,
            "IO_INSTRUCTION", INPUT_OUTPUT,
            "INVLPG",        LINEAR_ADDRESS,
            "MWAIT",         MONITOR_ARMED,
            "APIC_ACCESS",   APIC_ACCESS,
            "EPT_VIOLATION", EPT_VIOLATION);
    private static final Map<String, List<Part>> AMD_V = Map.of(
            "IOIO",        IOIO,
            "CR0_SEL_WRITE", MOVE,
            "MSR",         MODEL_SPECIFIC,
            "NPF",         NESTED_PAGE_FAULT,
            "SWINT",       VECTOR,
            "INVLPG",      LINEAR_ADDRESS,
            "TASK_SWITCH", SELECTOR_OF_TASK);
    // spotless:on

    private static final int DEBUG = 1;
    private static final int INVALID_TSS = 10;
    private static final int PAGE = 14;
    private static final int AMD_V_DEBUG_REGISTERS = 0x40;
    private static final int AMD_V_EXCEPTIONS = 0x40;
    private static final int AMD_V_EXCEPTIONS_END = 0x60;

    private Qualification() {}

    private static Part part(String name, int high, int low, LongFunction<String> meaning) {
        return new Part(name, high, low, meaning);
    }

    private static Part flag(String name, int bit) {
        return new Part(name, bit, bit, value -> value == 0 ? "no" : "yes");
    }

    /**
     * The fields of an event's qualification.
     *
     * @param kind reason and number of the event, as traces name them
     * @param qualification exit qualification, EXITINFO1 or error code
     * @param detail what the event concerns beside it: of an exit by exception its vector, of a hypercall its first argument
     * @return empty where nothing is reported
     */
    public static List<Field> fields(String kind, String reason, int number, long qualification, long detail) {
        List<Field> fields = new ArrayList<>();
        if (kind.equals("hypercall") && !HypercallCommands.name(reason, detail).isEmpty()) {
            fields.add(new Field("command", 63, 0, detail, HypercallCommands.name(reason, detail)));
        }
        parts(kind, reason, number, detail).forEach(part -> fields.add(part.of(qualification)));
        return fields;
    }

    private static List<Part> parts(String kind, String reason, int number, long detail) {
        return switch (kind) {
            case "vm-exit" ->
                reason.equals("EXCEPTION_OR_NMI") ? ofException((int) detail) : VT_X.getOrDefault(reason, List.of());
            case "vmexit" -> ofAmdV(reason, number);
            case "trap", "hidden", "fault", "exception" -> ofErrorCode(number);
            default -> List.of();
        };
    }

    /** SDM 3C, Exit Qualification: of exceptions only #DB and #PF report something there. */
    private static List<Part> ofException(int vector) {
        return vector == PAGE ? LINEAR_ADDRESS : vector == DEBUG ? DEBUG_EXCEPTION : List.of();
    }

    private static List<Part> ofAmdV(String reason, int number) {
        if (number < AMD_V_DEBUG_REGISTERS) {
            return MOVE;
        }
        if (number >= AMD_V_EXCEPTIONS && number < AMD_V_EXCEPTIONS_END) {
            return ofErrorCode(number - AMD_V_EXCEPTIONS);
        }
        return AMD_V.getOrDefault(reason, List.of());
    }

    private static List<Part> ofErrorCode(int vector) {
        return vector == PAGE ? PAGE_FAULT : vector >= INVALID_TSS && vector < PAGE ? SELECTOR : List.of();
    }
}
