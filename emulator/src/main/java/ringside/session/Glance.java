package ringside.session;

import ringside.cpu.Cpu;
import ringside.cpu.Registers;

/**
 * What the next instruction does to the flow of control and to ports, read from its opcode (SDM 2, Opcode Map). It leaves no trace, and
 * allocates nothing: a search asks at every boundary.
 */
final class Glance {
    private static final int MOST_PREFIXES = 14;
    private static final int REX = 0x40;

    /** What becomes of the flow of control, where nothing comes before the instruction and it does not fault. */
    enum Flow {
        PLAIN,
        CALL,
        /** INT n, INT3, INTO, INT1. */
        INTERRUPT,
        /** SYSCALL or SYSENTER. */
        SYSTEM_CALL,
        /** RET, IRET, SYSRET, SYSEXIT. */
        RETURN
    }

    /** Which way data goes, seen from the processor. */
    enum Direction {
        IN,
        OUT
    }

    Flow flow = Flow.PLAIN;

    /** IRET. */
    boolean interruptReturn;

    /** Which interrupt INT n, INT3, INTO or INT1 asks for. */
    int vector;

    /** It reads or writes a port. */
    boolean port;

    Direction direction = Direction.IN;
    int portNumber;
    /** Bytes of an access to a port. */
    int portSize;

    /** A string instruction with a prefix to repeat it. */
    boolean repeated;

    private boolean prefix66;
    private boolean repeatPrefix;

    /** Looks at the instruction at a linear address. */
    void at(Cpu cpu, long linear) {
        flow = Flow.PLAIN;
        interruptReturn = false;
        port = false;
        repeated = false;
        prefix66 = false;
        repeatPrefix = false;
        long at = linear;
        int opcode = Scene.peek(cpu, at);
        for (int i = 0; i < MOST_PREFIXES && isPrefix(cpu, opcode); i++) {
            at++;
            opcode = Scene.peek(cpu, at);
        }
        if (opcode == 0x0F) {
            twoBytes(Scene.peek(cpu, at + 1));
        } else {
            oneByte(cpu, opcode, at);
        }
    }

    private boolean isPrefix(Cpu cpu, int opcode) {
        switch (opcode) {
            case 0x66 -> prefix66 = true;
            case 0xF2, 0xF3 -> repeatPrefix = true;
            case 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x67, 0xF0 -> {}
            default -> {
                return cpu.is64Bit() && (opcode & 0xF0) == REX;
            }
        }
        return true;
    }

    private void twoBytes(int opcode) {
        switch (opcode) {
            case 0x05, 0x34 -> flow = Flow.SYSTEM_CALL;
            case 0x07, 0x35 -> flow = Flow.RETURN;
            default -> {}
        }
    }

    private void oneByte(Cpu cpu, int opcode, long at) {
        switch (opcode) {
            case 0xE8, 0x9A -> flow = Flow.CALL;
            case 0xFF -> {
                int extension = Scene.peek(cpu, at + 1) >> 3 & 7;
                flow = extension == 2 || extension == 3 ? Flow.CALL : Flow.PLAIN;
            }
            case 0xC2, 0xC3, 0xCA, 0xCB -> flow = Flow.RETURN;
            case 0xCF -> {
                flow = Flow.RETURN;
                interruptReturn = true;
            }
            case 0xCC -> interrupt(3);
            case 0xCD -> interrupt(Scene.peek(cpu, at + 1));
            case 0xCE -> interrupt(4);
            case 0xF1 -> interrupt(1);
            case 0xA4, 0xA5, 0xA6, 0xA7, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF -> repeated = repeatPrefix;
            case 0xE4, 0xE5, 0xE6, 0xE7 -> access(cpu, opcode, Scene.peek(cpu, at + 1));
            case 0xEC, 0xED, 0xEE, 0xEF -> access(cpu, opcode, (int) cpu.registers.get(Registers.RDX) & 0xFFFF);
            case 0x6C, 0x6D, 0x6E, 0x6F -> {
                repeated = repeatPrefix;
                access(cpu, opcode, (int) cpu.registers.get(Registers.RDX) & 0xFFFF);
            }
            default -> {}
        }
    }

    private void interrupt(int number) {
        flow = Flow.INTERRUPT;
        vector = number;
    }

    private void access(Cpu cpu, int opcode, int number) {
        port = number >= 0;
        portNumber = number;
        direction = (opcode & 2) == 0 ? Direction.IN : Direction.OUT;
        portSize = (opcode & 1) == 0 ? 1 : cpu.codeBits() == 16 ^ prefix66 ? 2 : 4;
    }
}
