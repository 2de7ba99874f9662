package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Task switches by JMP, CALL, IRET and task gates, to and from 16 and 32-bit tasks and virtual-8086 tasks; bad gates and bad tasks. */
final class TaskCases {
    private static final List<String> WAYS = List.of(
            "jmp", "call", "jmp gate", "call gate", "int gate", "iretd", "fault gate", "fault gate with error code");

    private static final int GATE = Area.FREE;
    private static final int ABSENT_DATA = Area.FREE + 16;
    private static final int SHORT_CODE = Area.FREE + 24;
    private static final int ABSENT_CODE = Area.FREE + 32;
    /** Segments at 20000H for tasks with 16-bit pointers: code and data of the new ring, and the stack of ring 0. */
    private static final int LOW_CODE = Area.FREE + 40;

    private static final int LOW_DATA = Area.FREE + 48;
    private static final int LOW_STACK = Area.FREE + 56;
    private static final int BEYOND = 0x200;

    private TaskCases() {}

    static List<SystemCase> all(Random random) {
        var cases = new ArrayList<SystemCase>();
        for (String way : WAYS) {
            for (Kind kind : Kind.values()) {
                for (int newRing = kind.inner() ? 0 : 3; newRing < 4; newRing += 3) {
                    for (int ring = 0; ring < 4; ring += 3) {
                        cases.add(new Switch(random, way, kind, ring, newRing).made());
                    }
                }
            }
        }
        return cases;
    }

    /** What is peculiar about the new task or the way to it. */
    private enum Kind {
        GOOD("good", When.NEVER),
        BUSY_OR_NOT("busy as it must not be", When.BEFORE),
        NO_TASK("no TSS", When.BEFORE),
        ABSENT("absent", When.BEFORE),
        SHORT("a limit that is too short", When.BEFORE),
        INNER("DPL 0", When.NEVER),
        LOCAL_SELECTOR("a selector of the LDT", When.BEFORE),
        BEYOND_TABLE("a selector beyond the GDT", When.BEFORE),
        ABSENT_GATE("an absent gate", When.BEFORE),
        INNER_GATE("a gate of DPL 0", When.NEVER),
        NARROW("a 16-bit TSS", When.NEVER),
        FROM_NARROW("from a 16-bit TSS", When.NEVER),
        VIRTUAL("virtual-8086 code", When.NEVER),
        TRAPPING("T set", When.NEVER),
        PAGED("page tables of its own", When.NEVER),
        NULL_LDT("no LDT", When.NEVER),
        NULL_DS("a null DS", When.NEVER),
        BAD_DS("a bad DS", When.AFTER),
        ABSENT_DS("an absent DS", When.AFTER),
        OUTSIDE("EIP outside its code", When.AFTER),
        BAD_LDT("a bad LDT", When.SEGMENTS),
        NULL_SS("a null SS", When.SEGMENTS),
        CODE_IN_SS("code in SS", When.SEGMENTS),
        ABSENT_SS("an absent SS", When.SEGMENTS),
        INNER_SS("SS of ring 0", When.SEGMENTS),
        DATA_IN_CS("data in CS", When.SEGMENTS),
        INNER_CS("CS of ring 0", When.SEGMENTS),
        ABSENT_CS("an absent CS", When.SEGMENTS);

        private final String text;
        private final When when;

        Kind(String text, When when) {
            this.text = text;
            this.when = when;
        }

        /** Whether the new task can be of ring 0: without a stack of its own, its fault needs that of an inner ring. */
        boolean inner() {
            return when != When.SEGMENTS && this != VIRTUAL;
        }
    }

    /** When a kind faults, whatever the way. */
    private enum When {
        NEVER(""),
        BEFORE("before the switch"),
        SEGMENTS("at the LDT, CS or SS of the new task"),
        AFTER("in the new task");

        private final String text;

        When(String text) {
            this.text = text;
        }
    }

    /** One switch in the making. */
    private static final class Switch {
        private final Random random;
        private final String way;
        private final Kind kind;
        private final int ring;
        private final int newRing;
        private final boolean nested;
        private final Draft draft;

