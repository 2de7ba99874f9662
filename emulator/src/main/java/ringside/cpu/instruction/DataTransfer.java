package ringside.cpu.instruction;

import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RBX;
import static ringside.cpu.Registers.RCX;
import static ringside.cpu.Registers.RDX;
import static ringside.cpu.Registers.ZERO;
import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.ALIAS;
import static ringside.isa.Attribute.LOCK;
import static ringside.isa.Attribute.MEM;
import static ringside.isa.Attribute.NO_REX_B;
import static ringside.isa.Attribute.O64;
import static ringside.isa.Trait.INNOCUOUS;
import static ringside.isa.Trait.SENSITIVE;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.Step;

/** SDM 1, Data Transfer Instructions, and those that do nothing. The stack has a chapter of its own. */
final class DataTransfer {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("88 /r",          "MOV r/m8, r8",                   INNOCUOUS, DataTransfer::move),
            row("89 /r",          "MOV r/m16|32|64, r16|32|64",     INNOCUOUS, DataTransfer::move),
            row("8A /r",          "MOV r8, r/m8",                   INNOCUOUS, DataTransfer::move),
            row("8B /r",          "MOV r16|32|64, r/m16|32|64",     INNOCUOUS, DataTransfer::move),
            row("A0 moffs",       "MOV AL, moffs8",                 INNOCUOUS, DataTransfer::move),
            row("A1 moffs",       "MOV AX|EAX|RAX, moffs16|32|64",  INNOCUOUS, DataTransfer::move),
            row("A2 moffs",       "MOV moffs8, AL",                 INNOCUOUS, DataTransfer::move),
            row("A3 moffs",       "MOV moffs16|32|64, AX|EAX|RAX",  INNOCUOUS, DataTransfer::move),
            row("B0+r ib",        "MOV r8, imm8",                   INNOCUOUS, DataTransfer::move),
            row("B8+r iw|id|io",  "MOV r16|32|64, imm16|32|64",     INNOCUOUS, DataTransfer::move),
            row("C6 /0 ib",       "MOV r/m8, imm8",                 INNOCUOUS, DataTransfer::move),
            row("C7 /0 iw|id|id", "MOV r/m16|32|64, imm16|32|32",   INNOCUOUS, DataTransfer::move),
            row("0F BE /r",       "MOVSX r16|32|64, r/m8",          INNOCUOUS, DataTransfer::signExtendByte),
            row("0F BF /r",       "MOVSX r16|32|64, r/m16",         INNOCUOUS, DataTransfer::signExtendWord),
            row("63 /r",          "MOVSXD r16|32|64, r/m16|32|32",  INNOCUOUS, DataTransfer::signExtendDoubleword, O64),
            row("0F B6 /r",       "MOVZX r16|32|64, r/m8",          INNOCUOUS, DataTransfer::move),
            row("0F B7 /r",       "MOVZX r16|32|64, r/m16",         INNOCUOUS, DataTransfer::move),
            row("0F 40+cc /r",    "CMOVcc r16|32|64, r/m16|32|64",  INNOCUOUS, DataTransfer::moveIf),
            row("90+r",           "XCHG AX|EAX|RAX, r16|32|64",     INNOCUOUS, DataTransfer::exchange),
            row("86 /r",          "XCHG r/m8, r8",                  INNOCUOUS, DataTransfer::exchange, LOCK),
            row("87 /r",          "XCHG r/m16|32|64, r16|32|64",    INNOCUOUS, DataTransfer::exchange, LOCK),
            row("0F C8+r",        "BSWAP r16|32|64",                INNOCUOUS, DataTransfer::swapBytes),
            row("0F C0 /r",       "XADD r/m8, r8",                  INNOCUOUS, DataTransfer::exchangeAndAdd, LOCK),
            row("0F C1 /r",       "XADD r/m16|32|64, r16|32|64",    INNOCUOUS, DataTransfer::exchangeAndAdd, LOCK),
            row("0F B0 /r",       "CMPXCHG r/m8, r8",               INNOCUOUS, DataTransfer::compareAndExchange, LOCK),
            row("0F B1 /r",       "CMPXCHG r/m16|32|64, r16|32|64", INNOCUOUS, DataTransfer::compareAndExchange, LOCK),
            row("0F C7 /1",       "CMPXCHG8B m64",                  INNOCUOUS, DataTransfer::compareAndExchange8Bytes, LOCK),
            row("REX.W 0F C7 /1", "CMPXCHG16B m128",                INNOCUOUS, DataTransfer::compareAndExchange16Bytes, LOCK),
            row("98",             "CBW|CWDE|CDQE",                  INNOCUOUS, DataTransfer::extendAccumulator),
            row("99",             "CWD|CDQ|CQO",                    INNOCUOUS, DataTransfer::spreadSign),
            row("8D /r",          "LEA r16|32|64, m",               INNOCUOUS, DataTransfer::loadAddress),
            row("D7",             "XLATB",                          INNOCUOUS, DataTransfer::translate),
            row("90",             "NOP",                            INNOCUOUS, DataTransfer::nothing, NO_REX_B),
            row("F3 90",          "PAUSE",                          SENSITIVE, DataTransfer::pause, NO_REX_B),
            row("0F 1F /0",       "NOP r/m16|32|64",                INNOCUOUS, DataTransfer::nothing),
            row("0F 18 /0",       "PREFETCHNTA m8",                 INNOCUOUS, DataTransfer::nothing),
            row("0F 18 /1",       "PREFETCHT0 m8",                  INNOCUOUS, DataTransfer::nothing),
            row("0F 18 /2",       "PREFETCHT1 m8",                  INNOCUOUS, DataTransfer::nothing),
            row("0F 18 /3",       "PREFETCHT2 m8",                  INNOCUOUS, DataTransfer::nothing),
            row("0F 0D /1",       "PREFETCHW m8",                   INNOCUOUS, DataTransfer::nothing),
            // SDM 2D, Opcode Map, Table A-3: no-operations kept for hints, among them ENDBR32 and ENDBR64.
            row("0F 0D /r",       "NOP r/m16|32|64",                INNOCUOUS, DataTransfer::nothing, ALIAS, MEM),
            row("0F 18 /r",       "NOP r/m16|32|64",                INNOCUOUS, DataTransfer::nothing, ALIAS),
            row("0F 19 /r",       "NOP r/m16|32|64",                INNOCUOUS, DataTransfer::nothing, ALIAS),
            row("0F 1A /r",       "NOP r/m16|32|64",                INNOCUOUS, DataTransfer::nothing, ALIAS),
            row("0F 1B /r",       "NOP r/m16|32|64",                INNOCUOUS, DataTransfer::nothing, ALIAS),
            row("0F 1C /r",       "NOP r/m16|32|64",                INNOCUOUS, DataTransfer::nothing, ALIAS),
            row("0F 1D /r",       "NOP r/m16|32|64",                INNOCUOUS, DataTransfer::nothing, ALIAS),
            row("0F 1E /r",       "NOP r/m16|32|64",                INNOCUOUS, DataTransfer::nothing, ALIAS),
            row("0F 1F /r",       "NOP r/m16|32|64",                INNOCUOUS, DataTransfer::nothing, ALIAS));
    // spotless:on

    private DataTransfer() {}

    private static void move(Cpu cpu, Step step) {
        step.writeFirst(cpu, step.readSecond(cpu));
    }

    private static void signExtendByte(Cpu cpu, Step step) {
        step.first.write(cpu, (byte) step.second.read(cpu));
    }

    private static void signExtendWord(Cpu cpu, Step step) {
        step.first.write(cpu, (short) step.second.read(cpu));
    }

    private static void signExtendDoubleword(Cpu cpu, Step step) {
        step.first.write(cpu, (int) step.second.read(cpu));
    }

    /** The source is read, and 32 bits clear the upper half, whether the condition holds or not. */
    private static void moveIf(Cpu cpu, Step step) {
        long value = step.second.read(cpu);
        step.first.write(cpu, cpu.registers.condition(step.condition) ? value : step.first.read(cpu));
    }

    /** Memory first: its address may depend on the register. */
    private static void exchange(Cpu cpu, Step step) {
        long a = step.first.readForWrite(cpu);
        long b = step.second.read(cpu);
        step.first.write(cpu, b);
        step.second.write(cpu, a);
    }

    private static void exchangeAndAdd(Cpu cpu, Step step) {
        long a = step.first.readForWrite(cpu);
        long b = step.second.read(cpu);
        long sum = a + b;
        if (step.first.isMemory()) {
            step.first.write(cpu, sum);
            step.second.write(cpu, a);
        } else {
            // XADD AX, AX leaves the sum.
            step.second.write(cpu, a);
            step.first.write(cpu, sum);
        }
        cpu.registers.added(a, b, sum, step.bits);
    }

    /** SDM 2, BSWAP: 16 bits are undefined; processors clear them. */
    private static void swapBytes(Cpu cpu, Step step) {
        long value = step.first.read(cpu);
        step.first.write(
                cpu,
                switch (step.size) {
                    case 8 -> Long.reverseBytes(value);
                    case 4 -> Integer.reverseBytes((int) value);
                    default -> 0;
                });
    }

    /** Memory is written in any case: SDM 2, CMPXCHG. A register that differs stays, its upper half too. */
    private static void compareAndExchange(Cpu cpu, Step step) {
        long destination = step.first.readForWrite(cpu);
        long source = step.second.read(cpu);
        long accumulator = cpu.registers.get(RAX, step.size);
        boolean equal = accumulator == destination;
        if (equal || step.first.isMemory()) {
            step.first.write(cpu, equal ? source : destination);
        }
        if (!equal) {
            cpu.registers.set(RAX, step.size, destination);
        }
        cpu.registers.subtracted(accumulator, destination, accumulator - destination, step.bits);
    }

    private static void compareAndExchange8Bytes(Cpu cpu, Step step) {
        Registers r = cpu.registers;
        long old = step.first.readForWrite(cpu);
        boolean equal = old == (r.get(RDX) << 32 | r.get(RAX, 4));
        step.first.write(cpu, equal ? r.get(RCX) << 32 | r.get(RBX, 4) : old);
        if (!equal) {
            r.set(RAX, 4, old);
            r.set(RDX, 4, old >>> 32);
        }
        r.flag(ZERO, equal);
    }

    private static void compareAndExchange16Bytes(Cpu cpu, Step step) {
        Registers r = cpu.registers;
        long linear = cpu.linear(step.first.segment(), step.first.offset(cpu), 16, true);
        if ((linear & 15) != 0) {
            throw Fault.generalProtection(0);
        }
        long low = cpu.memory.readForWrite(linear, 8);
        long high = cpu.memory.readForWrite(linear + 8, 8);
        boolean equal = low == r.get(RAX) && high == r.get(RDX);
        cpu.memory.write(linear, 8, equal ? r.get(RBX) : low);
        cpu.memory.write(linear + 8, 8, equal ? r.get(RCX) : high);
        if (!equal) {
            r.set(RAX, low);
            r.set(RDX, high);
        }
        r.flag(ZERO, equal);
    }

    /** CBW, CWDE, CDQE. */
    private static void extendAccumulator(Cpu cpu, Step step) {
        int half = step.bits / 2;
        cpu.registers.set(RAX, step.size, cpu.registers.get(RAX) << 64 - half >> 64 - half);
    }

    /** CWD, CDQ, CQO. */
    private static void spreadSign(Cpu cpu, Step step) {
        cpu.registers.set(RDX, step.size, cpu.registers.get(RAX) << 64 - step.bits >> 63);
    }

    private static void loadAddress(Cpu cpu, Step step) {
        step.first.write(cpu, step.second.offset(cpu));
    }

    private static void translate(Cpu cpu, Step step) {
        long offset = cpu.registers.get(RBX) + cpu.registers.get(RAX, 1) & step.addressMask;
        cpu.registers.set(RAX, 1, cpu.read(step.sourceSegment(), offset, 1));
    }

    private static void nothing(Cpu cpu, Step step) {}

    private static void pause(Cpu cpu, Step step) {
        cpu.admit(step);
    }
}
