/**
 * Micro-operations: what an emulator translates instructions to, and how they run. A lowering says the same as the row of the instruction
 * table, in smaller words; where there is none, one micro-operation performs the row.
 */
@NullMarked
package ringside.cpu.micro;

import org.jspecify.annotations.NullMarked;
