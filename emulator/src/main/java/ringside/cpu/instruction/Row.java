package ringside.cpu.instruction;

import ringside.cpu.Behaviour;
import ringside.isa.Attribute;
import ringside.isa.Trait;

/**
 * One line of the instruction table: how the manual writes it, how it relates to privilege, and what it does.
 *
 * @param encoding as in SDM 2, Opcode column: {@code 81 /0 iw|id|id}
 * @param syntax as in SDM 2, Instruction column: {@code ADD r/m16|32|64, imm16|32|32}
 */
record Row(String encoding, String syntax, Trait trait, Behaviour behaviour, Attribute... attributes) {
    static Row row(String encoding, String syntax, Trait trait, Behaviour behaviour, Attribute... attributes) {
        return new Row(encoding, syntax, trait, behaviour, attributes);
    }
}
