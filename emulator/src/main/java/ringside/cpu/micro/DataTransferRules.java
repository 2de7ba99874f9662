package ringside.cpu.micro;

import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RBX;
import static ringside.cpu.Registers.RDX;
import static ringside.cpu.micro.MicroOperation.Kind.ADD;
import static ringside.cpu.micro.MicroOperation.Kind.EQUAL;
import static ringside.cpu.micro.MicroOperation.Kind.FLAGS_OF_DIFFERENCE;
import static ringside.cpu.micro.MicroOperation.Kind.FLAGS_OF_SUM;
import static ringside.cpu.micro.MicroOperation.Kind.SHIFT_ARITHMETIC;
import static ringside.cpu.micro.MicroOperation.Kind.SHIFT_RIGHT;
import static ringside.cpu.micro.MicroOperation.Kind.SIGN_EXTEND;
import static ringside.cpu.micro.MicroOperation.Kind.SUBTRACT;
import static ringside.cpu.micro.MicroOperation.Kind.SWAP_BYTES;
import static ringside.cpu.micro.MicroOperation.Kind.ZERO_EXTEND;

import java.util.Map;
import ringside.cpu.SystemState;

/** SDM 1, Data Transfer Instructions, but for the stack. */
final class DataTransferRules {
    // spotless:off
    static final Map<String, Rule> RULES = Map.ofEntries(
            Map.entry("MOV",     DataTransferRules::move),
            Map.entry("MOVZX",   DataTransferRules::move),
            Map.entry("MOVSX",   DataTransferRules::moveSigned),
            Map.entry("MOVSXD",  DataTransferRules::moveSigned),
            Map.entry("CMOVcc",  DataTransferRules::moveIf),
            Map.entry("XCHG",    DataTransferRules::exchange),
            Map.entry("XADD",    DataTransferRules::exchangeAndAdd),
            Map.entry("CMPXCHG", DataTransferRules::compareAndExchange),
            Map.entry("BSWAP",   DataTransferRules::swapBytes),
            Map.entry("CBW",     DataTransferRules::extendAccumulator),
            Map.entry("CWDE",    DataTransferRules::extendAccumulator),
            Map.entry("CDQE",    DataTransferRules::extendAccumulator),
            Map.entry("CWD",     DataTransferRules::spreadSign),
            Map.entry("CDQ",     DataTransferRules::spreadSign),
            Map.entry("CQO",     DataTransferRules::spreadSign),
            Map.entry("LEA",     DataTransferRules::loadAddress),
            Map.entry("XLATB",   DataTransferRules::translate),
            Map.entry("NOP",         draft -> true),
            Map.entry("PREFETCHNTA", draft -> true),
            Map.entry("PREFETCHT0",  draft -> true),
            Map.entry("PREFETCHT1",  draft -> true),
            Map.entry("PREFETCHT2",  draft -> true),
            Map.entry("PREFETCHW",   draft -> true));
    // spotless:on

    private DataTransferRules() {}

    private static boolean move(Draft d) {
        d.write(0, d.read(1));
        return true;
    }

    private static boolean moveSigned(Draft d) {
        d.write(0, d.sized(SIGN_EXTEND, d.read(1), d.sourceBits()));
        return true;
    }

    private static boolean moveIf(Draft d) {
        int value = d.read(1);
        int kept = d.read(0);
        d.moveIf(d.condition(d.decoded.form.encoding().opcode() & 0xF), kept, value);
        d.write(0, kept);
        return true;
    }

    private static boolean exchange(Draft d) {
        int a = d.readToChange(0);
        int b = d.read(1);
        d.write(0, b);
        d.write(1, a);
        return true;
    }

    private static boolean exchangeAndAdd(Draft d) {
        int a = d.readToChange(0);
        int b = d.read(1);
        int sum = d.make(ADD, a, b);
        if (d.isMemory(0)) {
            d.write(0, sum);
            d.write(1, a);
        } else {
            d.write(1, a);
            d.write(0, sum);
        }
        d.flags(FLAGS_OF_SUM, a, b, sum);
        return true;
    }

    /** Memory is written in any case; a register that differs stays, its upper half too. */
    private static boolean compareAndExchange(Draft d) {
        int destination = d.readToChange(0);
        int source = d.read(1);
        int accumulator = d.get(RAX, d.bits);
        int equal = d.make(EQUAL, accumulator, destination);
        if (d.isMemory(0)) {
            int written = d.makeWith(ADD, destination, 0);
            d.moveIf(equal, written, source);
            d.write(0, written);
        } else {
            int differs = d.skipIfZero(equal);
            d.write(0, source);
            d.skipTo(differs);
        }
        int same = d.skipIfZero(d.makeWith(SUBTRACT, equal, 1));
        d.put(RAX, d.bits, destination);
        d.skipTo(same);
        d.flags(FLAGS_OF_DIFFERENCE, accumulator, destination, d.make(SUBTRACT, accumulator, destination));
        return true;
    }

    /** SDM 2, BSWAP: 16 bits are undefined; processors clear them. */
    private static boolean swapBytes(Draft d) {
        d.write(
                0,
                switch (d.bits) {
                    case 64 -> d.make(SWAP_BYTES, d.read(0));
                    case 32 -> d.makeWith(SHIFT_RIGHT, d.make(SWAP_BYTES, d.read(0)), 32);
                    default -> d.number(0);
                });
        return true;
    }

    private static boolean extendAccumulator(Draft d) {
        d.put(RAX, d.bits, d.sized(SIGN_EXTEND, d.get(RAX, d.bits / 2), d.bits / 2));
        return true;
    }

    private static boolean spreadSign(Draft d) {
        d.put(RDX, d.bits, d.makeWith(SHIFT_ARITHMETIC, d.sized(SIGN_EXTEND, d.get(RAX, d.bits), d.bits), 63));
        return true;
    }

    private static boolean loadAddress(Draft d) {
        d.write(0, d.address());
        return true;
    }

    private static boolean translate(Draft d) {
        int sum = d.make(ADD, d.get(RBX, 64), d.get(RAX, 8));
        int size = d.decoded.addressSize;
        int at = size == 64 ? sum : d.sized(ZERO_EXTEND, sum, size);
        int segment = d.decoded.segment >= 0 ? d.decoded.segment : SystemState.DS;
        d.put(RAX, 8, d.load(segment, at, 8));
        return true;
    }
}