        Switch(Random random, String way, Kind kind, int ring, int newRing) {
            this.random = random;
            this.way = way;
            this.kind = kind;
            this.ring = ring;
            this.newRing = newRing;
            nested = way.equals("iretd");
            draft = Draft.protectedMode(ring).set("flags", nested ? 0x4002 : 2);
        }

        SystemCase made() {
            int selector = selector();
            byte[] descriptor = Area.descriptor(Area.OTHER_TSS, kind == Kind.SHORT ? 0x66 : 0xFF, rights(), 0);
            draft.describe(GATE, gate(selector))
                    .patch(Area.IDT + 8 * 0x31, gate(selector))
                    .patch(Area.TSS, nested ? selector : 0)
                    .describe(ABSENT_DATA, Area.descriptor(0, 0xF_FFFF, 0x13 | newRing << 5, 0xC))
                    .describe(SHORT_CODE, Area.descriptor(0, Area.TARGET - 1, 0x9B | newRing << 5, 4))
                    .describe(ABSENT_CODE, Area.descriptor(0, 0xF_FFFF, 0x1B | newRing << 5, 0xC))
                    .describe(4, descriptor)
                    .describe(Area.OTHER_TASK, descriptor)
                    .patch(Area.DATA, 0x1F8);
            if (way.startsWith("fault")) {
                draft.patch(Area.IDT + 8 * (way.endsWith("code") ? 13 : 6), gate(selector));
            }
            if (kind == Kind.FROM_NARROW) {
                draft.describe(Area.TASK, Area.descriptor(Area.TSS, 0xFF, 0x81, 0));
            }
            if (kind == Kind.PAGED) {
                draft.set("cr0", 0x8000_0031)
                        .set("cr3", Area.PAGE_DIRECTORY)
                        .patch(Area.LEVEL_4, Area.LOW_TABLE | 0x27);
            }
            if (kind == Kind.NARROW) {
                narrowState();
            } else {
                state();
            }
            int target = kind == Kind.VIRTUAL ? 0x10 : Area.TARGET;
            draft.code(
                    kind == Kind.VIRTUAL ? Area.CODE + 0x10 : Area.TARGET,
                    target,
                    kind == Kind.VIRTUAL ? 16 : 32,
                    "inc ebx");
            return draft.code(instruction(selector))
                    .named("task: %s; %s, %s, ring %d to ring %d", form(), way, kind.text, ring, newRing);
        }

        /** A bad gate or task makes a double fault of the general-protection exception that meets it. */
        private String form() {
            if (kind == Kind.GOOD) {
                return way.toUpperCase(Locale.ROOT);
            }
            if (way.endsWith("code") && kind.when != When.NEVER) {
                return "double fault " + (kind == Kind.OUTSIDE ? "at its first instruction" : kind.when.text);
            }
            if (kind.when == When.SEGMENTS) {
                return "fault " + kind.when.text;
            }
            return way.equals("fault gate") && kind.when != When.NEVER ? "fault while another is delivered" : kind.text;
        }

        private int selector() {
            return switch (kind) {
                case LOCAL_SELECTOR -> 4;
                case BEYOND_TABLE -> BEYOND;
                default -> Area.OTHER_TASK;
            };
        }

        private byte[] gate(int selector) {
            int rights = kind == Kind.ABSENT_GATE ? 0x65 : kind == Kind.INNER_GATE ? 0x85 : 0xE5;
            return Area.gate(selector, 0, rights, 0);
        }

        /** Of the new task's descriptor: a task that is returned to is busy. */
        private int rights() {
            boolean busy = nested != (kind == Kind.BUSY_OR_NOT);
            int type = kind == Kind.NO_TASK ? 0x92 : kind == Kind.NARROW ? 0x81 : 0x89;
            return (type | (busy ? 2 : 0) | (kind == Kind.INNER ? 0 : 0x60)) & (kind == Kind.ABSENT ? 0x7F : 0xFF);
        }

        private String instruction(int selector) {
            return switch (way) {
                case "jmp", "call" -> "%s %d:0x1234".formatted(way, selector | 3);
                case "jmp gate", "call gate" -> "%s %d:0x1234".formatted(way.replace(" gate", ""), GATE | 3);
                case "int gate" -> "int 0x31";
                case "iretd" -> "iretd";
                case "fault gate" -> "ud2";
                default -> "mov fs, [0x21000]";
            };
        }

