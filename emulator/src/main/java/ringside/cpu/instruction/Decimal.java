package ringside.cpu.instruction;

import static ringside.cpu.Registers.ADJUST;
import static ringside.cpu.Registers.CARRY;
import static ringside.cpu.Registers.RAX;
import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.I64;
import static ringside.isa.Attribute.UNSIGNED;
import static ringside.isa.Trait.INNOCUOUS;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.Step;

/** SDM 1, Decimal Arithmetic Instructions, on digits of four bits, packed or one a byte. Undefined flags follow AL. */
final class Decimal {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("27",    "DAA",      INNOCUOUS, Decimal::adjustAfterAddition, I64),
            row("2F",    "DAS",      INNOCUOUS, Decimal::adjustAfterSubtraction, I64),
            row("37",    "AAA",      INNOCUOUS, Decimal::asciiAdjustAfterAddition, I64),
            row("3F",    "AAS",      INNOCUOUS, Decimal::asciiAdjustAfterSubtraction, I64),
            row("D4 ib", "AAM imm8", INNOCUOUS, Decimal::asciiAdjustAfterMultiplication, I64, UNSIGNED),
            row("D5 ib", "AAD imm8", INNOCUOUS, Decimal::asciiAdjustBeforeDivision, I64, UNSIGNED));
    // spotless:on

    private Decimal() {}

    /** DAA. */
    private static void adjustAfterAddition(Cpu cpu, Step step) {
        Registers r = cpu.registers;
        int al = (int) r.get(RAX, 1);
        boolean adjust = (al & 0xF) > 9 || r.adjust();
        boolean carry = al > 0x99 || r.carry();
        setAl(r, al + (adjust ? 6 : 0) + (carry ? 0x60 : 0), adjust, carry);
    }

    /** DAS: a borrow out of the first correction counts too. */
    private static void adjustAfterSubtraction(Cpu cpu, Step step) {
        Registers r = cpu.registers;
        int al = (int) r.get(RAX, 1);
        boolean adjust = (al & 0xF) > 9 || r.adjust();
        boolean second = al > 0x99 || r.carry();
        boolean carry = second || adjust && al < 6;
        setAl(r, al - (adjust ? 6 : 0) - (second ? 0x60 : 0), adjust, carry);
    }

    /** AAA. */
    private static void asciiAdjustAfterAddition(Cpu cpu, Step step) {
        asciiAdjust(cpu.registers, 0x106);
    }

    /** AAS. */
    private static void asciiAdjustAfterSubtraction(Cpu cpu, Step step) {
        asciiAdjust(cpu.registers, -0x106);
    }

    private static void asciiAdjust(Registers r, int correction) {
        int ax = (int) r.get(RAX, 2);
        boolean adjust = (ax & 0xF) > 9 || r.adjust();
        r.set(RAX, 2, ax + (adjust ? correction : 0));
        setAl(r, (int) r.get(RAX, 1) & 0xF, adjust, adjust);
    }

    /** AAM: any base but 0. */
    private static void asciiAdjustAfterMultiplication(Cpu cpu, Step step) {
        Registers r = cpu.registers;
        int base = (int) step.first.read(cpu);
        if (base == 0) {
            throw Fault.divideError();
        }
        int al = (int) r.get(RAX, 1);
        r.set(RAX, 2, al / base << 8);
        setAl(r, al % base, false, false);
    }

    /** AAD. */
    private static void asciiAdjustBeforeDivision(Cpu cpu, Step step) {
        Registers r = cpu.registers;
        int ax = (int) r.get(RAX, 2);
        int al = ax + (ax >>> 8) * (int) step.first.read(cpu) & 0xFF;
        r.set(RAX, 2, al);
        setAl(r, al, false, false);
    }

    private static void setAl(Registers r, int al, boolean adjust, boolean carry) {
        r.set(RAX, 1, al);
        r.combined(al, 8);
        r.flags((adjust ? ADJUST : 0) | (carry ? CARRY : 0), ADJUST | CARRY);
    }
}
