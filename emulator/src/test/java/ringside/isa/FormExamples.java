package ringside.isa;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** Instructions of a form: with registers, and with memory in several ways of addressing. */
final class FormExamples {
    private static final int DISPLACEMENT = 0x12;
    private static final int NOP = 0x90;

    private final Form form;
    private final int bits;
    private final List<byte[]> examples = new ArrayList<>();

    private FormExamples(Form form, int bits) {
        this.form = form;
        this.bits = bits;
    }

    static List<byte[]> of(Form form, int bits) {
        return new FormExamples(form, bits).all();
    }

    private List<byte[]> all() {
        var encoding = form.encoding();
        if (!encoding.hasModRm()) {
            int first = encoding.opcode() == NOP && encoding.inRegister() ? 1 : 0;
            for (int register = first; register < (encoding.inRegister() ? 8 : 1); register++) {
                add(0, encoding.opcode() + register);
            }
            if (encoding.inRegister() && bits == 64) {
                add(0x41, encoding.opcode() + 1);
            }
            return examples;
        }
        if (encoding.hasFixedModRm()) {
            add(0, encoding.opcode(), encoding.modRm() - Encoding.FIXED);
            return examples;
        }
        for (int reg = 0; reg < 8; reg++) {
            boolean ignored = !encoding.hasDigit() && form.operands().stream().noneMatch(OperandSpec::isReg);
            if (encoding.hasDigit() && encoding.modRm() != reg || ignored && reg != ignoredReg() || !isRegister(reg)) {
                continue;
            }
            for (int rm = 0; rm < 8 && !form.has(Attribute.MEM); rm += 3) {
                add(0, encoding.opcode(), 0xC0 | reg << 3 | (reg + rm & 7));
            }
            if (!form.has(Attribute.REG) && !form.has(OperandKind.CR) && !form.has(OperandKind.DR)) {
                addMemory(encoding.opcode(), reg);
            }
        }
        return examples;
    }

    /** Where reg is ignored the assembler writes 0; the reserved no-operations leave 0 to others. */
    private int ignoredReg() {
        return form.has(Attribute.ALIAS) ? 7 : 0;
    }

    private boolean isRegister(int reg) {
        if (form.has(OperandKind.SREG)) {
            return reg < 6 && !(reg == 1 && form.operands().get(0).kind() == OperandKind.SREG);
        }
        return !form.has(OperandKind.CR) || reg == 0 || reg >= 2 && reg <= 4;
    }

    private void addMemory(int opcode, int reg) {
        add(0, opcode, 0x47 | reg << 3, DISPLACEMENT); // [bx+0x12] or [edi+0x12]
        add(0, opcode, reg << 3 | 1); // [bx+di] or [ecx]
        if (bits == 16) {
            add(0, opcode, 0x06 | reg << 3, 0x34, 0x12); // [0x1234]
            add(0, opcode, 0x82 | reg << 3, 0x34, 0x12); // [bp+si+0x1234]
        } else {
            add(0, opcode, 0x44 | reg << 3, 0x8D, DISPLACEMENT); // [ebp+ecx*4+0x12]
            add(0, opcode, 0x05 | reg << 3, 0x78, 0x56, 0x34, 0x12); // [0x12345678] or relative to RIP
            add(0, opcode, 0x84 | reg << 3, 0x24, 0x78, 0x56, 0x34, 0x12); // [esp+0x12345678]
        }
        if (bits == 64) {
            boolean extended = form.has(OperandKind.REG);
            add(extended ? 0x47 : 0x43, opcode, 0x44 | reg << 3, 0x8D, DISPLACEMENT); // [r13+r9*4+0x12]
        }
    }

    /** Prefixes that the form needs, then what stands here, then immediates. */
    private void add(int rex, int opcode, int... rest) {
        var encoding = form.encoding();
        var out = new ByteArrayOutputStream();
        int size = form.operandSize();
        boolean sized = form.isSized() && !form.has(Attribute.MODE) && !form.has(Attribute.BY_ADDRESS);
        if (sized && (bits == 64 ? size == 16 : size != bits)) {
            out.write(0x66);
        }
        if (form.has(Attribute.BY_ADDRESS) && size != bits) {
            out.write(0x67);
        }
        if (encoding.prefix() > 0) {
            out.write(encoding.prefix());
        }
        boolean wide = sized && bits == 64 && size == 64 && !form.has(Attribute.D64) && !form.has(Attribute.F64);
        int prefix = rex | (wide || encoding.rexW() ? 0x48 : 0);
        if (prefix != 0) {
            out.write(prefix);
        }
        if (encoding.map() > 0) {
            out.write(0x0F);
        }
        if (encoding.map() > 1) {
            out.write(encoding.map() == 2 ? 0x38 : 0x3A);
        }
        out.write(opcode);
        for (int value : rest) {
            out.write(value);
        }
        int next = 0x11;
        for (Encoding.Immediate immediate : encoding.immediates()) {
            int count = immediate == Encoding.Immediate.MOFFS ? bits / 8 : immediate.bits() / 8;
            for (int i = 0; i < count; i++) {
                out.write(next);
                next += 0x11;
            }
        }
        examples.add(out.toByteArray());
    }
}