        /** SDM 3A, 16-Bit Task-State Segment (TSS). */
        private void narrowState() {
            draft.describe(LOW_CODE, Area.descriptor(0x2_0000, 0xFFFF, 0x9B | newRing << 5, 4))
                    .describe(LOW_DATA, Area.descriptor(0x2_0000, 0xFFFF, 0x93 | newRing << 5, 0))
                    .describe(LOW_STACK, Area.descriptor(0x2_0000, 0xFFFF, 0x93, 0));
            int code = LOW_CODE | newRing;
            int data = LOW_DATA | newRing;
            int flags = 2 | random.nextInt(0x1000) & 0xED7;
            int stack = newRing == 0 ? 0x5000 : 0x2C00;
            int[] words = {
                0x1111,
                0x6000,
                LOW_STACK,
                0,
                0,
                0,
                0,
                0x7000,
                flags,
                0xA0,
                0xC1,
                0xD2,
                0xB3,
                stack,
                0xB5,
                0x56,
                0xD7,
                data,
                code,
                data,
                data,
                Area.LOCAL
            };
            for (int i = 0; i < words.length; i++) {
                draft.patch(Area.OTHER_TSS + 2 * i, new byte[] {(byte) words[i], (byte) (words[i] >> 8)});
            }
        }

        /** SDM 3A, Task-State Segment (TSS). */
        private void state() {
            int code = newRing == 0 ? Area.KERNEL_CODE : Area.USER_CODE;
            int data = newRing == 0 ? Area.KERNEL_DATA : Area.USER_DATA;
            int stack = newRing == 0 ? Area.STACK_1 : Area.STACK_3 - 0x400;
            int cs = switch (kind) {
                case DATA_IN_CS -> Area.USER_DATA;
                case INNER_CS -> Area.KERNEL_CODE | 3;
                case ABSENT_CS -> ABSENT_CODE | 3;
                case OUTSIDE -> SHORT_CODE | newRing;
                default -> code;
            };
            int ss = switch (kind) {
                case NULL_SS -> 0;
                case CODE_IN_SS -> Area.USER_CODE;
                case ABSENT_SS -> ABSENT_DATA | newRing;
                case INNER_SS -> Area.KERNEL_DATA | 3;
                default -> data;
            };
            int ds = switch (kind) {
                case BAD_DS -> newRing == 0 ? 0x1F8 : Area.KERNEL_DATA;
                case ABSENT_DS -> ABSENT_DATA;
                case NULL_DS -> 0;
                default -> data;
            };
            int ldt = kind == Kind.BAD_LDT ? BEYOND : kind == Kind.NULL_LDT ? 0 : Area.LOCAL;
            int eip = Area.TARGET;
            int flags = 2 | random.nextInt(0x1000) & 0xED7;
            int cr3 = kind == Kind.PAGED ? Area.LEVEL_4 : 0x1234_5000;
            int[] words = {
                cr3, eip, flags, 0xA0, 0xC1, 0xD2, 0xB3, stack, 0xB5, 0x56, 0xD7, data, cs, ss, ds, data, data, ldt
            };
            if (kind == Kind.VIRTUAL) {
                words = new int[] {
                    cr3,
                    0x10,
                    flags | 0x2_0000,
                    0xA0,
                    0xC1,
                    0xD2,
                    0xB3,
                    0xF00,
                    0xB5,
                    0x56,
                    0xD7,
                    0x2100,
                    0x2000,
                    0x2200,
                    0x2100,
                    0x1111,
                    0x2222,
                    ldt
                };
            }
            for (int i = 0; i < words.length; i++) {
                draft.patch(Area.OTHER_TSS + 0x1C + 4 * i, words[i]);
            }
            draft.patch(Area.OTHER_TSS, 0x1111_0000L)
                    .patch(Area.OTHER_TSS + 4, Area.STACK_2)
                    .patch(Area.OTHER_TSS + 8, Area.KERNEL_DATA)
                    .patch(Area.OTHER_TSS + 0x64, 0x68 << 16 | (kind == Kind.TRAPPING ? 1 : 0));
        }
    }
}
